//! Accounts: a public key or the address of a contract, written in Bech32 (BIP-173).

use std::fmt;

use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
use kms_core::{keys::KeyError, prelude::PublicKey};
use thiserror::Error;

/// The human-readable part, the same on all networks.
const HRP: Hrp = Hrp::parse_unchecked("erd");

/// The 32 bytes of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account(pub(crate) [u8; 32]);

impl Account {
    /// Where new contracts are sent to.
    pub(crate) const DEPLOYMENT: Self = Self([0; 32]);

    /// The account of a public key, which is that key.
    pub(crate) fn of_key(key: &PublicKey) -> Result<Self, KeyError> {
        Ok(Self(*key.ed25519()?))
    }

    /// Reads `erd1…`, all in lower or all in upper case.
    pub(crate) fn parse(text: &str) -> Result<Self, AccountError> {
        let checked =
            CheckedHrpstring::new::<Bech32>(text).map_err(|_| AccountError::NotAnAddress)?;
        if checked.hrp() != HRP {
            return Err(AccountError::NotAnAddress);
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let account = bytes
            .try_into()
            .map(Self)
            .map_err(|_| AccountError::NotAnAddress)?;
        // Bech32 has 4 bits to spare in 32 bytes; they say nothing and must be zero.
        if account.to_string().eq_ignore_ascii_case(text) {
            Ok(account)
        } else {
            Err(AccountError::NotAnAddress)
        }
    }

    /// Whether it is a contract: its first eight bytes are zero, which no key has by chance.
    pub(crate) fn is_contract(&self) -> bool {
        self.0.starts_with(&[0; 8])
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<Bech32, _>(f, HRP, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why text is no account.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum AccountError {
    /// Not Bech32 of 32 bytes under `erd`.
    #[error("is no address: it needs 62 characters that begin with erd1, with the right checksum")]
    NotAnAddress,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALICE: &str = "erd1zfgrkqkwq9tqy3l0hw30zvxrlgfl7x6x8ywcltkk3ltusr4aa8vs5aaltf";
    const TOKENS: &str = "erd1qqqqqqqqqqqqqqqpqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzllls8a5w6u";

    #[test]
    fn addresses_are_read_in_either_case_and_written_in_lower() {
        let account = Account::parse(ALICE).unwrap();
        assert_eq!(account.to_string(), ALICE);
        assert_eq!(Account::parse(&ALICE.to_uppercase()), Ok(account));
        assert!(!account.is_contract());
        assert!(Account::parse(TOKENS).unwrap().is_contract());
    }

    #[test]
    fn published_addresses() {
        let file = include_str!("../tests/vectors/published/addresses.json");
        let published: serde_json::Value = serde_json::from_str(file).unwrap();
        let list = |member: &str| published[member].as_array().unwrap().clone();
        let (addresses, invalid) = (list("addresses"), list("invalid"));
        assert_eq!((addresses.len(), invalid.len()), (5, 7));
        kms_core::testkit::tally("published", 12_u64, "vectors of MultiversX");
        for case in &addresses {
            let [public, text] = ["public", "address"].map(|member| case[member].as_str().unwrap());
            let key = format!("Ed25519:{public}").parse().unwrap();
            let account = Account::of_key(&key).unwrap();
            assert_eq!(account.to_string(), text);
            assert_eq!(Account::parse(text), Ok(account));
        }
        let accounts = invalid.iter().map(|text| text.as_str().unwrap());
        let accounts: Vec<_> = accounts
            .filter(|text| Account::parse(text).is_ok())
            .collect();
        // No point of the curve, and so no key's account; but a contract's may be none either.
        assert_eq!(
            accounts,
            ["erd16fxty77ww6973cphcjx37q75h4jplfkjzfec7cw3jeml5zpc2gpqgd0ty5"]
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let bech32m = bech32::encode_lower::<bech32::Bech32m>(HRP, &[7; 32]).unwrap();
        let short = bech32::encode_lower::<Bech32>(HRP, &[7; 31]).unwrap();
        let long = bech32::encode_lower::<Bech32>(HRP, &[7; 33]).unwrap();
        let other = bech32::encode_lower::<Bech32>(Hrp::parse_unchecked("erdx"), &[7; 32]).unwrap();
        let mixed = ALICE.replacen("zfg", "zFg", 1);
        let typo = ALICE.replacen("zfg", "zgf", 1);
        let hexadecimal = "7".repeat(64);
        for text in [
            "",
            "erd1",
            "erd1xyz",
            &bech32m,
            &short,
            &long,
            &other,
            &mixed,
            &typo,
            &hexadecimal,
            &ALICE[..61],
            &format!(" {ALICE}"),
        ] {
            assert_eq!(
                Account::parse(text),
                Err(AccountError::NotAnAddress),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes: [u8; 32]) {
            let account = Account(bytes);
            prop_assert_eq!(Account::parse(&account.to_string()), Ok(account));
        }

        #[test]
        fn no_text_panics(text in ".*", tail in "[02-9ac-hj-np-z]{0,70}") {
            let _ = Account::parse(&text);
            let _ = Account::parse(&format!("erd1{tail}"));
        }
    }
}
