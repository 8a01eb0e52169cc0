//! The only module that prints: results on standard output, all else on standard error.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal as _, Write as _},
    process::ExitCode,
};

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use kms_core::{keys::SecretText, vault::pretty};

use crate::exit::{Failure, Status};

/// Prints JSON with line breaks and an indent of two spaces, as the original does.
pub(crate) fn json(json: &str) -> Result<(), Failure> {
    lines([pretty(json).expose()])
}

/// The same for JSON that holds a secret: on a terminal, where it stays in the scroll-back, with
/// a warning.
pub(crate) fn secret_json(json: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        warning(
            "this shows a secret on the terminal, where it can be scrolled back to: clear the terminal afterwards",
        );
    }
    self::json(json)
}

/// Prints lines and makes sure that they are out.
pub(crate) fn lines<T: Display>(lines: impl IntoIterator<Item = T>) -> Result<(), Failure> {
    let print = || -> io::Result<()> {
        let mut stdout = BufWriter::new(io::stdout().lock());
        for line in lines {
            writeln!(stdout, "{line}")?;
        }
        stdout.flush()
    };
    print().map_err(|error| not_written(&error))
}

/// What became of a result that nobody got, unless its reader had enough.
fn not_written(error: &io::Error) -> Failure {
    let status = match error.kind() {
        io::ErrorKind::BrokenPipe => Status::BrokenPipe,
        _ => Status::Failed,
    };
    Failure::new(status, format!("cannot write to standard output: {error}"))
}

/// Tells a person something that is no error.
pub(crate) fn warning(text: impl Display) {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "warning: {text}");
}

/// Tells why the command failed: JSON, as the original has it. Nothing where that is no news, as
/// behind `| head`.
pub(crate) fn failure(failure: &Failure) {
    if failure.status == Status::BrokenPipe {
        return;
    }
    if let Some(text) = failure.verbatim {
        let _ = writeln!(io::stderr().lock(), "{text}");
        return;
    }
    #[derive(Serialize)]
    struct Wire<'a> {
        error: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'a str>,
    }
    let wire = Wire {
        error: &failure.message,
        hint: failure.hint.as_deref(),
    };
    let json = serde_json::to_string_pretty(&wire).unwrap_or_else(|_| failure.message.clone());
    let _ = writeln!(io::stderr().lock(), "{json}");
}

/// Prints the help that was asked for, or that stands for a missing command.
pub(crate) fn help(help: &clap::Error) -> ExitCode {
    match help.print() {
        _ if help.use_stderr() => Status::Usage.into(),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => not_written(&error).status.into(),
    }
}

/// A JSON object of texts, in the order given, without white space.
pub(crate) fn object(members: &[(&str, &str)]) -> SecretText {
    struct Members<'a>(&'a [(&'a str, &'a str)]);
    impl Serialize for Members<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }
    // Twice the longest wallet there is: no growing buffer leaves a copy of a secret behind.
    let mut json = Zeroizing::new(Vec::with_capacity(4096));
    serde_json::to_writer(&mut *json, &Members(members)).expect("text is always valid JSON");
    SecretText::new(std::str::from_utf8(&json).expect("JSON is UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_the_order_of_their_members() {
        let json = object(&[("signatureId", "1"), ("address", "a\"b"), ("xpub", "x")]);
        assert_eq!(
            json.expose(),
            r#"{"signatureId":"1","address":"a\"b","xpub":"x"}"#
        );
        assert_eq!(
            pretty(json.expose()).expose(),
            "{\n  \"signatureId\": \"1\",\n  \"address\": \"a\\\"b\",\n  \"xpub\": \"x\"\n}"
        );
    }
}
