//! The facts about a blockchain, as data.

use super::{Network, Unit};
use crate::keys::Curve;

/// What does not change about a blockchain. One constant per blockchain.
#[derive(Debug)]
pub struct ChainInfo {
    /// The code that the cloud, the vault and the command line use, for instance `ETH`.
    pub code: &'static str,
    /// The name people use, for instance `Ethereum`.
    pub name: &'static str,
    /// The coin, for amounts and fees.
    pub unit: Unit,
    /// The curve of its keys.
    pub curve: Curve,
    /// Where its keys come from.
    pub wallet: WalletKind,
    /// The members of a generated vault entry, in the order the original prints them.
    pub entry_fields: &'static [EntryField],
    /// Path of the cloud's broadcast call, for instance `/v3/ethereum/broadcast`.
    pub broadcast_path: &'static str,
    /// Whether a `withdrawalId` sends the transaction through the off-chain broadcast call.
    /// Where it does not, the cloud expects the ordinary one.
    pub offchain_withdrawals: bool,
    /// Base URLs of nodes outside the cloud that it talks to, for documentation.
    pub outside_nodes: &'static [&'static str],
}

/// Where the keys of a chain come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum WalletKind {
    /// A BIP-39 mnemonic and BIP-32; the account node's public side is the vault's `xpub`.
    Bip32(Bip32Wallet),
    /// A BIP-39 mnemonic and SLIP-10; `{index}` in a path stands for the index.
    Slip10 {
        /// On the main network, for instance `m/44'/501'/0'/0'/{index}'`.
        mainnet_path: &'static str,
        /// The same on the test network.
        testnet_path: &'static str,
    },
    /// A BIP-39 mnemonic, the Icarus master key, and BIP32-Ed25519.
    Icarus {
        /// Path of the node whose public side is the vault's `xpub`; the index is one more step.
        path: &'static str,
    },
    /// A single key in the chain's own notation; no mnemonic, no index.
    SingleKey {
        /// The vault member that holds it.
        field: EntryField,
    },
}

/// BIP-32 facts, by network.
#[derive(Debug)]
pub struct Bip32Wallet {
    /// Path of the account node on the main network; the index is one more, non-hardened step.
    pub mainnet_path: &'static str,
    /// The same on the test network.
    pub testnet_path: &'static str,
    /// Version bytes of the extended public key on the main network.
    pub mainnet_version: [u8; 4],
    /// The same on the test network.
    pub testnet_version: [u8; 4],
}

impl Bip32Wallet {
    /// Path of the account node on `network`.
    pub fn path(&self, network: Network) -> &'static str {
        match network {
            Network::Mainnet => self.mainnet_path,
            Network::Testnet => self.testnet_path,
        }
    }

    /// Version bytes of the extended public key on `network`.
    pub fn version(&self, network: Network) -> [u8; 4] {
        match network {
            Network::Mainnet => self.mainnet_version,
            Network::Testnet => self.testnet_version,
        }
    }
}

impl WalletKind {
    /// Whether keys come from a mnemonic and an index.
    pub fn takes_mnemonic(&self) -> bool {
        !matches!(self, Self::SingleKey { .. })
    }

    /// The derivation path on `network`, with `{index}` where the index goes; none for a single
    /// key.
    pub fn derivation_path(&self, network: Network) -> Option<String> {
        match self {
            Self::Bip32(wallet) => Some(format!("{}/{{index}}", wallet.path(network))),
            Self::Slip10 {
                mainnet_path,
                testnet_path,
            } => Some(
                match network {
                    Network::Mainnet => *mainnet_path,
                    Network::Testnet => *testnet_path,
                }
                .to_owned(),
            ),
            Self::Icarus { path } => Some(format!("{path}/{{index}}")),
            Self::SingleKey { .. } => None,
        }
    }
}

/// A member of a vault entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryField {
    /// `mnemonic`: the words.
    Mnemonic,
    /// `xpub`: the public side of the account node.
    Xpub,
    /// `privateKey`: a key in the chain's notation.
    PrivateKey,
    /// `secret`: the same, for the chains that call it so.
    Secret,
    /// `address`.
    Address,
}

impl EntryField {
    /// The member's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnemonic => "mnemonic",
            Self::Xpub => "xpub",
            Self::PrivateKey => "privateKey",
            Self::Secret => "secret",
            Self::Address => "address",
        }
    }
}
