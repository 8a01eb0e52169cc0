//! The stages of a transaction between the plugin and the signer.

use serde::{Deserialize, Serialize};

use super::{Address, KeyRequest};
use crate::keys::{PublicKey, Scheme};

/// The public side of a key that will sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The signature id of the vault entry.
    pub id: String,
    /// The derivation index, or nothing for a stored key.
    pub index: Option<u32>,
    /// The public key.
    pub public_key: PublicKey,
    /// Its address on the transaction's chain and network.
    pub address: Address,
}

impl Signer {
    /// The request that leads to the secret side.
    pub fn key_request(&self) -> KeyRequest {
        KeyRequest {
            id: self.id.clone(),
            index: self.index,
        }
    }
}

/// A complete transaction that lacks only its signatures.
///
/// `body` is the plugin's own encoding and the only truth: what is summarised, approved,
/// journaled and signed is decoded from these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    /// The keys that sign.
    pub signers: Vec<Signer>,
    /// The transaction, in an encoding of the plugin's choice.
    #[serde(with = "hex::serde")]
    pub body: Vec<u8>,
}

/// Something to be signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preimage {
    /// Position in [`Unsigned::signers`].
    pub signer: usize,
    /// How it is signed.
    pub scheme: Scheme,
    /// The digest or message, whichever the scheme takes.
    pub payload: Vec<u8>,
}

/// A signed transaction, ready to leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assembled {
    /// The transaction in the form that is posted: hex, base64 or JSON text.
    pub tx_data: String,
    /// The transaction's id on its chain.
    pub transaction_id: String,
    /// The last block height, ledger, round or slot (whichever the chain counts) that can take
    /// these bytes; nothing where they stay valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<u64>,
}

impl Assembled {
    /// A transaction that stays valid until something else takes its place.
    pub fn new(tx_data: impl Into<String>, transaction_id: impl Into<String>) -> Self {
        Self {
            tx_data: tx_data.into(),
            transaction_id: transaction_id.into(),
            expiry: None,
        }
    }

    /// The same transaction with the last height, ledger, round or slot that can take it.
    #[must_use]
    pub fn with_expiry(mut self, expiry: u64) -> Self {
        self.expiry = Some(expiry);
        self
    }
}

/// Whether signed bytes leave for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// They never left before.
    First,
    /// They may have arrived already, or even be final: ask before sending, and never believe a
    /// refusal that the earlier arrival explains.
    Repeat,
}

/// What the cloud's broadcast call is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// The `txData` member: for most chains the signed transaction.
    pub tx_data: String,
    /// Whether the chain has executed the transaction already, so that the call only says so.
    #[serde(default)]
    pub on_chain: bool,
}

impl Broadcast {
    /// For the chains whose plugin sends by itself: the transaction is executed, and `tx_data`
    /// names it.
    pub fn executed(tx_data: impl Into<String>) -> Self {
        Self {
            tx_data: tx_data.into(),
            on_chain: true,
        }
    }
}

impl From<&Assembled> for Broadcast {
    fn from(assembled: &Assembled) -> Self {
        Self {
            tx_data: assembled.tx_data.clone(),
            on_chain: false,
        }
    }
}
