//! Exact amounts of money.

use std::fmt;

use ruint::aliases::U256;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The unit people count a coin or token in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The symbol people write, for instance `ETH`.
    pub symbol: std::borrow::Cow<'static, str>,
    /// How many decimal places the smallest unit stands below it: 18 for ether, 8 for bitcoin.
    pub decimals: u8,
}

impl Unit {
    /// A unit known when the program is built.
    pub const fn new(symbol: &'static str, decimals: u8) -> Self {
        Self {
            symbol: std::borrow::Cow::Borrowed(symbol),
            decimals,
        }
    }
}

/// An amount in smallest units (wei, satoshi, …) with the unit people count in.
///
/// Displays exactly, without superfluous zeros: `0.01234 ETH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The number of smallest units.
    #[serde(with = "decimal_text")]
    pub base_units: U256,
    /// What they are counted in.
    pub unit: Unit,
}

impl Amount {
    /// `base_units` smallest units of `unit`.
    pub fn new(base_units: impl Into<U256>, unit: Unit) -> Self {
        Self {
            base_units: base_units.into(),
            unit,
        }
    }

    /// Reads decimal text in coins, for instance `0.015`, exactly.
    ///
    /// # Errors
    /// [`AmountError`] for anything but digits with at most one point, for more decimal places
    /// than the unit has, and for more than 2^256-1 smallest units.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(AmountError::NotDecimal);
        }
        let decimals = usize::from(unit.decimals);
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > decimals {
            return Err(AmountError::TooPrecise(unit.decimals));
        }
        let units = format!("{whole}{fraction:0<decimals$}");
        let base_units = U256::from_str_radix(&units, 10).map_err(|_| AmountError::TooLarge)?;
        Ok(Self { base_units, unit })
    }

    /// The amount in coins as decimal text, without the symbol.
    pub fn to_decimal(&self) -> String {
        let decimals = usize::from(self.unit.decimals);
        let digits = format!(
            "{:0>width$}",
            self.base_units.to_string(),
            width = decimals + 1
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.unit.symbol)
    }
}

/// Why text is no amount.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AmountError {
    /// Not digits with at most one decimal point.
    #[error("an amount is written in digits with at most one decimal point")]
    NotDecimal,
    /// More decimal places than the unit has.
    #[error("the amount has more than {0} decimal places")]
    TooPrecise(u8),
    /// More than 2^256-1 smallest units.
    #[error("the amount is too large")]
    TooLarge,
}

mod decimal_text {
    use ruint::aliases::U256;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &U256, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<U256, D::Error> {
        let text = String::deserialize(deserializer)?;
        U256::from_str_radix(&text, 10).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ETH: Unit = Unit::new("ETH", 18);

    #[test]
    fn amounts_display_exactly() {
        let cases: [(U256, u8, &str); 6] = [
            (U256::from(12_340_000_000_000_000_u64), 18, "0.01234 X"),
            (U256::from(1), 18, "0.000000000000000001 X"),
            (U256::ZERO, 18, "0 X"),
            (U256::from(100_000_000_u64), 8, "1 X"),
            (U256::from(42), 0, "42 X"),
            (
                U256::MAX,
                18,
                "115792089237316195423570985008687907853269984665640564039457.584007913129639935 X",
            ),
        ];
        for (base_units, decimals, expected) in cases {
            let amount = Amount::new(base_units, Unit::new("X", decimals));
            assert_eq!(amount.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "", ".5", "5.", "1e18", "-1", "+1", "1,5", "0x10", "1.5.5", " 1", "²",
        ] {
            assert_eq!(
                Amount::parse(text, ETH),
                Err(AmountError::NotDecimal),
                "{text}"
            );
        }
        assert_eq!(
            Amount::parse("0.0000000000000000001", ETH),
            Err(AmountError::TooPrecise(18))
        );
        assert_eq!(
            Amount::parse(&"9".repeat(78), ETH),
            Err(AmountError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn text_and_amount_agree(limbs: [u64; 4], decimals in 0_u8..=30) {
            let amount = Amount::new(U256::from_limbs(limbs), Unit::new("X", decimals));
            prop_assert_eq!(Amount::parse(&amount.to_decimal(), Unit::new("X", decimals)), Ok(amount));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Amount::parse(&text, ETH);
        }
    }
}
