//! The daemon is killed at each step of a transaction's way, against a cloud that loses answers:
//! each transaction ends with one set of signed bytes ever sent, and none is lost.
//!
//! `CRASH_RUNS=1000` does as many runs; otherwise there is one for each chain and place. Where a
//! run dies and what the cloud does is chance; `SEED=…` repeats it.

use std::{
    collections::BTreeMap,
    env,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use kms_core::testkit::tally;
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

/// Of each chain a recorded transaction that goes to the cloud as it is.
fn cases() -> BTreeMap<String, Value> {
    let mut cases = BTreeMap::new();
    for (_, file) in vectors::files() {
        let found = recorded::list(&file["transactions"]).find(|case| {
            case["deterministic"] != false
                && case["originalBug"].is_null()
                && case["pending"]["withdrawalId"].is_null()
                && case["broadcast"].is_object()
        });
        if let Some(case) = found {
            cases
                .entry(recorded::text(&file["chain"]).to_owned())
                .or_insert_with(|| case.clone());
        }
    }
    recorded::add_doubts_of_solana(cases.get_mut("SOL").expect("a case of Solana"));
    cases
}

/// One run: whether the first daemon was killed, and how often the bytes were sent.
fn run(chain: &str, case: &Value, death: Death, trouble: Trouble) -> (bool, usize) {
    let id = text(&case["pending"]["id"]);
    let path = text(&case["broadcast"]["path"]);
    let what = format!("{chain} {death:?} {trouble:?}");
    let cloud = Cloud::start();
    recorded::answer_calls(&cloud, case);
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
    let home = recorded::home(case);
    let start = |place: Option<&str>| {
        let mut command = recorded::daemon(&home, &cloud, chain, case);
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
    let cases = cases();
    let chains: Vec<(&String, &Value)> = cases.iter().collect();
    assert_eq!(chains.len(), 22, "{:?}", cases.keys());
    // Half of the pairs of chain and place; `CRASH_RUNS` is for all of them and more.
    let pairs = chains.len() * PLACES.len();
    let runs = env::var("CRASH_RUNS").map_or(pairs / 2, |runs| {
        runs.parse().expect("CRASH_RUNS is a number")
    });
    println!("SEED={seed} CRASH_RUNS={runs}");
    let mut chance = Chance::seeded(seed);
    let plan: Vec<(&str, &Value, Death, Trouble)> = (0..runs)
        .map(|i| {
            let (chain, case) = chains[i % chains.len()];
            let trouble = *chance.pick(&TROUBLES);
            // Each chain at each place first, then any chain at any instant.
            let death = if i < pairs {
                let place = (i / chains.len() + i % chains.len()) % PLACES.len();
                Death::At(PLACES[place])
            } else if chance.below(2) == 0 {
                let place: &&str = chance.pick(&PLACES);
                Death::At(place)
            } else {
                Death::After(chance.up_to(Duration::from_millis(600)))
            };
            (chain.as_str(), case, death, trouble)
        })
        .collect();
    let queue = Mutex::new(plan.into_iter());
    let counts = Mutex::new(Counts::default());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((chain, case, death, trouble)) = next() {
                    let (killed, sent) = run(chain, case, death, trouble);
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
    tally(
        "exactly_once",
        counts.runs,
        "runs, none lost, none signed twice",
    );
    tally("exactly_once", counts.killed, "runs in which it was killed");
    println!(
        "{} runs over {} chains, {} killed: {} sent once, {} sent again with the same bytes, 0 signed twice, 0 lost",
        counts.runs,
        chains.len(),
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
