//! What a transaction does, in words: computed from the JSON that is signed.

use std::borrow::Cow;

use kms_core::chain::{Amount, Fee, Network, Summary, Transfer, Unit};
use ruint::aliases::U256;

use crate::{
    account::Account,
    call::{Call, Function, Token},
    open_accounts::is_open,
    plugin::EGLD,
    transaction::Transaction,
};

/// The most of foreign text or bytes that is shown at once.
const EXCERPT: usize = 200;
/// The most arguments that are shown.
const ARGUMENTS: usize = 20;
/// How EGLD is called among tokens.
const EGLD_IDENTIFIER: &str = "EGLD-000000";

/// Describes `transaction`.
pub(crate) fn summarize(network: Network, transaction: &Transaction) -> Summary {
    let mut draft = Draft::new(network, transaction);
    draft.data(transaction);
    draft.accounts(transaction);
    draft.summary
}

struct Draft {
    summary: Summary,
}

impl Draft {
    fn new(network: Network, transaction: &Transaction) -> Self {
        // The network charges most of the gas of a call at a hundredth of the price, but that is
        // not in what is signed; this is.
        let fee =
            U256::from(transaction.gas_limit).saturating_mul(U256::from(transaction.gas_price));
        Self {
            summary: Summary {
                chain: "EGLD".to_owned(),
                network,
                action: String::new(),
                from: vec![transaction.sender.to_string()],
                transfers: Vec::new(),
                fee: Some(Fee {
                    amount: Amount::new(fee, EGLD),
                    ceiling: true,
                }),
                nonce: Some(transaction.nonce),
                details: Vec::new(),
                warnings: Vec::new(),
            },
        }
    }

    fn data(&mut self, transaction: &Transaction) {
        let (sender, receiver) = (transaction.sender, transaction.receiver);
        let data = transaction.data.as_str();
        if data.is_empty() {
            self.summary.action = "transfer".to_owned();
            self.pay(receiver, Amount::new(transaction.value, EGLD));
            return;
        }
        if !transaction.value.is_zero() {
            self.pay(receiver, Amount::new(transaction.value, EGLD));
        }
        if is_deployment(transaction) {
            self.summary.action = "contract creation".to_owned();
            self.detail("code and arguments", excerpt(data));
            return;
        }
        match Call::decode(data, sender, receiver) {
            Call::Tokens { to, tokens, call } => self.tokens(to, &tokens, call.as_ref()),
            Call::Irregular { function } => {
                self.summary.action = format!("irregular {function}");
                self.warn("it looks like a transfer of tokens, but is not made as one");
            }
            Call::Function(function) if is_call(&function, receiver) => {
                self.summary.action = format!("call of {}", function.name);
                self.arguments(&function);
            }
            Call::Function(_) | Call::Text if !receiver.is_contract() => {
                self.summary.action = "transfer with a message".to_owned();
                if transaction.value.is_zero() {
                    self.pay(receiver, Amount::new(U256::ZERO, EGLD));
                }
            }
            Call::Function(_) | Call::Text => {
                self.summary.action = "call of a contract".to_owned();
                self.warn("what the contract is called with is no function and its arguments");
            }
        }
        if self.summary.transfers.is_empty() {
            self.detail("receiver", receiver.to_string());
        }
        self.detail("data", excerpt(data));
    }

    fn tokens(&mut self, to: Account, tokens: &[Token], call: Option<&Function>) {
        self.summary.action = match tokens {
            [token] if token.nonce == 0 => "ESDT transfer",
            [_] => "NFT transfer",
            _ => "transfer of several tokens",
        }
        .to_owned();
        for token in tokens {
            self.pay(to, amount(token));
        }
        if let Some(function) = call {
            self.summary.action += &format!(" and call of {}", function.name);
            self.arguments(function);
        }
    }

    fn arguments(&mut self, function: &Function) {
        let shown = (1_usize..).zip(&function.arguments).take(ARGUMENTS);
        for (number, argument) in shown {
            self.detail(&format!("argument {number}"), tell(argument));
        }
        if let Some(more) = function.arguments.len().checked_sub(ARGUMENTS)
            && more > 0
        {
            self.detail("further arguments", more.to_string());
        }
        if let Some(warning) = warning_about(&function.name) {
            self.warn(warning);
        }
    }

    /// Warns of accounts that everybody or nobody has the key of.
    fn accounts(&mut self, transaction: &Transaction) {
        if is_open(transaction.sender) {
            self.warn(
                "the sender is an account of the empty mnemonic: anyone can spend from it, move what is left",
            );
        }
        let recipient = |transfer: &Transfer| Account::parse(&transfer.to).ok();
        let recipients: Vec<_> = self
            .summary
            .transfers
            .iter()
            .filter_map(recipient)
            .collect();
        if recipients.iter().any(|recipient| is_open(*recipient)) {
            self.warn(
                "the recipient is an account of the empty mnemonic, which tatum-kms 8 printed by mistake: anyone can spend from it",
            );
        }
        if recipients.contains(&Account::DEPLOYMENT) && !is_deployment(transaction) {
            self.warn("the recipient is the zero address, nobody has its key");
        }
    }

    fn pay(&mut self, to: Account, amount: Amount) {
        self.summary.transfers.push(Transfer {
            to: to.to_string(),
            amount,
            change: false,
        });
    }

    fn detail(&mut self, name: &str, value: String) {
        self.summary.details.push((name.to_owned(), value));
    }

    fn warn(&mut self, warning: &str) {
        self.summary.warnings.push(warning.to_owned());
    }
}

/// Whether it makes a contract, which then gets the amount.
fn is_deployment(transaction: &Transaction) -> bool {
    transaction.receiver == Account::DEPLOYMENT && !transaction.data.is_empty()
}

/// Whether the receiver is called: a contract always is, an account by functions that are built
/// into the protocol. What has no arguments may as well be a message, but for these.
fn is_call(function: &Function, receiver: Account) -> bool {
    receiver.is_contract()
        || !function.arguments.is_empty()
        || ["GuardAccount", "UnGuardAccount", "ClaimDeveloperRewards"]
            .contains(&function.name.as_str())
}

/// Functions that change who is in control.
fn warning_about(function: &str) -> Option<&'static str> {
    match function {
        "transferOwnership" | "ChangeOwnerAddress" => {
            Some("it hands the control of the token or contract over to another account")
        }
        "SetGuardian" | "GuardAccount" | "UnGuardAccount" => {
            Some("it changes who has to sign for this account")
        }
        "relayedTx" | "relayedTxV2" | "relayedTxV3" => {
            Some("it carries a transaction of somebody else, which is not shown")
        }
        _ => None,
    }
}

/// Tokens do not say how many decimals they have, save EGLD itself.
fn amount(token: &Token) -> Amount {
    let symbol = match (token.identifier.as_str(), token.nonce) {
        (EGLD_IDENTIFIER, 0) => return Amount::new(token.amount, EGLD),
        (identifier, 0) => format!("base units of token {identifier}"),
        // As explorers write it: the nonce in whole bytes of hexadecimal digits.
        (identifier, nonce) => {
            let nonce = format!("{nonce:x}");
            let width = nonce.len().next_multiple_of(2);
            format!("of {identifier}-{nonce:0>width$}")
        }
    };
    let unit = Unit {
        symbol: Cow::Owned(symbol),
        decimals: 0,
    };
    Amount::new(token.amount, unit)
}

/// An argument in all the ways it can be meant: bytes do not say whether they are text, a number
/// or an account.
fn tell(argument: &[u8]) -> String {
    if argument.is_empty() {
        return "empty".to_owned();
    }
    let head = argument.get(..EXCERPT).unwrap_or(argument);
    let mut told = format!("0x{}", hex::encode(head));
    if head.len() < argument.len() {
        return format!("{told}… ({} bytes)", argument.len());
    }
    let mut meanings = Vec::new();
    if argument.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        meanings.push(format!("{:?}", String::from_utf8_lossy(argument)));
    }
    if argument.len() <= 16 {
        let number = argument
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        meanings.push(number.to_string());
    }
    if let Ok(bytes) = argument.try_into() {
        meanings.push(Account(bytes).to_string());
    }
    if !meanings.is_empty() {
        told += &format!(" ({})", meanings.join(" or "));
    }
    told
}

/// Foreign text, quoted and shortened.
fn excerpt(text: &str) -> String {
    let shown: String = text.chars().take(EXCERPT).collect();
    if shown.len() == text.len() {
        format!("{shown:?}")
    } else {
        format!("{shown:?}… ({} bytes)", text.len())
    }
}
