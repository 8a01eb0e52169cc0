//! Amounts of XRP, of what an account issues, and of multi-purpose tokens.

use std::fmt;

use super::{CodecError, Currency, MptId, decimal::Decimal};
use crate::account::AccountId;

/// An amount (`Amount`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Drops: millionths of an XRP. Only differences of fees are below zero.
    Xrp(i64),
    /// A number of what an account issues.
    Issued {
        /// How many.
        value: Issued,
        /// Of what.
        currency: Currency,
        /// Of whom.
        issuer: AccountId,
    },
    /// A number of units of a multi-purpose token (XLS-33).
    Mpt {
        /// How many.
        value: u64,
        /// Of which token.
        id: MptId,
    },
}

/// The most drops there can be.
const MAX_DROPS: i64 = 100_000_000_000_000_000;

/// The first bit of an issued amount.
const ISSUED: u64 = 1 << 63;
/// The bit of an amount above zero, or of zero XRP.
const POSITIVE: u64 = 1 << 62;
/// The first byte of a multi-purpose token's amount: the bit of its type, and the positive one.
const MPT: u8 = 0x60;
/// Where the exponent of an issued amount stands, and what is added to it.
const EXPONENT_SHIFT: u32 = 54;
const EXPONENT_OFFSET: i16 = 97;

impl Amount {
    /// Reads drops in digits.
    pub(super) fn parse_drops(text: &str) -> Result<Self, CodecError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodecError::Drops);
        }
        let drops: i64 = text.parse().map_err(|_| CodecError::Drops)?;
        if drops > MAX_DROPS {
            return Err(CodecError::Drops);
        }
        Ok(Self::Xrp(drops))
    }

    /// Reads a difference of drops, which may be below zero.
    pub(super) fn parse_drops_difference(text: &str) -> Result<Self, CodecError> {
        match text.strip_prefix('-').map(Self::parse_drops) {
            Some(Ok(Self::Xrp(drops))) => Ok(Self::Xrp(drops.saturating_neg())),
            Some(other) => other,
            None => Self::parse_drops(text),
        }
    }

    /// Reads the number of a multi-purpose token.
    pub(super) fn parse_mpt(text: &str, id: MptId) -> Result<Self, CodecError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodecError::MptValue);
        }
        match text.parse::<u64>() {
            Ok(value) if value < ISSUED => Ok(Self::Mpt { value, id }),
            _ => Err(CodecError::MptValue),
        }
    }

    /// Whether it is below zero.
    pub(crate) fn is_negative(&self) -> bool {
        match self {
            Self::Xrp(drops) => *drops < 0,
            Self::Issued { value, .. } => value.negative,
            Self::Mpt { .. } => false,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Xrp(drops) => {
                let sign = if *drops < 0 { 0 } else { POSITIVE };
                bytes.extend((drops.unsigned_abs() | sign).to_be_bytes());
            }
            Self::Issued {
                value,
                currency,
                issuer,
            } => {
                bytes.extend(value.to_bits().to_be_bytes());
                bytes.extend(currency.0);
                bytes.extend(issuer.0);
            }
            Self::Mpt { value, id } => {
                bytes.push(MPT);
                bytes.extend(value.to_be_bytes());
                bytes.extend(id.0);
            }
        }
    }

    pub(super) fn read(reader: &mut super::binary::Reader<'_>) -> Result<Self, CodecError> {
        match reader.peek()? {
            first if first & 0x80 != 0 => {
                let value = Issued::from_bits(u64::from_be_bytes(reader.array()?))?;
                let currency = Currency(reader.array()?);
                if currency.is_xrp() {
                    return Err(CodecError::IssuedXrp);
                }
                let issuer = AccountId(reader.array()?);
                Ok(Self::Issued {
                    value,
                    currency,
                    issuer,
                })
            }
            MPT => {
                let [_] = reader.array()?;
                let value = u64::from_be_bytes(reader.array()?);
                let id = MptId(reader.array()?);
                if value >= ISSUED {
                    return Err(CodecError::MptValue);
                }
                Ok(Self::Mpt { value, id })
            }
            _ => {
                let bits = u64::from_be_bytes(reader.array()?);
                let drops = i64::try_from(bits & !POSITIVE).map_err(|_| CodecError::Drops)?;
                match (bits & POSITIVE != 0, drops) {
                    (_, drops) if drops > MAX_DROPS => Err(CodecError::Drops),
                    (true, drops) => Ok(Self::Xrp(drops)),
                    (false, 0) => Err(CodecError::NotCanonical),
                    (false, drops) => Ok(Self::Xrp(drops.saturating_neg())),
                }
            }
        }
    }
}

/// XRP in whole coins, all else in the units it is counted in.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xrp(drops) => {
                let value = Decimal::new(*drops < 0, drops.unsigned_abs(), -6);
                write!(f, "{value} XRP")
            }
            Self::Issued {
                value,
                currency,
                issuer,
            } => write!(f, "{value} {currency} of {issuer}"),
            Self::Mpt { value, id } => write!(f, "{value} units of MPT {id}"),
        }
    }
}

/// The number of an issued amount: 16 decimal digits and an exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    negative: bool,
    /// 10^15 to 10^16 - 1, or zero.
    mantissa: u64,
    /// -96 to 80; zero with a mantissa of zero.
    exponent: i16,
}

impl Issued {
    const DIGITS: usize = 16;
    const MANTISSAS: std::ops::Range<u64> = 1_000_000_000_000_000..10_000_000_000_000_000;
    const EXPONENTS: std::ops::RangeInclusive<i16> = -96..=80;
    const ZERO: Self = Self {
        negative: false,
        mantissa: 0,
        exponent: 0,
    };

    /// Reads a decimal number.
    ///
    /// # Errors
    /// [`CodecError`] for what is no number or no such number exactly: nothing is rounded.
    pub(super) fn parse(text: &str) -> Result<Self, CodecError> {
        let decimal = Decimal::parse(text)?;
        if decimal.is_zero() {
            return Ok(Self::ZERO);
        }
        let (mantissa, exponent) = decimal.scaled(Self::DIGITS)?;
        let exponent = i16::try_from(exponent).map_err(|_| CodecError::OutOfRange)?;
        if !Self::EXPONENTS.contains(&exponent) {
            return Err(CodecError::OutOfRange);
        }
        Ok(Self {
            negative: decimal.negative,
            mantissa,
            exponent,
        })
    }

    /// The significant digits, and the power of ten of the last one.
    pub(crate) fn parts(&self) -> (u64, i16) {
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent);
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent = exponent.saturating_add(1);
        }
        (mantissa, exponent)
    }

    fn to_bits(self) -> u64 {
        if self.mantissa == 0 {
            return ISSUED;
        }
        let sign = if self.negative { 0 } else { POSITIVE };
        let exponent = self.exponent.saturating_add(EXPONENT_OFFSET);
        let exponent = u64::try_from(exponent).unwrap_or(0);
        ISSUED | sign | exponent << EXPONENT_SHIFT | self.mantissa
    }

    fn from_bits(bits: u64) -> Result<Self, CodecError> {
        if bits == ISSUED {
            return Ok(Self::ZERO);
        }
        let mantissa = bits & ((1 << EXPONENT_SHIFT) - 1);
        let [_, exponent @ ..] = (bits >> EXPONENT_SHIFT).to_be_bytes();
        let [.., exponent] = exponent;
        let exponent = i16::from(exponent).saturating_sub(EXPONENT_OFFSET);
        if !Self::MANTISSAS.contains(&mantissa) || !Self::EXPONENTS.contains(&exponent) {
            return Err(CodecError::NotCanonical);
        }
        Ok(Self {
            negative: bits & POSITIVE == 0,
            mantissa,
            exponent,
        })
    }
}

impl fmt::Display for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.negative, self.mantissa, self.exponent.into()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::binary::Reader;
    use proptest::prelude::*;

    /// From <https://xrpl.org/docs/references/protocol/binary-format#amount-fields> and the
    /// limits beside it.
    #[test]
    fn issued_numbers_have_their_published_bits() {
        for (text, bits) in [
            ("0", 0x8000_0000_0000_0000),
            ("-0e9", 0x8000_0000_0000_0000),
            ("1", 0xd483_8d7e_a4c6_8000),
            ("-1", 0x9483_8d7e_a4c6_8000),
            ("100", 0xd503_8d7e_a4c6_8000),
            ("0.10", 0xd443_8d7e_a4c6_8000),
            ("9999999999999999e80", 0xec63_86f2_6fc0_ffff),
            ("1000000000000000e-96", 0xc043_8d7e_a4c6_8000),
            ("7072.8", 0xd559_20ac_9391_4000),
        ] {
            let value = Issued::parse(text).unwrap();
            assert_eq!(value.to_bits(), bits, "{text}: {:x}", value.to_bits());
            assert_eq!(Issued::from_bits(bits), Ok(value), "{text}");
        }
    }

    #[test]
    fn issued_numbers_have_one_notation() {
        let bits = |exponent: u64, mantissa: u64| ISSUED | POSITIVE | exponent << 54 | mantissa;
        let (least, most) = (1_000_000_000_000_000, 9_999_999_999_999_999);
        for (exponent, mantissa) in [(1, least), (1, most), (177, least), (177, most)] {
            assert!(Issued::from_bits(bits(exponent, mantissa)).is_ok());
        }
        for (exponent, mantissa) in [
            (0, least),
            (178, least),
            (97, least - 1),
            (97, most + 1),
            (97, 0),
            (0, 0),
        ] {
            let read = Issued::from_bits(bits(exponent, mantissa));
            assert_eq!(read, Err(CodecError::NotCanonical), "{mantissa}e{exponent}");
        }
    }

    #[test]
    fn parts_are_without_zeros_at_the_end() {
        for (text, parts) in [
            ("0", (0, 0)),
            ("7", (7, 0)),
            ("-7072.8", (70_728, -1)),
            ("1200", (12, 2)),
            ("9999999999999999e80", (9_999_999_999_999_999, 80)),
        ] {
            assert_eq!(Issued::parse(text).unwrap().parts(), parts, "{text}");
        }
    }

    #[test]
    fn issued_numbers_are_never_rounded() {
        for text in [
            "12345678901234567",
            "1.0000000000000001",
            "0.12345678901234567",
        ] {
            assert_eq!(Issued::parse(text), Err(CodecError::TooPrecise(16)));
        }
        for text in ["1e97", "1e-82", "9999999999999999e81", "1e-2147483648"] {
            assert_eq!(Issued::parse(text), Err(CodecError::OutOfRange), "{text}");
        }
        assert!(Issued::parse("1e95").is_ok());
        assert!(Issued::parse("1e-81").is_ok());
    }

    #[test]
    fn drops_are_whole_and_bounded() {
        assert_eq!(
            Amount::parse_drops("100000000000000000"),
            Ok(Amount::Xrp(MAX_DROPS))
        );
        for text in [
            "",
            "1.5",
            "1e3",
            "-1",
            "+1",
            "0x10",
            " 1",
            "100000000000000001",
        ] {
            assert_eq!(Amount::parse_drops(text), Err(CodecError::Drops), "{text}");
        }
        assert_eq!(Amount::parse_drops_difference("-5"), Ok(Amount::Xrp(-5)));
        assert_eq!(Amount::parse_drops_difference("-0"), Ok(Amount::Xrp(0)));
        assert!(Amount::parse_drops_difference("--5").is_err());
        let read = |bytes: [u8; 8]| Amount::read(&mut Reader::new(&bytes));
        assert_eq!(read([0, 0, 0, 0, 0, 0, 0, 5]), Ok(Amount::Xrp(-5)));
        let most = (POSITIVE | 0x0163_4578_5d8a_0000).to_be_bytes();
        assert_eq!(read(most), Ok(Amount::Xrp(MAX_DROPS)));
        let too_many = (POSITIVE | 0x0163_4578_5d8a_0001).to_be_bytes();
        assert_eq!(read(too_many), Err(CodecError::Drops));
        assert_eq!(read([0; 8]), Err(CodecError::NotCanonical));
        assert_eq!(read([0x60; 8]), Err(CodecError::Truncated));
        assert_eq!(read([0x5f; 8]), Err(CodecError::Drops));
    }

    #[test]
    fn drops_are_told_in_xrp() {
        for (drops, text) in [
            (0, "0 XRP"),
            (1, "0.000001 XRP"),
            (-1, "-0.000001 XRP"),
            (25_000_000, "25 XRP"),
            (MAX_DROPS, "100000000000 XRP"),
        ] {
            assert_eq!(Amount::Xrp(drops).to_string(), text);
        }
    }

    /// The first bit is not theirs: 2^63 is too many.
    #[test]
    fn units_of_multi_purpose_tokens_are_whole_and_bounded() {
        let id = MptId([1; 24]);
        for (text, value) in [("0", 0), ("007", 7), ("9223372036854775807", ISSUED - 1)] {
            assert_eq!(Amount::parse_mpt(text, id), Ok(Amount::Mpt { value, id }));
        }
        for text in ["", "x", "-1", "+1", "1.5", "9223372036854775808"] {
            let read = Amount::parse_mpt(text, id);
            assert_eq!(read, Err(CodecError::MptValue), "{text}");
        }
    }

    #[test]
    fn zero_is_not_negative() {
        let issued = |text| Amount::Issued {
            value: Issued::parse(text).unwrap(),
            currency: Currency([1; 20]),
            issuer: AccountId([2; 20]),
        };
        let id = MptId([1; 24]);
        for (amount, is_negative) in [
            (Amount::Xrp(-1), true),
            (Amount::Xrp(0), false),
            (Amount::Xrp(1), false),
            (issued("-1"), true),
            (issued("0"), false),
            (issued("1"), false),
            (Amount::Mpt { value: 1, id }, false),
        ] {
            assert_eq!(amount.is_negative(), is_negative, "{amount}");
        }
    }

    proptest! {
        #[test]
        fn issued_numbers_are_read_as_shown(
            negative: bool,
            mantissa in Issued::MANTISSAS,
            exponent in Issued::EXPONENTS,
        ) {
            let value = Issued { negative, mantissa, exponent };
            prop_assert_eq!(Issued::parse(&value.to_string()), Ok(value));
            prop_assert_eq!(Issued::from_bits(value.to_bits()), Ok(value));
        }

        #[test]
        fn no_bits_are_read_that_are_not_written(bits: u64) {
            if let Ok(value) = Issued::from_bits(bits | ISSUED) {
                prop_assert_eq!(value.to_bits(), bits | ISSUED);
            }
        }
    }
}
