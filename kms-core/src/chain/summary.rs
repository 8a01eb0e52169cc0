//! What a transaction does, in words and numbers a person can decide on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Amount, Network};

/// What will happen when a transaction is signed, computed from the very bytes that are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Code of the chain.
    pub chain: String,
    /// The network.
    pub network: Network,
    /// The kind of transaction in a few words: `transfer`, `ERC-20 transfer`, `contract creation`.
    pub action: String,
    /// Who pays.
    pub from: Vec<String>,
    /// Who receives what.
    pub transfers: Vec<Transfer>,
    /// What it costs at most.
    pub fee: Option<Fee>,
    /// The sender's nonce or sequence number, where there is one.
    pub nonce: Option<u64>,
    /// Further facts in the order they should be read: name, value.
    pub details: Vec<(String, String)>,
    /// What a person should look at twice.
    pub warnings: Vec<String>,
}

/// One movement of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The recipient's address, or the script where there is no address.
    pub to: String,
    /// How much.
    pub amount: Amount,
    /// Whether it goes back to the sender.
    pub change: bool,
}

/// What a transaction costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The fee, or the most it can be.
    pub amount: Amount,
    /// Whether it may turn out lower.
    pub ceiling: bool,
}

/// One line for logs and tables.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.action)?;
        let mut separator = ": ";
        for transfer in self.transfers.iter().filter(|transfer| !transfer.change) {
            write!(f, "{separator}{} to {}", transfer.amount, transfer.to)?;
            separator = ", ";
        }
        if let Some(fee) = &self.fee {
            let bound = if fee.ceiling { "at most " } else { "" };
            write!(f, ", fee {bound}{}", fee.amount)?;
        }
        for warning in &self.warnings {
            write!(f, " [warning: {warning}]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Unit;

    #[test]
    fn one_line_says_who_gets_what_and_what_it_costs_at_most() {
        let amount = |units: u64| Amount::new(ruint::aliases::U256::from(units), Unit::new("X", 3));
        let transfer = |to: &str, units, change| Transfer {
            to: to.to_owned(),
            amount: amount(units),
            change,
        };
        let mut summary = Summary {
            chain: "X".to_owned(),
            network: Network::Testnet,
            action: "transfer".to_owned(),
            from: vec!["me".to_owned()],
            transfers: vec![
                transfer("one", 1500, false),
                transfer("me", 9000, true),
                transfer("two", 2, false),
            ],
            fee: Some(Fee {
                amount: amount(7),
                ceiling: true,
            }),
            nonce: Some(4),
            details: vec![("memo".to_owned(), "rent".to_owned())],
            warnings: Vec::new(),
        };
        assert_eq!(
            summary.to_string(),
            "transfer: 1.5 X to one, 0.002 X to two, fee at most 0.007 X"
        );

        summary.transfers.clear();
        summary.fee = summary.fee.map(|fee| Fee {
            ceiling: false,
            ..fee
        });
        summary.warnings = vec!["odd".to_owned(), "very".to_owned()];
        assert_eq!(
            summary.to_string(),
            "transfer, fee 0.007 X [warning: odd] [warning: very]"
        );
    }
}
