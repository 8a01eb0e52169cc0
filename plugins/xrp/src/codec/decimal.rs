//! Decimal numbers, exactly.

use std::fmt;

use super::CodecError;

/// A number as it was written: significant digits without zeros at either end, and the power of
/// ten of the last one. No digits are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a sign, digits, a decimal point with digits, and an exponent, of which all but the
    /// first digits may be absent.
    pub(super) fn parse(text: &str) -> Result<Self, CodecError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return Err(CodecError::NotDecimal),
            Some(parts) => parts,
            None => (number, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(CodecError::NotDecimal);
        }
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let zeros = length(all.len().saturating_sub(digits.len()))?;
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(Self::zero());
        }
        Ok(Self {
            negative,
            digits: digits.to_owned(),
            exponent: exponent
                .saturating_sub(length(fraction.len())?)
                .saturating_add(zeros),
        })
    }

    fn zero() -> Self {
        Self {
            negative: false,
            digits: String::new(),
            exponent: 0,
        }
    }

    /// `mantissa` times ten to the power of `exponent`.
    pub(super) fn new(negative: bool, mantissa: u64, exponent: i32) -> Self {
        if mantissa == 0 {
            return Self::zero();
        }
        let all = mantissa.to_string();
        let digits = all.trim_end_matches('0');
        let zeros = length(all.len().saturating_sub(digits.len())).unwrap_or(0);
        Self {
            negative,
            digits: digits.to_owned(),
            exponent: i64::from(exponent).saturating_add(zeros),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The mantissa with exactly this many digits, and its exponent.
    ///
    /// # Errors
    /// [`CodecError::TooPrecise`] when there are more significant ones.
    pub(super) fn scaled(&self, digits: usize) -> Result<(u64, i64), CodecError> {
        let missing = digits
            .checked_sub(self.digits.len())
            .ok_or(CodecError::TooPrecise(digits))?;
        let mantissa = format!("{}{}", self.digits, "0".repeat(missing));
        let mantissa = mantissa.parse().map_err(|_| CodecError::OutOfRange)?;
        Ok((mantissa, self.exponent.saturating_sub(length(missing)?)))
    }

    /// The significant digits as a number, and the power of ten of the last one.
    pub(super) fn parts(&self) -> (&str, i64) {
        let digits = if self.is_zero() { "0" } else { &self.digits };
        (digits, self.exponent)
    }
}

/// In digits, with an exponent only where there would be a long row of zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, exponent) = self.parts();
        if self.negative {
            f.write_str("-")?;
        }
        let count = i64::try_from(digits.len()).map_err(|_| fmt::Error)?;
        if exponent > 20 || count.saturating_add(exponent) < -20 {
            return write!(f, "{digits}e{exponent}");
        }
        if let Ok(zeros) = usize::try_from(exponent) {
            return write!(f, "{digits}{}", "0".repeat(zeros));
        }
        // At least one digit before the point.
        let places = usize::try_from(exponent.unsigned_abs()).map_err(|_| fmt::Error)?;
        let digits = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
        write!(f, "{whole}.{fraction}")
    }
}

/// An exponent of a size that can still matter: more digits are out of every range.
fn parse_exponent(text: &str) -> Result<i64, CodecError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CodecError::NotDecimal);
    }
    let exponent: i32 = text.parse().map_err(|_| CodecError::OutOfRange)?;
    Ok(exponent.into())
}

fn length(len: usize) -> Result<i64, CodecError> {
    i32::try_from(len)
        .map(i64::from)
        .map_err(|_| CodecError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.00e5", "0"),
            ("12.3400", "12.34"),
            ("+007.50", "7.5"),
            ("1e5", "100000"),
            ("1E-5", "0.00001"),
            ("0.1e+1", "1"),
            ("-1200", "-1200"),
            ("9999999999999999e80", "9999999999999999e80"),
            ("1e-96", "1e-96"),
            ("123456789.000000001", "123456789.000000001"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e21"),
            ("12e-20", "0.00000000000000000012"),
            ("12e-22", "0.0000000000000000000012"),
            ("12e-23", "12e-23"),
            ("-12e-1", "-1.2"),
            ("00.50", "0.5"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", "+", ".", ".5", "5.", "1e", "1e+", "e5", "1.5.5", "1,5", "0x10", " 1", "1 ",
            "--1", "1e1.5", "NaN", "Infinity", "²",
        ] {
            assert_eq!(Decimal::parse(text), Err(CodecError::NotDecimal), "{text}");
        }
        assert_eq!(Decimal::parse("1e9999999999"), Err(CodecError::OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(negative: bool, mantissa: u64, exponent in -100_i32..100) {
            let decimal = Decimal::new(negative, mantissa, exponent);
            prop_assert_eq!(Decimal::parse(&decimal.to_string()), Ok(decimal));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,30}") {
            if let Ok(decimal) = Decimal::parse(&text) {
                let _ = decimal.scaled(16);
                let _ = decimal.to_string();
            }
        }
    }
}
