//! Harmony.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{ChainIds, EstimateRequest, EvmChain, Step, chain::wallet};

/// Harmony. Its addresses are printed as those of Ethereum; `one1…` is read as well.
pub static ONE: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[
            // Shards 0 to 3.
            1_666_600_000,
            1_666_600_001,
            1_666_600_002,
            1_666_600_003,
        ],
        testnet: &[
            // Shards 0 to 3 of the test network, then those of the development network.
            1_666_700_000,
            1_666_700_001,
            1_666_700_002,
            1_666_700_003,
            1_666_900_000,
            1_666_900_001,
            1_666_900_002,
            1_666_900_003,
        ],
    },
    "/v3/one/web3/{apiKey}",
)
.with_bech32_addresses("one")
.with_estimate_request(EstimateRequest::Call)
.with_order([Step::Gas, Step::GasPrice, Step::ChainId, Step::Nonce]);

inventory::submit! { ChainRegistration::new(&ONE) }

static INFO: ChainInfo = ChainInfo {
    code: "ONE",
    name: "Harmony",
    unit: Unit::new("ONE", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/1023'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/one/broadcast",
    offchain_withdrawals: true,
    outside_nodes: &[],
};
