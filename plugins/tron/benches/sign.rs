//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_tron::TRON;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/TRON.json");
    for name in ["trx-transfer", "trc20-transfer", "contract-deploy-with-abi"] {
        let frozen = Frozen::recorded(&TRON, vectors, name);
        bench.run(&format!("TRON/{name}"), &frozen);
    }
    bench.finish();
}
