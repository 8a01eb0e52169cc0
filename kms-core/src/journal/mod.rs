//! The memory that makes signing happen once: what was received, frozen, signed and sent.
//!
//! A transaction goes through it in one direction. Each state is recorded before the next step
//! acts on it: the unsigned value before it is signed, the signed bytes before they leave. Under
//! a known id there is only that value, ever: another payload under the same id is a conflict.

mod memory;

pub use self::memory::MemoryJournal;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::chain::{Assembled, Network, PendingTransaction, Unsigned};

/// Where transactions are recorded. An implementation makes each call durable before it returns,
/// and each call is one critical section.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes a transaction in, or says where it stood.
    ///
    /// # Errors
    /// [`JournalError`] when the journal cannot be read or written; nothing may be signed then.
    async fn receive(
        &self,
        key: &TransactionKey,
        payload: PayloadDigest,
    ) -> Result<Standing, JournalError>;

    /// Records the exact value that will be signed, before any signature exists.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was received and not frozen yet.
    async fn freeze(&self, key: &TransactionKey, unsigned: &Unsigned) -> Result<(), JournalError>;

    /// Records the signed bytes, before they leave.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was frozen and not signed yet.
    async fn signed(&self, key: &TransactionKey, assembled: &Assembled)
    -> Result<(), JournalError>;

    /// Records the bytes that others have completed by their signatures, in place of ours alone.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was signed and never left.
    async fn completed(
        &self,
        key: &TransactionKey,
        assembled: &Assembled,
    ) -> Result<(), JournalError>;

    /// Records that the bytes are about to leave: from here on they may have arrived.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was signed.
    async fn sending(&self, key: &TransactionKey) -> Result<(), JournalError>;

    /// Records that the bytes certainly did not leave.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was signed.
    async fn unsent(&self, key: &TransactionKey) -> Result<(), JournalError>;

    /// Records that the network neither has the bytes nor can ever take them: the transaction is
    /// open again.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was signed.
    async fn expired(&self, key: &TransactionKey) -> Result<(), JournalError>;

    /// Records that the network has the transaction.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] unless the transaction was signed.
    async fn done(&self, key: &TransactionKey) -> Result<(), JournalError>;

    /// Records a definite failure, with the text that is reported to the cloud.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] when the transaction was never received or is done.
    async fn failed(&self, key: &TransactionKey, reason: &str) -> Result<(), JournalError>;
}

/// What a transaction is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionKey {
    /// Code of the chain.
    pub chain: String,
    /// The network.
    pub network: Network,
    /// The cloud's id of the pending transaction.
    pub id: String,
}

/// SHA-256 over everything in a pending transaction that decides what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadDigest([u8; 32]);

impl PayloadDigest {
    /// The digest of `pending`. White space, the order of members and members that decide
    /// nothing do not enter it.
    pub fn of(pending: &PendingTransaction) -> Self {
        let decisive = (
            &pending.chain,
            &pending.serialized_transaction,
            &pending.hashes,
            pending.index,
            &pending.signatures,
            &pending.withdrawal_id,
            &pending.withdrawal_responses,
        );
        let text = serde_json::to_vec(&decisive).expect("plain data is always valid JSON");
        Self(Sha256::digest(text).into())
    }
}

/// Where a transaction stood when it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never seen, or seen and not frozen: it may be prepared.
    Open,
    /// This value, and no other, may be signed.
    Frozen(Unsigned),
    /// These bytes, and no others, may be sent.
    Signed {
        /// What was signed.
        unsigned: Unsigned,
        /// The signed transaction.
        assembled: Assembled,
        /// Whether they may have arrived already.
        maybe_sent: bool,
    },
    /// The network has it.
    Done,
    /// It failed for good, for this reason.
    Failed(String),
    /// The id is known with another payload.
    Conflict,
}

/// Why the journal did not record something.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// The step does not follow from where the transaction stands.
    #[error("the journal has {id} as {state}, which {step} cannot follow")]
    OutOfOrder {
        /// The pending transaction.
        id: String,
        /// Where it stands.
        state: &'static str,
        /// The step that was asked for.
        step: &'static str,
    },
    /// There is no more room for unfinished transactions.
    #[error("the journal holds {0} unfinished transactions and takes no more")]
    Full(usize),
}
