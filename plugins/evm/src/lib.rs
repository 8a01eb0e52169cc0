//! Ethereum, and the blockchains that sign as it does.
//!
//! One recipe serves them all; a blockchain is a row, an [`EvmChain`], that says in what it
//! differs: chain ids, node, where nonce and gas price come from, when gas is estimated.
//!
//! # The recipe
//!
//! ```text
//! request  = serializedTransaction, read exactly; gas, nonce, price, chain id from it or the node
//! payload  = rlp[nonce, gasPrice, gas, to, value, data, chainId, 0, 0]        legacy (EIP-155)
//!            01 ‖ rlp[chainId, nonce, gasPrice, …, accessList]               EIP-2930
//!            02 ‖ rlp[chainId, nonce, maxPriorityFee, maxFee, …, accessList] EIP-1559
//! r, s, id = ECDSA(keccak256(payload)), secp256k1, RFC 6979, low S
//! txData   = 0x ‖ the same list with v, r, s; legacy v = 2·chainId + 35 + id; hash = its keccak256
//! ```
//!
//! Celo's own transactions, whose fee may be paid in a token, put more into the payload; which of
//! their two layouts is signed, its option `layout` decides: see [`CELO`].
//!
//! # Adding a chain
//!
//! One row, in this crate's table or in another crate:
//!
//! ```
//! use kms_core::prelude::*;
//! use kms_evm::{ChainIds, EvmChain, wallet};
//!
//! static INFO: ChainInfo = ChainInfo {
//!     code: "EXM",
//!     name: "Example Chain",
//!     unit: Unit::new("EXM", 18),
//!     curve: Curve::Secp256k1,
//!     wallet: wallet("m/44'/60'/0'/0"),
//!     entry_fields: &[EntryField::Xpub, EntryField::Mnemonic],
//!     broadcast_path: "/v3/example/broadcast",
//!     offchain_withdrawals: false,
//!     outside_nodes: &[],
//! };
//! static EXAMPLE: EvmChain = EvmChain::new(
//!     &INFO,
//!     ChainIds { mainnet: &[7_001], testnet: &[7_002] },
//!     "/v3/example/web3/{apiKey}",
//! );
//! inventory::submit! { ChainRegistration::new(&EXAMPLE) }
//! # assert!(kms_core::chain::Registry::linked().unwrap().get("EXM").is_some());
//! ```

// Bytes from outside never panic; how tests fail is by a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod address;
mod answers;
mod calls;
mod celo;
mod chain;
mod chains;
mod estimate;
mod plugin;
mod prepare;
mod private_key;
mod quantity;
mod rehearsal;
mod request;
mod summary;
mod transaction;

pub use self::{
    celo::{Celo, FeeCurrency, PriceFloor},
    chain::{
        AddressCase, ChainIds, EstimateRequest, EvmChain, GasLimitAlias, GasPolicy, GasPriceSource,
        GasStation, Missing, NonceSource, RpcMethods, Step, ZeroIs, wallet,
    },
    chains::{BSC, CELO, ETHEREUM, KCS, KLAY, MATIC, ONE, XDC},
};
