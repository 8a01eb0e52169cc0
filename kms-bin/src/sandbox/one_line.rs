//! Text from outside, made fit for one line of a terminal.

/// `text` on one line: white space of any kind is one space, and nothing moves the cursor.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        line.extend(word.chars().map(shown));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_line() {
        for (text, line) in [
            ("{\n  \"a\": 1\n}", "{ \"a\": 1 }"),
            ("\u{1b}[2Jа\r\n\tб\u{7}", "\u{fffd}[2Jа б\u{fffd}"),
            ("  ", ""),
        ] {
            assert_eq!(one_line(text), line);
        }
    }
}
