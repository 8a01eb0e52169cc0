//! Family seeds (`s…`, `sEd…`): 16 bytes of entropy, and the keys they stand for.
//!
//! ```text
//! Ed25519:   seed of RFC 8032 = half(entropy)
//! secp256k1: root = the first valid half(entropy ‖ i), R = root · G
//!            key  = root + the first valid half(R ‖ 0 ‖ j), modulo the group order
//! ```
//!
//! `half` is the first half of SHA-512; 0, i and j have four bytes, i and j count from 0, and
//! valid is what is a private key. The second is account 0 of the "account families".

use k256::elliptic_curve::sec1::ToSec1Point as _;
use kms_core::prelude::{SecretBytes, SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

use crate::hash::sha512_half;

/// The most characters of a seed: the longer kind has 31.
const LONGEST: usize = 64;

/// The version bytes of an Ed25519 seed: with them the text begins with `sEd`.
const ED25519: [u8; 3] = [0x01, 0xe1, 0x4b];

/// The version byte of a secp256k1 seed: with it the text begins with `s`.
const SECP256K1: [u8; 1] = [0x21];

/// Reads a seed; its version bytes alone choose the curve.
///
/// # Errors
/// [`WalletError::InvalidPrivateKey`], which does not repeat the text.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    // Decoding takes a time that grows with the square of the length.
    if text.expose().len() > LONGEST {
        return Err(invalid("it is too long"));
    }
    let bytes = Zeroizing::new(
        bs58::decode(text.expose())
            .with_alphabet(bs58::Alphabet::RIPPLE)
            .with_check(None)
            .into_vec()
            .map_err(|error| match error {
                bs58::decode::Error::InvalidChecksum { .. } => {
                    invalid("the checksum is wrong: a character is mistyped")
                }
                _ => invalid("a seed is base58 text that begins with s"),
            })?,
    );
    if let Some(Ok(entropy)) = bytes.strip_prefix(&ED25519).map(<&[u8; 16]>::try_from) {
        return Ok(SecretKey::ed25519(half(&[entropy]).as_slice())?);
    }
    if let Some(Ok(entropy)) = bytes.strip_prefix(&SECP256K1).map(<&[u8; 16]>::try_from) {
        return account_0(entropy).ok_or_else(|| invalid("the seed gives no key"));
    }
    Err(invalid("it is neither a secp256k1 nor an Ed25519 seed"))
}

/// A new `sEd…` of the first 16 of `entropy`'s bytes.
///
/// # Errors
/// [`WalletError::InvalidPrivateKey`] when there are fewer.
pub(crate) fn new_ed25519(entropy: &SecretBytes) -> Result<SecretText, WalletError> {
    let entropy = entropy
        .expose()
        .first_chunk::<16>()
        .ok_or_else(|| invalid("a seed needs 16 random bytes"))?;
    let bytes = Zeroizing::new([ED25519.as_slice(), entropy].concat());
    let text = bs58::encode(bytes.as_slice()).with_alphabet(bs58::Alphabet::RIPPLE);
    Ok(SecretText::new(text.with_check().into_string()))
}

/// The key of account 0, at the first attempt in all but one case in 2^127.
fn account_0(entropy: &[u8; 16]) -> Option<SecretKey> {
    let root = scalar(&[entropy])?;
    let point = root.public_key().to_sec1_point(true);
    let child = scalar(&[point.as_bytes(), &[0; 4]])?;
    let root = Zeroizing::new(*root.to_nonzero_scalar());
    let child = Zeroizing::new(*child.to_nonzero_scalar());
    let sum = Zeroizing::new(*root + *child);
    SecretKey::secp256k1(Zeroizing::new(sum.to_bytes()).as_slice()).ok()
}

/// The first valid `half(parts ‖ i)`. A second attempt is needed once in 2^127 cases, so that a
/// few are as good as all.
fn scalar(parts: &[&[u8]]) -> Option<k256::SecretKey> {
    (0..128_u32).find_map(|i| {
        let i = i.to_be_bytes();
        let bytes = half(&[parts, &[i.as_slice()]].concat());
        k256::SecretKey::from_slice(bytes.as_slice()).ok()
    })
}

fn half(parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(sha512_half(parts))
}

fn invalid(reason: &str) -> WalletError {
    WalletError::InvalidPrivateKey {
        chain: "XRP",
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;
    use kms_core::prelude::Scheme;
    use serde_json::Value;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn check(seed: &Value, public_key: &Value, address: &Value) {
        let key = parse(&SecretText::new(seed.as_str().unwrap())).unwrap();
        let public = crate::account::signing_public_key(&key.public_key()).unwrap();
        assert_eq!(public_key, &hex::encode_upper(public));
        let account = AccountId::of_key(&key.public_key()).unwrap();
        assert_eq!(address, &account.to_string());
    }

    #[test]
    fn recorded_and_published_seeds_give_their_keys() {
        let recorded = json(include_str!("../tests/vectors/XRP.json"));
        for case in recorded["keys"].as_array().unwrap() {
            check(&case["privateKey"], &case["publicKey"], &case["address"]);
        }
        let published = json(include_str!("../tests/vectors/xrpl/keypairs.json"));
        for kind in ["secp256k1", "ed25519"] {
            let case = &published[kind];
            check(
                &case["seed"],
                &case["keypair"]["publicKey"],
                &case["address"],
            );
            let key = parse(&SecretText::new(case["seed"].as_str().unwrap())).unwrap();
            let private = case["keypair"]["privateKey"].as_str().unwrap();
            let bytes = hex::encode_upper(key.to_bytes().expose());
            assert_eq!(private.split_at(2).1, bytes);
            let message = case["message"].as_str().unwrap().as_bytes();
            let signature = match kind {
                "ed25519" => key.sign(Scheme::Ed25519, message),
                _ => key.sign(Scheme::EcdsaSecp256k1, &sha512_half(&[message])),
            };
            let signature = crate::signature::encode(&signature.unwrap());
            assert_eq!(case["signature"], hex::encode_upper(signature));
        }
        kms_core::testkit::tally("published", 2_u64, "vectors of XRPL's libraries");
    }

    /// By decoding it, that would take hours.
    #[test]
    fn a_long_text_is_refused_at_once() {
        let error = parse(&SecretText::new(format!("s{}", "2".repeat(4 << 20))));
        assert!(error.unwrap_err().to_string().ends_with("it is too long"));
    }

    #[test]
    fn a_new_seed_is_read_again() {
        let entropy = SecretBytes::new([0x5a; 32]);
        let seed = new_ed25519(&entropy).unwrap();
        assert!(seed.expose().starts_with("sEd"));
        let key = parse(&seed).unwrap();
        assert_eq!(key.to_bytes().expose(), half(&[&[0x5a; 16]]).as_slice());
        assert!(new_ed25519(&SecretBytes::new([1; 15])).is_err());
    }

    #[test]
    fn what_is_no_seed_is_refused_without_repeating_it() {
        for text in [
            "",
            "s",
            "ssMChA4xcVtmr26PW9aoRLDwkpcWp",
            "ssMChA4xcVtmr26PW9aoRLDwkpcW",
            "SSMCHA4XCVTMR26PW9AORLDWKPCWC",
            "sEdTba4NPQhm9XytaLGKmVTMD3Zt2WA ",
            "raZBxN8cRub2aaHAkyhBq54uXXD7UESf3o",
            "0000000000000000000000000000000000000000000000000000000000000001",
        ] {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(text.len() < 2 || !error.to_string().contains(text));
        }
    }
}
