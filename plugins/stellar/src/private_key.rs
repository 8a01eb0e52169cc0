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

    /// From SEP-23: a length that no account has, and one with the version of none.
    #[test]
    fn accounts_that_sep_23_calls_invalid_are_invalid() {
        let valid = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ";
        assert!(ed25519::PublicKey::from_string(valid).is_ok());
        for text in [
            "GAAAAAAAACGC6",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUACUSI",
            "G47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVP2I",
        ] {
            assert!(ed25519::PublicKey::from_string(text).is_err(), "{text}");
        }
    }
}
