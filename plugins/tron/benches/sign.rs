//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::testkit::Frozen;
use kms_tron::TRON;

fn bench(criterion: &mut Criterion) {
    for name in ["trx-transfer", "trc20-transfer", "contract-deploy-with-abi"] {
        let vectors = include_str!("../tests/vectors/TRON.json");
        let frozen = Frozen::recorded(&TRON, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("TRON/{name}/{step}"), |bencher| {
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
