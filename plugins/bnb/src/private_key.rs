//! The text form of a private key: 64 hexadecimal digits.

use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// Reads 64 hexadecimal digits.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: "BNB",
        reason: reason.to_owned(),
    };
    let mut scalar = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.expose(), scalar.as_mut_slice())
        .map_err(|_| invalid("it needs 64 hexadecimal digits"))?;
    SecretKey::secp256k1(scalar.as_slice())
        .map_err(|_| invalid("the number is zero or not below the group order"))
}

/// Writes 64 lower-case digits.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    // Room for all of it: no reallocation leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in key.to_bytes().expose() {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    SecretText::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "06096b146affb4a328fbdce8bc4d5a89cfde3a2854a75c37a72ab2047d358eb8";

    #[test]
    fn keys_are_read_in_either_case_and_written_in_lower() {
        for text in [DIGITS.to_owned(), DIGITS.to_uppercase()] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), DIGITS);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let prefixed = format!("0x{DIGITS}");
        let long = format!("{DIGITS}00");
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        let zero = "0".repeat(64);
        for text in [
            "",
            "abcd",
            &DIGITS[1..],
            &DIGITS[..62],
            &prefixed,
            &long,
            order,
            &zero,
        ] {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(text.len() < 5 || !error.to_string().contains(text));
        }
    }
}
