//! Wallets: one way for every chain to make, show and use a vault entry.

mod account;
mod make;
mod resolve;
mod show;
#[cfg(test)]
mod tests;

pub use self::{
    make::{from_mnemonic, from_private_key, generate, generate_key},
    resolve::{EntryLookup, candidates, keys},
    show::{address, private_key},
};
