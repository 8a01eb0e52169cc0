//! The syntax of env files, as the `dotenv` package (16) of the original reads it.
//!
//! Nothing is expanded and no backslash is special but `\n` and `\r` inside double quotes: a
//! password reads here as it did there, dollar signs and all.
//!
//! ```text
//! KEY=value            # a comment
//! export KEY=value
//! KEY='a # b'          quotes: ', " or `; also over several lines
//! KEY: value
//! ```

use kms_core::keys::SecretText;
use zeroize::Zeroizing;

/// The variables of an env file, in its order. What is no assignment is skipped, as by the
/// original.
pub(crate) fn parse(text: &str) -> Vec<(String, SecretText)> {
    let text = Zeroizing::new(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
    let text = Zeroizing::new(text.replace('\r', "\n"));
    let mut variables = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        if let Some((key, value, tail)) = assignment(rest) {
            variables.push((key.to_owned(), value));
            rest = tail;
        }
        rest = rest.split_once('\n').map_or("", |(_, tail)| tail);
    }
    variables
}

/// One assignment at the start of `text`, and what follows it on its last line.
fn assignment(text: &str) -> Option<(&str, SecretText, &str)> {
    let text = skip_blanks(text);
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => skip_blanks(after),
        _ => text,
    };
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))
        .unwrap_or(text.len());
    let (key, text) = text.split_at(end);
    if key.is_empty() {
        return None;
    }
    let text = match skip_blanks(text).strip_prefix('=') {
        Some(value) => value,
        None => text
            .strip_prefix(':')
            .filter(|value| value.starts_with([' ', '\t']))?,
    };
    let value = skip_blanks(text);
    match quoted(value) {
        Some((value, tail)) => Some((key, value, tail)),
        None => {
            let end = value.find(['#', '\n']).unwrap_or(value.len());
            let (value, tail) = value.split_at(end);
            Some((key, SecretText::new(unquoted(value.trim())), tail))
        }
    }
}

/// A value in quotes, if only a comment follows them; and that comment.
fn quoted(text: &str) -> Option<(SecretText, &str)> {
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let body = text.get(1..)?;
    // A quote after a backslash is part of the value, unless the value would have no end.
    let mut ends = Vec::new();
    let mut before = '\0';
    for (at, c) in body.char_indices() {
        if c == quote {
            ends.push(at);
            if before != '\\' {
                break;
            }
        }
        before = c;
    }
    ends.into_iter().rev().find_map(|end| {
        let (value, tail) = body.split_at_checked(end)?;
        let tail = skip_blanks(tail.get(1..)?);
        let ends_line = tail.is_empty() || tail.starts_with(['\n', '#']);
        ends_line.then(|| {
            let value = if quote == '"' {
                let value = Zeroizing::new(value.replace("\\n", "\n"));
                SecretText::new(value.replace("\\r", "\r"))
            } else {
                SecretText::new(value)
            };
            (value, tail)
        })
    })
}

/// Takes the quotes off a value that lost what followed its `#`, or keeps it.
fn unquoted(value: &str) -> &str {
    for quote in ['\'', '"', '`'] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|value| value.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse(text)
            .into_iter()
            .map(|(key, value)| (key, value.expose().to_owned()))
            .collect()
    }

    #[test]
    fn values_read_as_the_original_reads_them() {
        // The right column is the output of dotenv 16.6.1.
        for (line, value) in [
            ("K=value", "value"),
            ("  K =  value  ", "value"),
            ("export K=value", "value"),
            ("K: value", "value"),
            ("K=", ""),
            ("K=a b", "a b"),
            ("K=a#b", "a"),
            ("K=a # b", "a"),
            ("K='a # b'", "a # b"),
            ("K=\"a # b\" # c", "a # b"),
            ("K=`a 'b' \"c\"`", "a 'b' \"c\""),
            ("K='  a  '", "  a  "),
            ("K=pa$$w0rd$HOME${X}", "pa$$w0rd$HOME${X}"),
            ("K=\"pa$$w0rd$HOME\"", "pa$$w0rd$HOME"),
            ("K=a\\b\\n", "a\\b\\n"),
            ("K=\"a\\nb\\\\c\"", "a\nb\\\\c"),
            ("K='a\\nb'", "a\\nb"),
            ("K='one\ntwo'", "one\ntwo"),
            ("K=\"a \\\" b\"", "a \\\" b"),
            ("K='abc\\'", "abc\\"),
            ("K='a'b'", "a'b"),
            ("K='unclosed", "'unclosed"),
            ("K=a=b==", "a=b=="),
            ("K=пароль", "пароль"),
            ("K=value\r", "value"),
            ("\u{feff}K=value", "value"),
        ] {
            assert_eq!(
                parsed(line),
                [("K".to_owned(), value.to_owned())],
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_is_no_assignment_is_skipped() {
        let text = "# comment\n\nnonsense\n=value\nA=1\r\n  # B=2\nC=3\nA=4\n";
        let expected = [("A", "1"), ("C", "3"), ("A", "4")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(parsed(text), expected);
    }

    proptest::proptest! {
        /// The same as the fuzzer's target, for some hundred texts of what matters here.
        #[test]
        fn any_text_is_read_as_names_and_values(
            text in "([A-Z]{1,2}|=|: |'|\"|`|\\\\|\\\\n|\n|\r|#| |\t|export |\u{feff}|\\PC){0,40}"
        ) {
            for (key, value) in parsed(&text) {
                proptest::prop_assert!(!key.is_empty());
                proptest::prop_assert!(key.bytes().all(|byte| byte.is_ascii_graphic()));
                proptest::prop_assert!(value.len() <= text.len());
            }
        }
    }
}
