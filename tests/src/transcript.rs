//! What a person sees of several runs, as one text to compare with the one committed.

use std::path::Path;

use crate::{
    daemon::Finished,
    program::{Invocation, User},
};

/// Runs, and what they printed. What differs from run to run is replaced by names.
#[derive(Debug)]
pub struct Transcript {
    text: String,
    names: Vec<(String, String)>,
}

impl Transcript {
    /// An empty one of what this user does.
    pub fn of(user: &User) -> Self {
        let home = |path: &Path| path.display().to_string();
        Self {
            text: String::new(),
            names: vec![(home(user.home()), "<home>".to_owned())],
        }
    }

    /// Runs the program to its end and records it.
    pub fn run(&mut self, invocation: &Invocation) -> Finished {
        let done = invocation.finish();
        self.record(&invocation.line(), &done);
        done
    }

    /// Records what has ended.
    pub fn record(&mut self, line: &str, done: &Finished) {
        let code = match done.code() {
            Some(0) => String::new(),
            Some(code) => format!("[exit {code}]\n"),
            None => format!("[{}]\n", done.status),
        };
        let mut stderr = String::new();
        for line in done.stderr.lines() {
            stderr.push_str("2> ");
            stderr.push_str(line);
            stderr.push('\n');
        }
        let stdout = match done.stdout.as_str() {
            "" => String::new(),
            text => format!("{text}\n"),
        };
        self.text
            .push_str(&format!("$ {line}\n{stdout}{stderr}{code}\n"));
    }

    /// Shows `name` in place of this text from now on and before.
    pub fn hide(&mut self, text: &str, name: &str) {
        self.names.push((text.to_owned(), format!("<{name}>")));
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = self.text.clone();
        for (from, to) in &self.names {
            text = text.replace(from, to);
        }
        number_uuids(&text)
    }
}

/// Replaces each UUID of version 4 by `<id 1>`, `<id 2>`, …
fn number_uuids(text: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        match rest.get(..36).filter(|word| is_random_uuid(word)) {
            Some(uuid) => {
                let number = known.iter().position(|id| *id == uuid).unwrap_or_else(|| {
                    known.push(uuid);
                    known.len() - 1
                });
                shown.push_str(&format!("<id {}>", number + 1));
                rest = &rest[36..];
            }
            None => {
                shown.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    shown
}

/// Whether this is a UUID as the program makes them. Those in the tests begin with zeros.
fn is_random_uuid(text: &str) -> bool {
    !text.starts_with("00000000")
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}
