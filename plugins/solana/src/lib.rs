//! Solana.
//!
//! The cloud sends a message without a usable block hash; a node behind the cloud says the hash
//! and how long it is good for. The plugin sends the transaction itself and waits until the
//! network has executed it; the cloud is told the id.
//!
//! # The recipe
//!
//! ```text
//! request = {"txData": hex of a legacy message, "mintPK": key of a token that it creates}
//! message = the bytes as they came, with the node's latest finalized block hash in its place
//! body    = last valid block height (8 bytes, big-endian) ‖ message
//! wire    = compact-u16 count ‖ Ed25519(message) of each required signer, in their order ‖ message
//! id      = base58 of the first signature, which is the fee payer's
//! ```
//!
//! # Never twice
//!
//! A transaction is good until the chain is higher than the *last valid block height* of its
//! block hash, and the network executes the same bytes at most once. So the same bytes may be
//! sent again at any time; other bytes only when these are dead: see `submit`.
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new(
//!     "5vQPskjFjqKVzoYMhy299tJUaTtGdntXBzYLy1efbkBLVZtHj6f7rycfYWnzY3wK8UxdXaH9MMYDdcJy2AksKKP5",
//! );
//! let key = kms_solana::SOLANA.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_solana::SOLANA.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(
//!     address.as_str(),
//!     "FZk1imu7cXh4tziqg38QNjShbvm4DJjeJMTbXNo9YT1R"
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

mod frozen;
mod json;
mod message;
mod node;
mod plugin;
mod private_key;
mod program;
mod pubkey;
mod reader;
mod rehearsal;
mod request;
mod submit;
mod summary;

pub use self::plugin::Solana;

use kms_core::chain::ChainRegistration;

/// Solana.
pub static SOLANA: Solana = Solana::new();

inventory::submit! { ChainRegistration::new(&SOLANA) }
