//! What a transaction does, in words: computed from the document that is signed.

use std::borrow::Cow;

use kms_core::chain::{Amount, Summary, Transfer, Unit};
use ruint::aliases::U256;

use crate::{plugin::BNB, transaction::Transaction};

/// The most of a memo that is shown.
const EXCERPT: usize = 200;

/// Describes `transaction`.
pub(crate) fn summarize(transaction: &Transaction) -> Summary {
    let network = transaction.network;
    let mut from: Vec<String> = Vec::new();
    for input in &transaction.transfer.inputs {
        let address = input.account.to_text(network);
        if !from.contains(&address) {
            from.push(address);
        }
    }
    let mut transfers = Vec::new();
    for output in &transaction.transfer.outputs {
        let to = output.account.to_text(network);
        for coin in &output.coins {
            // Every token of this chain has as many decimals as BNB.
            let unit = Unit {
                symbol: Cow::Owned(coin.denom.clone()),
                decimals: BNB.decimals,
            };
            transfers.push(Transfer {
                to: to.clone(),
                amount: Amount::new(U256::from(coin.amount), unit),
                change: from.contains(&to),
            });
        }
    }
    let mut details = vec![
        (
            "fee".to_owned(),
            "what the network charges; it is not part of the transaction".to_owned(),
        ),
        (
            "account number".to_owned(),
            transaction.account_number.to_string(),
        ),
    ];
    if !transaction.memo.is_empty() {
        details.insert(0, ("memo".to_owned(), excerpt(&transaction.memo)));
    }
    Summary {
        chain: "BNB".to_owned(),
        network,
        action: "transfer".to_owned(),
        from,
        transfers,
        fee: None,
        nonce: Some(transaction.sequence),
        details,
        warnings: Vec::new(),
    }
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
