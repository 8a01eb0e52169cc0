//! JSON whose numbers are exact and whose members are unique.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

/// A JSON value (RFC 8259).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number that is an integer below 2^64, written as one.
    Integer(u64),
    /// Any other number. None has a place in a transaction.
    OtherNumber,
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads exactly one value, at most 128 levels deep. The error is the parser's.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Whether it says nothing: what JavaScript has where a field was never set.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) | Self::Integer(0) => true,
            Self::Bool(true) | Self::Integer(_) | Self::OtherNumber => false,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(members) => match (members.get("type"), members.get("data")) {
                (Some(Self::Text(kind)), Some(Self::List(data))) if kind == "Buffer" => {
                    data.is_empty()
                }
                _ => members.is_empty(),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Integer(value))
            }

            fn visit_i64<E>(self, _value: i64) -> Result<Json, E> {
                Ok(Json::OtherNumber)
            }

            fn visit_f64<E>(self, _value: f64) -> Result<Json, E> {
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
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Json>()? {
                    // Two parsers may pick two different ones: what one shows, another sends.
                    if members.contains_key(&name) {
                        let name = name.chars().take(80).collect::<String>();
                        return Err(A::Error::custom(format!("{name:?} is there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Json::Object(members))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_and_nothing_else_is_one() {
        for (text, value) in [
            ("9007199254740993", Json::Integer(9_007_199_254_740_993)),
            ("18446744073709551615", Json::Integer(u64::MAX)),
            ("18446744073709551616", Json::OtherNumber),
            ("-1", Json::OtherNumber),
            ("1.5", Json::OtherNumber),
            ("1.0", Json::OtherNumber),
            ("1e3", Json::OtherNumber),
        ] {
            assert_eq!(Json::parse(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_too_deep_or_no_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (text, reason) in [
            ("", "EOF"),
            ("hello", "expected value"),
            ("{} {}", "trailing characters"),
            (r#"{"a":1,"\u0061":1}"#, "\"a\" is there twice"),
            (r#"[{"x":{"a":1,"a":1}}]"#, "\"a\" is there twice"),
            (&deep, "recursion limit"),
        ] {
            let error = Json::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn what_was_never_set_is_empty() {
        for text in [
            "null",
            "false",
            "0",
            "\"\"",
            "[]",
            "{}",
            r#"{"type":"Buffer","data":[]}"#,
        ] {
            assert!(Json::parse(text).unwrap().is_empty(), "{text}");
        }
        for text in [
            "true",
            "1",
            "-1",
            "0.0",
            "\"0\"",
            "[0]",
            r#"{"0":0}"#,
            r#"{"type":"Buffer","data":[0]}"#,
        ] {
            assert!(!Json::parse(text).unwrap().is_empty(), "{text}");
        }
    }
}
