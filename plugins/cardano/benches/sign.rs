//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_cardano::CARDANO;
use kms_core::testkit::{Frozen, SignBench};

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/ADA.json");
    for name in [
        "private-key-wallet-one-input-with-change",
        "two-inputs-two-keys-and-three-outputs",
    ] {
        let frozen = Frozen::recorded(&CARDANO, vectors, name);
        bench.run(&format!("ADA/{name}"), &frozen);
    }
    bench.finish();
}
