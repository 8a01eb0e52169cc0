//! Numbers of a request, read exactly: nothing passes through a float, nothing is rounded.

use alloy_primitives::U256;
use serde_json::value::RawValue;
use thiserror::Error;

/// Reads the JSON text of a member: a number, or decimal or `0x` text. `null` and `""` are none.
pub(crate) fn read(json: &RawValue) -> Result<Option<U256>, QuantityError> {
    let json = json.get();
    match json.bytes().next() {
        Some(b'n') => Ok(None),
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|_| QuantityError::NotANumber)?;
            match text.as_str() {
                "" => Ok(None),
                text => text_value(text).map(Some),
            }
        }
        Some(b'-' | b'0'..=b'9') => json_number(json).map(Some),
        _ => Err(QuantityError::NotANumber),
    }
}

/// Reads text: decimal digits, or `0x` and hexadecimal digits.
fn text_value(text: &str) -> Result<U256, QuantityError> {
    if let Some(digits) = text.strip_prefix("0x") {
        return hex_value(digits);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return U256::from_str_radix(text, 10).map_err(|_| QuantityError::TooLarge);
    }
    Err(match text.strip_prefix('-') {
        Some(_) => QuantityError::Negative,
        None => QuantityError::NotANumber,
    })
}

fn hex_value(digits: &str) -> Result<U256, QuantityError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(QuantityError::NotANumber);
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(U256::ZERO);
    }
    U256::from_str_radix(significant, 16).map_err(|_| QuantityError::TooLarge)
}

/// Reads a JSON number (RFC 8259 §6) whose value is an integer below 10^21.
///
/// `3.3e10` is an integer, however it is written. From 10^21 on the original's numbers leave the
/// decimal notation and are refused there; here as well, whatever their notation.
fn json_number(text: &str) -> Result<U256, QuantityError> {
    const LARGEST_DIGITS: usize = 21;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, signed_digits(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(QuantityError::NotANumber);
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(U256::ZERO);
    }
    if negative {
        return Err(QuantityError::Negative);
    }
    let without_zeros = digits.trim_end_matches('0').len();
    let trailing_zeros = digits.len().saturating_sub(without_zeros);
    let length = |len: usize| i64::try_from(len).map_err(|_| QuantityError::TooLarge);
    let scale = exponent
        .saturating_add(length(trailing_zeros)?)
        .saturating_sub(length(fraction.len())?);
    let zeros = usize::try_from(scale).map_err(|_| QuantityError::Fraction)?;
    if significant.len().saturating_add(zeros) > LARGEST_DIGITS {
        return Err(QuantityError::TooLarge);
    }
    let integer = format!("{significant}{}", "0".repeat(zeros));
    U256::from_str_radix(&integer, 10).map_err(|_| QuantityError::TooLarge)
}

fn signed_digits(text: &str) -> Result<i64, QuantityError> {
    let digits = text.trim_start_matches(['+', '-']);
    if digits.is_empty()
        || text.len().saturating_sub(digits.len()) > 1
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(QuantityError::NotANumber);
    }
    // An exponent that does not fit is as good as infinite: the caller finds the sum too large
    // or not an integer.
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX);
    Ok(if text.starts_with('-') {
        magnitude.saturating_neg()
    } else {
        magnitude
    })
}

/// Why a member is no number.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// Neither an integer number nor decimal or `0x` text.
    #[error("is neither an integer nor decimal or 0x text")]
    NotANumber,
    /// Below zero.
    #[error("is negative")]
    Negative,
    /// Not an integer.
    #[error("has a fraction")]
    Fraction,
    /// Too large for its member, or a JSON number from 10^21 on.
    #[error("is too large")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Result<Option<U256>, QuantityError> {
        super::read(&serde_json::from_str::<Box<RawValue>>(json).unwrap())
    }

    #[test]
    fn every_notation_is_read_exactly() {
        for (json, value) in [
            ("0", 0),
            ("-0", 0),
            ("0.0e99999999999999999999", 0),
            ("21000", 21_000),
            ("9007199254740993", 9_007_199_254_740_993),
            ("3.3e10", 33_000_000_000),
            ("33000000000.0", 33_000_000_000),
            ("1500e-2", 15),
            ("999999999999999999999", 999_999_999_999_999_999_999),
            ("\"0\"", 0),
            ("\"007\"", 7),
            ("\"1000000000000000000000\"", 1_000_000_000_000_000_000_000),
            ("\"0x0\"", 0),
            ("\"0x00fF\"", 255),
        ] {
            assert_eq!(read(json), Ok(Some(U256::from::<u128>(value))), "{json}");
        }
        let max = format!("\"{}\"", U256::MAX);
        assert_eq!(read(&max), Ok(Some(U256::MAX)));
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        assert_eq!(read("null"), Ok(None));
        assert_eq!(read("\"\""), Ok(None));
        for (json, error) in [
            ("1e21", QuantityError::TooLarge),
            ("1000000000000000000000", QuantityError::TooLarge),
            ("1e99999999999999999999", QuantityError::TooLarge),
            ("1e-99999999999999999999", QuantityError::Fraction),
            ("0.5", QuantityError::Fraction),
            ("15e-1", QuantityError::Fraction),
            ("-1", QuantityError::Negative),
            ("\"-1\"", QuantityError::Negative),
            ("\"1.5\"", QuantityError::NotANumber),
            ("\"1e3\"", QuantityError::NotANumber),
            ("\"0x\"", QuantityError::NotANumber),
            ("\"0X10\"", QuantityError::NotANumber),
            ("\"ff\"", QuantityError::NotANumber),
            ("\" 1\"", QuantityError::NotANumber),
            ("\"+1\"", QuantityError::NotANumber),
            ("\"1_000\"", QuantityError::NotANumber),
            ("\"0x1_0\"", QuantityError::NotANumber),
            ("true", QuantityError::NotANumber),
            ("[1]", QuantityError::NotANumber),
            ("{}", QuantityError::NotANumber),
        ] {
            assert_eq!(read(json), Err(error), "{json}");
        }
        let beyond = format!("\"0x1{}\"", "0".repeat(64));
        assert_eq!(read(&beyond), Err(QuantityError::TooLarge));
        for text in [
            "", ".5", "x", "x.5", "1.x", "1x.5", "1.5e", "1e+-5", "1e--5", "1e+", "1ex", "1e5x",
        ] {
            assert_eq!(json_number(text), Err(QuantityError::NotANumber), "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimal_and_hexadecimal_text_agree(limbs: [u64; 4]) {
            let value = U256::from_limbs(limbs);
            prop_assert_eq!(text_value(&value.to_string()), Ok(value));
            prop_assert_eq!(text_value(&format!("{value:#x}")), Ok(value));
        }

        #[test]
        fn a_json_number_and_its_text_agree(value: u64) {
            prop_assert_eq!(json_number(&value.to_string()), Ok(U256::from(value)));
        }

        #[test]
        fn a_shifted_point_changes_nothing(value in 0_u64..1_000_000_000, shift in 0_usize..9) {
            let digits = format!("{value:0>10}");
            let (whole, fraction) = digits.split_at(digits.len() - shift);
            let text = if fraction.is_empty() {
                format!("{whole}E+0")
            } else {
                format!("{whole}.{fraction}e{shift}")
            };
            prop_assert_eq!(json_number(&text), Ok(U256::from(value)));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text_value(&text);
            let _ = json_number(&text);
        }
    }
}
