//! The text forms of keys: StrKey (SEP-23), `S…` for a secret and `G…` for an account.

use kms_core::{
    keys::KeyError,
    prelude::{PublicKey, SecretKey, SecretText, WalletError},
};
use stellar_strkey::ed25519;
use zeroize::{Zeroize as _, Zeroizing};

/// Reads a secret: `S` and 55 more characters.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: "XLM",
        reason: reason.to_owned(),
    };
    let mut key = ed25519::PrivateKey::from_string(text.expose()).map_err(|_| {
        if ed25519::PublicKey::from_string(text.expose()).is_ok() {
            invalid("it is an address, a secret begins with S")
        } else {
            invalid("it needs 56 characters that begin with S, with the right checksum")
        }
    })?;
    let secret = SecretKey::ed25519(&key.0);
    key.0.zeroize();
    Ok(secret?)
}

/// Writes `S…`.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    let bytes = key.to_bytes();
    let seed = Zeroizing::new(
        <[u8; 32]>::try_from(bytes.expose()).expect("the keys of this chain are 32-byte seeds"),
    );
    let mut key = ed25519::PrivateKey(*seed);
    let mut text = Zeroizing::new(Default::default());
    key.as_unredacted().write_string(&mut text);
    key.0.zeroize();
    SecretText::new(text.as_str())
}

/// The account of a key: `G…`.
pub(crate) fn address(key: &PublicKey) -> Result<String, KeyError> {
    Ok(format!("{}", ed25519::PublicKey(*key.ed25519()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "SBEYN7AR4OUKTGAE2DULGFEWHFYVASR4PYBJXNCMIG7CLJZH3HUULPBL";
    const ACCOUNT: &str = "GB7FCJWSW6O74ZIOUQU5WKT7EWVCWK3NLJAFAUESJFFRFGIAPAQ3BFDX";

    #[test]
    fn secrets_are_read_and_written() {
        let key = parse(&SecretText::new(SECRET)).unwrap();
        assert_eq!(super::format(&key).expose(), SECRET);
        assert_eq!(address(&key.public_key()).unwrap(), ACCOUNT);
    }

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        let lower = SECRET.to_lowercase();
        let checksum = SECRET.replace("PBL", "PBM");
        let hex = "0".repeat(64);
        for text in ["", &SECRET[..55], ACCOUNT, &lower, &checksum, &hex] {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }

    /// SEP-5: secrets and their accounts, of keys by SLIP-10, which the core derives.
    #[test]
    fn sep_5_vectors() {
        use kms_core::keys::{Mnemonic, derive_ed25519};

        let text = include_str!("../tests/vectors/published/sep5.json");
        let published: serde_json::Value = serde_json::from_str(text).unwrap();
        let words = SecretText::new(published["mnemonic"].as_str().unwrap());
        let seed = Mnemonic::parse(&words).unwrap().to_seed();
        let path = published["path"].as_str().unwrap();
        let keys = published["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 10);
        kms_core::testkit::tally("published", keys.len(), "vectors of SEP-5");
        for (index, case) in keys.iter().enumerate() {
            let [account, secret] =
                ["account", "secret"].map(|member| case[member].as_str().unwrap());
            let path = path.replace("{index}", &index.to_string());
            let derived = derive_ed25519(&seed, &path.parse().unwrap()).unwrap();
            assert_eq!(super::format(&derived).expose(), secret);
            let key = parse(&SecretText::new(secret)).unwrap();
            assert_eq!(address(&key.public_key()).unwrap(), account);
        }
    }

    /// All cases of SEP-23: each valid one is read and written alike and names the account it
    /// says; none of the invalid ones is an account, a secret, or anything else.
    #[test]
    fn sep_23_vectors() {
        use stellar_strkey::Strkey;

        let text = include_str!("../tests/vectors/published/sep23.json");
        let published: serde_json::Value = serde_json::from_str(text).unwrap();
        let valid = published["valid"].as_array().unwrap();
        assert_eq!(valid.len(), 8);
        for case in valid {
            let text = case["strkey"].as_str().unwrap();
            let key = Strkey::from_string(text).unwrap();
            assert_eq!(format!("{key}"), text);
            let (kind, account, id) = match &key {
                Strkey::PublicKeyEd25519(key) => ("account", Some(key.0), None),
                Strkey::MuxedAccountEd25519(key) => ("muxed", Some(key.ed25519), Some(key.id)),
                Strkey::SignedPayloadEd25519(_) => ("signed payload", None, None),
                Strkey::Contract(_) => ("contract", None, None),
                Strkey::LiquidityPool(_) => ("liquidity pool", None, None),
                Strkey::ClaimableBalance(_) => ("claimable balance", None, None),
                _ => panic!("{text}"),
            };
            assert_eq!(case["kind"], kind);
            assert_eq!(
                case["id"].as_str().map(str::to_owned),
                id.map(|id| id.to_string())
            );
            if let (Some(expected), Some(account)) = (case["ed25519"].as_str(), account) {
                let key = PublicKey::Ed25519(account);
                assert_eq!(address(&key).unwrap(), expected);
            }
            // None of them is a secret.
            assert!(parse(&SecretText::new(text)).is_err(), "{text}");
        }
        let invalid = published["invalid"].as_array().unwrap();
        assert_eq!(invalid.len(), 15);
        kms_core::testkit::tally("published", 8 + 15_u64, "vectors of SEP-23");
        for text in invalid {
            let text = text.as_str().unwrap();
            assert!(Strkey::from_string(text).is_err(), "{text}");
            assert!(ed25519::PublicKey::from_string(text).is_err(), "{text}");
            assert!(parse(&SecretText::new(text)).is_err(), "{text}");
        }
    }
}
