//! The part of tatum-kms that is true of every blockchain, and knows none by name.
//!
//! A key management daemon keeps keys in an encrypted [`vault`], polls a [`cloud`] for pending
//! transactions, asks its owner through the 4-eye [`approval`] whether each is theirs, signs it
//! with [`keys`] and sends it back. What differs between blockchains sits behind one trait,
//! [`chain::ChainPlugin`]; plugins register themselves and are found by [`chain::Registry`].
//!
//! # The way of a transaction
//!
//! ```text
//! cloud.pending -> journal.receive -> plugin.select_keys -> plugin.prepare -> approval.check
//!   -> journal.freeze -> plugin.preimages -> keys.sign -> plugin.assemble -> journal.signed
//!   -> plugin.submit -> cloud.broadcast -> journal.done
//! ```
//!
//! Only [`keys`] ever holds a secret and signs. A plugin sees public data and, in two pure
//! conversions, the text form of a key ([`chain::ChainPlugin::parse_private_key`] and
//! [`chain::ChainPlugin::format_private_key`]).
//!
//! # Finding a plugin
//!
//! ```no_run
//! use kms_core::chain::Registry;
//!
//! let registry = Registry::linked()?;
//! for plugin in registry.iter() {
//!     println!("{} {}", plugin.info().code, plugin.info().name);
//! }
//! # Ok::<(), kms_core::chain::RegistryError>(())
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

pub mod approval;
mod beside;
pub mod chain;
pub mod cloud;
pub mod daemon;
mod failpoint;
mod jitter;
pub mod journal;
pub mod keys;
pub mod password;
pub mod process;
pub mod telemetry;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod vault;
pub mod wallet;

/// What an author of a plugin needs, and nothing else.
pub mod prelude {
    pub use crate::chain::{
        Address, Amount, Assembled, Attempt, Bip32Wallet, Broadcast, Candidate, ChainInfo,
        ChainOption, ChainPlugin, ChainRegistration, EntryField, Fee, KeyRequest, KeySource,
        Network, NodeApi, NodeAuth, NodeError, NodeRequest, PendingTransaction, Preimage,
        RefusalStyle, Signer, SubmitError, Summary, TransactionError, Transfer, Unit, Unsigned,
        Via, WalletError, WalletKind, select_account_key,
    };
    pub use crate::keys::{
        Curve, PublicKey, Scheme, SecretBytes, SecretKey, SecretText, Signature,
    };
    pub use async_trait::async_trait;
}
