//! Addresses: `41` and the last 20 bytes of the Keccak-256 of a public key.

use std::fmt;

use alloy_primitives::keccak256;
use kms_core::{keys::KeyError, prelude::PublicKey};
use thiserror::Error;

/// What every address starts with, on all networks.
const PREFIX: u8 = 0x41;

/// An address: 21 bytes, displayed in Base58Check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TronAddress([u8; 21]);

impl TronAddress {
    /// The address of a public key.
    pub(crate) fn of_key(key: &PublicKey) -> Result<Self, KeyError> {
        let [_, coordinates @ ..] = key.secp256k1()?.uncompressed();
        let mut account = [0; 20];
        account.copy_from_slice(&keccak256(coordinates).0[12..]);
        Ok(Self::of_account(account))
    }

    /// The address with these last 20 bytes, which are all that contract calls hold of it.
    pub(crate) fn of_account(account: [u8; 20]) -> Self {
        let mut bytes = [PREFIX; 21];
        bytes[1..].copy_from_slice(&account);
        Self(bytes)
    }

    /// Takes the 21 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        match <[u8; 21]>::try_from(bytes) {
            Ok(bytes @ [PREFIX, ..]) => Ok(Self(bytes)),
            _ => Err(AddressError::NotAnAddress),
        }
    }

    /// Reads Base58Check, or 42 hexadecimal digits in any case.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() == 42 {
            let bytes = hex::decode(text).map_err(|_| AddressError::NotAnAddress)?;
            return Self::from_bytes(&bytes);
        }
        // Longer text is none, and decoding it would take quadratic time.
        if text.len() > 42 {
            return Err(AddressError::NotAnAddress);
        }
        let bytes =
            bs58::decode(text)
                .with_check(None)
                .into_vec()
                .map_err(|error| match error {
                    bs58::decode::Error::InvalidChecksum { .. } => AddressError::Checksum,
                    _ => AddressError::NotAnAddress,
                })?;
        Self::from_bytes(&bytes)
    }

    /// The 21 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 21] {
        &self.0
    }

    /// The last 20 bytes.
    pub(crate) fn account(&self) -> &[u8] {
        &self.0[1..]
    }
}

impl fmt::Display for TronAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).with_check().into_string())
    }
}

/// Why text or bytes are no address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Another length, another first byte, or other characters.
    #[error(
        "is no address: it needs 34 characters that start with T, or 42 hexadecimal digits that start with 41"
    )]
    NotAnAddress,
    /// The last four bytes are not those of the double SHA-256.
    #[error("has a wrong checksum: a character is mistyped")]
    Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The contract of Tether on the main network, in both notations.
    const BASE58: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
    const HEX: &str = "41a614f803b6fd780986a42c78ec9c7f77e6ded13c";

    #[test]
    fn both_notations_are_read_and_base58_is_written() {
        for text in [BASE58, HEX, &HEX.to_uppercase()] {
            let address = TronAddress::parse(text).unwrap();
            assert_eq!(address.to_string(), BASE58);
            assert_eq!(hex::encode(address.as_bytes()), HEX);
        }
    }

    #[test]
    fn published_addresses() {
        let file = include_str!("../tests/vectors/published/addresses.json");
        let published: serde_json::Value = serde_json::from_str(file).unwrap();
        let list = |member: &str| published[member].as_array().unwrap().clone();
        let (addresses, invalid) = (list("addresses"), list("invalid"));
        assert_eq!((addresses.len(), invalid.len()), (5, 4));
        kms_core::testkit::tally("published", 9_u64, "vectors of TRON");
        for case in &addresses {
            let [public, account, text] =
                ["public", "account", "address"].map(|member| case[member].as_str().unwrap());
            let key = PublicKey::secp256k1_from_sec1(&hex::decode(public).unwrap()).unwrap();
            let address = TronAddress::of_key(&key).unwrap();
            assert_eq!(hex::encode(address.account()), account);
            assert_eq!(address.to_string(), text);
            assert_eq!(TronAddress::parse(text), Ok(address));
        }
        for text in &invalid {
            assert!(
                TronAddress::parse(text.as_str().unwrap()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "T",
            "41",
            &HEX[2..],
            &format!("0x{}", &HEX[2..]),
            &format!("42{}", &HEX[2..]),
            &format!("{HEX}00"),
            // A Bitcoin address: another first byte.
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj0t",
        ] {
            let error = TronAddress::parse(text).unwrap_err();
            assert_eq!(error, AddressError::NotAnAddress, "{text}");
        }
        let mistyped = BASE58.replace("Lj6t", "Lj6s");
        assert_eq!(TronAddress::parse(&mistyped), Err(AddressError::Checksum));
    }

    proptest! {
        #[test]
        fn text_and_address_agree(account: [u8; 20]) {
            let address = TronAddress::of_account(account);
            prop_assert_eq!(TronAddress::parse(&address.to_string()), Ok(address));
            prop_assert_eq!(TronAddress::parse(&hex::encode(address.as_bytes())), Ok(address));
            prop_assert_eq!(address.account(), &account[..]);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = TronAddress::parse(&text);
        }
    }
}
