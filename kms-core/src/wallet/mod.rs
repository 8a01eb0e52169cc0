//! Wallets: one way for every chain to make, show and use a vault entry.
//!
//! What differs between chains is data: [`ChainInfo::wallet`](crate::chain::ChainInfo::wallet) says
//! where the keys come from, [`ChainInfo::entry_fields`](crate::chain::ChainInfo::entry_fields) what
//! an [`Entry`](crate::vault::Entry) holds. Everything typed by people is checked here, for its chain
//! and network, before it is stored.

mod account;
mod keyring;
mod make;
mod resolve;
mod show;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    keyring::{Keyring, RecentKeys},
    make::{from_mnemonic, from_private_key, generate, generate_key},
    resolve::{EntryLookup, Wallets, candidates, keys},
    show::{address, private_key},
};
