//! KuCoin Community Chain.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{ChainIds, EstimateRequest, EvmChain, GasPriceSource, Missing, Step, chain::wallet};

/// KuCoin Community Chain. Its wallets are derived as those of Ethereum.
pub static KCS: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[321],
        testnet: &[322],
    },
    "/v3/kcs/web3/{apiKey}",
)
.with_gas_price(GasPriceSource::Constant(1_000_000_000), Missing::ANY_ZERO)
.with_estimate_request(EstimateRequest::Call)
.with_order([Step::Gas, Step::GasPrice, Step::ChainId, Step::Nonce]);

inventory::submit! { ChainRegistration::new(&KCS) }

static INFO: ChainInfo = ChainInfo {
    code: "KCS",
    name: "KuCoin Community Chain",
    unit: Unit::new("KCS", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/60'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/kcs/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};
