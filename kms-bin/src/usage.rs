//! Mistakes on the command line, told like all other failures.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::Failure;

/// What is wrong with the arguments; nothing if it is help that was asked for.
pub(crate) fn failure(mut error: clap::Error) -> Result<Failure, clap::Error> {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(error);
    }
    hide_surplus_argument(&mut error);
    Ok(Failure::usage(message(&error)).hint(hint(&error)))
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

/// The parser's own first paragraph, as one line. What follows it is for people at a terminal.
fn message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    one_line(text.split("\n\n").next().unwrap_or_default())
}

/// What was meant, as far as that can be guessed, and where to read on.
fn hint(error: &clap::Error) -> String {
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .filter_map(|kind| error.get(kind))
    .flat_map(texts)
    // The parser lists the most likely one last.
    .next_back();
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => one_line(&usage.to_string()),
        _ => String::new(),
    };
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let help = "add --help to the command for all it takes";
    match (meant, usage) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, "") => help.to_owned(),
        (None, usage) => format!("usage: {usage}; {help}"),
    }
}

fn texts(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        _ => Vec::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, exit::Status};

    fn error(line: &str) -> clap::Error {
        let args = ["tatum-kms"].into_iter().chain(line.split_whitespace());
        args::parser().try_get_matches_from(args).unwrap_err()
    }

    #[test]
    fn mistakes_are_one_line_with_a_hint() {
        for (line, message, hint) in [
            (
                "genratewallet BTC",
                "unrecognized subcommand 'genratewallet'",
                "did you mean `generatewallet`?",
            ),
            (
                "export --pth x",
                "unexpected argument '--pth' found",
                "did you mean `--path`?",
            ),
            (
                "generatewallet",
                "the following required arguments were not provided: <CHAIN>",
                "usage: tatum-kms generatewallet <CHAIN>; add --help to the command for all it takes",
            ),
            (
                "daemon --external-url-method PSOT",
                "invalid value 'PSOT' for '--external-url-method <METHOD>' [possible values: GET, POST]",
                "did you mean `POST`?",
            ),
        ] {
            let failure = failure(error(line)).unwrap();
            assert_eq!(failure.status, Status::Usage);
            assert_eq!(failure.message, message);
            assert_eq!(failure.hint.as_deref(), Some(hint));
        }
    }

    #[test]
    fn a_surplus_argument_is_not_repeated() {
        let failure = failure(error(
            "export 5KYZdUEo39z3FPrtuX2QbbwGnNP5zTd7yyr2SC1j299sBCnWjss",
        ));
        let failure = failure.unwrap();
        assert_eq!(failure.message, "unexpected argument '<not shown>' found");
    }

    #[test]
    fn help_is_no_failure() {
        for line in ["--help", "daemon -h", "journal"] {
            assert!(failure(error(line)).is_err(), "{line}");
        }
    }
}
