//! Private keys, and the signatures they make.

use std::fmt;

use ecdsa::hazmat::sign_prehashed_rfc6979;
use ed25519_dalek::{
    VerifyingKey,
    hazmat::{ExpandedSecretKey, raw_sign},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use k256::{
    FieldBytes, NonZeroScalar, Scalar,
    elliptic_curve::{
        ops::{Invert as _, Reduce},
        sec1::ToSec1Point as _,
        subtle::ConditionallySelectable as _,
    },
};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    Curve, EcPoint, KeyError, PublicKey, Scheme, SecretBytes, Signature,
    scheme::{schnorr_challenge, x_and_y_is_square},
};
use crate::process::GuardedBytes;

/// A private key. It lies in locked memory, is wiped when dropped, and printed as `[redacted]`.
///
/// The public key is computed once, when the key is made: that costs as much as a signature.
pub struct SecretKey {
    /// Scalar, seed, or kL ‖ kR.
    secret: GuardedBytes,
    public: Public,
}

enum Public {
    Secp256k1(Box<EcPoint>),
    P256(Box<EcPoint>),
    Ed25519(Box<VerifyingKey>),
    Ed25519Bip32(Box<VerifyingKey>),
}

impl SecretKey {
    /// A secp256k1 key from its 32-byte big-endian scalar.
    ///
    /// # Errors
    /// [`KeyError::InvalidSecretKey`] for another length, zero, or the group order and above.
    pub fn secp256k1(scalar: &[u8]) -> Result<Self, KeyError> {
        let public = k256::PublicKey::from_secret_scalar(&*secp256k1_scalar(scalar)?);
        let public = Box::new(EcPoint::of_k256(&public, true));
        Ok(Self::new(scalar, Public::Secp256k1(public)))
    }

    /// A P-256 key from its 32-byte big-endian scalar.
    ///
    /// # Errors
    /// [`KeyError::InvalidSecretKey`] for another length, zero, or the group order and above.
    pub fn p256(scalar: &[u8]) -> Result<Self, KeyError> {
        let public = p256::PublicKey::from_secret_scalar(&*p256_scalar(scalar)?);
        let public = Box::new(EcPoint::of_p256(&public));
        Ok(Self::new(scalar, Public::P256(public)))
    }

    /// An Ed25519 key from its 32-byte seed (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`KeyError::InvalidSecretKey`] for another length.
    pub fn ed25519(seed: &[u8]) -> Result<Self, KeyError> {
        let public = Box::new(VerifyingKey::from(&of_seed(seed)?));
        Ok(Self::new(seed, Public::Ed25519(public)))
    }

    /// An extended Ed25519 key: the scalar kL, then the nonce half kR, 32 bytes each.
    ///
    /// # Errors
    /// [`KeyError::InvalidSecretKey`] for another length.
    pub fn ed25519_bip32(extended: &[u8]) -> Result<Self, KeyError> {
        let public = Box::new(VerifyingKey::from(&of_extended(extended)?));
        Ok(Self::new(extended, Public::Ed25519Bip32(public)))
    }

    fn new(secret: &[u8], public: Public) -> Self {
        Self {
            secret: GuardedBytes::new(secret),
            public,
        }
    }

    /// A new key of `curve` from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`]; [`KeyError::WrongCurve`] for extended Ed25519, whose keys
    /// are derived, not drawn.
    pub fn random(curve: Curve) -> Result<Self, KeyError> {
        loop {
            let bytes = SecretBytes::random(32)?;
            let key = match curve {
                Curve::Secp256k1 => Self::secp256k1(bytes.expose()),
                Curve::P256 => Self::p256(bytes.expose()),
                Curve::Ed25519 => Self::ed25519(bytes.expose()),
                Curve::Ed25519Bip32 => {
                    return Err(KeyError::WrongCurve {
                        expected: Curve::Ed25519,
                        found: curve,
                    });
                }
            };
            // Draws again on the one case in 2^128 that is no scalar.
            if let Ok(key) = key {
                return Ok(key);
            }
        }
    }

    /// The same secp256k1 key, known to its chain by the 65-byte public key.
    #[must_use]
    pub fn with_uncompressed_public_key(mut self) -> Self {
        if let Public::Secp256k1(point) = &mut self.public {
            point.prefer_uncompressed();
        }
        self
    }

    /// The key as bytes, for its text form: scalar, seed, or kL ‖ kR.
    pub fn to_bytes(&self) -> SecretBytes {
        self.secret.expose(|bytes| SecretBytes::new(bytes))
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        match &self.public {
            Public::Secp256k1(point) => PublicKey::Secp256k1((**point).clone()),
            Public::P256(point) => PublicKey::P256((**point).clone()),
            Public::Ed25519(key) => PublicKey::Ed25519(key.to_bytes()),
            Public::Ed25519Bip32(key) => PublicKey::Ed25519Bip32(key.to_bytes()),
        }
    }

    /// Signs `payload` by `scheme`. That the signature is right is for
    /// [`Signature::verify`] to say: a fault of the machine must not give away a wrong one.
    ///
    /// # Errors
    /// [`KeyError::WrongScheme`] when the scheme is not of this key's curve,
    /// [`KeyError::PayloadLength`] when it takes a digest and `payload` is none.
    pub fn sign(&self, scheme: Scheme, payload: &[u8]) -> Result<Signature, KeyError> {
        self.secret.expose(|secret| match (&self.public, scheme) {
            (Public::Secp256k1(_), Scheme::EcdsaSecp256k1) => {
                let (key, digest) = (secp256k1_scalar(secret)?, scheme.digest(payload)?);
                let (signature, recovery_id) =
                    sign_prehashed_rfc6979::<k256::Secp256k1, Sha256>(&key, digest, &[]);
                Ok(Signature::Ecdsa {
                    rs: signature.to_bytes().into(),
                    recovery_id: recovery_id.to_byte(),
                })
            }
            (Public::Secp256k1(_), Scheme::EcdsaSecp256k1AnyS) => {
                let key = secp256k1_scalar(secret)?;
                Ok(ecdsa_any_s(&key, scheme.digest(payload)?))
            }
            (Public::Secp256k1(public), Scheme::SchnorrBch2019) => {
                let key = secp256k1_scalar(secret)?;
                let digest = scheme.digest(payload)?;
                Ok(Signature::Schnorr(schnorr(&key, public, digest)))
            }
            (Public::P256(_), Scheme::EcdsaP256) => {
                let (key, digest) = (p256_scalar(secret)?, scheme.digest(payload)?);
                let (signature, recovery_id) =
                    sign_prehashed_rfc6979::<p256::NistP256, Sha256>(&key, digest, &[]);
                Ok(Signature::Ecdsa {
                    rs: signature.to_bytes().into(),
                    recovery_id: recovery_id.to_byte(),
                })
            }
            (Public::Ed25519(public), Scheme::Ed25519) => {
                let signature = raw_sign::<sha2::Sha512>(&of_seed(secret)?, payload, public);
                Ok(Signature::Ed25519(signature.to_bytes()))
            }
            (Public::Ed25519Bip32(public), Scheme::Ed25519Bip32) => {
                let signature = raw_sign::<sha2::Sha512>(&of_extended(secret)?, payload, public);
                Ok(Signature::Ed25519(signature.to_bytes()))
            }
            _ => Err(KeyError::WrongScheme {
                curve: self.curve(),
                scheme,
            }),
        })
    }

    /// The curve of this key.
    pub fn curve(&self) -> Curve {
        match &self.public {
            Public::Secp256k1(_) => Curve::Secp256k1,
            Public::P256(_) => Curve::P256,
            Public::Ed25519(_) => Curve::Ed25519,
            Public::Ed25519Bip32(_) => Curve::Ed25519Bip32,
        }
    }

    /// The child of a secp256k1 key by the left half of an HMAC (BIP-32 §"Private parent key →
    /// private child key"): its scalar plus `left`.
    pub(super) fn plus(&self, left: &[u8]) -> Result<Self, KeyError> {
        let left = secp256k1_scalar(left).map_err(|_| KeyError::NoKeyAtIndex)?;
        self.secret.expose(|secret| {
            let sum = Zeroizing::new(**secp256k1_scalar(secret)? + **left);
            let bytes = Zeroizing::new(sum.to_bytes());
            Self::secp256k1(&bytes).map_err(|_| KeyError::NoKeyAtIndex)
        })
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The signature with S as it comes (SEC 1 §4.1.3), which the library does not give: its own is
/// the one with the lower S.
fn ecdsa_any_s(secret: &NonZeroScalar, digest: &[u8; 32]) -> Signature {
    let reduce = |bytes: [u8; 32]| <Scalar as Reduce<FieldBytes>>::reduce(&bytes.into());
    let z = reduce(*digest);
    // RFC 6979 §2.3.4: bits2octets.
    let nonce = rfc6979_nonce(secret, &z.to_bytes().into(), &[]);
    let point = k256::PublicKey::from_secret_scalar(&nonce).to_sec1_point(true);
    let (parity, x) = point.as_bytes().split_at(1);
    let x: [u8; 32] = x.try_into().expect("SEC 1: 33 bytes");
    let r = reduce(x);
    let inverse = Zeroizing::new(nonce.invert());
    let s = **inverse * (z + r * **secret);

    let mut rs = [0; 64];
    rs[..32].copy_from_slice(&r.to_bytes());
    rs[32..].copy_from_slice(&s.to_bytes());
    let (is_odd, is_reduced) = (parity == [3], rs[..32] != x);
    Signature::Ecdsa {
        rs,
        recovery_id: k256::ecdsa::RecoveryId::new(is_odd, is_reduced).to_byte(),
    }
}

/// Specification 2019-05-15 §"Signing algorithm": `r` is the x-coordinate of R = kG, `s` is
/// k + ed, with the one of k and n - k for which R.y is a square.
fn schnorr(secret: &NonZeroScalar, public: &EcPoint, digest: &[u8; 32]) -> [u8; 64] {
    // The additional data sees to it that no ECDSA signature of the same digest has the same
    // nonce: two signatures with one nonce give the key away.
    let nonce = rfc6979_nonce(secret, digest, b"Schnorr+SHA256  ");
    let point = k256::PublicKey::from_secret_scalar(&nonce);
    let (r, y_is_square) = x_and_y_is_square(&point);
    let nonce = Zeroizing::new(**nonce);
    let nonce = Zeroizing::new(Scalar::conditional_select(&-*nonce, &nonce, y_is_square));

    let e = schnorr_challenge(&r, public.compressed(), digest);
    let s = *nonce + e * **secret;

    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s.to_bytes());
    signature
}

/// RFC 6979 §3.2 with additional data (§3.6), with HMAC-SHA-256.
fn rfc6979_nonce(
    secret: &NonZeroScalar,
    digest: &[u8; 32],
    additional_data: &[u8],
) -> Zeroizing<NonZeroScalar> {
    let secret = Zeroizing::new(secret.to_bytes());
    let seed: [&[u8]; 3] = [&secret, digest, additional_data];
    let mut v = Zeroizing::new([1; 32]);
    let mut k = Zeroizing::new([0; 32]);
    for step in [0, 1] {
        k = hmac_sha256(&k, &[&*v, &[step], seed[0], seed[1], seed[2]]);
        v = hmac_sha256(&k, &[&*v]);
    }
    loop {
        v = hmac_sha256(&k, &[&*v]);
        let candidate = NonZeroScalar::from_repr(FieldBytes::from(*v));
        // Draws again on the one case in 2^128 that is no scalar.
        if let Some(nonce) = candidate.into_option() {
            return Zeroizing::new(nonce);
        }
        k = hmac_sha256(&k, &[&*v, &[0]]);
        v = hmac_sha256(&k, &[&*v]);
    }
}

fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    let mut bytes = mac.finalize().into_bytes();
    let result = Zeroizing::new(bytes.into());
    bytes.as_mut_slice().zeroize();
    result
}

fn secp256k1_scalar(bytes: &[u8]) -> Result<Zeroizing<NonZeroScalar>, KeyError> {
    NonZeroScalar::try_from(bytes)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::InvalidSecretKey(Curve::Secp256k1))
}

fn p256_scalar(bytes: &[u8]) -> Result<Zeroizing<p256::NonZeroScalar>, KeyError> {
    p256::NonZeroScalar::try_from(bytes)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::InvalidSecretKey(Curve::P256))
}

fn of_seed(seed: &[u8]) -> Result<ExpandedSecretKey, KeyError> {
    let seed: &[u8; 32] = seed
        .try_into()
        .map_err(|_| KeyError::InvalidSecretKey(Curve::Ed25519))?;
    Ok(ExpandedSecretKey::from(seed))
}

/// The scalar is used as derived: reduced, never clamped again.
fn of_extended(extended: &[u8]) -> Result<ExpandedSecretKey, KeyError> {
    let (scalar, hash_prefix) = extended
        .split_first_chunk::<32>()
        .and_then(|(scalar, rest)| Some((scalar, rest.try_into().ok()?)))
        .ok_or(KeyError::InvalidSecretKey(Curve::Ed25519Bip32))?;
    Ok(ExpandedSecretKey {
        scalar: curve25519_dalek::Scalar::from_bytes_mod_order(*scalar),
        hash_prefix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_verifies_and_rejects_another_payload() {
        let extended = {
            let mut bytes = [7; 64];
            bytes[0] &= 0xf8;
            bytes[31] = 0x40;
            bytes
        };
        let keys = [
            (
                SecretKey::secp256k1(&[7; 32]).unwrap(),
                Scheme::EcdsaSecp256k1,
            ),
            (
                SecretKey::secp256k1(&[7; 32]).unwrap(),
                Scheme::EcdsaSecp256k1AnyS,
            ),
            (
                SecretKey::secp256k1(&[7; 32]).unwrap(),
                Scheme::SchnorrBch2019,
            ),
            (SecretKey::p256(&[7; 32]).unwrap(), Scheme::EcdsaP256),
            (SecretKey::ed25519(&[7; 32]).unwrap(), Scheme::Ed25519),
            (
                SecretKey::ed25519_bip32(&extended).unwrap(),
                Scheme::Ed25519Bip32,
            ),
        ];
        for (key, scheme) in &keys {
            let signature = key.sign(*scheme, &[1; 32]).unwrap();
            let public = key.public_key();
            signature.verify(&public, *scheme, &[1; 32]).unwrap();
            assert_eq!(
                signature.verify(&public, *scheme, &[2; 32]),
                Err(KeyError::SignatureMismatch(Box::new(public.clone())))
            );
            assert_eq!(public.to_string().parse::<PublicKey>().unwrap(), public);
        }
    }

    #[test]
    fn a_wrong_recovery_id_is_noticed() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap();
        let Signature::Ecdsa { rs, recovery_id } =
            key.sign(Scheme::EcdsaSecp256k1, &[1; 32]).unwrap()
        else {
            panic!("an ECDSA scheme gives an ECDSA signature");
        };
        let wrong = Signature::Ecdsa {
            rs,
            recovery_id: recovery_id ^ 1,
        };
        assert!(
            wrong
                .verify(&key.public_key(), Scheme::EcdsaSecp256k1, &[1; 32])
                .is_err()
        );
    }

    /// Of a signature and the one with the other S exactly one is low. As it comes, about every
    /// second one is not, and then it is the negative of the low one.
    #[test]
    fn s_as_it_comes_is_low_or_high() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap();
        let public = key.public_key();
        let mut high = 0;
        for byte in 0..64 {
            let digest = [byte; 32];
            let low = key.sign(Scheme::EcdsaSecp256k1, &digest).unwrap();
            let any = key.sign(Scheme::EcdsaSecp256k1AnyS, &digest).unwrap();
            any.verify(&public, Scheme::EcdsaSecp256k1AnyS, &digest)
                .unwrap();
            low.verify(&public, Scheme::EcdsaSecp256k1AnyS, &digest)
                .unwrap();
            assert_eq!(low.r(), any.r());
            if any == low {
                continue;
            }
            high += 1;
            let scalar =
                |bytes: &[u8; 32]| *NonZeroScalar::from_repr(FieldBytes::from(*bytes)).unwrap();
            assert_eq!(scalar(low.s()), -scalar(any.s()));
            assert!(
                any.verify(&public, Scheme::EcdsaSecp256k1, &digest)
                    .is_err()
            );
        }
        assert!((16..48).contains(&high), "{high}");
    }

    /// Bitcoin ABC's: two keys, one digest. How the public key is written changes nothing.
    #[test]
    fn published_schnorr_signatures() {
        let text = include_str!("../../tests/vectors/published/schnorr-2019-05-15.json");
        let published: serde_json::Value = serde_json::from_str(text).unwrap();
        let published = &published["deterministic"];
        let bytes = |hex: &serde_json::Value| hex::decode(hex.as_str().unwrap()).unwrap();
        let digest = bytes(&published["digest"]);
        let cases = published["signatures"].as_array().unwrap();
        assert_eq!(cases.len(), 2);
        crate::testkit::tally("published", cases.len(), "vectors of Schnorr (2019-05-15)");
        for case in cases {
            let short = SecretKey::secp256k1(&bytes(&case["key"])).unwrap();
            let long = SecretKey::secp256k1(&bytes(&case["key"]))
                .unwrap()
                .with_uncompressed_public_key();
            for key in [short, long] {
                let signature = key.sign(Scheme::SchnorrBch2019, &digest).unwrap();
                assert_eq!(hex::encode(signature.bytes()), case["signature"]);
                signature
                    .verify(&key.public_key(), Scheme::SchnorrBch2019, &digest)
                    .unwrap();
            }
        }
    }
}
