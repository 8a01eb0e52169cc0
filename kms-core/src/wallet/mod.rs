//! Wallets: one way for every chain to make, show and use a vault entry.

mod account;
mod keyring;
mod make;
mod resolve;
mod show;
#[cfg(test)]
mod tests;

pub use self::{
    keyring::{Keyring, RecentKeys},
    make::{from_mnemonic, from_private_key, generate, generate_key},
    resolve::{EntryLookup, Wallets, candidates, keys},
    show::{address, private_key},
};
