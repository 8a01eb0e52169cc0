//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_algorand::ALGORAND;
use kms_core::testkit::{Frozen, SignBench};

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/ALGO.json");
    for name in ["payment-with-note-mainnet", "asset-transfer-ft-mainnet"] {
        let frozen = Frozen::recorded(&ALGORAND, vectors, name);
        bench.run(&format!("ALGO/{name}"), &frozen);
    }
    bench.finish();
}
