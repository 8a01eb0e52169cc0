//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_core::testkit::{Frozen, SignBench};
use kms_solana::SOLANA;

fn main() {
    let mut bench = SignBench::from_args();
    let vectors = include_str!("../tests/vectors/SOL.json");
    for name in ["native-transfer", "nft-transfer"] {
        let frozen = Frozen::recorded(&SOLANA, vectors, name);
        bench.run(&format!("SOL/{name}"), &frozen);
    }
    bench.finish();
}
