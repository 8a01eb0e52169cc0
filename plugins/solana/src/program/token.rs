//! The Token program and Token-2022, which begins with the same instructions: a 1-byte number and
//! packed fields.
//!
//! An amount is in smallest units. Where the instruction itself says the decimals, the network
//! checks them against the token, so they can be shown; elsewhere nobody has said them.

use kms_core::prelude::{Amount, Unit};
use ruint::aliases::U256;

use super::{Description, TokenAccounts, base_units};
use crate::{pubkey::Pubkey, reader::Reader};

pub(super) const TOKEN: Pubkey = Pubkey::known("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
pub(super) const TOKEN_2022: Pubkey = Pubkey::known("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Nothing when the instruction is none of those that are known.
pub(super) fn describe(
    accounts: &[Pubkey],
    data: &[u8],
    token_accounts: &TokenAccounts,
) -> Option<Description> {
    let mut data = Reader::new(data);
    let account = |position: usize| accounts.get(position).copied();
    let of_account = |account: Pubkey| match token_accounts.mint_of(account) {
        Some(mint) => token(mint),
        None => format!("the token in {account}"),
    };
    let description = match data.u8()? {
        0 | 20 => {
            let decimals = data.u8()?;
            let authority = data.pubkey()?;
            let freeze = optional_pubkey(&mut data)?;
            Description::of("new token")
                .detail("token", account(0)?)
                .detail("decimals", decimals)
                .detail("who can mint", authority)
                .detail("who can freeze", or_nobody(freeze))
        }
        1 => new_account(account(0)?, account(1)?, account(2)?),
        16 | 18 => new_account(account(0)?, account(1)?, data.pubkey()?),
        2 | 19 => Description::of("token account of several owners")
            .detail("token account", account(0)?)
            .detail("signatures needed", data.u8()?),
        3 => {
            let (from, to) = (account(0)?, account(1)?);
            let amount = data.u64()?;
            let known = token_accounts
                .mint_of(to)
                .or_else(|| token_accounts.mint_of(from));
            let of = known.map_or_else(|| format!("the token in {from}"), token);
            moved(
                from,
                to,
                account(2)?,
                base_units(amount, &of),
                token_accounts,
            )
        }
        4 => {
            let from = account(0)?;
            let amount = base_units(data.u64()?, &of_account(from));
            approved(from, account(1)?, account(2)?, &amount)
        }
        5 => Description::of("end of a spending permission")
            .from(account(1)?)
            .detail("token account", account(0)?),
        6 => {
            let kind = data.u8()?;
            let new = optional_pubkey(&mut data)?;
            new_authority(account(0)?, account(1)?, kind, new)
        }
        7 => {
            let mint = account(0)?;
            let amount = base_units(data.u64()?, &token(mint));
            minted(account(1)?, account(2)?, amount)
        }
        8 => burnt(
            account(0)?,
            account(2)?,
            &base_units(data.u64()?, &token(account(1)?)),
        ),
        9 => {
            let (closed, to) = (account(0)?, account(1)?);
            Description::of("end of a token account")
                .from(account(2)?)
                .detail("token account", closed)
                .warning(format!(
                    "it closes the token account {closed} and sends its SOL to {to}"
                ))
        }
        10 => Description::of("freeze of a token account")
            .from(account(2)?)
            .detail("token account", account(0)?),
        11 => Description::of("thaw of a token account")
            .from(account(2)?)
            .detail("token account", account(0)?),
        12 => {
            let amount = checked(&mut data, account(1)?)?;
            moved(
                account(0)?,
                account(2)?,
                account(3)?,
                amount,
                token_accounts,
            )
        }
        13 => {
            let amount = checked(&mut data, account(1)?)?;
            approved(account(0)?, account(2)?, account(3)?, &amount)
        }
        14 => {
            let amount = checked(&mut data, account(0)?)?;
            minted(account(1)?, account(2)?, amount)
        }
        15 => {
            let amount = checked(&mut data, account(1)?)?;
            burnt(account(0)?, account(2)?, &amount)
        }
        17 => Description::of("wrapping of SOL").detail("token account", account(0)?),
        22 => Description::of("owner fixed for good").detail("token account", account(0)?),
        // Token-2022 only. The first instruction of its fee extension is a transfer.
        25 => {
            let authority = optional_pubkey(&mut data)?;
            Description::of("who can close a token")
                .detail("token", account(0)?)
                .detail("who can close it", or_nobody(authority))
        }
        26 if data.u8()? == 1 => {
            let mint = account(1)?;
            let (amount, decimals, fee) = (data.u64()?, data.u8()?, data.u64()?);
            let fee = Amount::new(U256::from(fee), unit(mint, decimals));
            let amount = Amount::new(U256::from(amount), unit(mint, decimals));
            moved(
                account(0)?,
                account(2)?,
                account(3)?,
                amount,
                token_accounts,
            )
            .detail("fee of the token, from the amount", fee)
        }
        _ => return None,
    };
    data.is_empty().then_some(description)
}

fn moved(
    from: Pubkey,
    to: Pubkey,
    authority: Pubkey,
    amount: Amount,
    token_accounts: &TokenAccounts,
) -> Description {
    let description = Description::of("token transfer")
        .from(authority)
        .transfer(to, amount)
        .detail("from token account", from);
    match token_accounts.owner_of(to) {
        Some(owner) => description.detail("owner of the recipient's token account", owner),
        None => description,
    }
}

fn new_account(account: Pubkey, mint: Pubkey, owner: Pubkey) -> Description {
    Description::of("new token account")
        .detail("token account", account)
        .detail("token", mint)
        .detail("owner", owner)
}

fn approved(from: Pubkey, delegate: Pubkey, owner: Pubkey, amount: &Amount) -> Description {
    Description::of("spending permission")
        .from(owner)
        .detail("token account", from)
        .warning(format!("it lets {delegate} spend {amount}"))
}

fn minted(to: Pubkey, authority: Pubkey, amount: Amount) -> Description {
    Description::of("mint").from(authority).transfer(to, amount)
}

fn burnt(from: Pubkey, authority: Pubkey, amount: &Amount) -> Description {
    Description::of("burn")
        .from(authority)
        .detail("token account", from)
        .detail("burnt", amount)
}

fn new_authority(of: Pubkey, authority: Pubkey, kind: u8, new: Option<Pubkey>) -> Description {
    let right = match kind {
        0 => "mint".to_owned(),
        1 => "freeze accounts".to_owned(),
        2 => "own the account".to_owned(),
        3 => "close the account".to_owned(),
        kind => format!("use authority {kind}"),
    };
    Description::of("new authority")
        .from(authority)
        .warning(format!(
            "it gives the right to {right} of {of} to {}",
            or_nobody(new)
        ))
}

fn checked(data: &mut Reader<'_>, mint: Pubkey) -> Option<Amount> {
    let amount = data.u64()?;
    Some(Amount::new(U256::from(amount), unit(mint, data.u8()?)))
}

fn unit(mint: Pubkey, decimals: u8) -> Unit {
    Unit {
        symbol: token(mint).into(),
        decimals,
    }
}

fn token(mint: Pubkey) -> String {
    format!("token {mint}")
}

/// A byte that says whether a key follows. Some libraries write 32 bytes in either case, which the
/// programs skip.
fn optional_pubkey(data: &mut Reader<'_>) -> Option<Option<Pubkey>> {
    match data.u8()? {
        0 if data.len() == 32 => data.pubkey().map(|_| None),
        0 => Some(None),
        1 => Some(Some(data.pubkey()?)),
        _ => None,
    }
}

fn or_nobody(key: Option<Pubkey>) -> String {
    key.map_or_else(|| "nobody".to_owned(), |key| key.to_string())
}
