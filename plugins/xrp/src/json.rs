//! JSON without doubt: no member is there twice, no number is rounded.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

use crate::codec::excerpt;

/// A JSON value (RFC 8259).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool,
    Integer(i64),
    /// A number with a point, with an exponent, or larger than any that a transaction holds.
    OtherNumber,
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads exactly one value, nested at most as deep as the JSON parser goes.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::OtherNumber, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            // Two parsers may pick two different ones: what one shows, another signs.
            if !names.insert(name.clone()) {
                let name = excerpt(&name);
                return Err(A::Error::custom(format!("{name:?} is there twice")));
            }
            members.push((name, map.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read() {
        let text =
            r#" {"b": [1, -2, null, true, 1.0, 1e3, 18446744073709551615], "a": {"\u0063": "é"}} "#;
        let numbers = [
            Json::Integer(1),
            Json::Integer(-2),
            Json::Null,
            Json::Bool,
            Json::OtherNumber,
            Json::OtherNumber,
            Json::OtherNumber,
        ];
        let inner = Json::Object(vec![("c".to_owned(), Json::Text("é".to_owned()))]);
        let outer = vec![
            ("b".to_owned(), Json::List(numbers.to_vec())),
            ("a".to_owned(), inner),
        ];
        assert_eq!(Json::parse(text).unwrap(), Json::Object(outer));
    }

    #[test]
    fn what_is_ambiguous_or_no_json_is_refused() {
        for (text, reason) in [
            ("", "EOF"),
            ("{} {}", "trailing characters"),
            (r#"{"a":1,"a":1}"#, "\"a\" is there twice"),
            (r#"[[{"x":[{"a":1,"\u0061":2}]}]]"#, "\"a\" is there twice"),
            (r#"["\ud800"]"#, "hex escape"),
            (&"[".repeat(5000), "recursion limit"),
        ] {
            let error = Json::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]{}\":,0-9eE.\\-a\\\\ ]{0,60}") {
            let _ = Json::parse(&text);
        }
    }
}
