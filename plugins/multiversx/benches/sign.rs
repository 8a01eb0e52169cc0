//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_multiversx::MULTIVERSX;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/EGLD.json");
    for name in ["native-transfer-private-key", "zero-value-contract-call"] {
        let frozen = Frozen::recorded(&MULTIVERSX, vectors, name);
        bench.run(&format!("EGLD/{name}"), &frozen);
    }
    bench.finish();
}
