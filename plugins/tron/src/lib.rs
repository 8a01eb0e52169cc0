//! TRON.
//!
//! The cloud sends a transaction as a full node built it, in JSON and in protobuf. Nothing is
//! completed and nobody is asked; but what the JSON says is believed only when it gives the very
//! bytes that are signed, whatever the contract type.
//!
//! # The recipe
//!
//! ```text
//! owner    = raw_data.contract[0].parameter.value.owner_address, the address of the key
//! raw      = protobuf of raw_data: its contract, reference block, expiration, memo, fee limit
//! raw_data_hex = raw,  txID = SHA-256(raw)                   else it is refused
//! r, s, id = ECDSA(txID), secp256k1, RFC 6979, low S
//! txData   = the JSON, compact, in its order, and at its end "signature":["r ‖ s ‖ 1B or 1C"]
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("567fc5e8d3f2342573cf10cc29aba564df869cf45bfae18a997352da52f46325");
//! let key = kms_tron::TRON.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_tron::TRON.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(address.as_str(), "TBAba5bDCjEY87cMC2pLwFjUfjSeheFSAb");
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
mod contract;
mod fields;
mod json;
mod message;
mod plugin;
mod private_key;
mod rehearsal;
mod summary;
mod transaction;

pub use self::plugin::Tron;

use kms_core::chain::ChainRegistration;

/// TRON.
pub static TRON: Tron = Tron::new();

inventory::submit! { ChainRegistration::new(&TRON) }
