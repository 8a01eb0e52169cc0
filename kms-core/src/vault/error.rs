//! Why a vault could not be read or written.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::KdfParams;

/// Why a vault could not be read or written. Never says anything of the content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no file.
    #[error("there is no vault at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file that was opened is no longer there, or has become empty.
    #[error("the vault {} was there and is gone or empty", path.display())]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// The header is whole, and made with another password.
    #[error("wrong password")]
    WrongPassword,
    /// A file of the original, which does not allow telling the two apart.
    #[error("wrong password or damaged file: the decrypted text {0}")]
    WrongPasswordOrDamaged(LegacyCheck),
    /// The file was opened before, and now another password opens it.
    #[error("the password of the vault was changed by another process")]
    PasswordChanged,
    /// Nothing is written under an empty password.
    #[error("nothing is written under an empty password")]
    EmptyPassword,
    /// The file is a vault, and not as it was written.
    #[error("the vault is damaged: {0}")]
    Damaged(Damage),
    /// The file is something else.
    #[error("{} is no vault: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        why: &'static str,
    },
    /// A vault of a later version of the format.
    #[error("the vault has format version {version}, this program reads version 1")]
    UnsupportedVersion {
        /// The version in the header.
        version: u8,
    },
    /// The header asks for an algorithm this program does not have.
    #[error("the vault uses {kind} number {id}, which this program does not know")]
    UnsupportedAlgorithm {
        /// `key derivation` or `cipher`.
        kind: &'static str,
        /// Its number in the header.
        id: u8,
    },
    /// The cost of the key derivation lies outside what is accepted.
    #[error("the key derivation of the vault is out of bounds: {0}")]
    KdfOutOfBounds(KdfParams),
    /// The key derivation needs more memory than there is.
    #[error("not enough memory for the key derivation of the vault: {0}")]
    OutOfMemory(KdfParams),
    /// Others than the owner may read the file, or change its folder.
    #[error("permissions of {} are too wide: {mode:04o}", path.display())]
    WidePermissions {
        /// The file or the folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Larger than any vault should be.
    #[error("{} is too large for a vault: {size} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// The signature id is taken.
    #[error("the vault holds an entry under {id} already")]
    IdTaken {
        /// The signature id.
        id: String,
    },
    /// What should be stored is no JSON object.
    #[error("an entry of the vault must be a JSON object")]
    InvalidEntry,
    /// The file just written does not read back as what was meant; the old one is in place.
    #[error("the new vault did not read back as it was written, the old one is still in place")]
    NotVerified,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl VaultError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Missing { .. } => {
                "a vault is created when the first wallet is stored; check the path"
            }
            Self::Gone { .. } => {
                "nothing is signed without it; put it back, or restore a backup of it"
            }
            Self::WrongPassword => {
                "the file itself is whole; letter case, spaces and composed or decomposed accents all count"
            }
            Self::WrongPasswordOrDamaged(_) => {
                "files of the original cannot tell the two apart; try the password again, then a backup of the file"
            }
            Self::PasswordChanged => "start again with the new password",
            Self::EmptyPassword => {
                "choose a password; `tatum-kms changepassword` gives one to a vault that has an empty one"
            }
            Self::Damaged(_) => {
                "the previous version is kept beside it under the same name with .bak added; copy it back"
            }
            Self::Foreign { .. } => "check the path; the file was left as it is",
            Self::UnsupportedVersion { .. } | Self::UnsupportedAlgorithm { .. } => {
                "use the version of tatum-kms that wrote it, or a later one"
            }
            Self::KdfOutOfBounds(_) => {
                "tatum-kms writes no such file; it may have been made to exhaust this machine"
            }
            Self::OutOfMemory(_) => {
                "free memory, or lift the memory limit of the process or container"
            }
            Self::WidePermissions { .. } => {
                "run `chmod go-rwx` on the file and `chmod go-w` on its folder, or allow wide permissions explicitly"
            }
            Self::IdTaken { .. } => "remove the old entry first",
            Self::NotVerified => {
                "the disk or its memory may be failing; check it before trying again"
            }
            Self::TooLarge { .. } | Self::InvalidEntry | Self::NoRandomness | Self::Io { .. } => {
                return None;
            }
        })
    }

    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// What is wrong with a damaged file.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It ends before its header does.
    #[error("the header is cut off")]
    HeaderTruncated,
    /// The checksum of the header does not fit.
    #[error("the header was changed")]
    Header,
    /// The body is shorter than the header says.
    #[error("the body is cut off")]
    Truncated,
    /// The body is longer than the header says.
    #[error("something was added at the end")]
    Trailing,
    /// The body does not authenticate.
    #[error("the body was changed")]
    Body,
    /// The body authenticates and does not hold what it should.
    #[error("the content is not a JSON object")]
    Content,
    /// A file of the original that is no valid base64 text.
    #[error("the base64 text is not valid, or is cut off")]
    Base64,
    /// A file of the original that is not of whole cipher blocks.
    #[error("the ciphertext is cut off")]
    Blocks,
}

/// What the decrypted text of a file of the original failed at.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum LegacyCheck {
    /// PKCS#7.
    #[error("has no valid padding")]
    Padding,
    /// The text encoding.
    #[error("is not valid UTF-8")]
    Utf8,
    /// The structure.
    #[error("is not a JSON object of entries")]
    Json,
}
