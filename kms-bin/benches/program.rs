//! The built program from start to end, and one poll cycle in this process;
//! `kms-core/benches/README.md` says what the figures mean.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kms_core::{
    approval::NoApproval,
    chain::{Network, Registry},
    cloud::{Cloud, CloudConfig, parse_url},
    daemon::{Daemon, DaemonConfig, Mode, NoObserver, Parts, Selection, VaultWatch},
    journal::MemoryJournal,
    keys::SecretText,
    vault::{KdfParams, StoreOptions, VaultStore},
};
use kms_evm as _;
use tokio::sync::watch;

const PASSWORD: &str = "correct horse battery staple";
const WALLET: &str = "a0000000-0000-4000-8000-000000000000";

fn start(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wallet.dat");
    fill(&path, StoreOptions::default(), 1);
    let mut group = criterion.benchmark_group("program");
    group.bench_function("--help", |bencher| bencher.iter(|| run(&path, &["--help"])));
    group.bench_function("argon2id", |bencher| {
        bencher.iter(|| VaultStore::new(&path, StoreOptions::default()).open(&password()));
    });
    group.bench_function("getaddress", |bencher| {
        bencher.iter(|| run(&path, &["getaddress", WALLET, "0"]));
    });
    group.sample_size(10);
    for count in ["100", "1000", "10000"] {
        group.bench_function(BenchmarkId::new("batch", count), |bencher| {
            bencher.iter(|| {
                let folder = tempfile::tempdir().expect("a folder");
                let path = folder.path().join("wallet.dat");
                run(&path, &["generatemanagedprivatekeybatch", "ETH", count]);
            });
        });
    }
    group.finish();
}

fn poll(criterion: &mut Criterion) {
    let url = instant_cloud();
    let mut group = criterion.benchmark_group("poll-cycle");
    for size in [1, 1_000, 25_000, 550_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wallet.dat");
        let options = StoreOptions {
            kdf: KdfParams::LOWEST,
            ..StoreOptions::default()
        };
        fill(&path, options, size);
        let open = VaultStore::new(&path, options).open(&password());
        let vault = VaultWatch::new(open.expect("the password"));
        let mut config = CloudConfig::new(SecretText::new("key")).expect("a key");
        config.base_url = parse_url("the cloud", &url).expect("a URL");
        let cloud = Cloud::new(config).expect("a client");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (_stop, stopped) = watch::channel(false);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let config = DaemonConfig {
                    network: Network::Mainnet,
                    period: DaemonConfig::DEFAULT_PERIOD,
                    mode: Mode::Once(Selection::default()),
                    concurrency: DaemonConfig::DEFAULT_CONCURRENCY,
                    dry_run: false,
                };
                let parts = Parts {
                    registry: Registry::linked().expect("the chains"),
                    cloud: cloud.clone(),
                    vault: vault.clone(),
                    approver: Arc::new(NoApproval),
                    journal: Arc::new(MemoryJournal::new()),
                    observer: Arc::new(NoObserver),
                };
                runtime.block_on(Daemon::new(config, parts, &stopped).run())
            });
        });
    }
    group.finish();
}

/// A cloud that lists nothing, at once, to whomever asks; it ends with the process.
fn instant_cloud() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                    let header = line.trim().to_ascii_lowercase();
                    if let Some(value) = header.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                    if header.is_empty() {
                        let mut body = vec![0; length];
                        let read = reader.read_exact(&mut body);
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";
                        if read
                            .and_then(|()| reader.get_mut().write_all(answer))
                            .is_err()
                        {
                            return;
                        }
                    }
                    line.clear();
                }
            });
        }
    });
    format!("http://{address}")
}

/// A vault with `count` keys of Ethereum.
fn fill(path: &Path, options: StoreOptions, count: usize) {
    let mut vault = VaultStore::new(path, options)
        .open_or_create(&password())
        .expect("a new vault");
    let entry = format!(
        r#"{{"privateKey":"0x{}","chain":"ETH","testnet":false}}"#,
        "46".repeat(32)
    );
    let entry = SecretText::new(entry);
    vault
        .update(|changes| {
            (0..count).try_for_each(|number| {
                changes.insert(&format!("a0000000-0000-4000-8000-{number:012}"), &entry)
            })
        })
        .expect("room on the disk");
}

fn run(path: &Path, args: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_tatum-kms"))
        .arg("--path")
        .arg(path)
        .args(args)
        .env("TATUM_KMS_PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program");
    assert!(status.success(), "{args:?}");
}

fn password() -> SecretText {
    SecretText::new(PASSWORD)
}

criterion_group!(
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = start, poll
);
criterion_main!(benches);
