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
