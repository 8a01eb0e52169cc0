//! The text form of a private key: 64 hexadecimal digits.

use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// Reads 64 hexadecimal digits, with or without `0x`.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: "TRON",
        reason: reason.to_owned(),
    };
    let text = text.expose();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut scalar = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, scalar.as_mut_slice())
        .map_err(|_| invalid("it needs 64 hexadecimal digits, with or without 0x"))?;
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

    const DIGITS: &str = "00c93a29f5aa7e7f372247d129858ebb924558dc1c2eab6f29bb3e5211e3453f";

    #[test]
    fn keys_are_read_with_and_without_prefix_and_written_without() {
        for text in [
            DIGITS.to_owned(),
            format!("0x{DIGITS}"),
            DIGITS.to_uppercase(),
        ] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), DIGITS);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        let zero = "0".repeat(64);
        for text in ["", "0x", &DIGITS[1..], &zero, order, "0xzz", &DIGITS[..63]] {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(text.len() < 4 || !error.to_string().contains(text));
        }
    }
}
