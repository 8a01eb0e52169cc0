//! The account of a mnemonic on one chain and network: the node whose children are the keys.

use crate::{
    chain::{ChainInfo, Network, WalletError, WalletKind},
    keys::{
        Bip32Path, Ed25519Bip32Node, ExtendedEd25519PublicKey, ExtendedPublicKey, Mnemonic,
        PublicKey, Secp256k1Node, SecretKey, SecretText, Seed, derive_ed25519, phrase_to_seed,
    },
};

/// The secret side.
pub(super) enum Account {
    Bip32 {
        node: Secp256k1Node,
        xpub_version: [u8; 4],
    },
    Slip10 {
        seed: Seed,
        path: &'static str,
    },
    Icarus(Ed25519Bip32Node),
}

impl Account {
    /// The account of `phrase`, which may be any text: wallet files of the original hold
    /// mnemonics that nobody checked, and keys made from them. Only the Icarus derivation starts
    /// from the entropy and so needs a valid mnemonic.
    pub(super) fn open(
        info: &ChainInfo,
        network: Network,
        phrase: &SecretText,
    ) -> Result<Self, WalletError> {
        match &info.wallet {
            WalletKind::Bip32(wallet) => Ok(Self::Bip32 {
                node: Secp256k1Node::derive(&phrase_to_seed(phrase), &path(wallet.path(network))?)?,
                xpub_version: wallet.version(network),
            }),
            WalletKind::Slip10 {
                mainnet_path,
                testnet_path,
            } => Ok(Self::Slip10 {
                seed: phrase_to_seed(phrase),
                path: match network {
                    Network::Mainnet => mainnet_path,
                    Network::Testnet => testnet_path,
                },
            }),
            WalletKind::Icarus { path: node } => Ok(Self::Icarus(Ed25519Bip32Node::derive_icarus(
                &Mnemonic::parse(phrase)?,
                &path(node)?,
            ))),
            WalletKind::SingleKey { .. } => Err(WalletError::NoMnemonic(info.code)),
        }
    }

    /// The private key at `index`.
    pub(super) fn key(&self, index: u32) -> Result<SecretKey, WalletError> {
        match self {
            Self::Bip32 { node, .. } => Ok(node.child(index)?),
            Self::Slip10 {
                seed,
                path: template,
            } => {
                if index >= 1 << 31 {
                    return Err(crate::keys::KeyError::IndexTooLarge(index).into());
                }
                let path = path(&template.replace("{index}", &index.to_string()))?;
                Ok(derive_ed25519(seed, &path)?)
            }
            Self::Icarus(node) => Ok(node.child(index)?),
        }
    }

    /// The text of the account's public side; SLIP-10 has none.
    pub(super) fn xpub(&self) -> Option<String> {
        match self {
            Self::Bip32 { node, xpub_version } => Some(node.public().to_base58(*xpub_version)),
            Self::Slip10 { .. } => None,
            Self::Icarus(node) => Some(node.public().to_string()),
        }
    }
}

/// The public key at `index` of the account whose public side is `xpub`.
pub(super) fn public_key_of_xpub(
    info: &ChainInfo,
    xpub: &str,
    index: u32,
) -> Result<PublicKey, WalletError> {
    match &info.wallet {
        WalletKind::Bip32(_) => Ok(ExtendedPublicKey::parse(xpub)?.child(index)?),
        WalletKind::Icarus { .. } => Ok(ExtendedEd25519PublicKey::parse(xpub)?.child(index)?),
        WalletKind::Slip10 { .. } | WalletKind::SingleKey { .. } => Err(WalletError::NoIndex),
    }
}

/// A chain's paths are constants of its plugin; a plugin with a bad one is told at the first use.
fn path(text: &str) -> Result<Bip32Path, WalletError> {
    text.parse()
        .map_err(|error: crate::keys::PathError| WalletError::UnusableEntry(error.to_string()))
}
