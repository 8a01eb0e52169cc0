//! The scripts of the built-in transaction types, in Cadence 1.0.
//!
//! The original's are written in the Cadence before 1.0, which the network refuses since September
//! 2024. These take the same arguments. Whether the contract of the NFT types was brought to
//! Cadence 1.0 by its owner cannot be seen from here.

use kms_core::prelude::Network;

/// A built-in script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    CreateAccount,
    AddKey,
    TransferFlow,
    TransferFusd,
    MintNft,
    MintSeveralNfts,
    BurnNft,
    TransferNft,
}

impl Script {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::CreateAccount,
        Self::AddKey,
        Self::TransferFlow,
        Self::TransferFusd,
        Self::MintNft,
        Self::MintSeveralNfts,
        Self::BurnNft,
        Self::TransferNft,
    ];

    /// The source for a network.
    pub(crate) fn source(self, network: Network) -> String {
        let mut source = self.template().to_owned();
        for (name, mainnet, testnet) in CONTRACTS {
            let address = match network {
                Network::Mainnet => mainnet,
                Network::Testnet => testnet,
            };
            source = source.replace(&format!("{{{name}}}"), address);
        }
        source
    }

    /// The built-in script with this source, if it is one.
    pub(crate) fn of_source(network: Network, source: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|script| script.source(network) == source)
    }

    fn template(self) -> &'static str {
        match self {
            Self::CreateAccount => include_str!("scripts/create_account.cdc"),
            Self::AddKey => include_str!("scripts/add_key.cdc"),
            Self::TransferFlow => include_str!("scripts/transfer_flow.cdc"),
            Self::TransferFusd => include_str!("scripts/transfer_fusd.cdc"),
            Self::MintNft => include_str!("scripts/mint_nft.cdc"),
            Self::MintSeveralNfts => include_str!("scripts/mint_several_nfts.cdc"),
            Self::BurnNft => include_str!("scripts/burn_nft.cdc"),
            Self::TransferNft => include_str!("scripts/transfer_nft.cdc"),
        }
    }
}

/// Contracts and where they are: main network, test network.
const CONTRACTS: [(&str, &str, &str); 5] = [
    ("FungibleToken", "0xf233dcee88fe0abe", "0x9a0766d93b6608b7"),
    (
        "NonFungibleToken",
        "0x1d7e57aa55817448",
        "0x631e88ae7f1d7c20",
    ),
    ("FlowToken", "0x1654653399040a61", "0x7e60df042a9c0868"),
    ("FUSD", "0x3c5959b568896393", "0xe223d8a629e49c68"),
    ("TatumMultiNFT", "0x354e6721564ccd2c", "0x87fe4ebd0cddde06"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_complete_and_known_by_its_source() {
        for network in [Network::Mainnet, Network::Testnet] {
            for script in Script::ALL {
                let source = script.source(network);
                for (name, ..) in CONTRACTS {
                    assert!(!source.contains(&format!("{{{name}}}")), "{script:?}");
                }
                assert_eq!(Script::of_source(network, &source), Some(script));
            }
        }
        let mainnet = Script::TransferFlow.source(Network::Mainnet);
        assert_eq!(Script::of_source(Network::Testnet, &mainnet), None);
    }
}
