//! One step in the journal, alone and beside others; `README.md` says what the figures mean.

use std::{sync::Arc, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use kms_core::{
    chain::{Network, PendingTransaction},
    journal::{Journal, JournalFile, MemoryJournal, PayloadDigest, TransactionKey},
    keys::SecretText,
    vault::{KdfParams, StoreOptions, VaultStore},
};
use serde_json::value::RawValue;

/// As many as a daemon works on at a time.
const TOGETHER: u64 = 64;

fn journal(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wallet.dat");
    let options = StoreOptions {
        kdf: KdfParams::LOWEST,
        ..StoreOptions::default()
    };
    let password = SecretText::new("correct horse battery staple");
    let mut vault = VaultStore::new(&path, options)
        .open_or_create(&password)
        .expect("a new vault");
    let entry = SecretText::new(r#"{"privateKey":"0x01","chain":"C0","testnet":false}"#);
    vault
        .update(|changes| changes.insert("a", &entry))
        .expect("room on the disk");
    let file = JournalFile::beside(&path)
        .open(&vault, JournalFile::DEFAULT_RETENTION_DAYS)
        .expect("a new journal");
    let journals: [(&str, Arc<dyn Journal>); 2] = [
        ("on-disk", Arc::new(file)),
        ("in-memory", Arc::new(MemoryJournal::new())),
    ];

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O");
    let raw = r#"{"id":"1","chain":"C0","hashes":["a"],"serializedTransaction":"{}"}"#;
    let raw = RawValue::from_string(raw.to_owned()).expect("valid JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");
    let payload = PayloadDigest::of(&pending);
    let mut number = 0_u64;
    for (kind, journal) in &journals {
        let mut group = criterion.benchmark_group(format!("journal/{kind}"));
        for together in [1, TOGETHER] {
            group.throughput(Throughput::Elements(together));
            group.bench_function(format!("append-{together}-together"), |bencher| {
                bencher.iter(|| {
                    let keys: Vec<_> = (number..number + together).map(key).collect();
                    number += together;
                    runtime.block_on(async {
                        for done in
                            join_all(keys.iter().map(|key| journal.receive(key, payload))).await
                        {
                            done.expect("room on the disk");
                        }
                    });
                });
            });
        }
        group.finish();
    }
}

fn key(number: u64) -> TransactionKey {
    TransactionKey {
        chain: "C0".to_owned(),
        network: Network::Mainnet,
        id: format!("{number:024x}"),
    }
}

criterion_group!(
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = journal
);
criterion_main!(benches);
