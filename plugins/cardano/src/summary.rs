//! What a transaction does, for people.

use std::collections::BTreeMap;

use kms_core::prelude::{Amount, Fee, Summary, Transfer, Unit};
use ruint::aliases::U256;

use crate::{
    address::LedgerAddress,
    asset::{AssetId, Assets},
    body::{TransactionInput, TransactionOutput},
    plugin::ADA,
    transaction::Transaction,
};

/// Says what signing `transaction` does, as its body has it. Only whose coins they are and what
/// they hold is not in the body; the ledger takes no transaction that is wrong about it.
pub(crate) fn summarize(transaction: &Transaction) -> Summary {
    let coins: BTreeMap<TransactionInput, &TransactionOutput> = transaction
        .operations
        .inputs
        .iter()
        .map(|coin| (coin.input, &coin.holds))
        .collect();
    let mut from: Vec<&LedgerAddress> = Vec::new();
    let mut spent: Vec<Spent<'_>> = Vec::new();
    for input in &transaction.body.inputs {
        let Some(coin) = coins.get(input) else {
            continue;
        };
        let position = from.iter().position(|owner| **owner == coin.address);
        let position = position.unwrap_or_else(|| {
            from.push(&coin.address);
            spent.push(Spent::default());
            spent.len().saturating_sub(1)
        });
        if let Some(spent) = spent.get_mut(position) {
            spent.add(coin);
        }
    }
    let mut details = Vec::new();
    for (owner, spent) in from.iter().zip(&spent) {
        for text in spent.describe() {
            details.push(("spends".to_owned(), format!("{text} of {owner}")));
        }
    }
    details.push(("ttl".to_owned(), format!("slot {}", transaction.body.ttl)));

    let is_change = |output: &TransactionOutput| from.contains(&&output.address);
    let mut transfers = Vec::new();
    let mut tokens = false;
    for output in &transaction.body.outputs {
        let mut transfer = |amount: u64, unit: Unit| {
            transfers.push(Transfer {
                to: output.address.to_string(),
                amount: units(amount, unit),
                change: is_change(output),
            });
        };
        transfer(output.lovelace, ADA);
        for (asset, amount) in &output.assets {
            transfer(*amount, asset.unit());
            tokens |= !is_change(output);
        }
    }
    Summary {
        chain: "ADA".to_owned(),
        network: transaction.frozen.network,
        action: if tokens {
            "transfer with native tokens".to_owned()
        } else {
            "transfer".to_owned()
        },
        warnings: warnings(transaction, is_change),
        from: from.iter().map(ToString::to_string).collect(),
        transfers,
        fee: Some(Fee {
            amount: units(transaction.body.fee, ADA),
            ceiling: false,
        }),
        nonce: None,
        details,
    }
}

/// What is spent of one owner.
#[derive(Default)]
struct Spent<'a> {
    coins: u64,
    /// Sums that do not fit were refused.
    lovelace: u64,
    assets: BTreeMap<&'a AssetId, U256>,
}

impl<'a> Spent<'a> {
    fn add(&mut self, coin: &'a TransactionOutput) {
        self.coins = self.coins.saturating_add(1);
        self.lovelace = self.lovelace.saturating_add(coin.lovelace);
        add(&mut self.assets, &coin.assets);
    }

    fn describe(&self) -> Vec<String> {
        let noun = if self.coins == 1 { "coin" } else { "coins" };
        let coins = format!("{} in {} {noun}", units(self.lovelace, ADA), self.coins);
        let tokens = self.assets.iter();
        let tokens = tokens.map(|(asset, sum)| Amount::new(*sum, asset.unit()).to_string());
        [coins].into_iter().chain(tokens).collect()
    }
}

/// Adds tokens; 256 bits hold any sum of amounts of 64.
fn add<'a>(sums: &mut BTreeMap<&'a AssetId, U256>, assets: &'a Assets) {
    for (asset, amount) in assets {
        let sum = sums.entry(asset).or_default();
        *sum = sum.saturating_add(U256::from(*amount));
    }
}

fn units(amount: u64, unit: Unit) -> Amount {
    Amount::new(U256::from(amount), unit)
}

fn warnings(
    transaction: &Transaction,
    is_change: impl Fn(&TransactionOutput) -> bool,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let paid: Vec<_> = transaction
        .body
        .outputs
        .iter()
        .filter(|output| !is_change(output))
        .collect();
    let lovelace: U256 = paid.iter().fold(U256::ZERO, |sum, output| {
        sum.saturating_add(U256::from(output.lovelace))
    });
    if paid.is_empty() {
        warnings.push("nothing is paid to anybody else".to_owned());
    } else if U256::from(transaction.body.fee) > lovelace {
        warnings.push("the fee is higher than what is paid".to_owned());
    }
    for (number, output) in transaction.body.outputs.iter().enumerate() {
        if output.address.is_script() {
            warnings.push(format!(
                "output {number} pays to a script and tells it nothing (no datum): many scripts never give such money back"
            ));
        }
    }
    let held = sums(
        transaction
            .operations
            .inputs
            .iter()
            .map(|coin| &coin.holds.assets),
    );
    let given = sums(transaction.body.outputs.iter().map(|output| &output.assets));
    if held != given {
        warnings.push(
            "the tokens of inputs and outputs do not add up, the network may not take it"
                .to_owned(),
        );
    }
    warnings
}

fn sums<'a>(all: impl Iterator<Item = &'a Assets>) -> BTreeMap<&'a AssetId, U256> {
    let mut sums = BTreeMap::new();
    for assets in all {
        add(&mut sums, assets);
    }
    sums
}
