//! How long a complete transaction takes to sign: preimages, Ed25519, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::testkit::Frozen;
use kms_solana::SOLANA;

fn bench(criterion: &mut Criterion) {
    for name in ["native-transfer", "nft-transfer"] {
        let vectors = include_str!("../tests/vectors/SOL.json");
        let frozen = Frozen::recorded(&SOLANA, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("SOL/{name}/{step}"), |bencher| {
                bencher.iter(|| run(&frozen));
            });
        }
    }
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = bench
);
criterion_main!(benches);
