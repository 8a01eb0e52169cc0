//! The XRP Ledger.
//!
//! The cloud sends a whole transaction as JSON; nothing is completed and nobody is asked. It is
//! read into the network's own types, field by field, so that what is told of it and what is
//! signed are the same bytes.
//!
//! # The recipe
//!
//! ```text
//! key       = of a family seed: secp256k1 (s…) or Ed25519 (sEd…), whichever its version bytes say
//! blob      = the fields sorted by type and code, with SigningPubKey
//! message   = "STX\0" ‖ the fields of the blob that are signed
//! signature = secp256k1: ECDSA over the first half of SHA-512(message), in DER
//!             Ed25519: over the message itself
//! txData    = the blob with the signature as TxnSignature, in upper-case hexadecimal digits
//! id        = the first half of SHA-512("TXN\0" ‖ txData)
//! ```
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let text = SecretText::new("sEdTba4NPQhm9XytaLGKmVTMD3Zt2WA");
//! let key = kms_xrp::XRP.parse_private_key(Network::Mainnet, &text)?;
//! let address = kms_xrp::XRP.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(address.as_str(), "rMcGoUbVrQasGKgsLosSAMebaws5ijY2Zs");
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
mod codec;
mod formats;
mod hash;
mod json;
mod plugin;
mod rehearsal;
mod seed;
mod signature;
mod summary;
mod time;
mod transaction;

pub use self::plugin::XrpLedger;

use kms_core::chain::ChainRegistration;

/// The XRP Ledger.
pub static XRP: XrpLedger = XrpLedger::new();

inventory::submit! { ChainRegistration::new(&XRP) }
