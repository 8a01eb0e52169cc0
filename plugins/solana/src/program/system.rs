//! The System program: accounts and SOL. Its instructions are a 4-byte number, little-endian, and
//! their fields as bincode writes them.

use super::{Description, lamports};
use crate::{pubkey::Pubkey, reader::Reader};

pub(super) const PROGRAM: Pubkey = Pubkey([0; 32]);

/// Nothing when the instruction is none of this program's.
pub(super) fn describe(accounts: &[Pubkey], data: &[u8]) -> Option<Description> {
    let mut data = Reader::new(data);
    let account = |position: usize| accounts.get(position).copied();
    let description = match data.u32()? {
        0 => {
            let amount = lamports(data.u64()?);
            let space = data.u64()?;
            created(account(1)?, amount, space, data.pubkey()?).from(account(0)?)
        }
        1 => assigned(account(0)?, data.pubkey()?),
        2 => {
            let amount = lamports(data.u64()?);
            Description::of("transfer")
                .from(account(0)?)
                .transfer(account(1)?, amount)
        }
        3 => {
            let base = data.pubkey()?;
            seed(&mut data)?;
            let amount = lamports(data.u64()?);
            let space = data.u64()?;
            created(account(1)?, amount, space, data.pubkey()?)
                .from(account(0)?)
                .detail("derived from", base)
        }
        4 => Description::of("use of a nonce").detail("nonce account", account(0)?),
        5 => {
            let amount = lamports(data.u64()?);
            Description::of("withdrawal from a nonce account")
                .from(account(0)?)
                .transfer(account(1)?, amount)
        }
        6 => Description::of("nonce account")
            .detail("nonce account", account(0)?)
            .detail("its authority", data.pubkey()?),
        7 => {
            let authority = data.pubkey()?;
            Description::of("new authority of a nonce account").warning(format!(
                "it gives the nonce account {} to {authority}",
                account(0)?
            ))
        }
        8 => Description::of("allocation")
            .detail("account", account(0)?)
            .detail("bytes", data.u64()?),
        9 => {
            let base = data.pubkey()?;
            seed(&mut data)?;
            let space = data.u64()?;
            let owner = data.pubkey()?;
            assigned(account(0)?, owner)
                .detail("derived from", base)
                .detail("bytes", space)
        }
        10 => {
            let base = data.pubkey()?;
            seed(&mut data)?;
            assigned(account(0)?, data.pubkey()?).detail("derived from", base)
        }
        11 => {
            let amount = lamports(data.u64()?);
            seed(&mut data)?;
            data.pubkey()?;
            Description::of("transfer")
                .from(account(0)?)
                .transfer(account(2)?, amount)
        }
        12 => Description::of("upgrade of a nonce account").detail("nonce account", account(0)?),
        _ => return None,
    };
    data.is_empty().then_some(description)
}

fn created(
    new: Pubkey,
    amount: kms_core::prelude::Amount,
    space: u64,
    owner: Pubkey,
) -> Description {
    Description::of("new account")
        .transfer(new, amount)
        .detail("bytes of the new account", space)
        .detail("program of the new account", owner)
}

fn assigned(account: Pubkey, owner: Pubkey) -> Description {
    Description::of("account given to a program").warning(format!(
        "it gives the account {account} to the program {owner}"
    ))
}

/// A text with its length in 8 bytes.
fn seed<'a>(data: &mut Reader<'a>) -> Option<&'a str> {
    let len = usize::try_from(data.u64()?).ok()?;
    std::str::from_utf8(data.bytes(len)?).ok()
}
