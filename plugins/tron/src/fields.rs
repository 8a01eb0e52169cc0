//! The members of a JSON object as the values of protobuf fields.

use thiserror::Error;

use crate::{
    address::TronAddress,
    json::{Json, Object},
};

/// How a JSON object holds the names of tokens, accounts and sites, which are bytes in protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// As hexadecimal digits.
    Hex,
    /// As text.
    Text,
}

/// A JSON object that is read as a message. What is absent, `null` or empty is the field's
/// default, which protobuf does not write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    object: &'a Object,
    names: Names,
}

/// A message that can be read from JSON.
pub(crate) trait Read: Sized {
    fn read(fields: Fields<'_>) -> Result<Self, FieldError>;
}

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Object, names: Names) -> Self {
        Self { object, names }
    }

    /// Digits are a number here, too: some libraries write large ones as text.
    pub(crate) fn int64(&self, name: &'static str) -> Result<i64, FieldError> {
        match self.object.some(name) {
            None => Some(0),
            Some(Json::Number(digits) | Json::Text(digits)) => integer(digits),
            Some(_) => None,
        }
        .ok_or(FieldError::NotAnInteger { name })
    }

    pub(crate) fn int32(&self, name: &'static str) -> Result<i32, FieldError> {
        i32::try_from(self.int64(name)?).map_err(|_| FieldError::NotAnInteger { name })
    }

    pub(crate) fn boolean(&self, name: &'static str) -> Result<bool, FieldError> {
        match self.object.some(name) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(_) => Err(FieldError::NotABoolean { name }),
        }
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, FieldError> {
        self.str(name).map(str::to_owned)
    }

    /// Bytes, always in hexadecimal digits.
    pub(crate) fn hex(&self, name: &'static str) -> Result<Vec<u8>, FieldError> {
        hex::decode(self.str(name)?).map_err(|_| FieldError::NotHex { name })
    }

    /// The bytes of a name.
    pub(crate) fn name(&self, name: &'static str) -> Result<Vec<u8>, FieldError> {
        match self.names {
            Names::Hex => self.hex(name),
            Names::Text => self.text(name).map(String::into_bytes),
        }
    }

    /// The 21 bytes of an address in either notation.
    pub(crate) fn address(&self, name: &'static str) -> Result<Vec<u8>, FieldError> {
        match self.str(name)? {
            "" => Ok(Vec::new()),
            text => TronAddress::parse(text)
                .map(|address| address.as_bytes().to_vec())
                .map_err(|_| FieldError::NotAnAddress { name }),
        }
    }

    /// The number of a name among `values`, in which 0 is the default. A number stands for
    /// itself.
    pub(crate) fn one_of(
        &self,
        name: &'static str,
        values: &[(&str, i32)],
    ) -> Result<i32, FieldError> {
        let Some(Json::Text(text)) = self.object.some(name) else {
            return self.int32(name);
        };
        values
            .iter()
            .find(|(value, _)| value.eq_ignore_ascii_case(text))
            .map(|(_, number)| *number)
            .ok_or(FieldError::UnknownValue { name })
    }

    /// What is staked for.
    pub(crate) fn resource(&self, name: &'static str) -> Result<i32, FieldError> {
        self.one_of(name, &RESOURCES)
    }

    pub(crate) fn message<T: Read>(&self, name: &'static str) -> Result<Option<T>, FieldError> {
        match self.object.some(name) {
            None => Ok(None),
            Some(json) => self.read(name, json).map(Some),
        }
    }

    pub(crate) fn list<T: Read>(&self, name: &'static str) -> Result<Vec<T>, FieldError> {
        match self.object.some(name) {
            None => Ok(Vec::new()),
            Some(Json::List(items)) => items.iter().map(|json| self.read(name, json)).collect(),
            Some(_) => Err(FieldError::NotAList { name }),
        }
    }

    fn read<T: Read>(&self, name: &'static str, json: &Json) -> Result<T, FieldError> {
        match json {
            Json::Object(object) => T::read(Fields::new(object, self.names)),
            _ => Err(FieldError::NotAnObject { name }),
        }
    }

    fn str(&self, name: &'static str) -> Result<&'a str, FieldError> {
        match self.object.some(name) {
            None => Ok(""),
            Some(Json::Text(text)) => Ok(text),
            Some(_) => Err(FieldError::NotText { name }),
        }
    }
}

/// The resources of an account, `BANDWIDTH` being the default.
pub(crate) const RESOURCES: [(&str, i32); 3] = [("BANDWIDTH", 0), ("ENERGY", 1), ("TRON_POWER", 2)];

/// Digits with an optional minus, nothing else.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

/// Why a member is not the value of its field.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum FieldError {
    #[error("{name} is missing or no object")]
    NotAnObject { name: &'static str },
    #[error("{name} is no list")]
    NotAList { name: &'static str },
    #[error("{name} is no text")]
    NotText { name: &'static str },
    #[error("{name} is no integer of its size")]
    NotAnInteger { name: &'static str },
    #[error("{name} is neither true nor false")]
    NotABoolean { name: &'static str },
    #[error("{name} is not hexadecimal")]
    NotHex { name: &'static str },
    #[error("{name} is no address")]
    NotAnAddress { name: &'static str },
    #[error("{name} has an unknown value")]
    UnknownValue { name: &'static str },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads the member `m` with this JSON text.
    fn member<T>(json: &str, names: Names, read: impl Fn(Fields<'_>) -> T) -> T {
        let Ok(Json::Object(object)) = Json::parse(&format!("{{\"m\":{json}}}")) else {
            panic!("no JSON: {json}");
        };
        read(Fields::new(&object, names))
    }

    #[test]
    fn integers_are_exact_in_all_64_bits() {
        for (json, value) in [
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("\"12\"", Some(12)),
            ("null", Some(0)),
            ("9223372036854775808", None),
            ("1.0", None),
            ("1e3", None),
            ("\"\"", None),
            ("\"+1\"", None),
            ("\"0x1\"", None),
            ("true", None),
        ] {
            let read = member(json, Names::Hex, |fields| fields.int64("m"));
            assert_eq!(read.ok(), value, "{json}");
        }
        let read = member("2147483648", Names::Hex, |fields| fields.int32("m"));
        assert_eq!(read, Err(FieldError::NotAnInteger { name: "m" }));
    }

    #[test]
    fn names_are_hexadecimal_or_text() {
        let read = |json, names| member(json, names, |fields| fields.name("m"));
        assert_eq!(read("\"3130\"", Names::Hex), Ok(b"10".to_vec()));
        assert_eq!(read("\"3130\"", Names::Text), Ok(b"3130".to_vec()));
        assert_eq!(read("\"é\"", Names::Text), Ok("é".as_bytes().to_vec()));
        assert!(read("\"é\"", Names::Hex).is_err());
        assert_eq!(read("null", Names::Hex), Ok(Vec::new()));
    }

    #[test]
    fn enumerations_are_names_or_numbers() {
        let read = |json| member(json, Names::Hex, |fields| fields.resource("m"));
        assert_eq!(read("\"ENERGY\""), Ok(1));
        assert_eq!(read("2"), Ok(2));
        assert_eq!(read("null"), Ok(0));
        assert_eq!(
            read("\"ENERGIE\""),
            Err(FieldError::UnknownValue { name: "m" })
        );
    }

    proptest! {
        #[test]
        fn every_integer_is_read(value: i64) {
            let read = member(&value.to_string(), Names::Hex, |fields| fields.int64("m"));
            prop_assert_eq!(read, Ok(value));
        }
    }
}
