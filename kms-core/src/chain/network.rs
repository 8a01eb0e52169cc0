//! Main network or test network.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The network a wallet and its transactions belong to.
///
/// Which test network it is (Sepolia, Amoy, preprod, …) is the cloud's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Real money.
    Mainnet,
    /// Play money.
    Testnet,
}

impl Network {
    /// The network of a wallet file's `testnet` member.
    pub fn from_testnet_flag(testnet: bool) -> Self {
        if testnet {
            Self::Testnet
        } else {
            Self::Mainnet
        }
    }

    /// The `testnet` member of a wallet file.
    pub fn is_testnet(self) -> bool {
        self == Self::Testnet
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
        })
    }
}
