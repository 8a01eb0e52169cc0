//! The 4-eye check: whether a pending transaction is its owner's.

pub(crate) mod four_eye;
#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;

pub use self::four_eye::{ApprovalConfigError, FourEye, Method};
use crate::chain::{PendingTransaction, Summary};

/// Decides whether a transaction may be signed. Asked once for each, before anything is signed;
/// whatever is not [`Verdict::Approved`] keeps it from being.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Decides. `summary` is computed from the very value that will be signed.
    async fn check(&self, pending: &PendingTransaction, summary: &Summary) -> Verdict;
}

/// What an [`Approver`] decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be signed.
    Approved,
    /// It was refused.
    Refused {
        /// The HTTP status of the refusal.
        status: u16,
    },
    /// Nobody decided, which is as good as a refusal.
    Unreachable {
        /// What went wrong.
        why: String,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approved => f.write_str("approved by the external system"),
            Self::Refused { status: 404 } => {
                f.write_str("the external system does not know the transaction (404)")
            }
            Self::Refused { status } => write!(f, "the external system refused it ({status})"),
            Self::Unreachable { why } => write!(f, "the external system gave no decision: {why}"),
        }
    }
}

/// Approves everything: for testnets without an external system.
#[derive(Clone, Copy, Debug)]
pub struct NoApproval;

#[async_trait]
impl Approver for NoApproval {
    async fn check(&self, _: &PendingTransaction, _: &Summary) -> Verdict {
        Verdict::Approved
    }
}
