//! The `value` of a request: decimal EGLD, as text or as a number, read exactly.

use kms_core::chain::{Amount, AmountError};
use ruint::aliases::U256;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::plugin::EGLD;

/// The most that an exponent can move the point; beyond lies no amount but zero.
const LARGEST_EXPONENT: i32 = 100;

/// Reads the JSON of the member: a number, or text of the same form. What is below zero is zero,
/// which the cloud relies on.
pub(crate) fn read(json: &RawValue) -> Result<U256, ValueError> {
    let json = json.get();
    if json.starts_with('"') {
        let text: String = serde_json::from_str(json).map_err(|_| ValueError::NotANumber)?;
        return parse(&text);
    }
    // The parser has made sure that what begins like a number is one.
    match json.bytes().next() {
        Some(b'-' | b'0'..=b'9') => parse(json),
        _ => Err(ValueError::NotANumber),
    }
}

/// Reads an optional sign, digits, an optional point with digits, an optional exponent.
fn parse(text: &str) -> Result<U256, ValueError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(ValueError::NotANumber),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(ValueError::NotANumber);
    }
    let exponent = exponent.map_or(Ok(0), signed)?;
    let is_zero = !mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    if negative || is_zero {
        return Ok(U256::ZERO);
    }
    let decimal = shifted(whole, fraction, exponent)?;
    Amount::parse(&decimal, EGLD)
        .map(|amount| amount.base_units)
        .map_err(|error| match error {
            AmountError::NotDecimal => ValueError::NotANumber,
            AmountError::TooPrecise(_) => ValueError::TooPrecise,
            AmountError::TooLarge => ValueError::TooLarge,
        })
}

/// An exponent, cut off where no amount is left.
fn signed(text: &str) -> Result<i32, ValueError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::NotANumber);
    }
    let magnitude: i32 = digits.parse().unwrap_or(i32::MAX);
    Ok(if negative {
        magnitude.saturating_neg()
    } else {
        magnitude
    })
}

/// `whole.fraction` with the point `exponent` places further to the right.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> Result<String, ValueError> {
    let places = usize::try_from(exponent.unsigned_abs()).map_err(|_| ValueError::TooLarge)?;
    if exponent > LARGEST_EXPONENT {
        return Err(ValueError::TooLarge);
    }
    if exponent < -LARGEST_EXPONENT {
        return Err(ValueError::TooPrecise);
    }
    if exponent >= 0 {
        let fraction = format!("{fraction:0<places$}");
        let (more, rest) = fraction.split_at(places);
        return Ok(joined(&format!("{whole}{more}"), rest));
    }
    let whole = format!("{whole:0>width$}", width = places.saturating_add(1));
    let (less, more) = whole.split_at(whole.len().saturating_sub(places));
    Ok(joined(less, &format!("{more}{fraction}")))
}

fn joined(whole: &str, fraction: &str) -> String {
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Why a value is none.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum ValueError {
    /// Neither a number nor its text.
    #[error("is no decimal number")]
    NotANumber,
    /// Less than the smallest unit is left over.
    #[error("has more than 18 decimal places")]
    TooPrecise,
    /// More than 2^256-1 smallest units.
    #[error("is too large")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Result<U256, ValueError> {
        super::read(&serde_json::from_str::<Box<RawValue>>(json).unwrap())
    }

    #[test]
    fn every_notation_is_read_exactly() {
        for (json, units) in [
            ("\"1.5\"", 1_500_000_000_000_000_000_u128),
            ("0.05", 50_000_000_000_000_000),
            ("5e-7", 500_000_000_000),
            ("\"5E-7\"", 500_000_000_000),
            ("12.5e-17", 125),
            ("1e2", 100_000_000_000_000_000_000),
            ("0.012e+3", 12_000_000_000_000_000_000),
            ("\"0.000000000000000001\"", 1),
            ("\"1.0000000000000000010000\"", 1_000_000_000_000_000_001),
            (
                "9007199254740993",
                9_007_199_254_740_993_000_000_000_000_000_000,
            ),
            ("\"007\"", 7_000_000_000_000_000_000),
            ("0", 0),
            ("0e99999999999999", 0),
            ("\"-1\"", 0),
            ("-0.5", 0),
            ("-1e-99999999999999", 0),
        ] {
            assert_eq!(read(json), Ok(U256::from(units)), "{json}");
        }
    }

    #[test]
    fn the_largest_exponents_are_read_and_no_larger_ones() {
        let one = Ok(U256::from(1_000_000_000_000_000_000_u128));
        let (zeros, more) = ("0".repeat(99), "0".repeat(100));
        assert_eq!(read(&format!("0.{zeros}1e100")), one);
        assert_eq!(read(&format!("1{more}e-100")), one);
        assert_eq!(read(&format!("0.{zeros}1e101")), Err(ValueError::TooLarge));
        assert_eq!(read(&format!("1{more}0e-101")), Err(ValueError::TooPrecise));
    }

    #[test]
    fn what_is_no_amount_is_refused_with_the_reason() {
        for json in [
            "\"\"",
            "\"-\"",
            "\"abc\"",
            "\"NaN\"",
            "\"Infinity\"",
            "\".5\"",
            "\"5.\"",
            "\"+1\"",
            "\" 1\"",
            "\"1,5\"",
            "\"0x10\"",
            "\"1e\"",
            "\"1e+\"",
            "\"1e1.5\"",
            "\"1.2.3\"",
            "\"²\"",
            "true",
            "[1]",
            "{}",
            "null",
            "\"--1\"",
        ] {
            assert_eq!(read(json), Err(ValueError::NotANumber), "{json}");
        }
        for json in [
            "\"1.0000000000000000019\"",
            "1e-19",
            "1e-999999999999",
            "\"0.5e-18\"",
        ] {
            assert_eq!(read(json), Err(ValueError::TooPrecise), "{json}");
        }
        let long = format!("\"{}\"", "9".repeat(61));
        for json in ["1e999999999999", "1e60", "1e100", &long] {
            assert_eq!(read(json), Err(ValueError::TooLarge), "{json}");
        }
    }

    proptest! {
        /// Whatever the notation, the same amount.
        #[test]
        fn a_shifted_point_changes_nothing(units: u128, places in 0_usize..40, capital: bool) {
            let digits = format!("{units:0>45}");
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let exponent = i64::try_from(places).unwrap() - 18;
            let sign = if capital { 'E' } else { 'e' };
            let text = if fraction.is_empty() {
                format!("{whole}{sign}{exponent}")
            } else {
                format!("{whole}.{fraction}{sign}{exponent}")
            };
            prop_assert_eq!(parse(&text), Ok(U256::from(units)), "{}", text);
        }

        #[test]
        fn no_text_panics(text in ".*", number in "-?[0-9]{0,30}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{0,12})?") {
            let _ = parse(&text);
            let _ = parse(&number);
        }
    }
}
