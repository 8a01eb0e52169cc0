//! Stellar.
//!
//! The cloud sends a whole transaction; nothing is completed and nobody is asked. Every byte but
//! the list of signatures is kept, so what is signed needs no more than to be readable.
//!
//! # The recipe
//!
//! ```text
//! envelope   = XDR of a TransactionEnvelope: version 0, version 1 or fee bump, in base64
//! network id = SHA-256(passphrase of the network the daemon runs on)
//! hash       = SHA-256(network id ‖ type ‖ transaction), version 0 as if it were version 1
//! signature  = Ed25519(hash), with the last 4 bytes of the public key as its hint
//! txData     = base64 of the envelope with the signature after those already there
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("SBEYN7AR4OUKTGAE2DULGFEWHFYVASR4PYBJXNCMIG7CLJZH3HUULPBL");
//! let key = kms_stellar::STELLAR.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_stellar::STELLAR.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(
//!     address.as_str(),
//!     "GB7FCJWSW6O74ZIOUQU5WKT7EWVCWK3NLJAFAUESJFFRFGIAPAQ3BFDX"
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

mod envelope;
mod plugin;
mod preconditions;
mod private_key;
mod rehearsal;
mod summary;
mod terms;

pub use self::plugin::Stellar;

use kms_core::chain::ChainRegistration;

/// Stellar.
pub static STELLAR: Stellar = Stellar::new();

inventory::submit! { ChainRegistration::new(&STELLAR) }
