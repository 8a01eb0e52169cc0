//! What the built program signs, in the eyes of the libraries that each ecosystem uses: they
//! derive the same wallets from the same mnemonics, and they find in the signed transactions the
//! signer and every field that was asked for.
//!
//! Each family has a module here, and beside it a folder with its library: see `README.md`.

mod random;
mod session;

mod algorand;
mod bitcoin;
mod bitcoin_cash;
mod bnb;
mod cardano;
mod evm;
mod flow;
mod multiversx;
mod solana;
mod stellar;
mod tron;
mod vechain;
mod xrp;

use kms_tests::library;
