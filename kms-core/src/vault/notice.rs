//! What a person should know about a vault that opened.

use std::{fmt, path::PathBuf};

/// Something about a vault that is no error and still worth a person's attention.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The file is of the original; the first write brings it into the current format.
    Legacy {
        /// The file.
        path: PathBuf,
    },
    /// The file was brought into the current format just now.
    Upgraded {
        /// Where the original's file is kept, byte for byte.
        kept: PathBuf,
    },
    /// Others than the owner may read the file, or change its folder; this was allowed, or the
    /// file is of the original, which left its files so.
    WidePermissions {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file has no content: what the original leaves when it is killed while writing.
    ZeroBytes {
        /// The file.
        path: PathBuf,
        /// Files beside it that may hold what it held.
        backups: Vec<PathBuf>,
    },
    /// There is no vault, and files beside its place that may be older versions of one.
    MissingWithBackups {
        /// Where the vault would be.
        path: PathBuf,
        /// The files.
        backups: Vec<PathBuf>,
    },
    /// The file was encrypted under an empty password.
    EmptyPassword,
    /// Some entries miss a member or have one of the wrong type. They are kept as they are.
    OddEntries {
        /// How many.
        count: usize,
    },
    /// Some signature ids stand in the file twice. Both entries are kept, the last counts.
    RepeatedIds {
        /// How many.
        count: usize,
    },
    /// The password was changed, and files beside the vault still open with the old one.
    OldPassword {
        /// The files.
        files: Vec<PathBuf>,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legacy { path } => write!(
                f,
                "{} is in the format of tatum-kms 8, whose encryption is weak; it is upgraded when it is next written, or by `tatum-kms migrate`",
                path.display()
            ),
            Self::Upgraded { kept } => write!(
                f,
                "the vault was upgraded; the old file is kept as {}: it is weakly encrypted and opens with the old password, so move it to a safe place or delete it once you have checked the new one",
                kept.display()
            ),
            Self::WidePermissions { path, mode } => write!(
                f,
                "others than the owner have access to {} (mode {mode:04o})",
                path.display()
            ),
            Self::ZeroBytes { path, backups } => {
                write!(
                    f,
                    "{} is empty (0 bytes), as tatum-kms 8 leaves it when it is killed while writing: keys it held may be lost; ",
                    path.display()
                )?;
                write_backups(f, backups)
            }
            Self::MissingWithBackups { path, backups } => {
                write!(f, "there is no vault at {}; ", path.display())?;
                write_backups(f, backups)
            }
            Self::EmptyPassword => f.write_str(
                "the vault has an empty password: anyone who reads the file has its keys; give it one with `tatum-kms changepassword`",
            ),
            Self::OddEntries { count } => write!(
                f,
                "{count} of the entries cannot be used as they are (kept unchanged); `tatum-kms migrate` lists them"
            ),
            Self::RepeatedIds { count } => write!(
                f,
                "{count} of the signature ids stand in the file more than once (all kept, the last counts)"
            ),
            Self::OldPassword { files } => {
                f.write_str("these files still open with the old password, delete them once you have checked the new one:")?;
                write_paths(f, files)
            }
        }
    }
}

fn write_backups(f: &mut fmt::Formatter<'_>, backups: &[PathBuf]) -> fmt::Result {
    if backups.is_empty() {
        return f.write_str(
            "there is no backup beside it, look for one elsewhere before you store anything",
        );
    }
    f.write_str("before you store anything, look at these files beside it:")?;
    write_paths(f, backups)
}

fn write_paths(f: &mut fmt::Formatter<'_>, paths: &[PathBuf]) -> fmt::Result {
    for (i, path) in paths.iter().enumerate() {
        write!(f, "{} {}", if i == 0 { "" } else { "," }, path.display())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever reads them must find the files, and what is at stake.
    #[test]
    fn notices_name_the_files_and_what_to_do() {
        let path = || PathBuf::from("/v/wallet.dat");
        let files = || vec![PathBuf::from("/v/a"), PathBuf::from("/v/b")];
        let told = |notice: Notice| notice.to_string();
        let legacy = told(Notice::Legacy { path: path() });
        assert!(legacy.starts_with("/v/wallet.dat is in the format of tatum-kms 8"));
        assert!(legacy.ends_with("by `tatum-kms migrate`"));
        let upgraded = told(Notice::Upgraded { kept: path() });
        assert!(upgraded.contains("kept as /v/wallet.dat: it is weakly encrypted"));
        assert_eq!(
            told(Notice::WidePermissions {
                path: path(),
                mode: 0o44
            }),
            "others than the owner have access to /v/wallet.dat (mode 0044)"
        );
        let empty = |backups| {
            told(Notice::ZeroBytes {
                path: path(),
                backups,
            })
        };
        assert!(empty(files()).ends_with("look at these files beside it: /v/a, /v/b"));
        assert!(empty(Vec::new()).contains("keys it held may be lost; there is no backup"));
        let missing = Notice::MissingWithBackups {
            path: path(),
            backups: files(),
        };
        assert_eq!(
            told(missing),
            "there is no vault at /v/wallet.dat; before you store anything, look at these files beside it: /v/a, /v/b"
        );
        assert!(told(Notice::EmptyPassword).contains("`tatum-kms changepassword`"));
        assert!(told(Notice::OddEntries { count: 3 }).starts_with("3 of the entries"));
        assert!(told(Notice::RepeatedIds { count: 2 }).starts_with("2 of the signature ids"));
        assert!(told(Notice::OldPassword { files: files() }).ends_with("the new one: /v/a, /v/b"));
    }
}
