//! The daemon is killed at each step of a transaction's way, against a cloud that loses answers:
//! each transaction ends with one set of signed bytes ever sent, and none is lost.
//!
//! `CRASH_RUNS=1000` does as many runs; otherwise there is one for each chain and place. Where a
//! run dies and what the cloud does is chance; `SEED=…` repeats it.

use std::{
    env,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use kms_tests::{
    chance::Chance,
    cloud::{Cloud, Fault, FaultKind},
    daemon::{Finished, Running},
    recorded::{self, text},
    vectors,
};
use rustix::process::Signal;
use serde_json::Value;

/// Where a debug build dies when told to, in the order of a transaction's way.
const PLACES: [&str; 12] = [
    "polled",
    "received",
    "prepared",
    "approved",
    "frozen",
    "signing",
    "signed",
    "sending",
    "submitted",
    "broadcast",
    "done",
    "committing:3",
];
/// How often a killed daemon is started again at most.
const RESTARTS: usize = 6;
const CHAINS: [&str; 8] = ["BTC", "DOGE", "BCH", "ETH", "CELO", "TRON", "VET", "XLM"];

/// How the daemon dies in one run.
#[derive(Clone, Copy, Debug)]
enum Death {
    At(&'static str),
    After(Duration),
}

/// What the cloud does to the first broadcasts.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    /// It takes the transaction, and its answer is lost.
    AnswerLost,
    /// It takes the transaction, and says that it failed.
    Status500,
    /// It does not take it, and says nothing.
    Reset,
    /// It takes it and goes on listing it.
    ListsItStill,
}

const TROUBLES: [Trouble; 5] = [
    Trouble::None,
    Trouble::AnswerLost,
    Trouble::Status500,
    Trouble::Reset,
    Trouble::ListsItStill,
];

#[derive(Default)]
struct Counts {
    runs: usize,
    killed: usize,
    sent_once: usize,
    sent_again: usize,
}

/// A recorded transaction of the chain that goes to the cloud as it is.
fn case(chain: &str) -> Value {
    let files = vectors::files();
    let cases = files.iter().filter(|(_, file)| file["chain"] == chain);
    let mut cases = cases.flat_map(|(_, file)| recorded::list(&file["transactions"]));
    cases
        .find(|case| {
            case["deterministic"] != false
                && case["originalBug"].is_null()
                && case["pending"]["withdrawalId"].is_null()
        })
        .unwrap_or_else(|| panic!("no recorded transaction of {chain}"))
        .clone()
}

/// One run: whether the first daemon was killed, and how often the bytes were sent.
fn run(chain: &str, death: Death, trouble: Trouble) -> (bool, usize) {
    let case = case(chain);
    let id = text(&case["pending"]["id"]);
    let path = text(&case["broadcast"]["path"]);
    let what = format!("{chain} {death:?} {trouble:?}");
    let cloud = Cloud::start();
    recorded::answer_calls(&cloud, &case);
    match trouble {
        Trouble::None => {}
        Trouble::AnswerLost => {
            cloud.fault(
                Fault::on("POST", path, FaultKind::Reset)
                    .taking_effect()
                    .times(2),
            );
        }
        Trouble::Status500 => {
            cloud.fault(
                Fault::on("POST", path, FaultKind::Status(500))
                    .taking_effect()
                    .times(1),
            );
        }
        Trouble::Reset => cloud.fault(Fault::on("POST", path, FaultKind::Reset).times(2)),
        Trouble::ListsItStill => cloud.keep_listing(),
    }
    cloud.queue_for(chain, &case["pending"].to_string());
    let home = recorded::home(&case);
    let start = |place: Option<&str>| {
        let mut command = recorded::daemon(&home, &cloud, chain, &case);
        command.arg("--run-once").env("TATUM_RETRIES", "0");
        if let Some(place) = place {
            command.env("TATUM_KMS_FAILPOINT", place);
        }
        Running::start(command)
    };

    let first = match death {
        Death::At(place) => start(Some(place)).finish(),
        Death::After(time) => {
            let daemon = start(None);
            thread::sleep(time);
            daemon.signal_if_alive(Signal::KILL);
            daemon.finish()
        }
    };
    let killed = first.status.code().is_none();
    let mut last: Finished = first;
    for _ in 0..RESTARTS {
        last = start(None).finish();
        assert!(last.status.code().is_some(), "{what}: killed again");
        let taken = cloud.look(|state| state.broadcasts_of(id).count());
        if taken > 0 && last.code() == Some(0) {
            break;
        }
    }

    let signed = cloud.signed(id);
    assert_eq!(
        signed.len(),
        1,
        "{what}: signed twice: {signed:?}\n{}",
        last.stderr
    );
    assert_eq!(
        signed.first().map(String::as_str),
        case["broadcast"]["body"]["txData"].as_str(),
        "{what}: other bytes than recorded"
    );
    let taken = cloud.look(|state| state.broadcasts_of(id).count());
    assert!(taken > 0, "{what}: lost\n{}", last.stderr);
    assert!(
        cloud.failures(id).is_empty(),
        "{what}: reported as failed: {:?}",
        cloud.failures(id)
    );
    (
        killed,
        cloud.look(|state| state.requests_to("POST", path).count()),
    )
}

#[test]
fn a_killed_daemon_signs_once_and_loses_nothing() {
    let seed = env::var("SEED").map_or(20_261_123, |seed| seed.parse().expect("a number"));
    let runs = env::var("CRASH_RUNS").map_or(CHAINS.len() * PLACES.len(), |runs| {
        runs.parse().expect("CRASH_RUNS is a number")
    });
    println!("SEED={seed} CRASH_RUNS={runs}");
    let mut chance = Chance::seeded(seed);
    let plan: Vec<(&str, Death, Trouble)> = (0..runs)
        .map(|i| {
            let trouble = *chance.pick(&TROUBLES);
            // Each chain at each place first, then any chain at any instant.
            let death = match PLACES.get(i / CHAINS.len()) {
                Some(place) => Death::At(place),
                None if chance.below(2) == 0 => {
                    let place: &&str = chance.pick(&PLACES);
                    Death::At(place)
                }
                None => Death::After(chance.up_to(Duration::from_millis(600))),
            };
            (CHAINS[i % CHAINS.len()], death, trouble)
        })
        .collect();
    let queue = Mutex::new(plan.into_iter());
    let counts = Mutex::new(Counts::default());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((chain, death, trouble)) = next() {
                    let (killed, sent) = run(chain, death, trouble);
                    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                    counts.runs += 1;
                    counts.killed += usize::from(killed);
                    counts.sent_once += usize::from(sent == 1);
                    counts.sent_again += usize::from(sent > 1);
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} runs over {} chains, {} killed: {} sent once, {} sent again with the same bytes, 0 signed twice, 0 lost",
        counts.runs,
        CHAINS.len(),
        counts.killed,
        counts.sent_once,
        counts.sent_again
    );
    assert_eq!(counts.runs, runs);
    assert!(
        counts.killed * 2 > runs,
        "too few were killed to prove anything"
    );
}
