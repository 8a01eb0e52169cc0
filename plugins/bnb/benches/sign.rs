//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_bnb::BEACON_CHAIN;
use kms_core::testkit::{Frozen, SignBench};

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/BNB.json");
    for name in ["transfer-with-memo", "transfer-token-two-coins"] {
        let frozen = Frozen::recorded(&BEACON_CHAIN, vectors, name);
        bench.run(&format!("BNB/{name}"), &frozen);
    }
    bench.finish();
}
