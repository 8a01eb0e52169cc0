//! Flow.
//!
//! A transaction has three roles. The *authorizer* is the owner's account: our key. *Proposer* and
//! *payer* are accounts of the platform, which lends a key id and signs what it is sent.
//!
//! # The recipe
//!
//! ```text
//! prepare   payer, reference block, proposer and its key id (lent from here on), sequence number
//! payload   = [script, arguments, reference block, gas limit 9999, proposer, key id, sequence
//!              number, payer, [authorizer]]                                          RLP
//! sign      ECDSA secp256k1 over SHA3-256(TAG ‖ payload), S as it comes
//! cosign    the platform signs TAG ‖ payload as proposer, then
//!           TAG ‖ [payload, payload signatures] as payer
//! submit    to an access node; wait until it is sealed; give the lent key back
//! txId      = SHA3-256([payload, payload signatures, envelope signatures])
//! ```
//!
//! The lent key is given back whatever happens: after the seal, or when the transaction ends
//! without being sent.
//!
//! # Example
//!
//! ```
//! use kms_core::prelude::*;
//!
//! // Private keys are written without their leading zeros.
//! let text = SecretText::new("632db08154cdb45a4750fdfcead9e9a652d954fbb7e41555dbd0db1329636d");
//! let key = kms_flow::FLOW.parse_private_key(Network::Mainnet, &text)?;
//! assert_eq!(
//!     kms_flow::FLOW.format_private_key(Network::Mainnet, &key).expose(),
//!     text.expose()
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
mod argument;
mod frozen;
mod json;
mod node;
mod plugin;
mod private_key;
mod rehearsal;
mod request;
mod script;
mod signed;
mod submit;
mod summary;
mod transaction;

pub use self::plugin::Flow;

use kms_core::chain::ChainRegistration;

/// Flow.
pub static FLOW: Flow = Flow::new();

inventory::submit! { ChainRegistration::new(&FLOW) }
