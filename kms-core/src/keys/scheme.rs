//! Signature schemes, signatures, and their verification: the public half of signing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Curve, KeyError, PublicKey};

/// How a payload is signed. All schemes are deterministic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scheme {
    /// ECDSA over a 32-byte digest on secp256k1, nonce by RFC 6979, low S, with recovery id.
    EcdsaSecp256k1,
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
            Self::EcdsaSecp256k1 => Curve::Secp256k1,
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
            Self::EcdsaSecp256k1 => "ECDSA on secp256k1",
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
    /// Ed25519: `R ‖ S` (RFC 8032).
    Ed25519([u8; 64]),
}

impl Signature {
    /// The 64 bytes `r ‖ s` or `R ‖ S`.
    pub fn bytes(&self) -> &[u8; 64] {
        match self {
            Self::Ecdsa { rs, .. } => rs,
            Self::Ed25519(bytes) => bytes,
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
            Self::Ed25519(_) => None,
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
                recovers(rs, *recovery_id, digest, point.compressed())
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

/// Recovery proves more than verification: that the recovery id is right as well.
fn recovers(rs: &[u8; 64], recovery_id: u8, digest: &[u8; 32], key: &[u8; 33]) -> bool {
    let Some(recovery_id) = k256::ecdsa::RecoveryId::from_byte(recovery_id) else {
        return false;
    };
    k256::ecdsa::Signature::from_slice(rs)
        .and_then(|signature| {
            k256::ecdsa::VerifyingKey::recover_from_prehash(digest, &signature, recovery_id)
        })
        .is_ok_and(|recovered| recovered.to_sec1_point(true).as_bytes() == key)
}
