//! Why the journal did not record something.

use std::path::PathBuf;

use thiserror::Error;

/// Why the journal did not record something, or cannot be used.
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
    /// There is no journal file.
    #[error("there is no journal at {}", .0.display())]
    Missing(PathBuf),
    /// Another process works with it.
    #[error("another daemon works with the journal {}", .0.display())]
    InUse(PathBuf),
    /// It is not as it was written.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// The file is another one.
    #[error("{} is no journal of tatum-kms", .0.display())]
    Foreign(PathBuf),
    /// A later program made it.
    #[error("the journal has version {0}, which this program does not know")]
    UnknownVersion(i64),
    /// It was sealed under another password than the vault's.
    #[error("the journal was sealed under another password than the vault has now")]
    OtherPassword,
    /// Other users could read or change it.
    #[error("the journal {} is open to other users", .0.display())]
    NotPrivate(PathBuf),
    /// It cannot be read or written.
    #[error("the journal cannot be used: {0}")]
    Storage(String),
    /// There is no such transaction in it.
    #[error("the journal knows no transaction {0}")]
    UnknownTransaction(String),
    /// It must not be done to a transaction in this state.
    #[error("transaction {id} is {state}: {reason}")]
    NotNow {
        /// The pending transaction.
        id: String,
        /// Where it stands.
        state: &'static str,
        /// Why not.
        reason: &'static str,
    },
}

impl JournalError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::InUse(_) => Some(
                "stop the other daemon first; two daemons work side by side only on different chains and with a journal each (--journal)",
            ),
            Self::Damaged(_) => Some(
                "do not delete it: what it holds as sent may be on its chain. Restore a copy or look each unfinished transaction up on its chain; then move the file away and start again",
            ),
            Self::Foreign(_) => Some("name the right file with --journal"),
            Self::UnknownVersion(_) => Some("use the program that wrote it, or a later one"),
            Self::OtherPassword => Some(
                "if the vault's password was changed with the journal elsewhere: change it back, then again with --journal naming this file",
            ),
            Self::NotPrivate(_) => Some("chmod 600 it, and see who had access"),
            Self::Storage(_) => Some(
                "nothing is signed without it: look at the disk (room, rights, health), or name another place with --journal",
            ),
            Self::NotNow { .. } => Some("`tatum-kms journal show` says more"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_can_do_something_about_it_is_told_what() {
        let path = || PathBuf::from("journal.db");
        let not_now = JournalError::NotNow {
            id: String::new(),
            state: "sent",
            reason: "",
        };
        for (error, advice) in [
            (JournalError::InUse(path()), "stop the other daemon first"),
            (JournalError::Damaged(String::new()), "do not delete it"),
            (JournalError::Foreign(path()), "--journal"),
            (JournalError::UnknownVersion(9), "a later one"),
            (JournalError::OtherPassword, "--journal naming this file"),
            (JournalError::NotPrivate(path()), "chmod 600"),
            (JournalError::Storage(String::new()), "look at the disk"),
            (not_now, "`tatum-kms journal show`"),
        ] {
            let hint = error.hint().unwrap();
            assert!(hint.contains(advice), "{error}: {hint}");
        }
        assert_eq!(JournalError::Full(1).hint(), None);
    }
}
