//! JSON as people read it, made without parsing values out of their text.

use zeroize::Zeroizing;

use crate::keys::SecretText;

/// What is nested deeper than this stands no further to the right. Otherwise a text of nothing but
/// brackets would become one of the square of its length.
const DEEPEST_INDENT: usize = 32;

/// `json` with line breaks and an indent of two spaces; strings and numbers as they are.
///
/// `json` must be valid; what is not comes out as some other text that is not.
pub fn pretty(json: &str) -> SecretText {
    // Once for the length, once for the text: no growing buffer leaves a copy of a secret.
    let mut len = 0_usize;
    write(json, &mut |part| len = len.saturating_add(part.len()));
    let mut text = Zeroizing::new(String::with_capacity(len));
    write(json, &mut |part| text.push_str(part));
    SecretText::from(text)
}

fn write(json: &str, sink: &mut dyn FnMut(&str)) {
    let mut depth = 0_usize;
    let mut rest = json.trim_start();
    let new_line = |depth: usize, sink: &mut dyn FnMut(&str)| {
        sink("\n");
        (0..depth.min(DEEPEST_INDENT)).for_each(|_| sink("  "));
    };
    while let Some(first) = rest.chars().next() {
        let (token, tail) = rest.split_at(token_len(rest, first));
        rest = tail.trim_start_matches([' ', '\t', '\r', '\n']);
        match first {
            '{' | '[' if rest.starts_with(['}', ']']) => {
                sink(token);
                let (close, tail) = rest.split_at(1);
                sink(close);
                rest = tail.trim_start_matches([' ', '\t', '\r', '\n']);
            }
            '{' | '[' => {
                sink(token);
                depth = depth.saturating_add(1);
                new_line(depth, sink);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(depth, sink);
                sink(token);
            }
            ',' => {
                sink(token);
                new_line(depth, sink);
            }
            ':' => sink(": "),
            _ => sink(token),
        }
    }
}

/// Length of the token at the start of `text`, which begins with `first`.
fn token_len(text: &str, first: char) -> usize {
    match first {
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        '"' => {
            let mut escaped = false;
            for (at, byte) in text.bytes().enumerate().skip(1) {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => return at.saturating_add(1),
                    _ => {}
                }
            }
            text.len()
        }
        _ => text
            .find(['{', '}', '[', ']', ',', ':', '"', ' ', '\t', '\r', '\n'])
            .filter(|len| *len > 0)
            .unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_that_of_json_stringify() {
        let json = r#" {"a" :{"b":"x: {,} \" \\", "c":[ 1,-2.50e3,true ,null], "d":{ },"e":[]},"f":"é\u00e9"}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let pretty = pretty(json);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(pretty.expose()).unwrap(),
            value
        );
        assert_eq!(
            pretty.expose(),
            "{\n  \"a\": {\n    \"b\": \"x: {,} \\\" \\\\\",\n    \"c\": [\n      1,\n      -2.50e3,\n      true,\n      null\n    ],\n    \"d\": {},\n    \"e\": []\n  },\n  \"f\": \"é\\u00e9\"\n}"
        );
    }

    #[test]
    fn a_text_of_brackets_becomes_none_of_the_square_of_its_length() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let pretty = pretty(&deep);
        assert!(pretty.expose().len() < 100 * deep.len());
        let plain: String = pretty.expose().split_whitespace().collect();
        assert_eq!(plain, deep);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            pretty(&text);
        }
    }
}
