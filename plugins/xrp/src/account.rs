//! Accounts: 20 bytes, written as a classic address `r…`, or with a tag as an X-address (XLS-5).

use std::fmt;

use kms_core::{
    keys::KeyError,
    prelude::{Curve, PublicKey},
};
use thiserror::Error;

use crate::hash::hash160;

/// The most characters of an address: an X-address has 47.
const LONGEST: usize = 64;

/// The version byte of a classic address.
const CLASSIC: u8 = 0;

/// The version bytes of an X-address on the main network, and on all others.
const X_ADDRESS: [[u8; 2]; 2] = [[0x05, 0x44], [0x04, 0x93]];

/// An account. Displays as a classic address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountId(pub(crate) [u8; 20]);

impl AccountId {
    /// The account whose master key is `key`.
    pub(crate) fn of_key(key: &PublicKey) -> Result<Self, KeyError> {
        Ok(Self(hash160(&signing_public_key(key)?)))
    }

    /// Reads a classic address.
    pub(crate) fn parse(text: &str) -> Result<Self, AccountError> {
        let bytes = base58(text)?;
        match bytes.split_first() {
            Some((&CLASSIC, id)) => id.try_into().map(Self).map_err(|_| AccountError),
            _ => Err(AccountError),
        }
    }

    /// Reads a classic address, or an X-address with its tag.
    ///
    /// An X-address also says for which network it was written. It is not compared: the account
    /// is the same on all of them, and the classic address it stands for is no different.
    pub(crate) fn parse_with_tag(text: &str) -> Result<(Self, Option<u32>), AccountError> {
        if !text.starts_with(['X', 'T']) {
            return Ok((Self::parse(text)?, None));
        }
        let bytes = base58(text)?;
        let (version, rest) = bytes.split_first_chunk::<2>().ok_or(AccountError)?;
        let (id, rest) = rest.split_first_chunk::<20>().ok_or(AccountError)?;
        let (flag, rest) = rest.split_first().ok_or(AccountError)?;
        let (tag, zeros) = rest.split_first_chunk::<4>().ok_or(AccountError)?;
        if !X_ADDRESS.contains(version) || zeros != [0; 4] {
            return Err(AccountError);
        }
        let tag = u32::from_le_bytes(*tag);
        match (flag, tag) {
            (0, 0) => Ok((Self(*id), None)),
            (1, tag) => Ok((Self(*id), Some(tag))),
            _ => Err(AccountError),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = bs58::encode(self.0).with_alphabet(bs58::Alphabet::RIPPLE);
        f.write_str(&text.with_check_version(CLASSIC).into_string())
    }
}

/// A public key as the network writes it: 33 bytes, an Ed25519 key with `ED` before its point.
pub(crate) fn signing_public_key(key: &PublicKey) -> Result<[u8; 33], KeyError> {
    match key {
        PublicKey::Secp256k1(point) => Ok(*point.compressed()),
        PublicKey::Ed25519(point) => {
            let mut bytes = [0xed; 33];
            bytes[1..].copy_from_slice(point);
            Ok(bytes)
        }
        other => Err(KeyError::WrongCurve {
            expected: Curve::Ed25519,
            found: other.curve(),
        }),
    }
}

/// The text is no address with the right checksum.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not an address with the right checksum")]
pub(crate) struct AccountError;

fn base58(text: &str) -> Result<Vec<u8>, AccountError> {
    // Decoding takes a time that grows with the square of the length.
    if text.len() > LONGEST {
        return Err(AccountError);
    }
    bs58::decode(text)
        .with_alphabet(bs58::Alphabet::RIPPLE)
        .with_check(None)
        .into_vec()
        .map_err(|_| AccountError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn published_x_addresses_are_read() {
        let published: Value =
            serde_json::from_str(include_str!("../tests/vectors/xrpl/x-addresses.json")).unwrap();
        let cases = published["addresses"].as_array().unwrap();
        assert_eq!(cases.len(), 22);
        for case in cases {
            let classic = case[0].as_str().unwrap();
            let tag = case[1].as_u64().map(|tag| u32::try_from(tag).unwrap());
            for text in [&case[2], &case[3]] {
                let (account, found) = AccountId::parse_with_tag(text.as_str().unwrap()).unwrap();
                assert_eq!((account.to_string().as_str(), found), (classic, tag));
            }
            let account = AccountId::parse(classic).unwrap();
            assert_eq!(AccountId::parse_with_tag(classic), Ok((account, None)));
            assert_eq!(account.to_string(), classic);
        }
        let invalid = published["invalid"].as_array().unwrap();
        assert_eq!(invalid.len(), 3);
        kms_core::testkit::tally("published", 22 + 3_u64, "vectors of XRPL's libraries");
        for text in invalid {
            let text = text.as_str().unwrap();
            assert_eq!(AccountId::parse_with_tag(text), Err(AccountError), "{text}");
        }
    }

    #[test]
    fn what_is_no_classic_address_is_refused() {
        for text in [
            "",
            "r",
            "rsH6XQLTiw1BpeETfwbgVf4UVYDwg2m9W8",
            "ssMChA4xcVtmr26PW9aoRLDwkpcWC",
            "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "0000000000000000000000000000000000000000",
        ] {
            assert_eq!(AccountId::parse(text), Err(AccountError), "{text}");
        }
    }

    /// By decoding it, that would take hours.
    #[test]
    fn a_long_text_is_refused_at_once() {
        for first in ['r', 'X', '2'] {
            let text = format!("{first}{}", "2".repeat(4 << 20));
            assert_eq!(AccountId::parse_with_tag(&text), Err(AccountError));
        }
    }

    proptest! {
        #[test]
        fn every_account_is_read_as_written(bytes: [u8; 20]) {
            let account = AccountId(bytes);
            prop_assert_eq!(AccountId::parse(&account.to_string()), Ok(account));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = AccountId::parse_with_tag(&text);
        }
    }
}
