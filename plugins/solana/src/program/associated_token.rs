//! The Associated Token Account program: the one account of an owner for a token.

use super::Description;
use crate::{message::Instruction, pubkey::Pubkey};

pub(super) const PROGRAM: Pubkey = Pubkey::known("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// The token accounts that a transaction makes, or makes sure of, with their owner and token. The
/// program checks that they are as said, and the whole transaction fails where one is not.
#[derive(Debug, Default)]
pub(crate) struct TokenAccounts(Vec<TokenAccount>);

#[derive(Debug)]
struct TokenAccount {
    account: Pubkey,
    owner: Pubkey,
    mint: Pubkey,
}

impl TokenAccounts {
    pub(crate) fn of(instructions: &[Instruction]) -> Self {
        let made = |it: &Instruction| match (it.data.as_slice(), it.accounts.as_slice()) {
            ([] | [0 | 1], [_, account, owner, mint, ..]) if it.program == PROGRAM => {
                Some(TokenAccount {
                    account: *account,
                    owner: *owner,
                    mint: *mint,
                })
            }
            _ => None,
        };
        Self(instructions.iter().filter_map(made).collect())
    }

    pub(super) fn owner_of(&self, account: Pubkey) -> Option<Pubkey> {
        self.find(account).map(|found| found.owner)
    }

    pub(super) fn mint_of(&self, account: Pubkey) -> Option<Pubkey> {
        self.find(account).map(|found| found.mint)
    }

    fn find(&self, account: Pubkey) -> Option<&TokenAccount> {
        self.0.iter().find(|made| made.account == account)
    }
}

/// Nothing when the instruction is none of this program's.
pub(super) fn describe(accounts: &[Pubkey], data: &[u8]) -> Option<Description> {
    match (data, accounts) {
        ([] | [0 | 1], [payer, account, owner, mint, ..]) => Some(
            Description::of(if data == [1] {
                "token account, if there is none"
            } else {
                "new token account"
            })
            .from(*payer)
            .detail("token account", account)
            .detail("token", mint)
            .detail("owner", owner)
            .detail("its rent is paid by", payer),
        ),
        ([2], [nested, _, destination, _, _, wallet, ..]) => Some(
            Description::of("recovery from a nested token account")
                .from(*wallet)
                .detail("token account", nested)
                .detail("recipient", destination),
        ),
        _ => None,
    }
}
