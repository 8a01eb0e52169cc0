//! Celo.

use kms_core::prelude::*;

use super::ENTRY_FIELDS;
use crate::{
    AddressCase, Celo, ChainIds, EstimateRequest, EvmChain, FeeCurrency, GasLimitAlias, GasPolicy,
    GasPriceSource, Missing, NonceSource, PriceFloor, Step, chain::wallet,
};

/// Celo. Which of its two layouts is signed, the owner says: `--chain-option CELO.layout=cip64`
/// is what its network takes today; without it, what the original signs.
///
/// The node is asked for everything, even for what is given, and a given chain id must be the
/// node's.
pub static CELO: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[42_220],
        testnet: &[
            44_787,     // Alfajores
            11_142_220, // Celo Sepolia
            62_320,     // Baklava
        ],
    },
    "/v3/blockchain/node/CELO/{apiKey}",
)
.with_celo(Celo {
    currencies: CURRENCIES,
})
.with_nonce(
    NonceSource::Node {
        block: "latest",
        address: AddressCase::Lower,
    },
    Missing::ZERO_NUMBER,
)
.with_gas_price(GasPriceSource::Node, Missing::ZERO_NUMBER)
.with_gas(
    GasPolicy::EstimateIfMissing,
    GasPolicy::EstimateIfMissing,
    Missing::ANY_ZERO,
)
.with_gas_margin(100_000)
.with_gas_limit_alias(GasLimitAlias::OnlyName)
.with_estimate_request(EstimateRequest::PricedCall)
.with_every_question()
.with_order([Step::ChainId, Step::GasPrice, Step::Nonce, Step::Gas])
.without_intrinsic_gas_check()
.with_refusal_style(RefusalStyle::ApiError)
.without_odd_data()
.with_members(MEMBERS);

inventory::submit! { ChainRegistration::new(&CELO) }

const CURRENCIES: &[FeeCurrency] = &[
    // Those of the main network.
    FeeCurrency {
        address: "0x765de816845861e75a25fca122bb6898b8b1282a",
        symbol: "cUSD",
        floor: CUSD_FLOOR,
    },
    FeeCurrency {
        address: "0xd8763cba276a3738e6de85b4b3bf5fded6d6ca73",
        symbol: "cEUR",
        floor: None,
    },
    // Those of Alfajores.
    FeeCurrency {
        address: "0x874069fa1eb16d44d622f2e0ca25eea172369bc1",
        symbol: "cUSD",
        floor: CUSD_FLOOR,
    },
    FeeCurrency {
        address: "0x10c892a6ec43a53e45d0b916b4b7d383b1b78c0f",
        symbol: "cEUR",
        floor: None,
    },
];

const CUSD_FLOOR: Option<PriceFloor> = Some(PriceFloor {
    up_to: 500_000_000,
    price: 1_000_000_000,
});

/// What a request may hold. Others are refused, as the original does: a misspelt `feeCurrency`
/// would cost another currency.
const MEMBERS: &[&str] = &[
    "chainId",
    "feeCurrency",
    "gatewayFeeRecipient",
    "gatewayFee",
    "to",
    "from",
    "value",
    "data",
    "gasLimit",
    "gasPrice",
    "nonce",
    // Those that the original does not know.
    "type",
    "accessList",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
];

static INFO: ChainInfo = ChainInfo {
    code: "CELO",
    name: "Celo",
    unit: Unit::new("CELO", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/52752'/0'/0"),
    entry_fields: ENTRY_FIELDS,
    broadcast_path: "/v3/celo/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};
