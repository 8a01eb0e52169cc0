//! MultiversX, formerly Elrond.
//!
//! The cloud says what is to be done; a node behind the cloud says with which nonce, at which
//! price and with how much gas.
//!
//! # The recipe
//!
//! ```text
//! request  = serializedTransaction, read exactly; the sender must be the key's account
//! chainID, gasPrice, version = network/config;  nonce = address/<sender>/nonce
//! gasLimit = transaction/cost of the same transaction
//! message  = {"nonce":…,"value":"…","receiver":"erd1…","sender":"erd1…","gasPrice":…,
//!             "gasLimit":…,"data":"<base64>","chainID":"…","version":…}, compact, in this order
//! txData   = the message with "signature":"<hex of Ed25519(message)>" as its last member
//! txId     = BLAKE2b-256 of the protobuf form with the signature
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("46096b146affb4a328fbdce8bc4d5a89cfde3a2854a75c37a72ab2047d358eb8");
//! let key = kms_multiversx::MULTIVERSX.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_multiversx::MULTIVERSX.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(
//!     address.as_str(),
//!     "erd1zfgrkqkwq9tqy3l0hw30zvxrlgfl7x6x8ywcltkk3ltusr4aa8vs5aaltf"
//! );
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

mod account;
mod call;
mod node;
mod open_accounts;
mod plugin;
mod prepare;
mod private_key;
mod rehearsal;
mod request;
mod summary;
mod transaction;
mod value;

pub use self::plugin::MultiversX;

use kms_core::chain::ChainRegistration;

/// MultiversX.
pub static MULTIVERSX: MultiversX = MultiversX::new();

inventory::submit! { ChainRegistration::new(&MULTIVERSX) }
