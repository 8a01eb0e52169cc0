//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_stellar::STELLAR;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/XLM.json");
    for name in ["payment-native", "fee-bump-outer-signature"] {
        let frozen = Frozen::recorded(&STELLAR, vectors, name);
        bench.run(&format!("XLM/{name}"), &frozen);
    }
    bench.finish();
}
