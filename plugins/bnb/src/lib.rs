//! BNB Beacon Chain, the first of the two BNB chains, which its makers shut down at the end of
//! 2024. Not BNB Smart Chain.
//!
//! The cloud sends a transfer in two forms: the message whose bytes are broadcast, and the
//! document that is signed. They must say the same.
//!
//! # The recipe
//!
//! ```text
//! account number, sequence = what the cloud knows of the sender's account
//! document = {"account_number":"…","chain_id":"…","data":null,"memo":"…","msgs":[transfer],
//!             "sequence":"…","source":"0"}, compact, the members of every object sorted
//! r, s     = ECDSA(SHA-256(document)), secp256k1, RFC 6979, low S
//! bytes    = amino of the transfer, public key, r ‖ s, account number, sequence and memo, with
//!            the length before it
//! txData   = hex of bytes,  txId = SHA-256(bytes) in upper case
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("ae87fe9969427a3e61c0c35beb6c4372f08368dffff554e0d3a429bbf37e7fc1");
//! let key = kms_bnb::BEACON_CHAIN.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_bnb::BEACON_CHAIN.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(address.as_str(), "bnb1ur7f85zqc7v279cgnjrd867y9ge8584z5gtpxy");
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
mod amino;
mod node;
mod plugin;
mod private_key;
#[cfg(test)]
mod published;
mod rehearsal;
mod request;
mod summary;
mod transaction;
mod transfer;

pub use self::plugin::BeaconChain;

use kms_core::chain::ChainRegistration;

/// BNB Beacon Chain.
pub static BEACON_CHAIN: BeaconChain = BeaconChain::new();

inventory::submit! { ChainRegistration::new(&BEACON_CHAIN) }
