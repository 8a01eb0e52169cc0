//! A blockchain of this family as a row of facts.

use std::ops::RangeInclusive;

use bitcoin::Script;
use kms_core::chain::{ChainInfo, ChainOption, Network};

use crate::{checks::Check, input_type::InputType};

/// What distinguishes one blockchain of the family from the others. Everything else is shared.
#[derive(Debug)]
pub(crate) struct Params {
    /// What the daemon wants to know.
    pub(crate) info: ChainInfo,
    /// Version bytes and prefixes of the main network.
    pub(crate) mainnet: Prefixes,
    /// The same of the test network.
    pub(crate) testnet: Prefixes,
    /// The kind of address that a compressed public key gets. A key that is known by its
    /// 65-byte form gets P2PKH everywhere, as a witness program must not commit to it (BIP-143
    /// §"Restrictions on public key type").
    pub(crate) address: InputType,
    /// The kinds of coins that can be spent. Others are refused when a transaction is read.
    pub(crate) inputs: &'static [InputType],
    /// How many bytes a signature has at most, with its hash type.
    pub(crate) longest_signature: u64,
    /// What must hold before a transaction is signed, in this order.
    pub(crate) checks: &'static [Check],
    /// The fee beyond which a transaction is taken for a mistake.
    pub(crate) absurd_fee: AbsurdFee,
    /// How the owner sets another limit.
    pub(crate) max_fee: ChainOption,
    /// The smallest amount in base units that nodes relay in an output with this script.
    pub(crate) dust_limit: fn(&Script) -> u64,
    /// The smallest fee that nodes relay, in base units for each virtual byte.
    pub(crate) relay_fee: u64,
    /// The transaction versions that nodes relay.
    pub(crate) versions: RangeInclusive<i32>,
    /// Whether nodes let a transaction be replaced by another with a higher fee (BIP-125).
    pub(crate) replaceable: bool,
    /// What people call the base unit, and the size that fees are counted by.
    pub(crate) units: Units,
    /// How the sandbox plays it.
    pub(crate) play: Play,
}

impl Params {
    /// Version bytes and prefixes of `network`.
    pub(crate) fn prefixes(&self, network: Network) -> &Prefixes {
        match network {
            Network::Mainnet => &self.mainnet,
            Network::Testnet => &self.testnet,
        }
    }
}

/// Version bytes and prefixes of one network.
#[derive(Debug)]
pub(crate) struct Prefixes {
    /// Version byte of a Base58Check address that pays to a public key's hash.
    pub(crate) pubkey_hash: u8,
    /// Version byte of a Base58Check address that pays to a script's hash.
    pub(crate) script_hash: u8,
    /// The human-readable part of SegWit addresses (BIP-173), where there are such.
    pub(crate) segwit: Option<&'static str>,
    /// The prefix of CashAddr addresses, where they are used instead of Base58Check.
    pub(crate) cashaddr: Option<&'static str>,
    /// Version byte of a private key in wallet import format, as it is printed.
    pub(crate) wif: u8,
    /// Further version bytes that are accepted when a key is read.
    pub(crate) other_wif: &'static [u8],
}

impl Prefixes {
    /// Whether a private key with this version byte belongs to this network.
    pub(crate) fn accepts_wif(&self, version: u8) -> bool {
        version == self.wif || self.other_wif.contains(&version)
    }
}

/// The fee beyond which a transaction is taken for a mistake: both figures must be exceeded, so
/// that neither a small transaction with a generous fee nor a large one in a busy hour is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AbsurdFee {
    /// Base units per virtual byte.
    pub(crate) per_vbyte: u64,
    /// Base units.
    pub(crate) total: u64,
}

/// Names of units in texts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Units {
    /// The base unit: `sat`.
    pub(crate) base: &'static str,
    /// The unit of sizes: `vB`, or `B` where there is no witness to discount.
    pub(crate) size: &'static str,
}

/// Amounts of the sandbox, in base units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Play {
    /// What a coin is worth, at least.
    pub(crate) coin: u64,
    /// What a transaction costs.
    pub(crate) fee: u64,
}
