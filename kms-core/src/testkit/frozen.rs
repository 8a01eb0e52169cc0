//! A recorded transaction at the moment before it is signed, for benchmarks.

use std::hint::black_box;

use super::{
    ScriptedNode, Vectors,
    contract::{lookup, runtime},
    vectors::pending,
};
use crate::{
    chain::{ChainPlugin, KeySet, Network, Unsigned, sign},
    daemon::Prepared,
};

/// Something that is done with a frozen transaction again and again.
pub(super) type Step = fn(&Frozen);

/// A recorded transaction, completed, and the keys that sign it.
///
/// ```ignore
/// let frozen = Frozen::recorded(&STELLAR, include_str!("vectors/XLM.json"), "payment-native");
/// for (step, run) in Frozen::STEPS {
///     criterion.bench_function(step, |bencher| bencher.iter(|| run(&frozen)));
/// }
/// ```
#[derive(Debug)]
pub struct Frozen {
    plugin: &'static dyn ChainPlugin,
    network: Network,
    unsigned: Unsigned,
    keys: KeySet,
}

impl Frozen {
    /// What is measured: the hashing alone, the text for people, and the whole way from the frozen
    /// value to the signed bytes, verification included.
    pub const STEPS: [(&str, Step); 3] = [
        ("preimages", Self::preimages),
        ("summarize", Self::summarize),
        ("preimages+sign+assemble", Self::sign),
    ];

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
        Self {
            plugin,
            network: case.network,
            unsigned: prepared.unsigned,
            keys: prepared.keys,
        }
    }

    fn preimages(&self) {
        let _ = black_box(self.plugin.preimages(black_box(&self.unsigned)));
    }

    fn summarize(&self) {
        let _ = black_box(
            self.plugin
                .summarize(self.network, black_box(&self.unsigned)),
        );
    }

    fn sign(&self) {
        let _ = black_box(sign(self.plugin, black_box(&self.unsigned), &self.keys));
    }
}
