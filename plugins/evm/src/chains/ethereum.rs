//! Ethereum.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{ChainIds, EvmChain, GasPolicy, GasPriceSource, Missing, NonceSource, chain::wallet};

/// Ethereum.
pub static ETHEREUM: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[1],
        testnet: &[
            11_155_111, // Sepolia
            17_000,     // Holesky
            560_048,    // Hoodi
            5,          // Goerli
            42,         // Kovan
            4,          // Rinkeby
            3,          // Ropsten
            31_337,     // Anvil and Hardhat
            1_337,      // Geth --dev and Ganache
        ],
    },
    "/v3/ethereum/web3/{apiKey}",
)
.with_nonce(
    NonceSource::Rest {
        path: "/v3/ethereum/transaction/count/",
    },
    Missing::ZERO_NUMBER,
)
.with_gas_price(
    GasPriceSource::Rest {
        path: "/v3/blockchain/fee/ETH",
        member: "medium",
    },
    Missing::ANY_ZERO,
)
.with_gas(
    GasPolicy::EstimateIfMissing,
    GasPolicy::EstimateAlways,
    Missing::ZERO_NUMBER,
);

inventory::submit! { ChainRegistration::new(&ETHEREUM) }

static INFO: ChainInfo = ChainInfo {
    code: "ETH",
    name: "Ethereum",
    unit: Unit::new("ETH", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/60'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/ethereum/broadcast",
    offchain_withdrawals: true,
    outside_nodes: &[],
};
