//! The vector files: cases recorded from the original and checked with independent libraries.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::chain::{Network, PendingTransaction};

/// The content of one vector file.
#[derive(Debug, Deserialize)]
pub struct Vectors {
    /// Code of the chain.
    pub chain: String,
    /// Mnemonics with what is derived from them.
    #[serde(default)]
    pub wallets: Vec<WalletCase>,
    /// Transactions that must be signed exactly so.
    #[serde(default)]
    pub transactions: Vec<TransactionCase>,
    /// Transactions that must be refused.
    #[serde(default)]
    pub errors: Vec<ErrorCase>,
}

impl Vectors {
    /// Reads a vector file.
    ///
    /// # Panics
    /// When it is none: it is part of the test that reads it.
    pub fn parse(json: &str) -> Self {
        serde_json::from_str(json).expect("a readable vector file")
    }
}

/// A wallet and what is derived from it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WalletCase {
    /// The network.
    pub testnet: bool,
    /// The words, for chains that have them.
    pub mnemonic: Option<String>,
    /// The account's public side, for chains that have one.
    pub xpub: Option<String>,
    /// Address by index.
    #[serde(default)]
    pub addresses: BTreeMap<u32, String>,
    /// Private key by index.
    #[serde(default)]
    pub private_keys: BTreeMap<u32, String>,
}

/// A transaction, and what is posted for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionCase {
    /// What the case shows.
    pub name: String,
    /// The network.
    pub testnet: bool,
    /// The pending transaction.
    pub pending: Box<RawValue>,
    /// The vault.
    pub wallets: BTreeMap<String, Value>,
    /// The calls while preparing, with their answers.
    #[serde(default)]
    pub calls: Vec<Value>,
    /// The call that must be made.
    pub broadcast: BroadcastCase,
    /// Whether the bytes are always the same.
    #[serde(default = "yes")]
    pub deterministic: bool,
    /// The transaction's id.
    pub tx_id: Option<String>,
    /// Set where the original is not to be matched.
    pub original_bug: Option<Value>,
}

/// A broadcast call.
#[derive(Debug, Deserialize)]
pub struct BroadcastCase {
    /// Its path.
    pub path: String,
    /// Its body.
    pub body: Value,
}

/// A transaction that must not be sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorCase {
    /// What the case shows.
    pub name: String,
    /// `refuse`, `original-defect` or `original-limit`.
    #[serde(default = "refuse")]
    pub kind: String,
    /// `exact` when the error's text is part of the protocol.
    #[serde(default)]
    pub text: String,
    /// Whether signing it correctly is as good as refusing it.
    #[serde(default)]
    pub may_accept: bool,
    /// The network.
    #[serde(default)]
    pub testnet: bool,
    /// The pending transaction.
    pub pending: Option<Box<RawValue>>,
    /// The vault.
    #[serde(default)]
    pub wallets: BTreeMap<String, Value>,
    /// The calls while preparing, with their answers.
    #[serde(default)]
    pub calls: Vec<Value>,
    /// The original's text; nothing where it did not even notice.
    #[serde(default)]
    pub error: Option<String>,
    /// The broadcast, when it is the broadcast that fails.
    pub broadcast: Option<Value>,
}

/// The parts that every case has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) network: Network,
    pub(super) wallets: &'a BTreeMap<String, Value>,
    pub(super) calls: &'a [Value],
}

impl TransactionCase {
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            network: Network::from_testnet_flag(self.testnet),
            wallets: &self.wallets,
            calls: &self.calls,
        }
    }
}

impl ErrorCase {
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            network: Network::from_testnet_flag(self.testnet),
            wallets: &self.wallets,
            calls: &self.calls,
        }
    }
}

/// Reads a pending transaction as the daemon does.
pub(super) fn pending(raw: &RawValue) -> Result<PendingTransaction, serde_json::Error> {
    PendingTransaction::from_raw(raw)
}

fn yes() -> bool {
    true
}

fn refuse() -> String {
    "refuse".to_owned()
}
