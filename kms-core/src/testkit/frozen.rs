//! A recorded transaction at the moment before it is signed, for benchmarks.

#[cfg(feature = "bench")]
use std::hint::black_box;

#[cfg(feature = "bench")]
use super::contract::as_written;
use super::{
    ScriptedNode, Vectors,
    contract::{lookup, runtime},
    vectors::pending,
};
#[cfg(feature = "bench")]
use crate::chain::{sign, sign_unchecked};
use crate::{
    chain::{ChainPlugin, KeySet, Network, Unsigned},
    daemon::Prepared,
};

/// Something that is done with a frozen transaction again and again.
#[cfg(feature = "bench")]
pub(super) type Step = fn(&Frozen);

/// A recorded transaction, completed, and the keys that sign it.
///
/// ```ignore
/// let frozen = Frozen::recorded(&STELLAR, include_str!("vectors/XLM.json"), "payment-native");
/// ```
#[derive(Debug)]
#[cfg_attr(
    not(feature = "bench"),
    expect(dead_code, reason = "read by benchmarks only")
)]
pub struct Frozen {
    pub(super) plugin: &'static dyn ChainPlugin,
    pub(super) network: Network,
    pub(super) unsigned: Unsigned,
    keys: KeySet,
}

impl Frozen {
    /// What is measured: the hashing alone, the text for people, from `preimages` to `assemble`
    /// with a key that is at hand, and the same with the check of the signatures.
    #[cfg(feature = "bench")]
    pub(super) const STEPS: [(&str, Step); 4] = [
        ("preimages", Self::preimages),
        ("summarize", Self::summarize),
        ("sign/kept-key", Self::sign_unchecked),
        ("sign+check/kept-key", Self::sign),
    ];

    /// A transaction that was prepared for `keys`.
    pub fn new(
        plugin: &'static dyn ChainPlugin,
        network: Network,
        unsigned: Unsigned,
        keys: KeySet,
    ) -> Self {
        Self {
            plugin,
            network,
            unsigned,
            keys,
        }
    }

    /// The case called `name` of a vector file, with the node answers recorded for it.
    ///
    /// # Panics
    /// When there is no such case, or it cannot be prepared.
    pub fn recorded(plugin: &'static dyn ChainPlugin, vectors: &str, name: &str) -> Self {
        let vectors = Vectors::parse(vectors);
        let case = vectors
            .transactions
            .iter()
            .find(|case| case.name == name)
            .unwrap_or_else(|| panic!("no recorded transaction {name}"));
        let transaction = pending(&case.pending).expect("a pending transaction");
        let case = case.case();
        let node = ScriptedNode::new(case.network, case.calls);
        let lookup = lookup(case.wallets);
        let prepared = Prepared::new(plugin, &transaction, &lookup, &node);
        let prepared = runtime()
            .block_on(prepared)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::new(plugin, case.network, prepared.unsigned, prepared.keys)
    }
}

#[cfg(feature = "bench")]
impl Frozen {
    /// As the journal has it: what is measured reads it, each time.
    fn unread(&self) -> Unsigned {
        black_box(as_written(&self.unsigned))
    }

    pub(super) fn sign(&self) {
        let _ = black_box(sign(self.plugin, &self.unread(), &self.keys));
    }

    pub(super) fn sign_unchecked(&self) {
        let _ = black_box(sign_unchecked(self.plugin, &self.unread(), &self.keys));
    }

    fn preimages(&self) {
        let _ = black_box(self.plugin.preimages(&self.unread()));
    }

    fn summarize(&self) {
        let _ = black_box(self.plugin.summarize(self.network, &self.unread()));
    }
}
