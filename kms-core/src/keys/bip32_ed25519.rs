//! BIP32-Ed25519 (Khovratovich and Law, "V2"): trees of extended Ed25519 keys.

use std::fmt;

use ed25519_bip32::{DerivationScheme, XPrv, XPub};
use zeroize::Zeroizing;

use super::{Bip32Path, KeyError, Mnemonic, PublicKey, SecretKey};
use crate::process::GuardedBytes;

/// A node of the tree that can derive private keys. It lies in locked memory.
pub struct Ed25519Bip32Node(GuardedBytes);

impl Ed25519Bip32Node {
    /// The node at `path` below the Icarus master key of `mnemonic` (CIP-3 §Icarus: PBKDF2 over
    /// the entropy, not over the words).
    pub fn derive_icarus(mnemonic: &Mnemonic, path: &Bip32Path) -> Self {
        Self::below(icarus_master(mnemonic.entropy().expose(), b""), path)
    }

    fn below(master: XPrv, path: &Bip32Path) -> Self {
        let node = path
            .steps()
            .fold(master, |node, step| node.derive(DerivationScheme::V2, step));
        Self(GuardedBytes::new(node.as_ref()))
    }

    /// The private key of the child `index`, which is not hardened.
    ///
    /// # Errors
    /// [`KeyError::IndexTooLarge`] from 2^31 on.
    pub fn child(&self, index: u32) -> Result<SecretKey, KeyError> {
        let index = normal(index)?;
        let child = self.with(|node| node.derive(DerivationScheme::V2, index));
        SecretKey::ed25519_bip32(child.extended_secret_key_slice())
    }

    /// The public side of this node.
    pub fn public(&self) -> ExtendedEd25519PublicKey {
        self.with(|node| ExtendedEd25519PublicKey(node.public()))
    }

    fn with<T>(&self, work: impl FnOnce(&XPrv) -> T) -> T {
        self.0.expose(|bytes| {
            // The master key has the bits that are looked at, and no step's sum carries into them.
            let node = XPrv::from_slice_verified(bytes).expect("the bytes are a node's");
            work(&node)
        })
    }
}

impl fmt::Debug for Ed25519Bip32Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// CIP-3 §Icarus: PBKDF2-HMAC-SHA512, 4096 rounds, with the entropy as salt, then the bits that
/// make a scalar of Ed25519.
fn icarus_master(entropy: &[u8], passphrase: &[u8]) -> XPrv {
    let mut bytes = Zeroizing::new([0; 96]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(passphrase, entropy, 4096, &mut *bytes);
    XPrv::normalize_bytes_force3rd(*bytes)
}

/// The public side of a node, as text 128 hexadecimal digits: public key, then chain code.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtendedEd25519PublicKey(XPub);

impl ExtendedEd25519PublicKey {
    /// Reads the text form.
    ///
    /// # Errors
    /// [`KeyError::InvalidExtendedPublicKey`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = hex::decode(text).map_err(|_| KeyError::InvalidExtendedPublicKey)?;
        XPub::from_slice(&bytes)
            .map(Self)
            .map_err(|_| KeyError::InvalidExtendedPublicKey)
    }

    /// The public key of the child `index`, which is not hardened.
    ///
    /// # Errors
    /// [`KeyError::IndexTooLarge`] from 2^31 on.
    pub fn child(&self, index: u32) -> Result<PublicKey, KeyError> {
        self.0
            .derive(DerivationScheme::V2, normal(index)?)
            .map(|child| PublicKey::Ed25519Bip32(*child.public_key_bytes()))
            .map_err(|_| KeyError::NoKeyAtIndex)
    }
}

impl fmt::Display for ExtendedEd25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.public_key_bytes()))?;
        f.write_str(&hex::encode(self.0.chain_code()))
    }
}

impl fmt::Debug for ExtendedEd25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn normal(index: u32) -> Result<u32, KeyError> {
    if index < 1 << 31 {
        Ok(index)
    } else {
        Err(KeyError::IndexTooLarge(index))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{keys::SecretText, testkit::tally};

    fn list(text: &str, member: &str) -> Vec<Value> {
        let mut published: Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(published[member].take()).unwrap()
    }

    /// The private side of a node: kL, kR and chain code.
    fn private(node: &Ed25519Bip32Node) -> String {
        node.0.expose(|bytes| hex::encode(bytes))
    }

    /// CIP-3 §Icarus, with a passphrase and without one. The front door has none.
    #[test]
    fn published_icarus_master_keys() {
        let text = include_str!("../../tests/vectors/published/cip3-icarus.json");
        let cases = list(text, "icarus");
        assert_eq!(cases.len(), 2);
        tally("published", cases.len(), "vectors of CIP-3");
        let master: Bip32Path = "m".parse().unwrap();
        for case in &cases {
            let [phrase, passphrase, expected] =
                ["phrase", "passphrase", "masterKey"].map(|member| case[member].as_str().unwrap());
            let mnemonic = Mnemonic::parse(&SecretText::new(phrase)).unwrap();
            let key = icarus_master(mnemonic.entropy().expose(), passphrase.as_bytes());
            let node = Ed25519Bip32Node::below(key, &master);
            assert_eq!(private(&node), expected);
            let ours = Ed25519Bip32Node::derive_icarus(&mnemonic, &master);
            assert_eq!(private(&ours) == expected, passphrase.is_empty());
        }
    }

    /// Nodes below Icarus master keys: both sides of each.
    #[test]
    fn published_nodes() {
        let text = include_str!("../../tests/vectors/published/bip32-ed25519.json");
        let mut count = 0;
        for case in list(text, "cases") {
            let entropy = hex::decode(case["entropy"].as_str().unwrap()).unwrap();
            for published in case["nodes"].as_array().unwrap() {
                let [path, public, secret, chain_code] = ["path", "public", "private", "chainCode"]
                    .map(|member| published[member].as_str().unwrap());
                let steps: Bip32Path = path.parse().unwrap();
                let node = Ed25519Bip32Node::below(icarus_master(&entropy, b""), &steps);
                assert_eq!(private(&node), format!("{secret}{chain_code}"), "{path}");
                let both = node.public();
                assert_eq!(both.to_string(), format!("{public}{chain_code}"), "{path}");
                // Both sides give the same child.
                let child = node.child(count).unwrap().public_key();
                assert_eq!(both.child(count).unwrap(), child, "{path}");
                count += 1;
            }
        }
        assert_eq!(count, 12);
        tally("published", count, "vectors of BIP32-Ed25519");
    }

    /// Values recorded from a live service by the software this one replaces.
    #[test]
    fn recorded_wallet() {
        let phrase = SecretText::new(
            "kit erase harsh crawl taste rebel bus ocean traffic vast undo street patrol around \
             network deputy wage usage aware void float snake baby sister",
        );
        let mnemonic = Mnemonic::parse(&phrase).unwrap();
        let path = "m/1852'/1815'/0'/0'".parse().unwrap();
        let node = Ed25519Bip32Node::derive_icarus(&mnemonic, &path);
        let xpub = node.public();
        assert_eq!(
            xpub.to_string(),
            "a6058635d8b12cbcfa4019dbb50c03807179dd62dfed792e74f380947061203b9fb72a5546ed22efc0798b4cc6fb33867fd209e350d101941807f3e7b5c1fe42"
        );
        let key = node.child(0).unwrap();
        assert_eq!(
            hex::encode(key.to_bytes().expose()),
            "8873d5e84af86978f03b63d9ffc9c6f940bd8501d32e91980c904e8d81c305507dc95992faa5aefccb263b28b411eda2dde7882d922742663804a69d78182e34"
        );
        let read = ExtendedEd25519PublicKey::parse(&xpub.to_string()).unwrap();
        assert_eq!(read.child(0).unwrap(), key.public_key());
    }
}
