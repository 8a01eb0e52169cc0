//! Decimal text as an amount of money.

use super::Property;
use crate::chain::{Amount, Unit};

/// Decimal text as an amount; the first byte says how many decimal places the unit has.
#[derive(Debug)]
pub struct Amounts;

impl Property for Amounts {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let texts = [
            (18, "0.015"),
            (
                18,
                "115792089237316195423570985008687907853269984665640564039457.584007913129639935",
            ),
            (8, "20999999.97690000"),
            (0, "42"),
            (255, "0"),
        ];
        texts
            .into_iter()
            .map(|(decimals, text)| [&[decimals], text.as_bytes()].concat())
            .collect()
    }

    /// What is read is written as the same number, and in the journal's JSON as well.
    fn holds_for(&self, bytes: &[u8]) {
        let Some((decimals, text)) = bytes.split_first() else {
            return;
        };
        let unit = Unit {
            symbol: "X".into(),
            decimals: *decimals,
        };
        let Ok(text) = std::str::from_utf8(text) else {
            return;
        };
        let _ = serde_json::from_str::<Amount>(text).map(|amount| amount.to_string());
        let Ok(amount) = Amount::parse(text, unit.clone()) else {
            return;
        };
        let written = amount.to_decimal();
        assert_eq!(
            Amount::parse(&written, unit).as_ref(),
            Ok(&amount),
            "another amount once it is written"
        );
        assert_eq!(plain(&written), plain(text), "another number");
        let json = serde_json::to_string(&amount).expect("an amount is JSON");
        let read: Amount = serde_json::from_str(&json).expect("an amount reads back");
        assert_eq!(read, amount, "another amount in JSON");
    }
}

/// Decimal text without zeros that say nothing.
fn plain(text: &str) -> (&str, &str) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    )
}
