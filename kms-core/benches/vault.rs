//! The vault at four sizes; `README.md` says what the figures mean.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use kms_core::{
    chain::Network,
    cloud::SignatureIds,
    keys::SecretText,
    vault::{KdfParams, OpenVault, StoreOptions, VaultStore},
};

/// One, a small team, one full poll, and one full poll of each of 22 chains.
const SIZES: [usize; 4] = [1, 1_000, 25_000, 550_000];
const KEY: &str = "0x4646464646464646464646464646464646464646464646464646464646464646";

struct Home {
    store: VaultStore,
    vault: OpenVault,
    _folder: tempfile::TempDir,
}

impl Home {
    /// With `count` private keys, spread evenly over 22 chains once there are that many.
    fn with(count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions {
            kdf: KdfParams::LOWEST,
            ..StoreOptions::default()
        };
        let store = VaultStore::new(folder.path().join("wallet.dat"), options);
        let mut vault = store.open_or_create(&password()).expect("a new vault");
        vault
            .update(|changes| {
                (0..count).try_for_each(|number| {
                    let chain = number / 25_000;
                    let json =
                        format!(r#"{{"privateKey":"{KEY}","chain":"C{chain}","testnet":false}}"#);
                    changes.insert(&id(number), &SecretText::new(json))
                })
            })
            .expect("room on the disk");
        Self {
            store,
            vault,
            _folder: folder,
        }
    }
}

fn vault(criterion: &mut Criterion) {
    for size in SIZES {
        let mut home = Home::with(size);
        let mut group = criterion.benchmark_group("vault");
        if size > 100_000 {
            group
                .sample_size(10)
                .measurement_time(Duration::from_secs(10));
        }
        group.bench_function(BenchmarkId::new("open", size), |bencher| {
            bencher.iter(|| home.store.open(&password()).expect("the password"));
        });
        let snapshot = home.vault.vault().clone();
        let mut number = 0;
        group.bench_function(BenchmarkId::new("look-up", size), |bencher| {
            bencher.iter(|| {
                number = (number + 7_919) % size;
                black_box(snapshot.entry(&id(number)).expect("it is there")).expect("an entry")
            });
        });
        group.bench_function(BenchmarkId::new("poll-body", size), |bencher| {
            bencher.iter(|| {
                let ids: Vec<&str> = snapshot.ids_of("C0", Network::Mainnet).collect();
                SignatureIds::new(&ids)
            });
        });
        drop(snapshot);
        let mut next = size;
        group.bench_function(BenchmarkId::new("add-one", size), |bencher| {
            bencher.iter_batched(
                || {
                    next += 1;
                    id(next)
                },
                |id| {
                    let entry = SecretText::new(format!(
                        r#"{{"privateKey":"{KEY}","chain":"C0","testnet":false}}"#
                    ));
                    home.vault
                        .update(|changes| changes.insert(&id, &entry))
                        .expect("room on the disk");
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

fn password() -> SecretText {
    SecretText::new("correct horse battery staple")
}

fn id(number: usize) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

criterion_group!(
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = vault
);
criterion_main!(benches);
