//! VeChain.
//!
//! The cloud says what is to be done, in one clause; a node of VeChain itself, outside the cloud,
//! says what it will cost and which block is the latest.
//!
//! # The recipe
//!
//! ```text
//! request  = serializedTransaction, read exactly; gas always, chain tag and block from the node
//! body     = rlp[chainTag, blockRef, expiration, [[to, value, data]], gasPriceCoef, gas, dependsOn, nonce, []]
//! r, s, id = ECDSA(blake2b-256(body)), secp256k1, RFC 6979, low S
//! txData   = 0x ‖ the same list and r ‖ s ‖ id as its tenth item
//! txId     = blake2b-256(blake2b-256(body) ‖ address of the sender)
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("3a8a25ecc9adcce250647d4cc739415318ea3b5b24334a31c9fcdee6586f7a84");
//! let key = kms_vechain::VECHAIN.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_vechain::VECHAIN.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(address.as_str(), "0xf45cfb24131e5d81294c3f80817d439542055817");
//! # Ok::<(), WalletError>(())
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
mod calls;
mod node;
mod plugin;
mod prepare;
mod private_key;
mod quantity;
mod rehearsal;
mod request;
mod summary;
mod transaction;

pub use self::plugin::VeChain;

use kms_core::chain::ChainRegistration;

/// VeChain.
pub static VECHAIN: VeChain = VeChain::new();

inventory::submit! { ChainRegistration::new(&VECHAIN) }
