//! Bitcoin, and the blockchains that sign like it, for tatum-kms.
//!
//! The cloud sends a complete unsigned transaction with the coins it spends; inputs, outputs and
//! fee are its choice. The recipe:
//!
//! 1. read the JSON, compare its `hash` with the transaction's own, know every coin;
//! 2. match coins to keys by script: P2PKH, P2PK, P2WPKH, P2SH-P2WPKH;
//! 3. refuse a transaction of which an input would stay unsigned, or whose fee is absurd;
//! 4. sign each input's hash, legacy or BIP-143, by ECDSA with `SIGHASH_ALL`;
//! 5. put DER signatures and public keys into `scriptSig` or witness, and serialize (BIP-144).
//!
//! A blockchain is a row of facts: [`BITCOIN`], [`LITECOIN`] and [`DOGECOIN`] are the recipe with
//! theirs. [`BITCOIN_CASH`] has a recipe of its own. Keys and signing stay in `kms-core`.
//!
//! ```
//! use kms_core::prelude::*;
//!
//! let wif = SecretText::new("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn");
//! let key = kms_bitcoin::BITCOIN.parse_private_key(Network::Mainnet, &wif)?;
//! let address = kms_bitcoin::BITCOIN.address(Network::Mainnet, &key.public_key())?;
//! assert_eq!(address.as_str(), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
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

mod address;
mod btc;
mod cash;
mod checks;
mod doge;
mod input_type;
mod ltc;
mod max_fee;
mod owner;
mod params;
mod plugin;
#[cfg(test)]
mod published;
mod rehearsal;
mod request;
mod select;
mod sign;
mod summary;
#[cfg(test)]
mod testing;
mod unsigned;
mod wif;

pub use self::{cash::CashChain, plugin::UtxoChain};

use kms_core::chain::ChainRegistration;

/// Bitcoin.
pub static BITCOIN: UtxoChain = UtxoChain::new(&btc::BTC);

/// Litecoin.
pub static LITECOIN: UtxoChain = UtxoChain::new(&ltc::LTC);

/// Bitcoin Cash.
pub static BITCOIN_CASH: CashChain = CashChain::new(&cash::BCH);

/// Dogecoin.
pub static DOGECOIN: UtxoChain = UtxoChain::new(&doge::DOGE);

inventory::submit! { ChainRegistration::new(&BITCOIN) }
inventory::submit! { ChainRegistration::new(&BITCOIN_CASH) }
inventory::submit! { ChainRegistration::new(&LITECOIN) }
inventory::submit! { ChainRegistration::new(&DOGECOIN) }
