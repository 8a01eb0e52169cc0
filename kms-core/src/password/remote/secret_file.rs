//! Credentials in files: tokens that somebody else renews.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use zeroize::Zeroizing;

use super::RemoteError;
use crate::keys::SecretText;

/// The largest credential that is read, in bytes.
const LIMIT: usize = 64 << 10;

/// The text of the file at `path`, without white space at its ends.
pub(super) fn secret_file(path: &Path) -> Result<SecretText, RemoteError> {
    let invalid = |reason: String| RemoteError::Invalid {
        setting: path.display().to_string(),
        reason,
        hint: "it must hold the credential, and this user must be allowed to read it",
    };
    let unreadable = |error: io::Error| invalid(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    // Room for everything that is taken: no growing buffer leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
    let mut room = file.take(u64::try_from(LIMIT + 1).unwrap_or(u64::MAX));
    room.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > LIMIT {
        return Err(invalid(format!("holds more than {LIMIT} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| invalid("is not UTF-8".to_owned()))?;
    match text.trim() {
        "" => Err(invalid("is empty".to_owned())),
        text => Ok(SecretText::new(text)),
    }
}
