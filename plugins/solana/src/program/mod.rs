//! What instructions do, in words: of the programs that nearly every transaction calls. Others
//! are named.

mod associated_token;
mod compute_budget;
mod memo;
mod system;
mod token;

use kms_core::prelude::{Amount, Transfer, Unit};
use ruint::aliases::U256;

use crate::{message::Instruction, pubkey::Pubkey};

pub(crate) use self::{associated_token::TokenAccounts, compute_budget::ComputeBudget};

/// What one instruction does.
#[derive(Debug, Default)]
pub(crate) struct Description {
    /// In a few words; empty for what does not act by itself.
    pub(crate) action: String,
    /// The account whose money or right it takes.
    pub(crate) from: Option<Pubkey>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) details: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
}

impl Description {
    fn of(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            ..Self::default()
        }
    }

    fn from(mut self, account: Pubkey) -> Self {
        self.from = Some(account);
        self
    }

    fn transfer(mut self, to: Pubkey, amount: Amount) -> Self {
        self.transfers.push(Transfer {
            to: to.to_string(),
            amount,
            change: false,
        });
        self
    }

    fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.push((name.to_owned(), value.to_string()));
        self
    }

    fn warning(mut self, text: String) -> Self {
        self.warnings.push(text);
        self
    }
}

/// What `instruction` does. `token_accounts` are those that its transaction makes.
pub(crate) fn describe(instruction: &Instruction, token_accounts: &TokenAccounts) -> Description {
    let Instruction {
        program,
        accounts,
        data,
    } = instruction;
    let (name, description) = match *program {
        system::PROGRAM => ("the System program", system::describe(accounts, data)),
        token::TOKEN => (
            "the Token program",
            token::describe(accounts, data, token_accounts),
        ),
        token::TOKEN_2022 => (
            "the Token-2022 program",
            token::describe(accounts, data, token_accounts),
        ),
        associated_token::PROGRAM => (
            "the Associated Token Account program",
            associated_token::describe(accounts, data),
        ),
        compute_budget::PROGRAM => ("the Compute Budget program", compute_budget::describe(data)),
        program if memo::PROGRAMS.contains(&program) => {
            return memo::describe(data);
        }
        program => return unknown(program, accounts, data),
    };
    description.unwrap_or_else(|| {
        Description::of(format!("instruction for {name}"))
            .detail("data", bytes(data))
            .warning(format!(
                "what the instruction for {name} does cannot be told"
            ))
    })
}

/// Lamports as SOL.
pub(crate) fn lamports(amount: u64) -> Amount {
    Amount::new(U256::from(amount), crate::plugin::SOL)
}

fn unknown(program: Pubkey, accounts: &[Pubkey], data: &[u8]) -> Description {
    let accounts: Vec<_> = accounts.iter().map(Pubkey::to_string).collect();
    Description::of(format!("instruction for program {program}"))
        .detail("accounts", accounts.join(", "))
        .detail("data", bytes(data))
        .warning(format!(
            "what the instruction for program {program} does cannot be told"
        ))
}

/// Bytes as hexadecimal digits, all of them: a transaction is small.
fn bytes(data: &[u8]) -> String {
    match data {
        [] => "none".to_owned(),
        data => hex::encode(data),
    }
}

/// So many smallest units of a token, of which nothing else is known.
fn base_units(amount: u64, of: &str) -> Amount {
    let unit = Unit {
        symbol: format!("base units of {of}").into(),
        decimals: 0,
    };
    Amount::new(U256::from(amount), unit)
}
