//! Why a transaction is not readable.

use thiserror::Error;

use super::MAX_DEPTH;

/// What is wrong with JSON or bytes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// Something is wrong with the value of this field.
    #[error("{field}: {source}")]
    In {
        /// The field's name.
        field: &'static str,
        /// What is wrong.
        source: Box<CodecError>,
    },
    /// No field has this name.
    #[error("there is no field {0:?}")]
    UnknownField(String),
    /// Another JSON type than the field has.
    #[error("it is not {0}")]
    Expected(&'static str),
    /// Not in hexadecimal digits.
    #[error("it is not in pairs of hexadecimal digits")]
    NotHex,
    /// A hash or key of another length.
    #[error("it has {found} bytes instead of {expected}")]
    Length {
        /// The number of bytes there should be.
        expected: usize,
        /// The number of bytes there are.
        found: usize,
    },
    /// No address.
    #[error(transparent)]
    Account(#[from] crate::account::AccountError),
    /// The tag of an X-address where there is a tag as well.
    #[error("the address holds a tag, and there is one beside it")]
    TwoTags,
    /// A type of transaction that does not exist, or that nobody signs.
    #[error("there is no transaction type {0:?}")]
    UnknownType(String),
    /// A permission that does not exist.
    #[error("there is no permission {0:?}")]
    UnknownPermission(String),
    /// No number of XRP.
    #[error("an amount of XRP is a whole number of drops in digits, and at most 10^17")]
    Drops,
    /// No number of a multi-purpose token.
    #[error("an amount of a multi-purpose token is a whole number in digits, below 2^63")]
    MptValue,
    /// No decimal number.
    #[error("a value is written in digits, with a decimal point and an exponent if it needs them")]
    NotDecimal,
    /// More digits than the type has.
    #[error("the value has more than {0} significant digits")]
    TooPrecise(usize),
    /// Larger or smaller than the type's exponent allows.
    #[error("the value is too large or too small")]
    OutOfRange,
    /// No currency code.
    #[error("a currency is a code of three characters or 40 hexadecimal digits")]
    Currency,
    /// XRP or a code that looks like it, where there is an issuer.
    #[error("XRP has no issuer")]
    IssuedXrp,
    /// An issuer that the binary form takes for something else.
    #[error("this account issues nothing")]
    Issuer,
    /// Nested too deep.
    #[error("more than {MAX_DEPTH} objects are nested")]
    TooDeep,
    /// Longer than a length prefix can say.
    #[error("it is too long")]
    TooLong,
    /// Nothing where something must be.
    #[error("it is empty")]
    Empty,
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// A field header that names no field.
    #[error("the bytes hold a field that does not exist ({kind}, {code})")]
    UnknownHeader {
        /// The type code.
        kind: u8,
        /// The field code.
        code: u8,
    },
    /// Bytes that would come out in another way when written again.
    #[error("the bytes are not in canonical form")]
    NotCanonical,
}

impl CodecError {
    /// The same error with the name of the field that it is about.
    pub(super) fn of(self, field: &'static str) -> Self {
        Self::In {
            field,
            source: Box::new(self),
        }
    }
}

/// The beginning of text from outside, for an error.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}
