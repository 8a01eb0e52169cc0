//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_flow::FLOW;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/FLOW.json");
    for name in ["custom-transaction"] {
        let frozen = Frozen::recorded(&FLOW, vectors, name);
        bench.run(&format!("FLOW/{name}"), &frozen);
    }
    bench.finish();
}
