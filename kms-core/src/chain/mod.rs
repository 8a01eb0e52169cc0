//! What a blockchain is to the daemon: the plugin trait, its data types, and the registry.
//!
//! A blockchain is a [`ChainPlugin`]. Its facts are data ([`ChainInfo`]); its work is to take a
//! transaction through these values, each made from the one before:
//!
//! | Value | What it is | Made by |
//! |---|---|---|
//! | [`PendingTransaction`] | what the cloud wants signed | the cloud |
//! | [`KeyRequest`], [`Signer`] | which keys sign, and their public side | [`ChainPlugin::select_keys`] |
//! | [`Unsigned`] | the complete transaction, frozen from here on | [`ChainPlugin::prepare`] |
//! | [`Summary`] | what it does, for people | [`ChainPlugin::summarize`] |
//! | [`Preimage`] | what must be signed, by which key | [`ChainPlugin::preimages`] |
//! | [`Assembled`] | the signed transaction and its id | [`ChainPlugin::assemble`], through [`sign()`] |
//! | [`Broadcast`] | what the cloud is told | [`ChainPlugin::submit`] |
//!
//! Only `prepare`, `cosign`, `submit` and `abandon` do I/O, by the [`NodeApi`] they are given. No
//! method gets a key to sign with.
//!
//! A plugin registers itself ([`ChainRegistration`]) and is found by the [`Registry`]. In the tree,
//! `CONTRIBUTING.md` adds a chain step by step; `kms_core::testkit` has the contract that it must keep.

mod amount;
mod error;
mod info;
mod network;
mod node;
mod option;
mod pending;
mod plugin;
mod registry;
pub mod rehearsal;
mod select;
mod sign;
mod summary;
mod unsigned;

pub use self::{
    amount::{Amount, AmountError, Unit},
    error::{RefusalStyle, SubmitError, TransactionError, WalletError},
    info::{Bip32Wallet, ChainInfo, EntryField, WalletKind},
    network::Network,
    node::{NodeApi, NodeAuth, NodeError, NodeHost, NodeMethod, NodeRequest},
    option::{ChainOption, ChainOptionError, ChainOptions},
    pending::{PendingTransaction, SignatureRef, WithdrawalAddress, WithdrawalResponse},
    plugin::{Address, ChainPlugin},
    registry::{ChainRegistration, Registry, RegistryError},
    select::{Candidate, KeyRequest, KeySource, Via, select_account_key},
    sign::{KeySet, Unchecked, sign, sign_unchecked},
    summary::{Fee, Summary, Transfer},
    unsigned::{Assembled, Attempt, Broadcast, Preimage, Signer, Unsigned},
};
