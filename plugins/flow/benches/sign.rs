//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_flow::FLOW;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/FLOW.json");
    let frozen = Frozen::recorded(&FLOW, vectors, "custom-transaction");
    bench.run("FLOW/custom-transaction", &frozen);
    bench.finish();
}
