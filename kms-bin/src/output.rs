//! The only module that prints: results on standard output, all else on standard error.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};
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
    print().map_err(|error| {
        Failure::new(
            Status::Failed,
            format!("cannot write to standard output: {error}"),
        )
    })
}

/// Tells a person something that is no error.
pub(crate) fn warning(text: impl Display) {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "warning: {text}");
}

/// Tells why the command failed: JSON, as the original has it.
pub(crate) fn failure(failure: &Failure) {
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

/// Prints what the parser of arguments has to say: help on standard output, errors on standard
/// error.
pub(crate) fn parser(mut error: clap::Error) -> ExitCode {
    hide_surplus_argument(&mut error);
    // Where nothing can be printed, the exit code still tells.
    let printed = error.print();
    match error.exit_code() {
        0 if printed.is_err() => Status::Failed.into(),
        0 => ExitCode::SUCCESS,
        _ => Status::Usage.into(),
    }
}

/// Who takes a command that asks for a key for one that takes it as an argument must not find the
/// key in the log as well.
fn hide_surplus_argument(error: &mut clap::Error) {
    let surplus = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => !argument.starts_with('-'),
        _ => false,
    };
    if error.kind() == ErrorKind::UnknownArgument && surplus {
        let hidden = ContextValue::String("<not shown>".to_owned());
        error.insert(ContextKind::InvalidArg, hidden);
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
