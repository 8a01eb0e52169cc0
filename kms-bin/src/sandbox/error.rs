//! Why the sandbox could not do its work.

use std::io;

use kms_core::{
    approval::ApprovalConfigError, chain::WalletError, cloud::CloudError, journal::JournalError,
    keys::KeyError, vault::VaultError,
};
use thiserror::Error;

use super::state::QueueError;

/// Why the sandbox could not do its work. What a transaction came to is no error but a row of
/// its report.
#[derive(Debug, Error)]
pub(crate) enum SandboxError {
    /// The port is taken, or may not be listened on.
    #[error("cannot listen on port {port} of the loopback interface")]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The folder for the vault.
    #[error("cannot make a folder for the throw-away vault")]
    Folder(#[source] io::Error),
    /// SIGINT and SIGTERM cannot be listened to.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// A wallet.
    #[error("cannot make a wallet for {chain}")]
    Wallet {
        /// Code of the chain.
        chain: &'static str,
        /// Why not.
        source: WalletError,
    },
    /// A plugin makes up a transaction that is none.
    #[error("the plugin of {chain} makes up a transaction that cannot be handed out: {reason}")]
    Transaction {
        /// Code of the chain.
        chain: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The cloud client.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The 4-eye check.
    #[error(transparent)]
    Approval(#[from] ApprovalConfigError),
    /// There are more transactions or wallets than the sandbox takes.
    #[error("too many transactions or wallets")]
    Queue(#[from] QueueError),
    /// The operating system has no randomness to give.
    #[error(transparent)]
    Randomness(#[from] KeyError),
    /// An internal error.
    #[error("an internal error: {0}")]
    Internal(String),
}

impl SandboxError {
    /// What the reader can do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Listen { .. } => Some("choose another port with --port; 0 takes any free one"),
            Self::Folder(_) => Some("set TMPDIR to a folder that can be written to"),
            Self::Vault(error) => error.hint(),
            Self::Cloud(error) => error.hint(),
            _ => None,
        }
    }
}
