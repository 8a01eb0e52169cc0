//! Cardano.
//!
//! The cloud sends a list of Rosetta operations: which coins are spent, who gets how much. The
//! cloud's Rosetta node turns it into a transaction body; what the node says is believed only as
//! far as it can be checked, and the body can be checked whole.
//!
//! # The recipe
//!
//! ```text
//! root       = Icarus master key of the BIP-39 entropy (CIP-3), BIP32-Ed25519 "V2"
//! key        = m/1852'/1815'/0'/0'/index   the role 0' is hardened, unlike that of CIP-1852
//! address    = 61 or 60 ‖ BLAKE2b-224(public key) in Bech32 (CIP-19, type 6)
//! operations -> node: preprocess, metadata, payloads -> [hex of the body, …] and hashes to sign
//! check      = the body does exactly what the operations say, and every hash is BLAKE2b-256(body)
//! witness    = public key, Ed25519(BLAKE2b-256(body)) with the extended key
//! node: combine -> [hex of the transaction, …] = txData, which must hold that body and no other
//!              witnesses than ours
//! ```
//!
//! The original's `generatewallet ADA` prints a wallet of another, older kind, whose extended public
//! key none of its other commands understands. Here it prints the same kind as all commands do.
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new(
//!     "8873d5e84af86978f03b63d9ffc9c6f940bd8501d32e91980c904e8d81c30550\
//!      7dc95992faa5aefccb263b28b411eda2dde7882d922742663804a69d78182e34",
//! );
//! let key = kms_cardano::CARDANO.parse_private_key(Network::Testnet, &text)?;
//! let address = kms_cardano::CARDANO.address(Network::Testnet, &key.public_key())?;
//! assert_eq!(
//!     address.as_str(),
//!     "addr_test1vzfp68vn36ze5yz7x7evracmasuptjmz99qk4j23gun3pcqhlevq5"
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

mod address;
mod asset;
mod body;
mod cbor;
mod construction;
mod envelope;
mod expiry;
mod operations;
mod plugin;
mod private_key;
mod rehearsal;
mod select;
mod signed;
mod summary;
mod transaction;

pub use self::{
    body::TransactionBody, cbor::DecodeError, envelope::Envelope, plugin::Cardano,
    signed::SignedTransaction,
};

use kms_core::chain::ChainRegistration;

/// Cardano.
pub static CARDANO: Cardano = Cardano::new();

inventory::submit! { ChainRegistration::new(&CARDANO) }
