//! Polygon.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{
    ChainIds, EstimateRequest, EvmChain, GasPriceSource, GasStation, Missing, Step, chain::wallet,
};

const GAS_STATION: &str = "https://gasstation.polygon.technology";

/// Polygon: a gas station outside the cloud says the price, on the test network too.
pub static MATIC: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[137],
        testnet: &[
            80_002, // Amoy
            80_001, // Mumbai
        ],
    },
    "/v3/polygon/web3/{apiKey}",
)
.with_gas_price(
    GasPriceSource::Station(GasStation {
        base_url: GAS_STATION,
        path: "/v2",
        price_pointer: "/fast/maxFee",
        floor_gwei: 30,
        // Twice the highest prices that the network has seen, of some thousand gwei.
        ceiling_gwei: 10_000,
    }),
    Missing::ANY_ZERO,
)
.with_estimate_request(EstimateRequest::Call)
.with_order([Step::Gas, Step::GasPrice, Step::ChainId, Step::Nonce]);

inventory::submit! { ChainRegistration::new(&MATIC) }

static INFO: ChainInfo = ChainInfo {
    code: "MATIC",
    name: "Polygon",
    unit: Unit::new("MATIC", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/966'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/polygon/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[GAS_STATION],
};
