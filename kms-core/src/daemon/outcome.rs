//! How the work on a transaction ended, and for which kind of reason.

use crate::chain::{SubmitError, TransactionError};

/// How the work on a transaction ended in one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Signed and accepted by the cloud.
    Sent {
        /// The transaction's id on its chain.
        transaction_id: String,
        /// What it does.
        summary: String,
    },
    /// It was sent before; there is nothing to do.
    AlreadyDone,
    /// It would have been signed, were this no dry run; what it does.
    Rehearsed(String),
    /// The 4-eye check did not approve.
    Declined(String),
    /// It failed for good.
    Failed {
        /// The kind of failure.
        reason: FailureReason,
        /// What is reported to the cloud.
        text: String,
    },
    /// Something is in the way that may pass: it is tried again.
    Postponed {
        /// The kind of obstacle.
        reason: PostponeReason,
        /// What is in the way.
        why: String,
    },
    /// It was sent and nobody knows whether it arrived: the same bytes are sent again, and
    /// nothing else of the same signer before that.
    Uncertain(String),
}

/// The kinds of failures. The names are for metrics: they never change, and there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// What the cloud listed is no transaction of this chain.
    Unreadable,
    /// Signing it would be wrong or dangerous.
    Refused,
    /// The wallets that it names cannot sign it.
    Wallet,
    /// A node definitely refused to say what it lacks.
    Node,
    /// The signature could not be made, or was wrong.
    Signing,
    /// The id came again with another content.
    Conflict,
    /// The network refused the signed bytes.
    Rejected,
    /// The network executed it, and it failed there.
    Reverted,
    /// It failed in an earlier cycle, and the cloud lists it still.
    Earlier,
}

impl FailureReason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Unreadable,
        Self::Refused,
        Self::Wallet,
        Self::Node,
        Self::Signing,
        Self::Conflict,
        Self::Rejected,
        Self::Reverted,
        Self::Earlier,
    ];

    /// The name: lower-case letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::Wallet => "wallet",
            Self::Node => "node",
            Self::Signing => "signing",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Reverted => "reverted",
            Self::Earlier => "earlier",
        }
    }
}

impl From<&TransactionError> for FailureReason {
    fn from(error: &TransactionError) -> Self {
        match error {
            TransactionError::Malformed(_) | TransactionError::ForeignChain { .. } => {
                Self::Unreadable
            }
            TransactionError::Refused(_) | TransactionError::Verbatim(_) => Self::Refused,
            TransactionError::NoWallet
            | TransactionError::UnknownWallet(_)
            | TransactionError::NoSigningWallet
            | TransactionError::MnemonicWithoutIndex { .. }
            | TransactionError::ForeignWallet { .. }
            | TransactionError::Wallet { .. } => Self::Wallet,
            TransactionError::Node(_) => Self::Node,
            TransactionError::Key(_) => Self::Signing,
        }
    }
}

impl From<&SubmitError> for FailureReason {
    fn from(error: &SubmitError) -> Self {
        if error.is_final() {
            Self::Reverted
        } else {
            Self::Rejected
        }
    }
}

/// The kinds of obstacles that may pass. The names are for metrics, as those of
/// [`FailureReason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostponeReason {
    /// A node did not say what the transaction lacks.
    Node,
    /// The journal cannot be used: nothing is signed without it.
    Journal,
    /// The vault cannot be read.
    Vault,
    /// The signed bytes certainly did not leave.
    NotSent,
    /// The signed bytes can no longer be executed: it is signed anew.
    Expired,
    /// A mistake of this program.
    Internal,
}

impl PostponeReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Node,
        Self::Journal,
        Self::Vault,
        Self::NotSent,
        Self::Expired,
        Self::Internal,
    ];

    /// The name: lower-case letters and underscores.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Journal => "journal",
            Self::Vault => "vault",
            Self::NotSent => "not_sent",
            Self::Expired => "expired",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chain::NodeError;

    #[test]
    fn each_reason_has_a_name_of_its_own() {
        let failures: BTreeSet<_> = FailureReason::ALL.map(FailureReason::name).into();
        assert_eq!(failures.len(), FailureReason::ALL.len());
        let obstacles: BTreeSet<_> = PostponeReason::ALL.map(PostponeReason::name).into();
        assert_eq!(obstacles.len(), PostponeReason::ALL.len());
        for name in failures.union(&obstacles) {
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(plain, "{name}");
        }
    }

    #[test]
    fn errors_are_sorted_by_what_they_are_and_not_by_their_words() {
        let words = || "reverted by the wallet".to_owned();
        for (error, expected) in [
            (
                TransactionError::Malformed(words()),
                FailureReason::Unreadable,
            ),
            (TransactionError::Refused(words()), FailureReason::Refused),
            (
                TransactionError::UnknownWallet(words()),
                FailureReason::Wallet,
            ),
        ] {
            assert_eq!(FailureReason::from(&error), expected);
        }
        let node = || NodeError::Status {
            status: 400,
            body: serde_json::Value::Null,
        };
        let rejected = SubmitError::Rejected(node());
        assert_eq!(FailureReason::from(&rejected), FailureReason::Rejected);
        let reverted = SubmitError::Reverted(node());
        assert_eq!(FailureReason::from(&reverted), FailureReason::Reverted);
    }
}
