//! The password as the content of a file.

use std::{
    fs::File,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::{
    PasswordError, PasswordSource, Purpose,
    input::{LIMIT, secret_text, strip_newline},
};
use crate::keys::SecretText;

/// A file whose content is the password. One line break at its end is not part of it.
#[derive(Debug)]
pub struct PasswordFile {
    path: PathBuf,
    name: String,
    /// Whether it is up to the user who may read it.
    warns: bool,
}

impl PasswordFile {
    /// The file at `path`; a named pipe will do.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = format!("the file {}", path.display());
        Self {
            path,
            name,
            warns: true,
        }
    }

    /// What can be read from a file descriptor that this process was started with.
    pub fn descriptor(number: u32) -> Self {
        Self {
            // The way to an inherited descriptor that needs no unsafe code; Linux and BSD have it.
            path: PathBuf::from(format!("/dev/fd/{number}")),
            name: format!("the file descriptor {number}"),
            warns: false,
        }
    }

    /// The systemd credential `tatum-kms-password` (`LoadCredential=` and its kin) in the folder
    /// that `$CREDENTIALS_DIRECTORY` names; none if there is no such file.
    pub fn systemd_credential(folder: &Path) -> Option<Self> {
        let path = folder.join("tatum-kms-password");
        path.is_file().then(|| Self {
            path,
            name: "the systemd credential tatum-kms-password".to_owned(),
            warns: false,
        })
    }

    fn read(&self) -> Result<SecretText, PasswordError> {
        let failed = |source| PasswordError::Io {
            origin: self.name.clone(),
            source,
        };
        let file = File::open(&self.path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if self.warns && metadata.is_file() && metadata.mode() & 0o044 != 0 {
            tracing::warn!(
                "others than its owner may read {}; run `chmod go= {}`",
                self.name,
                self.path.display()
            );
        }
        // Room for everything that is taken: no growing buffer leaves a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT + 2));
        let mut room = file.take(u64::try_from(LIMIT + 2).unwrap_or(u64::MAX));
        room.read_to_end(&mut bytes).map_err(failed)?;
        strip_newline(&mut bytes);
        if bytes.len() > LIMIT {
            return Err(PasswordError::TooLong {
                origin: self.name.clone(),
                limit: LIMIT,
            });
        }
        secret_text(bytes, &self.name)
    }
}

#[async_trait]
impl PasswordSource for PasswordFile {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn fetch(&self, _purpose: Purpose) -> Result<SecretText, PasswordError> {
        self.read()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    fn read(content: &[u8]) -> Result<SecretText, PasswordError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, content).unwrap();
        PasswordFile::at(path).read()
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_password() {
        for (content, password) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            ("secret\n\n", "secret\n"),
            ("  se cret \t\n", "  se cret \t"),
            ("two\nlines\n", "two\nlines"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(read(content.as_bytes()).unwrap().expose(), password);
        }
    }

    #[test]
    fn what_is_no_password_is_refused_without_an_excerpt() {
        let error = read(b"caf\xe9").unwrap_err();
        assert!(matches!(error, PasswordError::NotUtf8 { .. }), "{error}");
        assert!(!error.to_string().contains("caf"));
        assert_eq!(read(&[b'x'; LIMIT]).unwrap().expose().len(), LIMIT);
        let error = read(&[b'x'; LIMIT + 1]).unwrap_err();
        assert!(matches!(error, PasswordError::TooLong { .. }), "{error}");
        let error = PasswordFile::at("/no/such/file").read().unwrap_err();
        assert!(matches!(error, PasswordError::Io { .. }), "{error}");
    }

    #[test]
    fn a_descriptor_is_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from a descriptor\n").unwrap();
        let number = u32::try_from(file.as_file().as_raw_fd()).unwrap();
        let password = PasswordFile::descriptor(number).read().unwrap();
        assert_eq!(password.expose(), "from a descriptor");
    }

    #[test]
    fn a_credential_counts_only_if_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(PasswordFile::systemd_credential(folder.path()).is_none());
        std::fs::write(folder.path().join("tatum-kms-password"), "from systemd").unwrap();
        let source = PasswordFile::systemd_credential(folder.path()).unwrap();
        assert_eq!(source.read().unwrap().expose(), "from systemd");
    }
}
