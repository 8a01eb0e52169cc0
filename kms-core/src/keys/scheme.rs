//! Signature schemes, signatures, and their verification: the public half of signing.

use std::{fmt, sync::LazyLock};

use k256::{
    FieldBytes, ProjectivePoint, Scalar, U256,
    elliptic_curve::{
        PrimeField as _, bigint::Odd, ops::Reduce, sec1::ToSec1Point as _, subtle::Choice,
    },
};
use secp256k1::{
    Message, Secp256k1, VerifyOnly,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Curve, EcPoint, KeyError, PublicKey};

/// How a payload is signed. All schemes are deterministic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scheme {
    /// ECDSA over a 32-byte digest on secp256k1, nonce by RFC 6979, low S, with recovery id.
    EcdsaSecp256k1,
    /// The same with S as it comes, low or high, for the networks that take both.
    EcdsaSecp256k1AnyS,
    /// Schnorr over a 32-byte digest on secp256k1 as in the Bitcoin Cash specification
    /// 2019-05-15 (not BIP-340), nonce by RFC 6979 with the additional data `Schnorr+SHA256` and
    /// two blanks.
    SchnorrBch2019,
    /// ECDSA over a 32-byte digest on P-256, nonce by RFC 6979; S is left as it comes.
    EcdsaP256,
    /// Ed25519 over the message itself (RFC 8032 §5.1.6).
    Ed25519,
    /// Ed25519 over the message with an extended key, as BIP32-Ed25519 signs.
    Ed25519Bip32,
}

impl Scheme {
    /// The curve whose keys sign by this scheme.
    pub fn curve(self) -> Curve {
        match self {
            Self::EcdsaSecp256k1 | Self::EcdsaSecp256k1AnyS | Self::SchnorrBch2019 => {
                Curve::Secp256k1
            }
            Self::EcdsaP256 => Curve::P256,
            Self::Ed25519 => Curve::Ed25519,
            Self::Ed25519Bip32 => Curve::Ed25519Bip32,
        }
    }

    /// The payload as a digest, for the schemes that sign one.
    pub(crate) fn digest(self, payload: &[u8]) -> Result<&[u8; 32], KeyError> {
        payload.try_into().map_err(|_| KeyError::PayloadLength {
            scheme: self,
            expected: 32,
            found: payload.len(),
        })
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaSecp256k1 | Self::EcdsaSecp256k1AnyS => "ECDSA on secp256k1",
            Self::SchnorrBch2019 => "Schnorr (2019-05-15) on secp256k1",
            Self::EcdsaP256 => "ECDSA on P-256",
            Self::Ed25519 => "Ed25519",
            Self::Ed25519Bip32 => "Ed25519 with an extended key",
        })
    }
}

/// A signature as it came from a signer: not yet known to be right.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signature {
    /// ECDSA: `r ‖ s`, 32 bytes each, big-endian.
    Ecdsa {
        /// `r ‖ s`.
        rs: [u8; 64],
        /// Bit 0: parity of R.y; bit 1: R.x was at least the group order. 0 to 3.
        recovery_id: u8,
    },
    /// Schnorr: `r ‖ s`, the x-coordinate of R and a scalar, 32 bytes each, big-endian.
    Schnorr([u8; 64]),
    /// Ed25519: `R ‖ S` (RFC 8032).
    Ed25519([u8; 64]),
}

impl Signature {
    /// The 64 bytes `r ‖ s` or `R ‖ S`.
    pub fn bytes(&self) -> &[u8; 64] {
        match self {
            Self::Ecdsa { rs, .. } => rs,
            Self::Schnorr(bytes) | Self::Ed25519(bytes) => bytes,
        }
    }

    /// The first half: `r` or `R`.
    pub fn r(&self) -> &[u8; 32] {
        self.bytes()[..32].try_into().expect("half of 64 bytes")
    }

    /// The second half: `s` or `S`.
    pub fn s(&self) -> &[u8; 32] {
        self.bytes()[32..].try_into().expect("half of 64 bytes")
    }

    /// The recovery id of an ECDSA signature.
    pub fn recovery_id(&self) -> Option<u8> {
        match self {
            Self::Ecdsa { recovery_id, .. } => Some(*recovery_id),
            Self::Schnorr(_) | Self::Ed25519(_) => None,
        }
    }

    /// Whether this is `key`'s signature of `payload` by `scheme`, the recovery id included.
    ///
    /// # Errors
    /// [`KeyError::SignatureMismatch`] if not; [`KeyError::WrongScheme`] or
    /// [`KeyError::PayloadLength`] if the three do not go together.
    pub fn verify(&self, key: &PublicKey, scheme: Scheme, payload: &[u8]) -> Result<(), KeyError> {
        let holds = match (self, key, scheme) {
            (
                Self::Ecdsa { rs, recovery_id },
                PublicKey::Secp256k1(point),
                Scheme::EcdsaSecp256k1,
            ) => {
                let digest = scheme.digest(payload)?;
                has_low_s(rs) && ecdsa_holds(rs, *recovery_id, digest, point).unwrap_or(false)
            }
            (
                Self::Ecdsa { rs, recovery_id },
                PublicKey::Secp256k1(point),
                Scheme::EcdsaSecp256k1AnyS,
            ) => {
                let digest = scheme.digest(payload)?;
                ecdsa_holds(rs, *recovery_id, digest, point).unwrap_or(false)
            }
            (Self::Schnorr(rs), PublicKey::Secp256k1(point), Scheme::SchnorrBch2019) => {
                let digest = scheme.digest(payload)?;
                schnorr_holds(rs, digest, point.compressed()).unwrap_or(false)
            }
            (Self::Ecdsa { rs, .. }, PublicKey::P256(point), Scheme::EcdsaP256) => {
                use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
                let digest = scheme.digest(payload)?;
                p256::ecdsa::VerifyingKey::from_sec1_bytes(point.compressed())
                    .and_then(|key| {
                        let signature = p256::ecdsa::Signature::from_slice(rs)?;
                        key.verify_prehash(digest, &signature)
                    })
                    .is_ok()
            }
            (Self::Ed25519(bytes), PublicKey::Ed25519(key), Scheme::Ed25519)
            | (Self::Ed25519(bytes), PublicKey::Ed25519Bip32(key), Scheme::Ed25519Bip32) => {
                ed25519_dalek::VerifyingKey::from_bytes(key)
                    .and_then(|key| key.verify_strict(payload, &(*bytes).into()))
                    .is_ok()
            }
            _ => {
                return Err(KeyError::WrongScheme {
                    curve: key.curve(),
                    scheme,
                });
            }
        };
        if holds {
            Ok(())
        } else {
            Err(KeyError::SignatureMismatch(Box::new(key.clone())))
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.bytes()))
    }
}

/// Specification 2019-05-15 §"Verification algorithm"; nothing when `r ‖ s` or the key is none.
fn schnorr_holds(rs: &[u8; 64], digest: &[u8; 32], key: &[u8; 33]) -> Option<bool> {
    let (r, s) = rs.split_at(32);
    let r: &[u8; 32] = r.try_into().ok()?;
    let s = Scalar::from_repr(FieldBytes::try_from(s).ok()?).into_option()?;
    let public = k256::PublicKey::from_sec1_bytes(key).ok()?;
    let e = schnorr_challenge(r, key, digest);
    let point = ProjectivePoint::GENERATOR * s - public.to_projective() * e;
    let point = k256::PublicKey::from_affine(point.to_affine()).ok()?;
    let (x, y_is_square) = x_and_y_is_square(&point);
    // x is below p, so that an r which is not equals none.
    Some(bool::from(y_is_square) && x == *r)
}

/// `e`: SHA-256 of `r`, the compressed public key and the digest, modulo the group order.
pub(super) fn schnorr_challenge(r: &[u8; 32], key: &[u8; 33], digest: &[u8; 32]) -> Scalar {
    let mut hash = Sha256::new();
    hash.update(r);
    hash.update(key);
    hash.update(digest);
    <Scalar as Reduce<FieldBytes>>::reduce(&hash.finalize())
}

/// The x-coordinate, and whether y is a square modulo p (its Jacobi symbol is 1); takes the same
/// time for every point.
pub(super) fn x_and_y_is_square(point: &k256::PublicKey) -> ([u8; 32], Choice) {
    const P: Odd<U256> = Odd::<U256>::from_be_hex(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
    );
    let encoded = point.to_sec1_point(false);
    let (mut x, mut y) = ([0; 32], [0; 32]);
    for (to, from) in x
        .iter_mut()
        .chain(&mut y)
        .zip(encoded.as_bytes().iter().skip(1))
    {
        *to = *from;
    }
    let symbol = U256::from_be_slice(&y).jacobi_symbol(&P);
    (x, symbol.is_one().into())
}

fn has_low_s(rs: &[u8; 64]) -> bool {
    k256::ecdsa::Signature::from_slice(rs)
        .is_ok_and(|signature| signature == signature.normalize_s())
}

/// SEC 1 §4.1.6, with S low or high: whether the one key that `R` and the digest lead to is `key`,
/// which proves the recovery id as well. Nothing when `r ‖ s` is no signature.
///
/// By another library than the one that signs: neither lets a mistake of the other pass, and this
/// one checks in half the time.
fn ecdsa_holds(rs: &[u8; 64], recovery_id: u8, digest: &[u8; 32], key: &EcPoint) -> Option<bool> {
    static CONTEXT: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);
    let recovery_id = RecoveryId::from_i32(recovery_id.into()).ok()?;
    let signature = RecoverableSignature::from_compact(rs, recovery_id).ok()?;
    let digest = Message::from_digest(*digest);
    let recovered = CONTEXT.recover_ecdsa(&digest, &signature).ok()?;
    Some(recovered.serialize_uncompressed() == *key.uncompressed())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Schnorr as Bitcoin Cash has it: what is a signature, and forgeries of every kind.
    #[test]
    fn published_schnorr_signatures() {
        let text = include_str!("../../tests/vectors/published/schnorr-2019-05-15.json");
        let published: Value = serde_json::from_str(text).unwrap();
        for (member, count, expected) in [("valid", 6, true), ("invalid", 9, false)] {
            let cases = published[member].as_array().unwrap();
            assert_eq!(cases.len(), count);
            crate::testkit::tally("published", count, "vectors of Schnorr (2019-05-15)");
            for case in cases {
                let bytes = |member: &str| hex::decode(case[member].as_str().unwrap()).unwrap();
                let key = PublicKey::secp256k1_from_sec1(&bytes("key")).unwrap();
                let signature = Signature::Schnorr(bytes("signature").try_into().unwrap());
                let verified = signature.verify(&key, Scheme::SchnorrBch2019, &bytes("digest"));
                assert_eq!(verified.is_ok(), expected, "{case}");
            }
        }
    }
}
