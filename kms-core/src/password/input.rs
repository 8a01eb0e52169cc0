//! Asking a person, or the program that plays one.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd as _,
    sync::Arc,
};

use zeroize::Zeroizing;

use super::{PasswordError, terminal::Terminal};
use crate::keys::SecretText;

/// The largest secret that is taken, in bytes.
pub(super) const LIMIT: usize = 64 << 10;

/// Where secrets are asked for. Clones ask in the same place.
#[derive(Clone, Debug)]
pub struct SecretInput(Option<Arc<Terminal>>);

impl SecretInput {
    /// The terminal of this process, also while standard input and output are redirected; if it
    /// has none, standard input, one line for each question.
    ///
    /// From the first question until the last clone is dropped, the terminal shows nothing of
    /// what is typed.
    pub fn detect() -> Self {
        Self(Terminal::open().map(Arc::new))
    }

    /// Whether a person is asked, who may mistype.
    pub fn is_terminal(&self) -> bool {
        self.0.is_some()
    }

    /// Asks `prompt` and reads one line. One line break at its end is not part of it.
    ///
    /// # Errors
    /// [`PasswordError`], which never repeats any of what was read.
    pub fn read(&self, prompt: &str) -> Result<SecretText, PasswordError> {
        if let Some(terminal) = &self.0 {
            return terminal.read(prompt);
        }
        let origin = "standard input";
        // Not through the standard library's buffer, which would keep what it read.
        let stdin = io::stdin().as_fd().try_clone_to_owned();
        let stdin = stdin.map_err(|source| PasswordError::Io {
            origin: origin.to_owned(),
            source,
        })?;
        read_line(File::from(stdin), origin)
    }
}

/// Reads up to the next line break and not a byte more: the rest is for the next question.
pub(super) fn read_line(mut input: impl Read, origin: &str) -> Result<SecretText, PasswordError> {
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT + 2));
    let mut byte = Zeroizing::new([0]);
    loop {
        match input.read(&mut *byte) {
            Ok(0) if line.is_empty() => return Err(PasswordError::NobodyToAsk),
            Ok(0) => break,
            Ok(_) => line.extend_from_slice(&*byte),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(PasswordError::Io {
                    origin: origin.to_owned(),
                    source,
                });
            }
        }
        if line.ends_with(b"\n") {
            break;
        }
        if line.len() > LIMIT {
            return Err(PasswordError::TooLong {
                origin: origin.to_owned(),
                limit: LIMIT,
            });
        }
    }
    strip_newline(&mut line);
    secret_text(line, origin)
}

/// Takes one line break off the end.
pub(super) fn strip_newline(bytes: &mut Vec<u8>) {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
}

/// Makes text of bytes that are wiped in any case.
pub(super) fn secret_text(
    bytes: Zeroizing<Vec<u8>>,
    origin: &str,
) -> Result<SecretText, PasswordError> {
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(SecretText::new(text)),
        Err(_) => Err(PasswordError::NotUtf8 {
            origin: origin.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_takes_one_line() {
        let mut input: &[u8] = b"first \r\n\nthird";
        assert_eq!(read_line(&mut input, "test").unwrap().expose(), "first ");
        assert_eq!(read_line(&mut input, "test").unwrap().expose(), "");
        assert_eq!(read_line(&mut input, "test").unwrap().expose(), "third");
        let error = read_line(&mut input, "test").unwrap_err();
        assert!(matches!(error, PasswordError::NobodyToAsk), "{error}");
    }

    #[test]
    fn an_endless_line_is_refused() {
        let error = read_line(io::repeat(b'x'), "test").unwrap_err();
        assert!(matches!(error, PasswordError::TooLong { .. }), "{error}");
    }

    #[test]
    fn other_encodings_are_refused() {
        let error = read_line(&b"\xff\n"[..], "test").unwrap_err();
        assert!(matches!(error, PasswordError::NotUtf8 { .. }), "{error}");
    }
}
