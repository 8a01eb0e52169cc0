//! Addresses: the last 20 bytes of the Keccak-256 of a public key.

use alloy_primitives::{Address, keccak256};
use kms_core::{keys::KeyError, prelude::PublicKey};
use thiserror::Error;

/// The address of a public key: keccak256 over x ‖ y, without its first 12 bytes.
pub(crate) fn of_key(key: &PublicKey) -> Result<Address, KeyError> {
    let [_, coordinates @ ..] = key.secp256k1()?.uncompressed();
    Ok(Address::from_word(keccak256(coordinates)))
}

/// Reads 40 hexadecimal digits, with or without `0x`. All lower or all upper case passes, mixed
/// case must be the checksum of EIP-55.
pub(crate) fn parse(text: &str) -> Result<Address, AddressError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::NotAnAddress)?;
    let address = Address::from(bytes);
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if mixed && address.to_checksum(None).strip_prefix("0x") != Some(digits) {
        return Err(AddressError::Checksum);
    }
    Ok(address)
}

/// `0x` and 40 lower-case digits.
pub(crate) fn lower_case(address: &Address) -> String {
    format!("0x{}", hex::encode(address))
}

/// Why text is no address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Not 40 hexadecimal digits.
    #[error("is no address: it needs 40 hexadecimal digits, with or without 0x")]
    NotAnAddress,
    /// The capitals are not those of EIP-55.
    #[error("has a wrong EIP-55 checksum: a digit is mistyped or its case was changed")]
    Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test cases of EIP-55.
    fn published() -> Vec<String> {
        let file = include_str!("../tests/vectors/published/eip55.json");
        let mut published: serde_json::Value = serde_json::from_str(file).unwrap();
        let cases: Vec<String> = serde_json::from_value(published["standard"].take()).unwrap();
        assert_eq!(cases.len(), 8);
        cases
    }

    #[test]
    fn eip_55_vectors() {
        kms_core::testkit::tally("published", 8_u64, "vectors of EIP-55");
        for text in published() {
            let address = parse(&text).unwrap();
            assert_eq!(address.to_checksum(None), text);
            assert_eq!(parse(&text[2..]), Ok(address));
            assert_eq!(parse(&text.to_lowercase()), Ok(address));
            assert_eq!(parse(&text[2..].to_uppercase()), Ok(address));
            assert_eq!(lower_case(&address), text.to_lowercase());
        }
    }

    #[test]
    fn one_changed_capital_is_noticed() {
        for text in &published()[4..] {
            for (position, letter) in text.char_indices().skip(2) {
                if !letter.is_ascii_alphabetic() {
                    continue;
                }
                let changed = if letter.is_ascii_lowercase() {
                    letter.to_ascii_uppercase()
                } else {
                    letter.to_ascii_lowercase()
                };
                let mut wrong = text.clone();
                wrong.replace_range(position..=position, &changed.to_string());
                assert_eq!(parse(&wrong), Err(AddressError::Checksum), "{wrong}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "0x",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x0x5aaeb6053f3e94c9b9a09f33669435e7ef1bea",
            "one1a50tun737ulcvwy0yvve0pvu5skq0kjargvhwe",
            " 5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "5aaeb6053f3e94c9b9a09f33669435e7ef1beaeé",
        ] {
            assert_eq!(parse(text), Err(AddressError::NotAnAddress), "{text}");
        }
    }
}
