//! The memory that makes signing happen once: what was received, frozen, signed and sent.
//!
//! A transaction goes through it in one direction. Each state is recorded before the next step
//! acts on it: the unsigned value before it is signed, the signed bytes before they leave. Under
//! a known id there is only that value, ever: another payload under the same id is a conflict.

mod backlog;
mod error;
mod memory;
mod record;
mod sqlite;

#[cfg(feature = "testkit")]
pub(crate) use self::sqlite::hostile;
pub use self::{
    backlog::Backlog,
    error::JournalError,
    memory::MemoryJournal,
    record::MAX_SIGNINGS,
    sqlite::{JournalAdmin, JournalFile, JournalRow, JournalView, SqliteJournal},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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

    /// Records that a transaction has gone one step further.
    ///
    /// # Errors
    /// [`JournalError::OutOfOrder`] when the step does not follow from where it stands, and
    /// those of writing; the step counts as not taken then.
    async fn advance(&self, key: &TransactionKey, step: Step) -> Result<(), JournalError>;

    /// Counts what is unfinished.
    ///
    /// # Errors
    /// Those of reading.
    async fn backlog(&self) -> Result<Backlog, JournalError>;

    /// Writes something that changes nothing, to see whether a step could be recorded now.
    ///
    /// # Errors
    /// Those of writing.
    async fn check(&self) -> Result<(), JournalError>;
}

/// A step of a transaction on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The owner's server did not approve, for this reason. The transaction stays open.
    Declined(String),
    /// Approved: the exact value that will be signed, before any signature exists.
    Frozen {
        /// The value.
        unsigned: Unsigned,
        /// What it does, in one line.
        summary: String,
    },
    /// The signed bytes, before they leave.
    Signed(Assembled),
    /// The bytes that others have completed by their signatures, in place of ours alone. Only
    /// before anything left.
    Completed(Assembled),
    /// The bytes are about to leave: from here on they may have arrived.
    Sending,
    /// The bytes certainly did not leave.
    NotSent,
    /// The network neither has the bytes nor can ever take them: the transaction is open again.
    Expired,
    /// The network has it.
    Done,
    /// It failed for good.
    Failed {
        /// The text that is reported to the cloud.
        reason: String,
        /// Whether the network executed it, so that it must never be signed anew.
        executed: bool,
    },
    /// The cloud has taken the report of the failure.
    Reported,
}

impl Step {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Declined(_) => "declining",
            Self::Frozen { .. } => "freezing",
            Self::Signed(_) => "signing",
            Self::Completed(_) => "completing",
            Self::Sending => "sending",
            Self::NotSent => "not sending",
            Self::Expired => "expiry",
            Self::Done => "completion",
            Self::Failed { .. } => "failure",
            Self::Reported => "reporting",
        }
    }
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

    /// The digest that was stored as these bytes.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the digest.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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
