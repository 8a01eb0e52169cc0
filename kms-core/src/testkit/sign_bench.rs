//! What a transaction costs to sign, beside what its signatures alone cost.

use std::{
    fmt::Write as _,
    hint::black_box,
    io::Write as _,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use criterion::Criterion;
use ed25519_dalek::{
    Signer as _,
    hazmat::{ExpandedSecretKey, raw_sign},
};
use serde_json::value::RawValue;

use super::Frozen;
use crate::{
    chain::{ChainPlugin, KeyRequest, Network, PendingTransaction, WalletKind},
    keys::{Scheme, SecretText},
    vault::{Entry, EntryError},
    wallet::{self, RecentKeys, Wallets},
};

/// Measures the steps of signing with criterion, and in the end prints how many times the cost of
/// the bare signatures they are. `kms-core/benches/README.md` says what each figure means.
///
/// ```ignore
/// fn main() {
///     let mut bench = SignBench::from_args();
///     bench.run("XLM/payment", &Frozen::recorded(&STELLAR, VECTORS, "payment-native"));
///     bench.finish();
/// }
/// ```
pub struct SignBench {
    criterion: Criterion,
    /// Without it nothing is measured: a test runner lists the benchmarks, or tries them out.
    table: Option<String>,
}

impl SignBench {
    /// With the options of criterion, from the command line.
    pub fn from_args() -> Self {
        let criterion = Criterion::default()
            .sample_size(20)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        let measures = std::env::args().any(|arg| arg == "--bench")
            && !std::env::args().any(|arg| arg == "--test" || arg == "--list");
        let heading = || {
            let columns = ["bare", "signed", "", "check", "checked", ""];
            let [bare, signed, ratio, check, all, all_ratio] = columns;
            format!(
                "{:40}{bare:>10}{signed:>10}{ratio:>8}{check:>10}{all:>10}{all_ratio:>8}\n",
                "µs"
            )
        };
        Self {
            criterion,
            table: measures.then(heading),
        }
    }

    /// Measures the steps of one transaction.
    pub fn run(&mut self, name: &str, frozen: &Frozen) {
        let mut group = self.criterion.benchmark_group(name);
        for (step, run) in Frozen::STEPS {
            group.bench_function(step, |bencher| bencher.iter(|| run(frozen)));
        }
        if let Some(mnemonic) = MnemonicWallet::of(frozen) {
            group.bench_function("sign/kept-account", |bencher| {
                bencher.iter(|| {
                    mnemonic.new_key_of_kept_account();
                    frozen.sign_unchecked();
                });
            });
            group.bench_function("sign/cold-mnemonic", |bencher| {
                bencher.iter(|| {
                    mnemonic.cold_key();
                    frozen.sign_unchecked();
                });
            });
        }
        group.finish();
        if let Some(table) = &mut self.table {
            let bare = bare_signatures(frozen);
            let times = interleaved(&[
                &|| bare.iter().for_each(|sign| sign()),
                &|| frozen.sign_unchecked(),
                &|| frozen.sign(),
            ]);
            let [bare, signed, checked] = times;
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "{name:40}{:>10}{:>10}{:>8}{:>10}{:>10}{:>8}",
                micros(bare),
                micros(signed),
                ratio(signed, bare),
                micros(checked.saturating_sub(signed)),
                micros(checked),
                ratio(checked, bare),
            );
        }
    }

    /// Prints the ratios, below what criterion has printed.
    pub fn finish(self) {
        self.criterion.final_summary();
        if let Some(table) = self.table {
            // It is a program's last line, not a library's.
            let _ = std::io::stdout().write_all(format!("\n{table}").as_bytes());
        }
    }
}

impl std::fmt::Debug for SignBench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignBench").finish_non_exhaustive()
    }
}

/// A wallet of the chain, from which keys are made.
struct MnemonicWallet {
    plugin: &'static dyn ChainPlugin,
    network: Network,
    entry: SecretText,
    pending: PendingTransaction,
    recent: RecentKeys,
    next_index: AtomicU32,
}

impl MnemonicWallet {
    /// None where wallets are single keys.
    fn of(frozen: &Frozen) -> Option<Self> {
        let (plugin, network) = (frozen.plugin, frozen.network);
        if let WalletKind::SingleKey { .. } = plugin.info().wallet {
            return None;
        }
        let entry = wallet::generate(plugin, network).expect("a new wallet");
        let code = plugin.info().code;
        let json =
            format!(r#"{{"id":"1","chain":"{code}","hashes":[],"serializedTransaction":"{{}}"}}"#);
        let raw = RawValue::from_string(json).expect("valid JSON");
        Some(Self {
            plugin,
            network,
            entry: entry.to_json(plugin.info().entry_fields),
            pending: PendingTransaction::from_raw(&raw).expect("a pending transaction"),
            recent: RecentKeys::default(),
            next_index: AtomicU32::new(0),
        })
    }

    fn new_key_of_kept_account(&self) {
        self.key(self.next_index.fetch_add(1, Ordering::Relaxed), self);
    }

    fn cold_key(&self) {
        self.key(0, &|_: &str| Some(Entry::parse(self.entry.expose())));
    }

    fn key(&self, index: u32, wallets: &dyn Wallets) {
        let request = KeyRequest {
            id: "wallet".to_owned(),
            index: Some(index),
        };
        let keys = wallet::keys(
            self.plugin,
            self.network,
            &self.pending,
            &[request],
            wallets,
        );
        black_box(keys.expect("a key"));
    }
}

impl Wallets for MnemonicWallet {
    fn entry(&self, _: &str) -> Option<Result<Entry, EntryError>> {
        Some(Entry::parse(self.entry.expose()))
    }

    fn recent_keys(&self) -> Option<&RecentKeys> {
        Some(&self.recent)
    }
}

type Work<'a> = &'a dyn Fn();

/// What the libraries take for the same number of signatures of the same payloads, and nothing
/// else. For Schnorr, which no library of ours has, an ECDSA signature stands in.
fn bare_signatures(frozen: &Frozen) -> Vec<Box<dyn Fn()>> {
    const KEY: [u8; 32] = [7; 32];
    let preimages = frozen.plugin.preimages(&frozen.unsigned);
    let bare = |preimage: crate::chain::Preimage| -> Box<dyn Fn()> {
        let payload = preimage.payload;
        match preimage.scheme {
            Scheme::EcdsaSecp256k1 | Scheme::EcdsaSecp256k1AnyS | Scheme::SchnorrBch2019 => {
                let key = k256::ecdsa::SigningKey::from_slice(&KEY).expect("a key");
                Box::new(move || {
                    black_box(key.sign_prehash_recoverable(black_box(&payload)));
                })
            }
            Scheme::EcdsaP256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&KEY).expect("a key");
                Box::new(move || {
                    black_box(key.sign_prehash_recoverable(black_box(&payload)));
                })
            }
            Scheme::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&KEY);
                Box::new(move || {
                    black_box(key.sign(black_box(&payload)));
                })
            }
            Scheme::Ed25519Bip32 => {
                let key = ExpandedSecretKey::from(&KEY);
                let public = ed25519_dalek::VerifyingKey::from(&key);
                Box::new(move || {
                    black_box(raw_sign::<sha2::Sha512>(&key, black_box(&payload), &public));
                })
            }
        }
    };
    preimages
        .expect("a complete transaction")
        .into_iter()
        .map(bare)
        .collect()
}

/// What each takes, in nanoseconds: the fastest of many rounds, for whatever else the machine does
/// can only slow it. In each round all take their turn, so that it slows all of them alike.
fn interleaved<const N: usize>(works: &[Work<'_>; N]) -> [u128; N] {
    const ROUNDS: usize = 201;
    const TURN: Duration = Duration::from_millis(1);

    let repeats = works.map(|work| {
        let began = Instant::now();
        let mut count = 0_u32;
        while began.elapsed() < TURN {
            work();
            count += 1;
        }
        count
    });
    let mut fastest = works.map(|_| u128::MAX);
    for _ in 0..ROUNDS {
        for ((work, fastest), repeats) in works.iter().zip(&mut fastest).zip(repeats) {
            let began = Instant::now();
            (0..repeats).for_each(|_| work());
            *fastest = (*fastest).min(began.elapsed().as_nanos() / u128::from(repeats));
        }
    }
    fastest
}

fn micros(nanos: u128) -> String {
    format!("{}.{}", nanos / 1000, nanos % 1000 / 100)
}

fn ratio(of: u128, to: u128) -> String {
    let hundredths = of * 100 / to.max(1);
    format!("{}.{:02} x", hundredths / 100, hundredths % 100)
}
