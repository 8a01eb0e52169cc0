//! Klaytn, today Kaia.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{
    AddressCase, ChainIds, EstimateRequest, EvmChain, GasLimitAlias, Missing, NonceSource,
    RpcMethods, Step, chain::wallet,
};

/// Klaytn, today Kaia: the standard methods under names of its own.
pub static KLAY: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[8_217],
        testnet: &[1_001],
    },
    "/v3/blockchain/node/KLAY/{apiKey}",
)
.with_methods(RpcMethods {
    estimate_gas: "klay_estimateGas",
    gas_price: "klay_gasPrice",
    transaction_count: "klay_getTransactionCount",
    chain_id: "klay_chainID",
    block_by_number: "klay_getBlockByNumber",
})
.with_nonce(
    NonceSource::Node {
        block: "pending",
        address: AddressCase::Lower,
    },
    Missing::UNLESS_GIVEN,
)
.with_estimate_request(EstimateRequest::Call)
.with_gas_limit_alias(GasLimitAlias::Ignored)
.without_intrinsic_gas_check()
// The original writes half a byte into the list, which no node reads.
.without_odd_data()
.with_order([Step::Gas, Step::GasPrice, Step::ChainId, Step::Nonce]);

inventory::submit! { ChainRegistration::new(&KLAY) }

static INFO: ChainInfo = ChainInfo {
    code: "KLAY",
    name: "Klaytn",
    unit: Unit::new("KLAY", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/8217'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/klaytn/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};
