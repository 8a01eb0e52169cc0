//! Numbers of more digits than an issued amount has (`Number`).

use std::fmt;

use super::{CodecError, decimal::Decimal};

/// A mantissa and a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(super) mantissa: i64,
    pub(super) exponent: i32,
}

impl Number {
    const DIGITS: usize = 19;
    const EXPONENTS: std::ops::RangeInclusive<i64> = -32_768..=32_768;

    /// Reads a decimal number: 19 digits, of which the last is cut off where they do not fit and
    /// it is zero.
    ///
    /// # Errors
    /// [`CodecError`] for what is no number or no such number exactly: nothing is rounded.
    pub(super) fn parse(text: &str) -> Result<Self, CodecError> {
        let decimal = Decimal::parse(text)?;
        if decimal.is_zero() {
            return Ok(Self {
                mantissa: 0,
                exponent: i32::MIN,
            });
        }
        let (mut mantissa, mut exponent) = decimal.scaled(Self::DIGITS)?;
        if !Self::EXPONENTS.contains(&exponent) {
            return Err(CodecError::OutOfRange);
        }
        if i64::try_from(mantissa).is_err() {
            if mantissa % 10 != 0 {
                return Err(CodecError::TooPrecise(Self::DIGITS - 1));
            }
            mantissa /= 10;
            exponent = exponent.saturating_add(1);
        }
        if !Self::EXPONENTS.contains(&exponent) {
            return Err(CodecError::OutOfRange);
        }
        let mantissa = i64::try_from(mantissa).map_err(|_| CodecError::OutOfRange)?;
        Ok(Self {
            mantissa: if decimal.negative {
                mantissa.saturating_neg()
            } else {
                mantissa
            },
            exponent: i32::try_from(exponent).map_err(|_| CodecError::OutOfRange)?,
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.mantissa.unsigned_abs();
        Decimal::new(self.mantissa < 0, magnitude, self.exponent).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of ripple-binary-codec (`st-number.test.ts`) and its rule for mantissas
    /// above 2^63 - 1.
    #[test]
    fn numbers_are_normalized() {
        for (text, mantissa, exponent) in [
            ("0", 0, i32::MIN),
            ("1", 1_000_000_000_000_000_000, -18),
            ("-1", -1_000_000_000_000_000_000, -18),
            ("123.45", 1_234_500_000_000_000_000, -16),
            ("9223372036854775807", i64::MAX, 0),
            ("9223372036854775810", 922_337_203_685_477_581, 1),
            ("99", 990_000_000_000_000_000, -16),
        ] {
            let number = Number { mantissa, exponent };
            assert_eq!(Number::parse(text), Ok(number), "{text}");
            assert_eq!(number.to_string(), text);
        }
        assert_eq!(
            Number::parse("9223372036854775808"),
            Err(CodecError::TooPrecise(18))
        );
        for text in [
            "1e40000",
            "1e32787",
            "1e-32751",
            "93e32785",
            "-93e32785",
            "1e-40000",
        ] {
            assert_eq!(Number::parse(text), Err(CodecError::OutOfRange), "{text}");
        }
        for (text, mantissa, exponent) in [
            ("1e32786", 1_000_000_000_000_000_000, 32_768),
            ("1e-32750", 1_000_000_000_000_000_000, -32_768),
            ("93e32784", 930_000_000_000_000_000, 32_768),
            ("-93e32784", -930_000_000_000_000_000, 32_768),
        ] {
            let number = Number { mantissa, exponent };
            assert_eq!(Number::parse(text), Ok(number), "{text}");
        }
    }
}
