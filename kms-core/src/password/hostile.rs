//! What must hold for whatever is typed, or comes out of a file or a program, where a secret is asked
//! for.

use std::time::Duration;

use super::{
    PasswordCommand, PasswordError,
    input::{LIMIT, read_line, secret_text, strip_newline},
    terminal,
};
use crate::{keys::SecretText, testkit::fuzz::Property};

/// What stands in the seeds for a secret.
const SECRET: &str = "hunter2 \u{e9}";

/// Lines of standard input, keys of a terminal, whole files, and the text of a password command.
#[derive(Debug)]
pub struct TypedSecrets;

impl Property for TypedSecrets {
    fn seeds(&self) -> Vec<Vec<u8>> {
        [
            "hunter2 \u{e9}\r\nsecond\n\n",
            "hunter2 \u{e9}\u{7f}\u{8}x \u{17}\u{15}hunter2 \u{e9}\r",
            "le\u{1b}[D\u{1b}[1;5Cft\u{1b}OA\t\u{0}\u{4}",
            "pass show 'hunter2 \u{e9}' \"a b\" c\\ d # e",
            "sh -c 'hunter2 \u{e9}",
            "\u{3}",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
    }

    fn holds_for(&self, bytes: &[u8]) {
        lines(bytes);
        typed(bytes);
        file(bytes);
        if let Ok(text) = std::str::from_utf8(bytes) {
            match PasswordCommand::parse(text, Duration::from_secs(1)) {
                Ok(command) => {
                    // The program is named; what it is told may be the secret.
                    let program = shlex::split(text).and_then(|words| words.into_iter().next());
                    let named = program.is_some_and(|program| program.contains(SECRET));
                    assert!(
                        named || !format!("{command:?}").contains(SECRET),
                        "it shows it"
                    );
                }
                Err(error) => says_nothing(&format!("{error} {error:?}")),
            }
        }
    }
}

/// Line by line, nothing is lost between two questions but line breaks.
fn lines(bytes: &[u8]) {
    let mut input = bytes;
    loop {
        let before = input;
        match read_line(&mut input, "a test") {
            Ok(line) => {
                let line = line.expose().as_bytes();
                let taken = before.len().saturating_sub(input.len());
                let rest = before.get(line.len()..taken).unwrap_or(b"more");
                assert!(before.starts_with(line), "another text than was typed");
                assert!(matches!(rest, b"" | b"\n" | b"\r\n"), "more was taken");
            }
            Err(error) => {
                let ended = matches!(error, PasswordError::NobodyToAsk);
                assert!(!ended || before.is_empty(), "there was more");
                refused(&error);
                if ended || input.len() == before.len() {
                    return;
                }
            }
        }
    }
}

/// What a terminal gives has no control character in it but the tabulator.
fn typed(bytes: &[u8]) {
    match terminal::read_line(bytes) {
        Ok(line) => {
            let control = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
            assert!(!line.iter().any(control), "a key taken for a character");
            assert!(line.len() <= LIMIT && line.len() <= bytes.len(), "too long");
            if let Err(error) = secret_text(line, "a test") {
                refused(&error);
            }
        }
        Err(error) => refused(&error),
    }
}

/// A file is taken to the byte, but for one line break at its end.
fn file(bytes: &[u8]) {
    let mut content = zeroize::Zeroizing::new(bytes.to_vec());
    strip_newline(&mut content);
    match secret_text(content, "a test") {
        Ok(text) => {
            let text: &SecretText = &text;
            let rest = bytes.strip_prefix(text.expose().as_bytes());
            assert!(matches!(rest, Some(b"" | b"\n" | b"\r\n")), "another text");
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &PasswordError) {
    says_nothing(&format!("{error} {error:?} {:?}", error.hint()));
}

fn says_nothing(said: &str) {
    assert!(!said.contains(SECRET), "it repeats the secret");
}
