//! CBOR (RFC 8949) as the ledger and its nodes write it: lengths known or not, strings whole or
//! in chunks, sets with their tag or without.

use std::borrow::Cow;

use minicbor::{
    Decoder,
    data::{Tag, Type},
};
use thiserror::Error;

/// The tag of a set, which nodes write since the Conway era.
const SET: Tag = Tag::new(258);

/// Why bytes are not what they should be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not CBOR, or another item than the one expected.
    #[error("{0}")]
    Item(String),
    /// Not hexadecimal digits.
    #[error("{0} is not hexadecimal")]
    NotHex(&'static str),
    /// More bytes than belong to it.
    #[error("there are bytes after its end")]
    Trailing,
    /// More or fewer elements than there must be.
    #[error("{0} has another number of elements than it must have")]
    Length(&'static str),
    /// Something stands in it twice.
    #[error("{0} stands in it twice")]
    Repeated(String),
    /// Something is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Something is there that was not asked for.
    #[error("it contains {0}, which nobody asked for")]
    Unwanted(String),
    /// A value that cannot be.
    #[error("{0}")]
    Value(String),
}

impl From<minicbor::decode::Error> for DecodeError {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Item(error.to_string())
    }
}

/// Reads one item after the other.
pub(crate) struct Reader<'b>(Decoder<'b>);

/// What is still to be read of an array or a map.
pub(crate) struct Items {
    /// Nothing when a break ends it.
    left: Option<u64>,
}

impl<'b> Reader<'b> {
    /// Has `read` take all of `bytes`.
    pub(crate) fn whole<T>(
        bytes: &'b [u8],
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut reader = Self(Decoder::new(bytes));
        let value = read(&mut reader)?;
        if reader.0.position() == bytes.len() {
            Ok(value)
        } else {
            Err(DecodeError::Trailing)
        }
    }

    pub(crate) fn array(&mut self) -> Result<Items, DecodeError> {
        Ok(Items {
            left: self.0.array()?,
        })
    }

    pub(crate) fn map(&mut self) -> Result<Items, DecodeError> {
        Ok(Items {
            left: self.0.map()?,
        })
    }

    /// An array that may say that it is a set.
    pub(crate) fn set(&mut self) -> Result<Items, DecodeError> {
        if self.0.datatype()? == Type::Tag {
            let tag = self.0.tag()?;
            if tag != SET {
                return Err(DecodeError::Item(format!(
                    "a set has the tag 258, not {}",
                    tag.as_u64()
                )));
            }
        }
        self.array()
    }

    /// Whether there is one more element, or pair of key and value.
    pub(crate) fn has_next(&mut self, items: &mut Items) -> Result<bool, DecodeError> {
        match &mut items.left {
            Some(0) => Ok(false),
            Some(left) => {
                *left = left.saturating_sub(1);
                Ok(true)
            }
            None => {
                if self.0.datatype()? != Type::Break {
                    return Ok(true);
                }
                self.0.set_position(self.0.position().saturating_add(1));
                items.left = Some(0);
                Ok(false)
            }
        }
    }

    /// Asks for one more element of `what`.
    pub(crate) fn next(
        &mut self,
        items: &mut Items,
        what: &'static str,
    ) -> Result<(), DecodeError> {
        if self.has_next(items)? {
            Ok(())
        } else {
            Err(DecodeError::Length(what))
        }
    }

    /// Asks for the end of `what`.
    pub(crate) fn end(&mut self, mut items: Items, what: &'static str) -> Result<(), DecodeError> {
        if self.has_next(&mut items)? {
            Err(DecodeError::Length(what))
        } else {
            Ok(())
        }
    }

    pub(crate) fn uint(&mut self) -> Result<u64, DecodeError> {
        Ok(self.0.u64()?)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, DecodeError> {
        Ok(self.0.bool()?)
    }

    pub(crate) fn null(&mut self) -> Result<(), DecodeError> {
        Ok(self.0.null()?)
    }

    pub(crate) fn bytes(&mut self) -> Result<Cow<'b, [u8]>, DecodeError> {
        if self.0.datatype()? != Type::BytesIndef {
            return Ok(Cow::Borrowed(self.0.bytes()?));
        }
        let chunks: Result<Vec<_>, _> = self.0.bytes_iter()?.collect();
        Ok(Cow::Owned(chunks?.concat()))
    }

    /// A byte string of this length.
    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes()?;
        <[u8; N]>::try_from(bytes.as_ref())
            .map_err(|_| DecodeError::Value(format!("{} bytes where {N} must be", bytes.len())))
    }

    pub(crate) fn text(&mut self) -> Result<Cow<'b, str>, DecodeError> {
        if self.0.datatype()? != Type::StringIndef {
            return Ok(Cow::Borrowed(self.0.str()?));
        }
        let chunks: Result<Vec<_>, _> = self.0.str_iter()?.collect();
        Ok(Cow::Owned(chunks?.concat()))
    }

    /// The bytes of the next item, whatever it is.
    pub(crate) fn raw(&mut self) -> Result<&'b [u8], DecodeError> {
        let start = self.0.position();
        self.0.skip()?;
        self.slice(start, self.0.position())
    }

    /// The bytes that were read.
    pub(crate) fn taken(&self) -> Result<&'b [u8], DecodeError> {
        self.slice(0, self.0.position())
    }

    pub(crate) fn is_array(&self) -> Result<bool, DecodeError> {
        Ok(matches!(self.0.datatype()?, Type::Array | Type::ArrayIndef))
    }

    pub(crate) fn tag(&mut self) -> Result<u64, DecodeError> {
        Ok(self.0.tag()?.as_u64())
    }

    fn slice(&self, start: usize, end: usize) -> Result<&'b [u8], DecodeError> {
        self.0
            .input()
            .get(start..end)
            .ok_or_else(|| DecodeError::Item("end of input".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(bytes: &[u8]) -> Result<Vec<u64>, DecodeError> {
        Reader::whole(bytes, |reader| {
            let mut items = reader.set()?;
            let mut found = Vec::new();
            while reader.has_next(&mut items)? {
                found.push(reader.uint()?);
            }
            Ok(found)
        })
    }

    #[test]
    fn lengths_and_sets_are_read_in_every_notation() {
        for text in [
            "820102",
            "9f0102ff",
            "d90102820102",
            "d901029f0102ff",
            "9a0000000201190002",
        ] {
            assert_eq!(
                numbers(&hex::decode(text).unwrap()),
                Ok(vec![1, 2]),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_cut_or_goes_on_is_refused() {
        for text in [
            "",
            "82",
            "8201",
            "9f01",
            "82010203",
            "d90103820102",
            "8120",
            "81c24101",
        ] {
            assert!(numbers(&hex::decode(text).unwrap()).is_err(), "{text}");
        }
        assert_eq!(numbers(&[0x80, 0x00]), Err(DecodeError::Trailing));
        // A length that no memory holds.
        assert!(numbers(&hex::decode("9bffffffffffffffff").unwrap()).is_err());
    }

    #[test]
    fn chunks_are_one_string() {
        let read = |text: &str| {
            let bytes = hex::decode(text).unwrap();
            Reader::whole(&bytes, |reader| {
                Ok((reader.bytes()?.into_owned(), reader.text()?.into_owned()))
            })
        };
        let expected = Ok((vec![1, 2], "ab".to_owned()));
        assert_eq!(read("420102626162"), expected);
        assert_eq!(read("5f41014102ff7f61616162ff"), expected);
    }
}
