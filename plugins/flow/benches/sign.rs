//! How long a complete transaction takes to sign: preimages, ECDSA, verification, assembly.

use criterion::{Criterion, criterion_group, criterion_main};
use kms_core::testkit::Frozen;
use kms_flow::FLOW;

fn bench(criterion: &mut Criterion) {
    for name in ["custom-transaction"] {
        let vectors = include_str!("../tests/vectors/FLOW.json");
        let frozen = Frozen::recorded(&FLOW, vectors, name);
        for (step, run) in Frozen::STEPS {
            criterion.bench_function(&format!("FLOW/{name}/{step}"), |bencher| {
                bencher.iter(|| run(&frozen));
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
