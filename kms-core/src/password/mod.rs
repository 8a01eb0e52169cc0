//! Where the password of the vault comes from.
//!
//! Each way is a [`PasswordSource`]. The program tries them in this order and uses the first that
//! is set up, never falling through to the next when it fails: a password from the wrong place
//! would be reported as a wrong password.
//!
//! 1. [`PasswordFile`]: a file, or a file descriptor that was inherited; [`PasswordCommand`]: the
//!    output of a program; [`SecretService::source`]: a service that keeps secrets
//! 2. [`EnvironmentPassword`]: `TATUM_KMS_PASSWORD`, also from an env file
//! 3. [`PasswordFile::systemd_credential`]
//! 4. [`PasswordPrompt`]: the terminal, or a line of standard input where there is none
//!
//! There is none from an argument: every user of the machine can read those.

mod command;
mod environment;
mod file;
#[cfg(feature = "testkit")]
pub(crate) mod hostile;
mod hush;
mod input;
mod prompt;
pub(crate) mod remote;
mod terminal;

pub use self::{
    command::{CommandError, PasswordCommand},
    environment::EnvironmentPassword,
    file::PasswordFile,
    hush::leave_signals,
    input::SecretInput,
    prompt::PasswordPrompt,
    remote::{RemoteError, SecretService, Variables},
};

use std::io;

use async_trait::async_trait;
use thiserror::Error;

use crate::keys::SecretText;

/// A place the password of the vault comes from.
#[async_trait]
pub trait PasswordSource: Send + Sync {
    /// What it is called in messages, for instance `the file /run/secrets/kms`.
    fn name(&self) -> String;

    /// Gets the password. Every character counts: nothing is trimmed or normalised.
    ///
    /// # Errors
    /// [`PasswordError`], which never repeats any of what was read.
    async fn fetch(&self, purpose: Purpose) -> Result<SecretText, PasswordError>;

    /// What it is set up with, as labels and values that are no secrets, for who wants to check.
    fn details(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// What a password is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To open a vault, which will say whether the password is right.
    Open,
    /// To protect something from now on: whoever is asked is asked twice.
    Create,
}

/// Why there is no password, or no other secret that was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// There is neither a terminal nor another line on standard input.
    #[error("there is no terminal to ask on, and standard input has no more lines")]
    NobodyToAsk,
    /// The person broke off.
    #[error("nothing was entered")]
    Cancelled,
    /// A new password was entered differently the second time.
    #[error("the two passwords differ")]
    Mismatch,
    /// A new password was empty.
    #[error("an empty password protects nothing")]
    Empty,
    /// It holds bytes that are not UTF-8.
    #[error("{origin} does not hold UTF-8 text")]
    NotUtf8 {
        /// Where it was read from.
        origin: String,
    },
    /// It is longer than any password.
    #[error("{origin} holds more than {limit} bytes")]
    TooLong {
        /// Where it was read from.
        origin: String,
        /// The largest number of bytes taken.
        limit: usize,
    },
    /// The operating system refused.
    #[error("cannot read {origin}")]
    Io {
        /// Where it was read from.
        origin: String,
        /// The reason.
        source: io::Error,
    },
    /// The program that was to print it did not.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The service that keeps it did not give it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl PasswordError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NobodyToAsk => Some(
                "set TATUM_KMS_PASSWORD, use --password-file or --password-fd, or pipe one line for each question",
            ),
            Self::Io { .. } => Some("check that the path is right and this user may read it"),
            Self::TooLong { .. } => Some("give the file that holds just the password"),
            Self::NotUtf8 { .. } => Some("save it as UTF-8"),
            Self::Command(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Cancelled | Self::Mismatch | Self::Empty => None,
        }
    }
}
