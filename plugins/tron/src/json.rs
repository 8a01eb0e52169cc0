//! JSON that comes out as it went in: member order kept, numbers as they were written.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

/// How deep values may be nested. A transaction with a contract's interface needs ten levels.
const MAX_DEPTH: usize = 64;

/// A JSON value (RFC 8259). Displays in compact form: no white space, text with the fewest
/// escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The number's own characters: nothing is rounded.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// Members in their order, none of them twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object(Vec<(String, Json)>);

impl Json {
    /// Reads exactly one value.
    pub(crate) fn parse(text: &str) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(JsonError::syntax)?;
        Self::read(raw, MAX_DEPTH)
    }

    /// The JSON parser never sees more than one level: it would turn numbers into floats.
    fn read(raw: &RawValue, depth: usize) -> Result<Self, JsonError> {
        let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
        let text = raw.get();
        match text.bytes().next() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(JsonError::syntax)?;
                members
                    .into_iter()
                    .map(|(name, raw)| Ok((name, Self::read(raw, depth)?)))
                    .collect::<Result<_, _>>()
                    .map(|members| Self::Object(Object(members)))
            }
            Some(b'[') => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(text).map_err(JsonError::syntax)?;
                items
                    .into_iter()
                    .map(|raw| Self::read(raw, depth))
                    .collect::<Result<_, _>>()
                    .map(Self::List)
            }
            Some(b'"') => serde_json::from_str(text)
                .map(Self::Text)
                .map_err(JsonError::syntax),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Number(text.to_owned())),
        }
    }
}

impl Object {
    /// The value of a member; `null` is as good as none.
    pub(crate) fn some(&self, name: &str) -> Option<&Json> {
        let (_, value) = self.0.iter().find(|(found, _)| found == name)?;
        (*value != Json::Null).then_some(value)
    }

    /// Whether the member is there, be it `null`.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => write_text(f, text),
            Self::List(items) => {
                f.write_str("[")?;
                for (position, item) in items.iter().enumerate() {
                    let separator = if position == 0 { "" } else { "," };
                    write!(f, "{separator}{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (position, (name, value)) in object.0.iter().enumerate() {
                    f.write_str(if position == 0 { "" } else { "," })?;
                    write_text(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

/// One level of an object.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique;

        impl<'de> Visitor<'de> for Unique {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                let mut names = BTreeSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    // Two parsers may pick two different ones: what one shows, another sends.
                    if !names.insert(name.clone()) {
                        let name = name.chars().take(80).collect::<String>();
                        return Err(A::Error::custom(format!("{name:?} is there twice")));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Unique)
    }
}

/// Why text is no JSON.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// Against the grammar, or a member is there twice.
    #[error("{reason}")]
    Syntax {
        /// The parser's words.
        reason: String,
    },
    /// Nested more than [`MAX_DEPTH`] levels deep.
    #[error("more than {MAX_DEPTH} levels of lists and objects")]
    TooDeep,
}

impl JsonError {
    fn syntax(error: serde_json::Error) -> Self {
        Self::Syntax {
            reason: error.to_string(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_numbers_and_text_are_kept_and_white_space_is_not() {
        let text = "\n{ \"b\" : [ 1 , true,false, null ],\t\"a\": {\"z\":{}, \"10\":[]},
            \"n\": 9007199254740993.10e+2, \"t\": \"\\u00e9 \\u2713 \\/ \\\" \\\\ \\u001f \\n \\ud83d\\ude00\" }\r\n";
        assert_eq!(
            Json::parse(text).unwrap().to_string(),
            r#"{"b":[1,true,false,null],"a":{"z":{},"10":[]},"n":9007199254740993.10e+2,"t":"é ✓ / \" \\ \u001f \n 😀"}"#
        );
    }

    #[test]
    fn what_is_ambiguous_or_no_json_is_refused() {
        for (text, reason) in [
            ("", "EOF"),
            ("{} {}", "trailing characters"),
            ("{\"a\":01}", "invalid number"),
            ("{'a':1}", "key must be a string"),
            (r#"{"a":1,"a":1}"#, "\"a\" is there twice"),
            (r#"[[{"x":[{"a":1,"\u0061":2}]}]]"#, "\"a\" is there twice"),
            (r#"["\ud800"]"#, "hex escape"),
            ("[NaN]", "expected value"),
        ] {
            let error = Json::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(Json::parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(Json::parse(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
        assert_eq!(Json::parse(&nested(5_000)), Err(JsonError::TooDeep));
    }

    /// Any value at all.
    pub(crate) fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,4})?".prop_map(Json::Number),
            ".*".prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
                proptest::collection::btree_map(".{0,6}", inner, 0..5)
                    .prop_map(|members| Json::Object(Object(members.into_iter().collect()))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in values()) {
            prop_assert_eq!(Json::parse(&value.to_string()), Ok(value));
        }

        #[test]
        fn another_parser_reads_the_same(value in values()) {
            let text = value.to_string();
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&text);
            let again: Result<serde_json::Value, _> =
                serde_json::from_str(&Json::parse(&text).unwrap().to_string());
            // Numbers that no double holds are an error there.
            prop_assert_eq!(theirs.ok(), again.ok());
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\":,0-9eE.\\-a\\\\ ]{0,60}") {
            let _ = Json::parse(&text);
        }
    }
}
