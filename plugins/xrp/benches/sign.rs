//! How long a complete transaction takes to sign: preimages, ECDSA or Ed25519, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::testkit::Frozen;
use kms_xrp::XRP;

fn bench(criterion: &mut Criterion) {
    for name in ["payment-native", "payment-issued-currency-hex-ed25519"] {
        let vectors = include_str!("../tests/vectors/XRP.json");
        let frozen = Frozen::recorded(&XRP, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("XRP/{name}/{step}"), |bencher| {
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
