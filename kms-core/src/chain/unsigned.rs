//! The stages of a transaction between the plugin and the signer.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

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
/// journaled and signed is decoded from these bytes. Nothing changes in it once it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    signers: Vec<Signer>,
    #[serde(with = "hex::serde")]
    body: Vec<u8>,
    #[serde(skip)]
    decoded: Decoded,
}

impl Unsigned {
    /// Freezes a transaction: the keys that sign, and the transaction in an encoding of the
    /// plugin's choice.
    pub fn new(signers: Vec<Signer>, body: Vec<u8>) -> Self {
        Self {
            signers,
            body,
            decoded: Decoded::default(),
        }
    }

    /// The keys that sign.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The transaction, in the plugin's encoding.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The transaction as `decode` reads and checks it. A summary, the preimages and the signed
    /// transaction need it each in turn; it is read for the first of them and kept.
    ///
    /// `decode` has to be pure, and the same function whenever it gives the same type.
    ///
    /// # Errors
    /// Those of `decode`.
    pub fn decoded<T, E>(&self, decode: impl FnOnce(&Self) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        let kept = self.decoded.0.get().cloned();
        if let Some(Ok(kept)) = kept.map(Arc::downcast) {
            return Ok(kept);
        }
        let decoded = Arc::new(decode(self)?);
        // Something else may be there: then this one is not kept.
        let _ = self.decoded.0.set(decoded.clone());
        Ok(decoded)
    }
}

/// What a plugin made of an unsigned transaction. It follows from the rest, so it neither tells
/// two of them apart nor is written.
#[derive(Clone, Default)]
struct Decoded(OnceLock<Arc<dyn Any + Send + Sync>>);

impl PartialEq for Decoded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Decoded {}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "kept" } else { "-" })
    }
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

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible};

    use super::*;

    #[test]
    fn what_was_decoded_is_kept_and_an_error_is_not() {
        let unsigned = Unsigned::new(Vec::new(), vec![7]);
        assert_eq!(
            unsigned.decoded::<String, _>(|_| Err("unreadable")),
            Err("unreadable")
        );
        let read = Cell::new(0);
        let decode = |it: &Unsigned| -> Result<String, Infallible> {
            read.set(read.get() + 1);
            Ok(format!("{:?}", it.body()))
        };
        assert_eq!(*unsigned.decoded(decode).unwrap(), "[7]");
        assert_eq!(*unsigned.decoded(decode).unwrap(), "[7]");
        assert_eq!(read.get(), 1);
        // Another type does not get what this one left there.
        assert_eq!(*unsigned.decoded(|_| Ok::<_, Infallible>(5_u8)).unwrap(), 5);
        assert_eq!(*unsigned.decoded(decode).unwrap(), "[7]");
        assert_eq!(read.get(), 1);
    }

    #[test]
    fn what_was_decoded_is_neither_compared_nor_written() {
        let read = Unsigned::new(Vec::new(), vec![7]);
        let text = serde_json::to_string(&read).unwrap();
        read.decoded(|_| Ok::<_, Infallible>(5_u8)).unwrap();
        assert_eq!(read, Unsigned::new(Vec::new(), vec![7]));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let other = Unsigned::new(Vec::new(), vec![8]);
        assert_ne!(read, other);
        let again: Unsigned = serde_json::from_str(&text).unwrap();
        assert_eq!(*again.decoded(|_| Ok::<_, Infallible>(6_u8)).unwrap(), 6);
    }
}
