//! BNB Smart Chain.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{ChainIds, EvmChain, GasPolicy, GasPriceSource, Missing, NonceSource, chain::wallet};

/// BNB Smart Chain: gas is always estimated, the price is a constant.
pub static BSC: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[56],
        testnet: &[97],
    },
    "/v3/bsc/web3/{apiKey}",
)
.with_nonce(
    NonceSource::Rest {
        path: "/v3/bsc/transaction/count/",
    },
    Missing::UNLESS_GIVEN,
)
.with_gas_price(GasPriceSource::Constant(10_000_000_000), Missing::ANY_ZERO)
.with_gas(
    GasPolicy::EstimateButKeepGiven,
    GasPolicy::EstimateButKeepGiven,
    // Zero and an empty text are given limits, and too low ones: the original refuses them.
    Missing {
        empty: false,
        ..Missing::UNLESS_GIVEN
    },
);

inventory::submit! { ChainRegistration::new(&BSC) }

static INFO: ChainInfo = ChainInfo {
    code: "BSC",
    name: "BNB Smart Chain",
    unit: Unit::new("BNB", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/60'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/bsc/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};
