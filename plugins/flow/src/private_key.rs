//! The text form of a private key: hexadecimal without leading zeros, as the original prints it.

use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// Digits of a private key.
const LEN: usize = 64;

/// Reads up to 64 hexadecimal digits, with or without `0x`.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: "FLOW",
        reason: reason.to_owned(),
    };
    let text = text.expose();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() || digits.len() > LEN {
        return Err(invalid("it needs 1 to 64 hexadecimal digits"));
    }
    let mut padded = Zeroizing::new([b'0'; LEN]);
    for (place, digit) in padded.iter_mut().rev().zip(digits.bytes().rev()) {
        *place = digit;
    }
    let mut scalar = Zeroizing::new([0; LEN / 2]);
    hex::decode_to_slice(padded.as_slice(), scalar.as_mut_slice())
        .map_err(|_| invalid("it needs 1 to 64 hexadecimal digits"))?;
    SecretKey::secp256k1(scalar.as_slice())
        .map_err(|_| invalid("the number is zero or not below the group order"))
}

/// Writes lower-case digits without leading zeros.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    // Room for all of it: no reallocation leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(LEN));
    for byte in key.to_bytes().expose() {
        for digit in [byte >> 4, byte & 15] {
            if digit != 0 || !text.is_empty() {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
    }
    SecretText::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_are_read_and_not_written() {
        for (text, written) in [
            ("1", "1"),
            ("0x000a", "a"),
            ("00ff", "ff"),
            (
                "632db08154cdb45a4750fdfcead9e9a652d954fbb7e41555dbd0db1329636d",
                "632db08154cdb45a4750fdfcead9e9a652d954fbb7e41555dbd0db1329636d",
            ),
            (
                "00632DB08154cdb45a4750fdfcead9e9a652d954fbb7e41555dbd0db1329636d",
                "632db08154cdb45a4750fdfcead9e9a652d954fbb7e41555dbd0db1329636d",
            ),
        ] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), written);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let long = "1".repeat(65);
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        for text in ["", "0x", "0", "0000", &long, order, "xyzxyz", "é1"] {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(text.len() < 5 || !error.to_string().contains(text));
        }
    }
}
