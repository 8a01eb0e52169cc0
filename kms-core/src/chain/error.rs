//! What can be wrong with a transaction or a wallet.

use serde_json::Value;
use thiserror::Error;

use super::NodeError;
use crate::keys::KeyError;

/// Why a transaction is not signed.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The cloud sent something that is no transaction of this chain.
    #[error("the transaction is not readable: {0}")]
    Malformed(String),
    /// It is readable, but signing it would be wrong or dangerous.
    #[error("refused: {0}")]
    Refused(String),
    /// A refusal whose words are part of the protocol, and reported as they are.
    #[error("{0}")]
    Verbatim(String),
    /// Neither `hashes` nor `signatures` names a wallet.
    #[error("the transaction names no wallet")]
    NoWallet,
    /// A named wallet is not in the vault.
    #[error("no wallet {0} in the vault")]
    UnknownWallet(String),
    /// None of the named wallets can sign.
    #[error(
        "Wallets with requested private keys were not found. Most likely mnemonic-based wallet was used without index parameter (see docs: https://apidoc.tatum.io/)"
    )]
    NoSigningWallet,
    /// A mnemonic needs an index.
    #[error(
        "Private key was not found. Wallet {wallet} is mnemonic based, but KMS transaction {transaction} requires private key based, since tx was requested without index param. Please use another private key based wallet id or specify 'index' parameter for this mnemonic based wallet during request call (see docs: https://apidoc.tatum.io/)"
    )]
    MnemonicWithoutIndex {
        /// The signature id.
        wallet: String,
        /// The pending transaction.
        transaction: String,
    },
    /// The transaction is for another chain than the one that was polled.
    #[error("a transaction for {found} came in the answer for {expected}")]
    ForeignChain {
        /// What the transaction says.
        found: String,
        /// Code of the chain that was polled.
        expected: &'static str,
    },
    /// A wallet belongs to another chain or network than the transaction.
    #[error("wallet {wallet} belongs to {found}, the transaction to {expected}")]
    ForeignWallet {
        /// The signature id.
        wallet: String,
        /// Chain and network of the wallet.
        found: String,
        /// Chain and network of the transaction.
        expected: String,
    },
    /// The vault entry cannot give the key.
    #[error("wallet {wallet}: {source}")]
    Wallet {
        /// The signature id.
        wallet: String,
        /// What is wrong with it.
        source: WalletError,
    },
    /// A node could not say what the transaction lacks.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A signature could not be made, or was wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl TransactionError {
    /// Whether the same transaction may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Node(error) if error.is_transient())
    }

    /// The text for the cloud's batch report: the body of an error answer as indented JSON, else
    /// `Error: ` and the message, as the original has it.
    pub fn report_text(&self) -> String {
        match self {
            Self::Verbatim(text) => text.clone(),
            Self::Node(NodeError::Status { body, .. }) => report_body(body),
            other => format!("Error: {other}"),
        }
    }
}

/// Why a step after the signature failed.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The network said no: these bytes will never be accepted.
    #[error("the network refused the transaction: {0}")]
    Rejected(NodeError),
    /// Nobody who could act on it has it: the same bytes are sent later.
    #[error("not sent: {0}")]
    NotSent(NodeError),
    /// Nobody knows whether the network has it: the same bytes must be sent again.
    #[error("the outcome is unknown: {0}")]
    Unknown(NodeError),
    /// The network executed the transaction, and it failed there: definite, whatever was sent.
    #[error("the transaction failed on chain: {0}")]
    Reverted(NodeError),
    /// The network does not have these bytes and can no longer take them: the transaction may be
    /// prepared and signed anew.
    #[error("expired: {0}")]
    Expired(NodeError),
}

impl SubmitError {
    /// Sorts a node's error by whether it decided anything.
    pub fn from_node(error: NodeError) -> Self {
        match &error {
            NodeError::Status { .. } | NodeError::Rpc { .. } if !error.is_transient() => {
                Self::Rejected(error)
            }
            _ => Self::Unknown(error),
        }
    }

    /// Whether the network decided.
    pub fn is_definite(&self) -> bool {
        matches!(self, Self::Rejected(_) | Self::Reverted(_))
    }

    /// Whether the network decided even if the bytes had arrived before.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Reverted(_))
    }

    /// The text for the cloud's batch report, in the words that `style` says.
    pub fn report_text(&self, style: RefusalStyle) -> String {
        match self {
            Self::Rejected(NodeError::Status { body, .. }) => match style {
                RefusalStyle::Indented => report_body(body),
                RefusalStyle::ApiError => format!("ApiError: {body}"),
            },
            other => format!("Error: {other}"),
        }
    }
}

/// How the batch report words a refused broadcast: the original used two libraries, and the words
/// of each are part of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusalStyle {
    /// The body of the answer as indented JSON.
    #[default]
    Indented,
    /// `ApiError: ` and the body as compact JSON.
    ApiError,
}

fn report_body(body: &Value) -> String {
    match body {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

/// Why a wallet cannot be made, stored or used. Never repeats what was typed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalletError {
    /// The text is no private key of this chain.
    #[error("not a {chain} private key: {reason}")]
    InvalidPrivateKey {
        /// Code of the chain.
        chain: &'static str,
        /// What is wrong, without the key.
        reason: String,
    },
    /// The key is for the other network.
    #[error("this is a {chain} key for {found}, not for {expected}")]
    WrongNetwork {
        /// Code of the chain.
        chain: &'static str,
        /// The network of the key.
        found: super::Network,
        /// The network asked for.
        expected: super::Network,
    },
    /// The chain's keys do not come from a mnemonic.
    #[error("{0} wallets are single keys, they do not come from a mnemonic")]
    NoMnemonic(&'static str),
    /// The wallet holds no mnemonic, so there is no key at an index.
    #[error("the wallet holds a single key, there is none at an index")]
    NoIndex,
    /// The wallet holds neither a key nor a mnemonic that could give one.
    #[error("the wallet holds no key: it is based on a mnemonic and needs an index")]
    NoStoredKey,
    /// The vault entry lacks what it should hold or holds it in another form.
    #[error("the vault entry is not usable: {0}")]
    UnusableEntry(String),
    /// No registered plugin knows the chain.
    #[error("no plugin for chain {0:?} is part of this program")]
    UnsupportedChain(String),
    /// The key or mnemonic itself is wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
}
