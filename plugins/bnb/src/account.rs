//! Accounts: the hash of a public key, written in Bech32 (BIP-173).

use std::fmt;

use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
use kms_core::{
    chain::Network,
    keys::{KeyError, PublicKey},
};
use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The 20 bytes of an account: RIPEMD-160 of the SHA-256 of the compressed public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account(pub(crate) [u8; 20]);

impl Account {
    /// The account of a public key.
    pub(crate) fn of_key(key: &PublicKey) -> Result<Self, KeyError> {
        let key = key.secp256k1()?.compressed();
        Ok(Self(Ripemd160::digest(Sha256::digest(key)).into()))
    }

    /// Reads an address of `network` in lower case: `bnb1…`, on the test network `tbnb1…`.
    pub(crate) fn parse(network: Network, text: &str) -> Result<Self, AccountError> {
        let wrong = |()| AccountError { network };
        let checked = CheckedHrpstring::new::<Bech32>(text).map_err(|_| wrong(()))?;
        let account = <[u8; 20]>::try_from(checked.byte_iter().collect::<Vec<_>>())
            .map(Self)
            .map_err(|_| wrong(()))?;
        // It enters the signed document, so there is one way to write it.
        if account.to_text(network) == text {
            Ok(account)
        } else {
            Err(wrong(()))
        }
    }

    /// The address on `network`.
    pub(crate) fn to_text(self, network: Network) -> String {
        bech32::encode_lower::<Bech32>(prefix(network), &self.0)
            .expect("20 bytes are within the length that Bech32 allows")
    }
}

/// The human-readable part.
fn prefix(network: Network) -> Hrp {
    match network {
        Network::Mainnet => Hrp::parse_unchecked("bnb"),
        Network::Testnet => Hrp::parse_unchecked("tbnb"),
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Text is no address of this network.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("is no address of {network}: it begins with {}1, is in lower case and has the right checksum", prefix(*network))]
pub(crate) struct AccountError {
    network: Network,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAIN: &str = "bnb1ur7f85zqc7v279cgnjrd867y9ge8584z5gtpxy";
    const TEST: &str = "tbnb1ur7f85zqc7v279cgnjrd867y9ge8584z6az9x4";

    #[test]
    fn an_account_has_an_address_on_each_network() {
        let account = Account::parse(Network::Mainnet, MAIN).unwrap();
        assert_eq!(account.to_text(Network::Testnet), TEST);
        assert_eq!(Account::parse(Network::Testnet, TEST), Ok(account));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let upper = MAIN.to_uppercase();
        let prefix = prefix(Network::Mainnet);
        let bech32m = bech32::encode_lower::<bech32::Bech32m>(prefix, &[7; 20]).unwrap();
        let short = bech32::encode_lower::<Bech32>(prefix, &[7; 19]).unwrap();
        let long = bech32::encode_lower::<Bech32>(prefix, &[7; 32]).unwrap();
        let typo = MAIN.replacen("ur7", "u7r", 1);
        for text in ["", "bnb1", TEST, &upper, &bech32m, &short, &long, &typo] {
            let error = Account::parse(Network::Mainnet, text).unwrap_err();
            assert!(
                error.to_string().contains("mainnet: it begins with bnb1"),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes: [u8; 20], testnet: bool) {
            let network = Network::from_testnet_flag(testnet);
            let text = Account(bytes).to_text(network);
            prop_assert_eq!(Account::parse(network, &text), Ok(Account(bytes)));
        }

        #[test]
        fn no_text_panics(text in ".*", tail in "[02-9ac-hj-np-z]{0,70}") {
            let _ = Account::parse(Network::Mainnet, &text);
            let _ = Account::parse(Network::Mainnet, &format!("bnb1{tail}"));
        }
    }
}
