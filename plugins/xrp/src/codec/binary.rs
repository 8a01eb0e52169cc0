//! The binary notation. What is read is the same bytes when it is written again.

use super::{
    Amount, Bridge, CodecError, Currency, Field, Issue, MAX_DEPTH, Object, Value, field::Kind,
    number::Number, path::Path,
};
use crate::account::AccountId;

/// Ends an object within another.
const OBJECT_END: u8 = 0xe1;
/// Ends a list.
const ARRAY_END: u8 = 0xf1;
/// The length of an account, which is written though it is always the same.
const ACCOUNT_LENGTH: u8 = 20;

impl Object {
    /// All fields.
    ///
    /// # Errors
    /// [`CodecError::TooLong`] for a value that no length prefix can announce.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, CodecError> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, |_| true)?;
        Ok(bytes)
    }

    /// The fields that are signed. Those of objects within belong to them, all of them.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub(crate) fn encode_signed(&self) -> Result<Vec<u8>, CodecError> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, Field::is_signed)?;
        Ok(bytes)
    }

    /// Reads what [`encode`](Self::encode) writes, and nothing else.
    ///
    /// # Errors
    /// [`CodecError`] for bytes that end too early, that hold what does not exist, or that would
    /// be others if they were written again.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let object = Self::read(&mut reader, 0)?;
        if object.encode()? != bytes {
            return Err(CodecError::NotCanonical);
        }
        Ok(object)
    }

    fn write(&self, bytes: &mut Vec<u8>, wanted: fn(&Field) -> bool) -> Result<(), CodecError> {
        for (field, value) in self.iter().filter(|(field, _)| wanted(field)) {
            write_header(field, bytes);
            value.write(bytes).map_err(|error| error.of(field.name()))?;
        }
        Ok(())
    }

    /// Reads up to the end of all bytes, or within another object (`depth` is not zero) up to the
    /// mark of its end.
    fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Self, CodecError> {
        if depth > MAX_DEPTH {
            return Err(CodecError::TooDeep);
        }
        let mut fields: Vec<(&'static Field, Value)> = Vec::new();
        loop {
            if depth == 0 && reader.is_empty() {
                break;
            }
            if depth != 0 && reader.peek()? == OBJECT_END {
                reader.skip()?;
                break;
            }
            let field = read_header(reader)?;
            if let Some((last, _)) = fields.last()
                && last.ordinal() >= field.ordinal()
            {
                return Err(CodecError::NotCanonical);
            }
            let value =
                Value::read(field, reader, depth).map_err(|error| error.of(field.name()))?;
            fields.push((field, value));
        }
        Ok(Self(fields))
    }
}

impl Value {
    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        match self {
            Self::UInt8(value) => bytes.push(*value),
            Self::UInt16(value) => bytes.extend(value.to_be_bytes()),
            Self::UInt32(value) => bytes.extend(value.to_be_bytes()),
            Self::UInt64(value) => bytes.extend(value.to_be_bytes()),
            Self::Int32(value) => bytes.extend(value.to_be_bytes()),
            Self::Hash(hash) => bytes.extend(hash),
            Self::Blob(blob) => {
                write_length(blob.len(), bytes)?;
                bytes.extend(blob);
            }
            Self::Account(account) => {
                bytes.push(ACCOUNT_LENGTH);
                bytes.extend(account.0);
            }
            Self::Amount(amount) => amount.write(bytes),
            Self::Number(number) => {
                bytes.extend(number.mantissa.to_be_bytes());
                bytes.extend(number.exponent.to_be_bytes());
            }
            Self::Object(object) => {
                object.write(bytes, |_| true)?;
                bytes.push(OBJECT_END);
            }
            Self::Array(items) => {
                for (field, object) in items {
                    write_header(field, bytes);
                    object
                        .write(bytes, |_| true)
                        .map_err(|error| error.of(field.name()))?;
                    bytes.push(OBJECT_END);
                }
                bytes.push(ARRAY_END);
            }
            Self::Paths(paths) => Path::write_all(paths, bytes),
            Self::Hashes(hashes) => {
                write_length(hashes.len().saturating_mul(32), bytes)?;
                bytes.extend(hashes.as_flattened());
            }
            Self::Issue(issue) => issue.write(bytes),
            Self::Currency(currency) => bytes.extend(currency.0),
            Self::Bridge(bridge) => {
                bytes.push(ACCOUNT_LENGTH);
                bytes.extend(bridge.locking_door.0);
                bridge.locking_issue.write(bytes);
                bytes.push(ACCOUNT_LENGTH);
                bytes.extend(bridge.issuing_door.0);
                bridge.issuing_issue.write(bytes);
            }
        }
        Ok(())
    }

    fn read(field: &Field, reader: &mut Reader<'_>, depth: usize) -> Result<Self, CodecError> {
        Ok(match field.kind() {
            Kind::UInt8 => Self::UInt8(u8::from_be_bytes(reader.array()?)),
            Kind::UInt16 => Self::UInt16(u16::from_be_bytes(reader.array()?)),
            Kind::UInt32 => Self::UInt32(u32::from_be_bytes(reader.array()?)),
            Kind::UInt64 => Self::UInt64(u64::from_be_bytes(reader.array()?)),
            Kind::Int32 => Self::Int32(i32::from_be_bytes(reader.array()?)),
            Kind::Hash128 => Self::Hash(reader.array::<16>()?.to_vec()),
            Kind::Hash160 => Self::Hash(reader.array::<20>()?.to_vec()),
            Kind::Hash192 => Self::Hash(reader.array::<24>()?.to_vec()),
            Kind::Hash256 => Self::Hash(reader.array::<32>()?.to_vec()),
            Kind::Blob => Self::Blob(read_prefixed(reader)?.to_vec()),
            Kind::AccountId => Self::Account(read_account(reader)?),
            Kind::Amount => Self::Amount(Amount::read(reader)?),
            Kind::Number => Self::Number(Number {
                mantissa: i64::from_be_bytes(reader.array()?),
                exponent: i32::from_be_bytes(reader.array()?),
            }),
            Kind::StObject => Self::Object(Object::read(reader, depth.saturating_add(1))?),
            Kind::StArray => Self::Array(read_array(reader, depth)?),
            Kind::PathSet => Self::Paths(Path::read_all(reader)?),
            Kind::Vector256 => {
                let (hashes, rest) = read_prefixed(reader)?.as_chunks::<32>();
                if !rest.is_empty() {
                    return Err(CodecError::Truncated);
                }
                Self::Hashes(hashes.to_vec())
            }
            Kind::Issue => Self::Issue(Issue::read(reader)?),
            Kind::Currency => Self::Currency(Currency(reader.array()?)),
            Kind::XChainBridge => Self::Bridge(Box::new(Bridge {
                locking_door: read_account(reader)?,
                locking_issue: Issue::read(reader)?,
                issuing_door: read_account(reader)?,
                issuing_issue: Issue::read(reader)?,
            })),
        })
    }
}

fn read_array(
    reader: &mut Reader<'_>,
    depth: usize,
) -> Result<Vec<(&'static Field, Object)>, CodecError> {
    let mut items = Vec::new();
    while reader.peek()? != ARRAY_END {
        let field = read_header(reader)?;
        if field.kind() != Kind::StObject {
            return Err(CodecError::Expected("a list of objects").of(field.name()));
        }
        let object = Object::read(reader, depth.saturating_add(1))
            .map_err(|error| error.of(field.name()))?;
        items.push((field, object));
    }
    reader.skip()?;
    Ok(items)
}

fn read_account(reader: &mut Reader<'_>) -> Result<AccountId, CodecError> {
    match read_prefixed(reader)?.try_into() {
        Ok(bytes) => Ok(AccountId(bytes)),
        Err(_) => Err(CodecError::NotCanonical),
    }
}

/// Type and field code in one byte, each in the next one where it is 16 or more.
fn write_header(field: &Field, bytes: &mut Vec<u8>) {
    let (kind, code) = field.ordinal();
    match (kind < 16, code < 16) {
        (true, true) => bytes.push(kind << 4 | code),
        (true, false) => bytes.extend([kind << 4, code]),
        (false, true) => bytes.extend([code, kind]),
        (false, false) => bytes.extend([0, kind, code]),
    }
}

fn read_header(reader: &mut Reader<'_>) -> Result<&'static Field, CodecError> {
    let [first] = reader.array()?;
    let mut half = |half: u8| match half {
        0 => match reader.array()? {
            [code] if code >= 16 => Ok(code),
            _ => Err(CodecError::NotCanonical),
        },
        code => Ok(code),
    };
    let kind = half(first >> 4)?;
    let code = half(first & 15)?;
    Field::by_ordinal(kind, code).ok_or(CodecError::UnknownHeader { kind, code })
}

/// One byte up to 192, two up to 12480, three up to 918744.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "each number is within the bounds of its arm"
)]
fn write_length(length: usize, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    let [_, _, _, _, _, high, middle, low] = match length {
        0..=192 => u64::try_from(length),
        193..=12_480 => u64::try_from(length - 193).map(|rest| rest + (193 << 8)),
        12_481..=918_744 => u64::try_from(length - 12_481).map(|rest| rest + (241 << 16)),
        _ => return Err(CodecError::TooLong),
    }
    .map_err(|_| CodecError::TooLong)?
    .to_be_bytes();
    match length {
        0..=192 => bytes.push(low),
        193..=12_480 => bytes.extend([middle, low]),
        _ => bytes.extend([high, middle, low]),
    }
    Ok(())
}

#[expect(clippy::arithmetic_side_effects, reason = "a number of three bytes")]
fn read_prefixed<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], CodecError> {
    let [first] = reader.array()?;
    let first = usize::from(first);
    let mut next = || reader.array::<1>().map(|[byte]| usize::from(byte));
    let length = match first {
        0..=192 => first,
        193..=240 => 193 + (first - 193) * 256 + next()?,
        241..=254 => 12_481 + (first - 241) * 65_536 + next()? * 256 + next()?,
        _ => return Err(CodecError::NotCanonical),
    };
    reader.take(length)
}

/// The bytes that are still to be read.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn peek(&self) -> Result<u8, CodecError> {
        self.0.first().copied().ok_or(CodecError::Truncated)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    fn skip(&mut self) -> Result<(), CodecError> {
        self.array::<1>().map(|_| ())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field has a header in one notation only. `Flags` is field 2 of type 2.
    #[test]
    fn a_header_is_as_short_as_it_can_be() {
        assert!(Object::decode(&[0x22, 0, 0, 0, 1]).is_ok());
        for header in [[0x20, 2], [0x02, 2]] {
            let bytes = [&header[..], &[0, 0, 0, 1]].concat();
            assert_eq!(Object::decode(&bytes), Err(CodecError::NotCanonical));
        }
    }

    /// `Memo` is field 10 of type 14, and field 1 of that type the end of an object.
    #[test]
    fn objects_within_objects_have_a_limit() {
        let nested = |depth| [vec![0xea; depth], vec![0xe1; depth]].concat();
        assert!(Object::decode(&nested(MAX_DEPTH)).is_ok());
        let error = Object::decode(&nested(MAX_DEPTH + 1)).unwrap_err();
        let reason = CodecError::TooDeep.to_string();
        assert!(error.to_string().ends_with(&reason), "{error}");
    }
}
