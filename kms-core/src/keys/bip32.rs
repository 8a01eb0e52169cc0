//! BIP-32: trees of secp256k1 keys.

use std::{fmt, str::FromStr};

use bip32::{ChildNumber, Prefix};
use thiserror::Error;

use super::{EcPoint, KeyError, PublicKey, SecretKey, Seed};

/// A derivation path such as `m/44'/60'/0'/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bip32Path(Vec<ChildNumber>);

impl Bip32Path {
    /// The steps from the master key, the hardened bit (2^31) included.
    pub fn steps(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().map(|step| step.0)
    }
}

impl FromStr for Bip32Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        text.parse::<bip32::DerivationPath>()
            .map(|path| Self(path.iter().collect()))
            .map_err(|_| PathError(text.to_owned()))
    }
}

/// The text is no derivation path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} is not a derivation path such as m/44'/60'/0'/0")]
pub struct PathError(String);

/// A node of the tree that can derive private keys.
pub struct Secp256k1Node(bip32::XPrv);

impl Secp256k1Node {
    /// The node at `path` below the master key of `seed`.
    ///
    /// # Errors
    /// [`KeyError::NoKeyAtIndex`], which no real seed has shown yet.
    pub fn derive(seed: &Seed, path: &Bip32Path) -> Result<Self, KeyError> {
        let master = bip32::XPrv::new(seed.expose()).map_err(|_| KeyError::NoKeyAtIndex)?;
        path.0
            .iter()
            .try_fold(master, |node, step| node.derive_child(*step))
            .map(Self)
            .map_err(|_| KeyError::NoKeyAtIndex)
    }

    /// The private key of the non-hardened child `index`.
    ///
    /// # Errors
    /// [`KeyError::IndexTooLarge`] from 2^31 on.
    pub fn child(&self, index: u32) -> Result<SecretKey, KeyError> {
        let child = self
            .0
            .derive_child(normal(index)?)
            .map_err(|_| KeyError::NoKeyAtIndex)?;
        Ok(SecretKey::from_secp256k1(child.private_key().clone()))
    }

    /// The public side of this node.
    pub fn public(&self) -> ExtendedPublicKey {
        ExtendedPublicKey(self.0.public_key())
    }
}

impl fmt::Debug for Secp256k1Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The public side of a node: derives the public keys of non-hardened children.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtendedPublicKey(bip32::XPub);

impl ExtendedPublicKey {
    /// Reads Base58Check text, whatever its version bytes (`xpub…`, `tpub…`, `Ltub…`), or the 130
    /// hexadecimal digits of public key and chain code, as some older wallets have it.
    ///
    /// # Errors
    /// [`KeyError::InvalidExtendedPublicKey`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut bytes = if text.len() == 130 {
            let hex = hex::decode(text).map_err(|_| KeyError::InvalidExtendedPublicKey)?;
            let (key, chain_code) = hex.split_at(33);
            // What it does not say (depth, parent, child number) changes no child.
            [&[0; 13][..], chain_code, key].concat()
        } else {
            bs58::decode(text)
                .with_check(None)
                .into_vec()
                .map_err(|_| KeyError::InvalidExtendedPublicKey)?
        };
        if bytes.len() != 78 {
            return Err(KeyError::InvalidExtendedPublicKey);
        }
        bytes[..4].copy_from_slice(&Prefix::XPUB.version().to_be_bytes());
        bs58::encode(bytes)
            .with_check()
            .into_string()
            .parse()
            .map(Self)
            .map_err(|_| KeyError::InvalidExtendedPublicKey)
    }

    /// Base58Check text with the version bytes `version`, for instance `0488b21e` for `xpub`.
    pub fn to_base58(&self, version: [u8; 4]) -> String {
        let attrs = self.0.attrs();
        let mut bytes = Vec::with_capacity(78);
        bytes.extend(version);
        bytes.push(attrs.depth);
        bytes.extend(attrs.parent_fingerprint);
        bytes.extend(attrs.child_number.0.to_be_bytes());
        bytes.extend(attrs.chain_code);
        bytes.extend(self.0.to_bytes());
        bs58::encode(bytes).with_check().into_string()
    }

    /// The public key of the non-hardened child `index`.
    ///
    /// # Errors
    /// [`KeyError::IndexTooLarge`] from 2^31 on.
    pub fn child(&self, index: u32) -> Result<PublicKey, KeyError> {
        let child = self
            .0
            .derive_child(normal(index)?)
            .map_err(|_| KeyError::NoKeyAtIndex)?;
        let point = k256::PublicKey::from(child.public_key());
        Ok(PublicKey::Secp256k1(EcPoint::of_k256(&point, true)))
    }
}

impl fmt::Debug for ExtendedPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base58(Prefix::XPUB.version().to_be_bytes()))
    }
}

fn normal(index: u32) -> Result<ChildNumber, KeyError> {
    ChildNumber::new(index, false).map_err(|_| KeyError::IndexTooLarge(index))
}
