//! The table of chains: a file for each row.

mod bsc;
mod celo;
mod ethereum;
mod kcs;
mod klay;
mod matic;
mod one;
mod xdc;

pub use self::{
    bsc::BSC, celo::CELO, ethereum::ETHEREUM, kcs::KCS, klay::KLAY, matic::MATIC, one::ONE,
    xdc::XDC,
};

use kms_core::chain::EntryField;

/// The members of a generated vault entry, in the original's order.
const ENTRY_FIELDS: &[EntryField] = &[EntryField::Xpub, EntryField::Mnemonic];
