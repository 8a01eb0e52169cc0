//! Published vectors of the standards that have no module of their own to be tested in. Hash
//! functions: `hashes.rs`. The others stand beside their code: BIP-32, BIP-39, SLIP-10,
//! BIP32-Ed25519, Schnorr. Where all of them come from: `tests/vectors/README.md`.

use kms_core::{
    keys::{Scheme, SecretKey, Signature},
    testkit::tally,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    hex::decode(text(case, member)).unwrap()
}

/// RFC 6979 on secp256k1: the published nonces give R = kG and s = (e + rd) / k.
#[test]
fn rfc6979_secp256k1() {
    use k256::{
        FieldBytes, NonZeroScalar, Scalar,
        elliptic_curve::{PrimeField as _, ops::Reduce, sec1::ToSec1Point as _},
    };

    let published = load(include_str!("vectors/published/rfc6979.json"));
    let cases = published["secp256k1"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    tally("published", cases.len(), "vectors of RFC 6979");
    let scalar = |bytes: &[u8]| {
        let bytes = FieldBytes::try_from(bytes).unwrap();
        *NonZeroScalar::from_repr(bytes).unwrap()
    };
    for case in cases {
        let nonce =
            NonZeroScalar::from_repr(FieldBytes::try_from(&bytes(case, "nonce")[..]).unwrap());
        let nonce = nonce.unwrap();
        let point = k256::PublicKey::from_secret_scalar(&nonce).to_sec1_point(false);
        let x = FieldBytes::try_from(&point.as_bytes()[1..33]).unwrap();
        let r = <Scalar as Reduce<FieldBytes>>::reduce(&x);
        let digest: [u8; 32] = Sha256::digest(text(case, "message")).into();
        let e = <Scalar as Reduce<FieldBytes>>::reduce(&FieldBytes::from(digest));
        let s = nonce.invert().unwrap() * (e + r * scalar(&bytes(case, "key")));

        let key = SecretKey::secp256k1(&bytes(case, "key")).unwrap();
        let any = key.sign(Scheme::EcdsaSecp256k1AnyS, &digest).unwrap();
        assert_eq!(any.r()[..], r.to_repr()[..], "{case}");
        assert_eq!(any.s()[..], s.to_repr()[..], "{case}");
        let low = key.sign(Scheme::EcdsaSecp256k1, &digest).unwrap();
        assert_eq!(low.r(), any.r());
        let s = scalar(low.s());
        assert!(s == scalar(any.s()) || s == -scalar(any.s()), "{case}");
    }
}

/// RFC 6979 appendix A.2.5.
#[test]
fn rfc6979_p256() {
    use p256::elliptic_curve::sec1::ToSec1Point as _;

    let published = load(include_str!("vectors/published/rfc6979.json"));
    let key = SecretKey::p256(&bytes(&published["p256"], "key")).unwrap();
    let public = key.public_key();
    let point = format!("P-256:{}", text(&published["p256"], "publicKey"));
    assert_eq!(point.parse(), Ok(public.clone()));
    let cases = published["p256"]["signatures"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    tally("published", cases.len(), "vectors of RFC 6979");
    for case in cases {
        // r is the x-coordinate of kG.
        let nonce = p256::SecretKey::from_slice(&bytes(case, "nonce")).unwrap();
        let point = nonce.public_key().to_sec1_point(false);
        assert_eq!(hex::encode(&point.as_bytes()[1..33]), text(case, "r"));
        let digest: [u8; 32] = Sha256::digest(text(case, "message")).into();
        let signature = key.sign(Scheme::EcdsaP256, &digest).unwrap();
        assert_eq!(hex::encode(signature.r()), text(case, "r"));
        assert_eq!(hex::encode(signature.s()), text(case, "s"));
        signature
            .verify(&public, Scheme::EcdsaP256, &digest)
            .unwrap();
    }
}

/// RFC 8032 §7.1.
#[test]
fn rfc8032_ed25519() {
    let published = load(include_str!("vectors/published/rfc8032.json"));
    let cases = published["ed25519"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    tally("published", cases.len(), "vectors of RFC 8032");
    for case in cases {
        let key = SecretKey::ed25519(&bytes(case, "seed")).unwrap();
        let public = key.public_key();
        assert_eq!(hex::encode(public.encoded()), text(case, "public"));
        let message = bytes(case, "message");
        let signature = key.sign(Scheme::Ed25519, &message).unwrap();
        assert_eq!(hex::encode(signature.bytes()), text(case, "signature"));
        signature
            .verify(&public, Scheme::Ed25519, &message)
            .unwrap();
        let mut other = *signature.bytes();
        other[63] ^= 0x20;
        assert!(
            Signature::Ed25519(other)
                .verify(&public, Scheme::Ed25519, &message)
                .is_err()
        );
    }
}

/// RFC 9106 §5.3 and the vectors of the reference implementation, by the crate and version that
/// derive the key of the vault. (That key itself is checked by `tests/open_vault.py`, which shares
/// no code with it.)
#[test]
fn rfc9106_argon2id() {
    let published = load(include_str!("vectors/published/rfc9106.json"));
    let cases = published["argon2id"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    tally("published", cases.len(), "vectors of RFC 9106");
    for case in cases {
        let number = |member: &str| u32::try_from(case[member].as_u64().unwrap()).unwrap();
        let mut params = argon2::ParamsBuilder::new();
        params
            .m_cost(number("memoryKib"))
            .t_cost(number("passes"))
            .p_cost(number("lanes"))
            .output_len(32)
            .data(argon2::AssociatedData::new(&bytes(case, "associatedData")).unwrap());
        let secret = bytes(case, "secret");
        let argon2 = argon2::Argon2::new_with_secret(
            &secret,
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            params.build().unwrap(),
        )
        .unwrap();
        let mut tag = [0; 32];
        argon2
            .hash_password_into(&bytes(case, "password"), &bytes(case, "salt"), &mut tag)
            .unwrap();
        assert_eq!(hex::encode(tag), text(case, "tag"));
    }
}
