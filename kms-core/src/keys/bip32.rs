//! BIP-32: trees of secp256k1 keys.

use std::{fmt, str::FromStr};

use bip32::{ChildNumber, Prefix};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{EcPoint, KeyError, PublicKey, SecretKey, Seed, slip10::hmac_sha512};

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
///
/// Its private key lies in locked memory. The chain code is part of the public side.
pub struct Secp256k1Node {
    key: SecretKey,
    public: bip32::XPub,
}

impl Secp256k1Node {
    /// The node at `path` below the master key of `seed`.
    ///
    /// # Errors
    /// [`KeyError::NoKeyAtIndex`], which no real seed has shown yet.
    pub fn derive(seed: &Seed, path: &Bip32Path) -> Result<Self, KeyError> {
        seed.expose(|seed| Self::derive_from(seed, path))
    }

    fn derive_from(seed: &[u8], path: &Bip32Path) -> Result<Self, KeyError> {
        let master = bip32::XPrv::new(seed).map_err(|_| KeyError::NoKeyAtIndex)?;
        let node = path
            .0
            .iter()
            .try_fold(master, |node, step| node.derive_child(*step))
            .map_err(|_| KeyError::NoKeyAtIndex)?;
        Ok(Self {
            key: SecretKey::secp256k1(&Zeroizing::new(node.to_bytes())[..])?,
            public: node.public_key(),
        })
    }

    /// The private key of the non-hardened child `index` (BIP-32 §"Private parent key → private
    /// child key").
    ///
    /// # Errors
    /// [`KeyError::IndexTooLarge`] from 2^31 on.
    pub fn child(&self, index: u32) -> Result<SecretKey, KeyError> {
        let index = normal(index)?.0.to_be_bytes();
        let parts = [&self.public.to_bytes()[..], &index];
        let mac = hmac_sha512(&self.public.attrs().chain_code, &parts);
        let (left, _) = mac.split_at(32);
        self.key.plus(left)
    }

    /// The public side of this node.
    pub fn public(&self) -> ExtendedPublicKey {
        ExtendedPublicKey(self.public.clone())
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
        let mut bytes = match text.len() {
            130 => {
                let hex = hex::decode(text).map_err(|_| KeyError::InvalidExtendedPublicKey)?;
                let (key, chain_code) = hex.split_at(33);
                // What it does not say (depth, parent, child number) changes no child.
                [&[0; 13][..], chain_code, key].concat()
            }
            // Decoding takes a time that grows with the square of the length.
            131.. => return Err(KeyError::InvalidExtendedPublicKey),
            _ => bs58::decode(text)
                .with_check(None)
                .into_vec()
                .map_err(|_| KeyError::InvalidExtendedPublicKey)?,
        };
        // Test vector 5 of the standard: a version of private keys is none of a public key, and a
        // master key (depth 0) has neither a parent's fingerprint nor an index.
        let is_private = [Prefix::XPRV, Prefix::TPRV]
            .iter()
            .any(|prefix| bytes.starts_with(&prefix.version().to_be_bytes()));
        let has_stray_parent = bytes.get(4) == Some(&0) && bytes.get(5..13) != Some(&[0; 8]);
        if bytes.len() != 78 || is_private || has_stray_parent {
            return Err(KeyError::InvalidExtendedPublicKey);
        }
        let version = Prefix::XPUB.version().to_be_bytes();
        bytes.splice(..version.len(), version);
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::keys::{Mnemonic, SecretText};

    const XPUB: [u8; 4] = [0x04, 0x88, 0xb2, 0x1e];

    fn published() -> Value {
        let text = include_str!("../../tests/vectors/published/bip32.json");
        serde_json::from_str(text).unwrap()
    }

    fn node(seed: &str, path: &str) -> Secp256k1Node {
        let seed = hex::decode(seed).unwrap();
        Secp256k1Node::derive_from(&seed, &path.parse().unwrap()).unwrap()
    }

    /// The text that the standard has for a private node, which nobody else may see.
    fn xprv_of(node: &Secp256k1Node) -> String {
        let public = bs58::decode(node.public().to_base58(XPUB)).into_vec();
        let mut bytes = public.unwrap()[..45].to_vec();
        bytes[..4].copy_from_slice(&Prefix::XPRV.version().to_be_bytes());
        bytes.push(0);
        bytes.extend(node.key.to_bytes().expose());
        bs58::encode(bytes).with_check().into_string()
    }

    /// By decoding it, that would take hours.
    #[test]
    fn a_long_text_is_no_extended_key_at_once() {
        let long = format!("xpub{}", "2".repeat(4 << 20));
        let read = ExtendedPublicKey::parse(&long);
        assert_eq!(read.err(), Some(KeyError::InvalidExtendedPublicKey));
    }

    /// Test vectors 1 to 4: every node, both sides.
    #[test]
    fn published_chains() {
        let mut count = 0;
        for chain in published()["chains"].as_array().unwrap() {
            let seed = chain["seed"].as_str().unwrap();
            for case in chain["chains"].as_array().unwrap() {
                let [path, xpub, xprv] =
                    ["path", "xpub", "xprv"].map(|member| case[member].as_str().unwrap());
                let node = node(seed, path);
                assert_eq!(xprv_of(&node), xprv, "{path}");
                let public = node.public();
                assert_eq!(public.to_base58(XPUB), xpub, "{path}");
                assert_eq!(ExtendedPublicKey::parse(xpub).unwrap(), public, "{path}");
                // As some older wallets have it.
                let bytes = bs58::decode(xpub).with_check(None).into_vec().unwrap();
                let (chain_code, key) = bytes[13..].split_at(32);
                let old = hex::encode([key, chain_code].concat());
                let old = ExtendedPublicKey::parse(&old).unwrap();
                assert_eq!(old.child(count), public.child(count), "{path}");
                // Both sides give the same child.
                let child = node.child(count).unwrap().public_key();
                assert_eq!(public.child(count).unwrap(), child, "{path}");
                count += 1;
            }
        }
        assert_eq!(count, 17);
        crate::testkit::tally("published", count, "vectors of BIP-32");
    }

    /// Test vector 5. Each network has version bytes of its own, so that nearly all are read: what
    /// would be a public key but for its unknown version is one here, and the only one.
    #[test]
    fn published_invalid_keys() {
        let published = published();
        let invalid = published["invalid"].as_array().unwrap();
        assert_eq!(invalid.len(), 16);
        crate::testkit::tally("published", invalid.len(), "vectors of BIP-32");
        let mut read = Vec::new();
        for case in invalid {
            let [text, why] = ["text", "why"].map(|member| case[member].as_str().unwrap());
            match ExtendedPublicKey::parse(text) {
                Ok(_) => read.push(why),
                Err(error) => assert_eq!(error, KeyError::InvalidExtendedPublicKey),
            }
        }
        assert_eq!(read, ["unknown extended key version"]);
    }

    /// The master key of each published mnemonic, whose passphrase is not ours.
    #[test]
    fn published_master_keys() {
        let text = include_str!("../../tests/vectors/published/bip39.json");
        let published: Value = serde_json::from_str(text).unwrap();
        let cases = published["english"].as_array().unwrap();
        assert_eq!(cases.len(), 24);
        for case in cases {
            let [seed, xprv] = ["seed", "xprv"].map(|member| case[member].as_str().unwrap());
            assert_eq!(xprv_of(&node(seed, "m")), xprv);
            // And with ours, through the front door.
            let words = SecretText::new(case["mnemonic"].as_str().unwrap());
            let seed = Mnemonic::parse(&words).unwrap().to_seed();
            let path = "m/44'/0'/0'".parse().unwrap();
            let ours = Secp256k1Node::derive(&seed, &path).unwrap();
            assert_eq!(
                ours.public(),
                node(&seed.expose(|seed| hex::encode(seed)), "m/44'/0'/0'").public()
            );
        }
    }
}
