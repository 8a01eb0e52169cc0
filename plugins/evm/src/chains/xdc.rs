//! XDC Network.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{
    ChainIds, EvmChain, GasPolicy, GasPriceSource, Missing, NonceSource, Step, chain::wallet,
};

/// XDC Network: addresses start with `xdc`, gas is always estimated.
pub static XDC: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[50],
        testnet: &[
            51,  // Apothem
            551, // Devnet
        ],
    },
    "/v3/xdc/web3/{apiKey}",
)
.with_address_prefix("xdc")
.with_nonce(
    NonceSource::Rest {
        path: "/v3/xdc/transaction/count/",
    },
    Missing::UNLESS_GIVEN,
)
.with_gas_price(GasPriceSource::Node, Missing::IF_ABSENT)
.with_gas(
    GasPolicy::EstimateAlways,
    GasPolicy::EstimateAlways,
    Missing::ZERO_NUMBER,
)
// The original asks for the last two side by side, and for a block that it ignores.
.with_order([Step::Gas, Step::Nonce, Step::ChainId, Step::GasPrice]);

inventory::submit! { ChainRegistration::new(&XDC) }

static INFO: ChainInfo = ChainInfo {
    code: "XDC",
    name: "XDC Network",
    unit: Unit::new("XDC", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/550'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/xdc/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};
