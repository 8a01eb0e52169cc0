//! Algorand.
//!
//! The cloud sends a whole transaction, as the JSON of a JavaScript object; nothing is completed
//! and nobody is asked. It is written in Algorand's own canonical form and signed exactly as it
//! was asked for: what this crate does not know is refused, never left out.
//!
//! # The recipe
//!
//! ```text
//! transaction = MessagePack map: keys in order, zero values left out, the shortest encodings
//! signature   = Ed25519("TX" ‖ transaction)
//! txData      = hex of the map {sgnr: the key, unless it is the sender's; sig; txn}
//! id          = base32(SHA-512/256("TX" ‖ transaction))
//! address     = base32(public key ‖ last 4 bytes of SHA-512/256(public key))
//! secret      = base32(seed ‖ public key), or 25 words for the seed
//! ```
//!
//! # What is signed
//!
//! Payments and transfers of assets, in groups or alone. What gives more away than it names
//! (the whole account, the power over it, or over an asset) needs the owner's permit: see
//! [`Algorand`].
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let words = SecretText::new(
//!     "prison toast gain mercy powder moral gap tiny tourist mind leisure name orphan tonight \
//!      flavor mosquito kit lion van oven rocket improve pipe able kiss",
//! );
//! let text = kms_algorand::ALGORAND.private_key_from_phrase(Network::Testnet, &words)?;
//! let key = kms_algorand::ALGORAND.parse_private_key(Network::Testnet, &text)?;
//! let address = kms_algorand::ALGORAND.address(Network::Testnet, &key.public_key())?;
//! assert_eq!(
//!     address.as_str(),
//!     "4XCT65EZPCQSW223HMYXIC2SNO4KJG3OKJYGWQO46GJ2XL2H2IIBXLVW7Q"
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
mod genesis;
mod json;
mod msgpack;
mod permit;
mod phrase;
mod plugin;
mod private_key;
mod rehearsal;
mod request;
mod summary;
mod transaction;

pub use self::plugin::Algorand;

use kms_core::chain::ChainRegistration;

/// Algorand.
pub static ALGORAND: Algorand = Algorand::new();

inventory::submit! { ChainRegistration::new(&ALGORAND) }
