//! Public keys and the curves they lie on.

use std::{fmt, str::FromStr};

use k256::elliptic_curve::sec1::ToSec1Point;
use serde::{Deserialize, Serialize};

use super::KeyError;

/// The curve, and with it the kind of key, that a blockchain uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Curve {
    /// secp256k1 (SEC 2 §2.4.1).
    Secp256k1,
    /// NIST P-256 (FIPS 186-5).
    P256,
    /// Ed25519 with a 32-byte seed (RFC 8032).
    Ed25519,
    /// Ed25519 with an extended key, as BIP32-Ed25519 derives it.
    Ed25519Bip32,
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secp256k1 => "secp256k1",
            Self::P256 => "P-256",
            Self::Ed25519 => "Ed25519",
            Self::Ed25519Bip32 => "Ed25519-BIP32",
        })
    }
}

/// A public key.
///
/// Its text form, also in JSON, is `curve:hex`, the hex being [`encoded`](Self::encoded).
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicKey {
    /// A point of secp256k1.
    Secp256k1(EcPoint),
    /// A point of P-256.
    P256(EcPoint),
    /// The 32-byte encoding of RFC 8032 §5.1.2.
    Ed25519([u8; 32]),
    /// The same encoding, for a key with an extended secret.
    Ed25519Bip32([u8; 32]),
}

impl PublicKey {
    /// The curve this key lies on.
    pub fn curve(&self) -> Curve {
        match self {
            Self::Secp256k1(_) => Curve::Secp256k1,
            Self::P256(_) => Curve::P256,
            Self::Ed25519(_) => Curve::Ed25519,
            Self::Ed25519Bip32(_) => Curve::Ed25519Bip32,
        }
    }

    /// The encoding the owner of the key uses: SEC 1 (33 or 65 bytes) or RFC 8032 (32 bytes).
    pub fn encoded(&self) -> &[u8] {
        match self {
            Self::Secp256k1(point) | Self::P256(point) => point.encoded(),
            Self::Ed25519(bytes) | Self::Ed25519Bip32(bytes) => bytes,
        }
    }

    /// The secp256k1 point, for chains that know no other curve.
    ///
    /// # Errors
    /// [`KeyError::WrongCurve`] for a key of another curve.
    pub fn secp256k1(&self) -> Result<&EcPoint, KeyError> {
        match self {
            Self::Secp256k1(point) => Ok(point),
            other => Err(KeyError::WrongCurve {
                expected: Curve::Secp256k1,
                found: other.curve(),
            }),
        }
    }

    /// The 32 bytes of an Ed25519 key, extended or not.
    ///
    /// # Errors
    /// [`KeyError::WrongCurve`] for a key of another curve.
    pub fn ed25519(&self) -> Result<&[u8; 32], KeyError> {
        match self {
            Self::Ed25519(bytes) | Self::Ed25519Bip32(bytes) => Ok(bytes),
            other => Err(KeyError::WrongCurve {
                expected: Curve::Ed25519,
                found: other.curve(),
            }),
        }
    }

    /// Reads a secp256k1 key in SEC 1 encoding, compressed or not; the form is remembered.
    ///
    /// # Errors
    /// [`KeyError::InvalidPublicKey`] when the bytes are no point of the curve.
    pub fn secp256k1_from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        let point = k256::PublicKey::from_sec1_bytes(bytes)
            .map_err(|_| KeyError::InvalidPublicKey(Curve::Secp256k1))?;
        Ok(Self::Secp256k1(EcPoint::of_k256(&point, bytes.len() == 33)))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.curve(), hex::encode(self.encoded()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (curve, digits) = text.split_once(':').ok_or(KeyError::UnreadablePublicKey)?;
        let bytes = hex::decode(digits).map_err(|_| KeyError::UnreadablePublicKey)?;
        let ed25519 = |curve| {
            <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::InvalidPublicKey(curve))
        };
        match curve {
            "secp256k1" => Self::secp256k1_from_sec1(&bytes),
            "P-256" => p256::PublicKey::from_sec1_bytes(&bytes)
                .map(|point| Self::P256(EcPoint::of_p256(&point)))
                .map_err(|_| KeyError::InvalidPublicKey(Curve::P256)),
            "Ed25519" => ed25519(Curve::Ed25519).map(Self::Ed25519),
            "Ed25519-BIP32" => ed25519(Curve::Ed25519Bip32).map(Self::Ed25519Bip32),
            _ => Err(KeyError::UnreadablePublicKey),
        }
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A point of a short Weierstrass curve in both SEC 1 encodings.
///
/// Keys made before compression was usual are known to their chain by the long form, so the
/// form belongs to the key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EcPoint {
    compressed: [u8; 33],
    uncompressed: [u8; 65],
    prefers_compressed: bool,
}

impl EcPoint {
    pub(crate) fn of_k256(point: &k256::PublicKey, prefers_compressed: bool) -> Self {
        Self::new(
            point.to_sec1_point(true).as_bytes(),
            point.to_sec1_point(false).as_bytes(),
            prefers_compressed,
        )
    }

    pub(crate) fn of_p256(point: &p256::PublicKey) -> Self {
        Self::new(
            point.to_sec1_point(true).as_bytes(),
            point.to_sec1_point(false).as_bytes(),
            true,
        )
    }

    fn new(compressed: &[u8], uncompressed: &[u8], prefers_compressed: bool) -> Self {
        Self {
            compressed: compressed.try_into().expect("SEC 1: 33 bytes"),
            uncompressed: uncompressed.try_into().expect("SEC 1: 65 bytes"),
            prefers_compressed,
        }
    }

    /// `02` or `03`, then x.
    pub fn compressed(&self) -> &[u8; 33] {
        &self.compressed
    }

    /// `04`, then x and y.
    pub fn uncompressed(&self) -> &[u8; 65] {
        &self.uncompressed
    }

    /// The form the owner of the key uses.
    pub fn encoded(&self) -> &[u8] {
        if self.prefers_compressed {
            &self.compressed
        } else {
            &self.uncompressed
        }
    }

    pub(super) fn prefer_uncompressed(&mut self) {
        self.prefers_compressed = false;
    }

    /// Whether [`encoded`](Self::encoded) is the short form.
    pub fn prefers_compressed(&self) -> bool {
        self.prefers_compressed
    }
}

impl fmt::Debug for EcPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.encoded()))
    }
}
