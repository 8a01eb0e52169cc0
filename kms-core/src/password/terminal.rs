//! Typing on a terminal that shows nothing.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write as _},
    sync::{Arc, OnceLock},
};

use zeroize::{Zeroize as _, Zeroizing};

use super::{
    PasswordError,
    hush::Hush,
    input::{LIMIT, secret_text},
};
use crate::keys::SecretText;

const NAME: &str = "the terminal";

/// The terminal of this process. From the first question until this is dropped it shows nothing
/// of what is typed: an answer typed ahead, while the one before is still looked at, neither.
#[derive(Debug)]
pub(super) struct Terminal {
    device: File,
    hush: OnceLock<Arc<Hush>>,
}

impl Terminal {
    /// The terminal, if this process has one.
    pub(super) fn open() -> Option<Self> {
        let mut options = OpenOptions::new();
        let device = options.read(true).write(true).open("/dev/tty").ok()?;
        Some(Self {
            device,
            hush: OnceLock::new(),
        })
    }

    /// Asks and reads a line.
    pub(super) fn read(&self, prompt: &str) -> Result<SecretText, PasswordError> {
        if self.hush.get().is_none() {
            let hush = Hush::begin(&self.device).map_err(failed)?;
            // Whoever was quicker got the same one.
            let _ = self.hush.set(hush);
        }
        let mut device = &self.device;
        write!(device, "{prompt} ").map_err(failed)?;
        let line = read_line(device);
        writeln!(device).map_err(failed)?;
        secret_text(line?, NAME)
    }
}

/// Reads up to Enter, with the usual keys for corrections.
pub(super) fn read_line(input: impl Read) -> Result<Zeroizing<Vec<u8>>, PasswordError> {
    // Room for everything that is taken: no growing buffer leaves a copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
    let mut keys = Keys(input);
    loop {
        match keys.next()? {
            None if line.is_empty() => return Err(PasswordError::Cancelled),
            None | Some(b'\n' | b'\r') => return Ok(line),
            Some(CTRL_C) => return Err(PasswordError::Cancelled),
            Some(CTRL_D) if line.is_empty() => return Err(PasswordError::Cancelled),
            Some(BACKSPACE | DELETE) => {
                // Bytes that continue a character go with its first one.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            Some(CTRL_U) => line.zeroize(),
            Some(CTRL_W) => {
                while line.pop_if(|byte| *byte == b' ').is_some() {}
                while line.pop_if(|byte| *byte != b' ').is_some() {}
            }
            Some(ESCAPE) => keys.skip_sequence()?,
            Some(byte) if byte < b' ' && byte != b'\t' => {}
            Some(byte) => line.push(byte),
        }
        if line.len() > LIMIT {
            return Err(PasswordError::TooLong {
                origin: NAME.to_owned(),
                limit: LIMIT,
            });
        }
    }
}

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const CTRL_U: u8 = 0x15;
const CTRL_W: u8 = 0x17;
const ESCAPE: u8 = 0x1b;
const DELETE: u8 = 0x7f;

struct Keys<R>(R);

impl<R: Read> Keys<R> {
    fn next(&mut self) -> Result<Option<u8>, PasswordError> {
        let mut byte = Zeroizing::new([0]);
        loop {
            return match self.0.read(&mut *byte) {
                Ok(0) => Ok(None),
                Ok(_) => Ok(byte.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(failed(error)),
            };
        }
    }

    /// Drops what an arrow or function key sends after the escape.
    fn skip_sequence(&mut self) -> Result<(), PasswordError> {
        match self.next()? {
            Some(b'[') => {
                while self
                    .next()?
                    .is_some_and(|byte| !(0x40..=0x7e).contains(&byte))
                {}
            }
            Some(b'O') => {
                self.next()?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn failed(source: impl Into<io::Error>) -> PasswordError {
    PasswordError::Io {
        origin: NAME.to_owned(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_work_as_on_any_terminal() {
        for (typed, line) in [
            ("secret\n", "secret"),
            ("secret\r", "secret"),
            ("\n", ""),
            ("no newline", "no newline"),
            ("secrex\u{7f}t\n", "secret"),
            ("secrex\u{8}t\n", "secret"),
            ("\u{7f}secret\n", "secret"),
            ("naïvé\u{7f}\u{7f}\u{7f}\u{7f}x\n", "nx"),
            ("wrong\u{15}right\n", "right"),
            ("one two  \u{17}three\n", "one three"),
            ("le\u{1b}[D\u{1b}[1;5Cft\u{1b}OA\n", "left"),
            ("a\tb\u{0}\u{1}\n", "a\tb"),
            ("a\u{4}\n", "a"),
        ] {
            let read = read_line(typed.as_bytes()).unwrap();
            assert_eq!(read.as_slice(), line.as_bytes(), "{typed:?}");
        }
    }

    #[test]
    fn breaking_off_is_no_answer() {
        for typed in ["", "\u{4}", "\u{3}", "abc\u{3}def\n"] {
            let error = read_line(typed.as_bytes()).unwrap_err();
            assert!(matches!(error, PasswordError::Cancelled), "{typed:?}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let error = read_line(io::repeat(b'x')).unwrap_err();
        assert!(matches!(error, PasswordError::TooLong { .. }), "{error}");
    }
}
