//! Very many transactions over many chains, against a cloud of which every third answer is lost,
//! late or senseless: all are sent, each as one set of bytes, those of a signer in their order,
//! and the daemon's memory stays bounded.
//!
//! `CHAOS=5000` is the number of transactions; `SEED=…` repeats a run.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    time::{Duration, Instant},
};

use kms_tests::{
    chance::Chance,
    cloud::{Answer, Cloud},
    daemon::{Home, Running},
    recorded::{list, text},
    samples::{eth_pending, eth_transaction, pending_id},
    vectors,
};
use serde_json::{Value, json};

/// Of a hundred requests so many meet trouble.
const TROUBLE: u64 = 30;
/// The most memory, in KiB: far above what is needed, far below what a leak would take.
const MEMORY_KIB: u64 = 400 * 1024;
/// Ends a run that does not get on; measures nothing.
const PATIENCE: Duration = Duration::from_secs(9 * 60);
const ETH_SIGNERS: u64 = 40;

/// A recorded transaction that asks no node, on the test network.
struct Sample {
    chain: String,
    pending: Value,
    wallets: BTreeMap<String, Value>,
}

fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (_, file) in vectors::files() {
        for case in list(&file["transactions"]) {
            let complete = case["calls"].as_array().is_none_or(Vec::is_empty)
                && case["testnet"] == true
                && case["deterministic"] != false
                && case["originalBug"].is_null()
                && case["broadcast"]["path"] != "/v3/offchain/withdrawal/broadcast";
            if complete {
                samples.push(Sample {
                    chain: text(&file["chain"]).to_owned(),
                    pending: case["pending"].clone(),
                    wallets: serde_json::from_value(case["wallets"].clone()).expect("wallets"),
                });
            }
        }
    }
    samples
}

/// Whose transactions keep their order.
fn signer(pending: &Value) -> String {
    let first = [&pending["hashes"][0], &pending["signatures"][0]["id"]];
    let wallet = first
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or_default();
    format!("{} {wallet} {}", pending["chain"], pending["index"])
}

#[test]
fn a_cloud_in_trouble_delays_and_changes_nothing() {
    let seed = env::var("SEED").map_or(20_261_123, |seed| seed.parse().expect("a number"));
    let count = env::var("CHAOS").map_or(300, |count| count.parse().expect("a number"));
    println!("SEED={seed} CHAOS={count}");
    let mut chance = Chance::seeded(seed);
    let samples = samples();
    let chains: BTreeSet<&str> = samples.iter().map(|one| one.chain.as_str()).collect();
    assert!(chains.len() >= 6, "{chains:?}");

    let mut wallets: BTreeMap<String, Value> = BTreeMap::new();
    for sample in &samples {
        wallets.extend(sample.wallets.clone());
    }
    let eth_wallet = |signer: u64| format!("e1000000-0000-4000-8000-{signer:012}");
    for signer in 0..ETH_SIGNERS {
        let key = format!("0x{:064x}", signer + 1);
        let wallet = json!({"privateKey": key, "chain": "ETH", "testnet": true});
        wallets.insert(eth_wallet(signer), wallet);
    }
    let home = Home::with_wallets(wallets.iter().map(|(id, entry)| (id.as_str(), entry)));

    let cloud = Cloud::start();
    let mut order: HashMap<String, Vec<String>> = HashMap::new();
    let mut nonces: HashMap<u64, u64> = HashMap::new();
    for number in 0..count {
        let id = pending_id(number + 1);
        let pending = if chance.below(2) == 0 {
            let signer = chance.below(ETH_SIGNERS);
            let nonce = nonces.entry(signer).or_default();
            *nonce += 1;
            let mut transaction = eth_transaction();
            transaction["nonce"] = json!(*nonce);
            eth_pending(&id, &eth_wallet(signer), &transaction)
        } else {
            let mut pending = chance.pick(&samples).pending.clone();
            pending["id"] = json!(id);
            pending
        };
        order.entry(signer(&pending)).or_default().push(id);
        cloud.queue(&pending);
    }
    cloud.route("POST", "/v3/*/broadcast", |_| {
        Answer::ok(&json!({"completed": true}))
    });
    cloud.weather(chance, TROUBLE);

    let mut command = home.daemon(&cloud);
    command.args(["--testnet", "--log-level=error"]);
    let started = Instant::now();
    let daemon = Running::start(command);
    let mut peak = 0;
    let expected = usize::try_from(count).expect("a small number");
    loop {
        let sent: BTreeSet<String> =
            cloud.look(|state| state.broadcasts.iter().map(|one| one.id.clone()).collect());
        peak = peak.max(memory_kib(daemon.id()));
        if sent.len() == expected {
            break;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{} of {count} sent; {}",
            sent.len(),
            daemon.stderr()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let done = daemon.stop();
    assert_eq!(done.code(), Some(0), "{done:?}");

    let (broadcasts, failures, requests) = cloud.look(|state| {
        (
            state.broadcasts.clone(),
            state.failures.clone(),
            state.requests.len(),
        )
    });
    assert!(failures.is_empty(), "reported as failed: {failures:?}");
    let mut first_arrival: HashMap<&str, usize> = HashMap::new();
    let mut bytes: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (position, broadcast) in broadcasts.iter().enumerate() {
        first_arrival.entry(&broadcast.id).or_insert(position);
        bytes
            .entry(&broadcast.id)
            .or_default()
            .insert(&broadcast.tx_data);
    }
    for (signer, ids) in &order {
        let arrivals: Vec<usize> = ids.iter().map(|id| first_arrival[id.as_str()]).collect();
        assert!(arrivals.is_sorted(), "{signer}: out of order: {arrivals:?}");
        for id in ids {
            assert_eq!(bytes[id.as_str()].len(), 1, "{id} was signed twice");
        }
    }
    assert!(peak < MEMORY_KIB, "{peak} KiB");
    println!(
        "{count} transactions of {} signers on {} chains: all sent in order, {} arrivals, {requests} requests of which about {TROUBLE} % met trouble, at most {} MiB, {} s",
        order.len(),
        chains.len() + 1,
        broadcasts.len(),
        peak / 1024,
        started.elapsed().as_secs()
    );
}

/// Resident memory of a process at its highest.
fn memory_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}
