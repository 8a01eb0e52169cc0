//! `name=value` with commas between them, as OpenTelemetry writes headers and attributes in
//! variables: the form of W3C Baggage, with `%XX` for what would not fit.

/// Reads the pairs, in their order; nothing when the text is of another form.
pub(super) fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split(',').map(str::trim);
    let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        Some((decode(name)?, decode(value.trim())?))
    });
    pairs.collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_order_and_decoded() {
        for (text, expected) in [
            ("", &[] as &[(&str, &str)]),
            (" , ", &[]),
            ("a=b", &[("a", "b")]),
            (" a = b , c=d=e ,", &[("a", "b"), ("c", "d=e")]),
            (
                "authorization=Basic%20dTpw+w==",
                &[("authorization", "Basic dTpw+w==")],
            ),
            ("a=", &[("a", "")]),
            ("city=K%C3%B6ln%2C%20Rhein", &[("city", "Köln, Rhein")]),
        ] {
            let pairs = parse(text).unwrap();
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(pairs, expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_pairs() {
        for text in ["a", "=b", "a=b,c", "a=%", "a=%4", "a=%+4", "a=%zz", "a=%ff"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_as_pairs_is_read_so(
            pairs in proptest::collection::vec(("\\PC{1,8}", "(\\PC|\n|,|%){0,8}"), 0..4),
        ) {
            let encoded = |text: &str| -> String {
                text.bytes().map(|byte| format!("%{byte:02x}")).collect()
            };
            let text: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!(" {} = {}", encoded(name), encoded(value)))
                .collect();
            proptest::prop_assert_eq!(parse(&text.join(",")), Some(pairs));
        }

        #[test]
        fn no_text_panics(text in "(=|,|%|[0-9a-f]|\\PC){0,30}") {
            let _ = parse(&text);
        }
    }
}
