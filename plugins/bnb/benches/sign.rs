//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_bnb::BEACON_CHAIN;
use kms_core::testkit::Frozen;

fn bench(criterion: &mut Criterion) {
    for name in ["transfer-with-memo", "transfer-token-two-coins"] {
        let vectors = include_str!("../tests/vectors/BNB.json");
        let frozen = Frozen::recorded(&BEACON_CHAIN, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("BNB/{name}/{step}"), |bencher| {
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
