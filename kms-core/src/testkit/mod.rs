//! The contract every plugin must keep, as a test that a plugin runs on itself.
//!
//! ```ignore
//! #[test]
//! fn contract() {
//!     kms_core::testkit::contract(&Ethereum, include_str!("vectors/ETH.json"));
//! }
//! ```
//!
//! It checks, for every case of the vector file and offline: wallets and keys come out as
//! recorded; transactions are signed byte for byte as recorded, twice the same; what must be
//! refused is refused, and in the words that are part of the protocol; a wallet of another
//! network or chain is refused; no error and no `Debug` repeats a secret; no mutilated
//! `serializedTransaction` and no mutilated frozen value makes it panic; what the sandbox plays is
//! signed and passes the plugin's own judge; and the properties of [`fuzz`] hold for some hundred
//! changed transactions, answers of nodes and texts of keys.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "how tests fail is by a panic"
)]

pub mod fuzz;

mod contract;
mod frozen;
mod node;
mod published;
mod rehearsal_node;
#[cfg(feature = "bench")]
mod sign_bench;
mod tally;
mod vectors;

pub use self::{
    contract::{Pipeline, contract},
    frozen::Frozen,
    node::ScriptedNode,
    published::published_wallets,
    tally::tally,
    vectors::{ErrorCase, TransactionCase, Vectors, WalletCase},
};

#[cfg(feature = "bench")]
pub use self::sign_bench::SignBench;
