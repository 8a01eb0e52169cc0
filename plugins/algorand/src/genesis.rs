//! Which network a transaction is for: the hash of its first block, and its name.

use kms_core::prelude::{Network, TransactionError};

/// The networks that everybody calls the same: name and hash of the first block.
const KNOWN: [(Network, &str, [u8; 32]); 3] = [
    (
        Network::Mainnet,
        "mainnet-v1.0",
        // wGHE2Pwdvd7S12BL5FaOP20EGYesN73ktiC1qzkkit8=
        [
            0xc0, 0x61, 0xc4, 0xd8, 0xfc, 0x1d, 0xbd, 0xde, 0xd2, 0xd7, 0x60, 0x4b, 0xe4, 0x56,
            0x8e, 0x3f, 0x6d, 0x04, 0x19, 0x87, 0xac, 0x37, 0xbd, 0xe4, 0xb6, 0x20, 0xb5, 0xab,
            0x39, 0x24, 0x8a, 0xdf,
        ],
    ),
    (
        Network::Testnet,
        "testnet-v1.0",
        // SGO1GKSzyE7IEPItTxCByw9x8FmnrCDexi9/cOUJOiI=
        [
            0x48, 0x63, 0xb5, 0x18, 0xa4, 0xb3, 0xc8, 0x4e, 0xc8, 0x10, 0xf2, 0x2d, 0x4f, 0x10,
            0x81, 0xcb, 0x0f, 0x71, 0xf0, 0x59, 0xa7, 0xac, 0x20, 0xde, 0xc6, 0x2f, 0x7f, 0x70,
            0xe5, 0x09, 0x3a, 0x22,
        ],
    ),
    (
        Network::Testnet,
        "betanet-v1.0",
        // mFgazF+2uRS1tMiL9dsj01hJGySEmPN28B/TjjvpVW0=
        [
            0x98, 0x58, 0x1a, 0xcc, 0x5f, 0xb6, 0xb9, 0x14, 0xb5, 0xb4, 0xc8, 0x8b, 0xf5, 0xdb,
            0x23, 0xd3, 0x58, 0x49, 0x1b, 0x24, 0x84, 0x98, 0xf3, 0x76, 0xf0, 0x1f, 0xd3, 0x8e,
            0x3b, 0xe9, 0x55, 0x6d,
        ],
    ),
];

/// The network that a transaction names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Genesis {
    /// The network's name; may be left out.
    pub(crate) id: String,
    /// The hash of its first block, which no other network has.
    pub(crate) hash: [u8; 32],
}

impl Genesis {
    /// Refuses what is for another network than the daemon's. A network that is nobody's but its
    /// user's passes for a test network: what is signed for it is worth nothing elsewhere.
    pub(crate) fn check(&self, network: Network) -> Result<(), TransactionError> {
        let known = KNOWN.iter().find(|(_, _, hash)| *hash == self.hash);
        let found = known.map_or(Network::Testnet, |(network, _, _)| *network);
        if found != network {
            return Err(refused(format!(
                "the transaction is for a {found}, the daemon works on the {network}"
            )));
        }
        match known {
            Some((_, id, _)) if !self.id.is_empty() && *id != self.id => Err(refused(format!(
                "the transaction names {:?} but has the genesis hash of {id}",
                self.id
            ))),
            _ => Ok(()),
        }
    }

    /// Whether it is one of the public networks.
    pub(crate) fn is_known(&self) -> bool {
        KNOWN.iter().any(|(_, _, hash)| *hash == self.hash)
    }
}

fn refused(reason: String) -> TransactionError {
    TransactionError::Refused(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;

    #[test]
    fn the_hashes_are_those_that_nodes_print() {
        let printed = [
            "wGHE2Pwdvd7S12BL5FaOP20EGYesN73ktiC1qzkkit8=",
            "SGO1GKSzyE7IEPItTxCByw9x8FmnrCDexi9/cOUJOiI=",
            "mFgazF+2uRS1tMiL9dsj01hJGySEmPN28B/TjjvpVW0=",
        ];
        assert_eq!(KNOWN.map(|(_, _, hash)| BASE64.encode(&hash)), printed);
    }

    #[test]
    fn a_transaction_of_another_network_is_refused() {
        let [main, test, beta] = KNOWN.map(|(_, _, hash)| hash);
        for (network, id, hash, right) in [
            (Network::Mainnet, "mainnet-v1.0", main, true),
            (Network::Mainnet, "", main, true),
            (Network::Mainnet, "testnet-v1.0", main, false),
            (Network::Mainnet, "testnet-v1.0", test, false),
            (Network::Mainnet, "mainnet-v1.0", [7; 32], false),
            (Network::Testnet, "testnet-v1.0", test, true),
            (Network::Testnet, "betanet-v1.0", beta, true),
            (Network::Testnet, "testnet-v1.0", beta, false),
            (Network::Testnet, "dockernet-v1", [7; 32], true),
            (Network::Testnet, "mainnet-v1.0", main, false),
            (Network::Testnet, "mainnet-v1.0", test, false),
        ] {
            let id = id.to_owned();
            let outcome = Genesis { id, hash }.check(network);
            assert_eq!(outcome.is_ok(), right, "{network}: {outcome:?}");
        }
    }
}
