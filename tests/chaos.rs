//! Very many transactions over all chains, against a cloud of which every third answer is lost,
//! late or senseless: all are sent, each as one set of bytes, those of a signer in their order,
//! and the daemon's memory stays bounded.
//!
//! `CHAOS=5000` is the number of transactions; `SEED=…` repeats a run.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    time::{Duration, Instant},
};

use kms_core::testkit::tally;
use kms_tests::{
    chance::Chance,
    cloud::{Answer, Cloud},
    daemon::{Home, Running},
    recorded::{self, list, text},
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

/// A recorded transaction on the test network.
struct Sample {
    case: Value,
}

impl Sample {
    fn chain(&self) -> &str {
        text(&self.case["pending"]["chain"])
    }

    fn asks_nodes(&self) -> bool {
        list(&self.case["calls"]).next().is_some()
    }
}

/// By chain, those that ask no node; where all do, the first.
fn samples() -> BTreeMap<String, Vec<Sample>> {
    let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for (_, file) in vectors::files() {
        for case in list(&file["transactions"]) {
            let usable = case["testnet"] == true
                && case["deterministic"] != false
                && case["originalBug"].is_null()
                && case["broadcast"].is_object()
                && case["broadcast"]["path"] != "/v3/offchain/withdrawal/broadcast";
            if usable {
                let chain = text(&file["chain"]).to_owned();
                let mut case = case.clone();
                if chain == "SOL" {
                    recorded::add_doubts_of_solana(&mut case);
                }
                let same = samples.entry(chain).or_default();
                same.push(Sample { case });
            }
        }
    }
    for same in samples.values_mut() {
        if same.iter().all(Sample::asks_nodes) {
            same.truncate(1);
        } else {
            same.retain(|sample| !sample.asks_nodes());
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
    let chains: Vec<&[Sample]> = samples.values().map(Vec::as_slice).collect();
    assert_eq!(chains.len(), 22, "{:?}", samples.keys());

    let cloud = Cloud::start();
    let mut wallets: BTreeMap<String, Value> = BTreeMap::new();
    for sample in samples.values().flatten() {
        let entries = sample.case["wallets"].as_object().expect("wallets");
        wallets.extend(entries.clone());
        recorded::answer_calls(&cloud, &sample.case);
    }
    let eth_wallet = |signer: u64| format!("e1000000-0000-4000-8000-{signer:012}");
    for signer in 0..ETH_SIGNERS {
        let key = format!("0x{:064x}", signer + 1);
        let wallet = json!({"privateKey": key, "chain": "ETH", "testnet": true});
        wallets.insert(eth_wallet(signer), wallet);
    }
    let home = Home::with_wallets(wallets.iter().map(|(id, entry)| (id.as_str(), entry)));

    let mut order: HashMap<String, Vec<String>> = HashMap::new();
    let mut nonces: HashMap<u64, u64> = HashMap::new();
    let mut asking: HashMap<&str, u64> = HashMap::new();
    for number in 0..count {
        let id = pending_id(number + 1);
        let same: &&[Sample] = chance.pick(&chains);
        let sample = chance.pick(same);
        // One signer of such a chain works them off one by one, each by many calls.
        let mut room = || {
            let so_far = asking.entry(sample.chain()).or_insert(0);
            *so_far += 1;
            *so_far <= 2 + count / 250
        };
        let pending = if chance.below(2) == 0 || (sample.asks_nodes() && !room()) {
            let signer = chance.below(ETH_SIGNERS);
            let nonce = nonces.entry(signer).or_default();
            *nonce += 1;
            let mut transaction = eth_transaction();
            transaction["nonce"] = json!(*nonce);
            eth_pending(&id, &eth_wallet(signer), &transaction)
        } else {
            let mut pending = sample.case["pending"].clone();
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
    for chain in samples.keys() {
        recorded::reach_nodes(&mut command, &cloud, chain);
    }
    let started = Instant::now();
    let daemon = Running::start(command);
    let mut peak = 0;
    let expected = usize::try_from(count).expect("a small number");
    loop {
        // Without an id, Flow's key is given back.
        let sent: BTreeSet<String> = cloud.look(|state| {
            let ids = state.broadcasts.iter().map(|one| one.id.clone());
            ids.filter(|id| !id.is_empty()).collect()
        });
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
    tally("chaos", count, "transactions sent once, in order");
    println!(
        "{count} transactions of {} signers on {} chains: all sent in order, {} arrivals, {requests} requests of which about {TROUBLE} % met trouble, at most {} MiB, {} s",
        order.len(),
        chains.len(),
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
