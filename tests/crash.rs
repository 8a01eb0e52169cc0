//! Processes that are killed, and many at once: what was acknowledged is in the vault.
//!
//! Acknowledged is what was printed. Where a process dies is chance; the seed of it is printed,
//! and `SEED=…` repeats it, as far as a machine does the same twice.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use kms_tests::{
    chance::Chance,
    daemon::Finished,
    program::User,
    samples::{self, ETH_WALLET},
};
use rustix::process::Signal;
use serde_json::Value;

fn owner() -> User {
    User::with_wallets([(ETH_WALLET, &samples::eth_wallet())])
}

/// How long one run of this takes here.
fn duration_of(line: &str) -> Duration {
    let user = owner();
    user.run(line).finish();
    let start = Instant::now();
    user.run(line).finish();
    start.elapsed()
}

/// The signature ids a killed process has printed, each in whole.
fn acknowledged(done: &Finished) -> Vec<String> {
    // A line that is cut off acknowledges nothing.
    let whole_lines = done.stdout.lines().filter_map(|line| {
        let key: Value = serde_json::from_str(line).ok()?;
        Some(key["signatureId"].as_str()?.to_owned())
    });
    let whole_output = serde_json::from_str::<Value>(&done.stdout).ok();
    let single = whole_output.and_then(|stored| Some(stored["signatureId"].as_str()?.to_owned()));
    whole_lines.chain(single).collect()
}

#[test]
fn stores_that_are_killed_lose_nothing_that_was_acknowledged() {
    const STORES: usize = 200;
    let line = "generatemanagedwallet ETH";
    // Some end before they are killed, most do not.
    let window = duration_of(line).mul_f64(1.25);
    let mut chance = Chance::new();
    let user = owner();
    let mut expected = BTreeSet::from([ETH_WALLET.to_owned()]);
    let mut killed = 0;
    for store in 0..STORES {
        let running = user.run(line).start();
        thread::sleep(chance.up_to(window));
        running.signal_if_alive(Signal::KILL);
        let done = running.finish();
        killed += usize::from(done.code().is_none());
        expected.extend(acknowledged(&done));
        // It opens after each of them; the next store would not start otherwise.
        let ids: BTreeSet<String> = user.ids().into_iter().collect();
        let lost: Vec<_> = expected.difference(&ids).collect();
        assert!(lost.is_empty(), "store {store} lost {lost:?}");
        // What was stored and not acknowledged may be there: the caller cannot know.
        expected = ids;
    }
    println!(
        "{killed} of {STORES} were killed, {} wallets",
        expected.len()
    );
    assert!(
        killed > 0 && expected.len() > 1,
        "the window was chosen badly"
    );
    assert_no_leftovers(&user);
}

#[test]
fn batches_that_are_killed_lose_nothing_that_was_acknowledged() {
    let line = "generatemanagedprivatekeybatch ETH 400";
    let window = duration_of(line);
    let mut chance = Chance::new();
    let user = owner();
    let mut expected = BTreeSet::from([ETH_WALLET.to_owned()]);
    for batch in 0..12 {
        let running = user.run(line).start();
        thread::sleep(chance.up_to(window));
        running.signal_if_alive(Signal::KILL);
        expected.extend(acknowledged(&running.finish()));
        let ids: BTreeSet<String> = user.ids().into_iter().collect();
        assert!(ids.is_superset(&expected), "batch {batch}");
        expected = ids;
    }
    println!("{} keys", expected.len());
    assert_no_leftovers(&user);
}

#[test]
fn a_migration_that_is_killed_loses_nothing() {
    let line = "migrate";
    let wallets: Vec<(String, Value)> = (0..50)
        .map(|number| {
            (
                format!("00000000-0000-4000-8000-{number:012}"),
                samples::eth_wallet(),
            )
        })
        .collect();
    let legacy =
        || User::with_legacy_wallets(wallets.iter().map(|(id, entry)| (id.as_str(), entry)));
    let reference = legacy();
    let expected = reference.export();
    let start = Instant::now();
    reference.run(line).finish();
    let window = start.elapsed().mul_f64(1.1);
    let mut chance = Chance::new();
    for _ in 0..8 {
        let user = legacy();
        let old = user.vault_bytes();
        let running = user.run(line).start();
        thread::sleep(chance.up_to(window));
        running.signal_if_alive(Signal::KILL);
        running.finish();
        let export = user.run("export").finish();
        let found: Value = serde_json::from_str(&export.stdout).unwrap();
        assert_eq!(found, expected);
        // The old file is under its old name or beside it.
        let kept = user.vault().with_extension("dat.legacy");
        let is_old = |path: &std::path::Path| std::fs::read(path).is_ok_and(|bytes| bytes == old);
        assert!(is_old(&user.vault()) || is_old(&kept));
    }
}

#[test]
fn twenty_processes_that_store_at_once_lose_nothing() {
    let user = owner();
    let running: Vec<_> = (0..20)
        .map(|number| match number % 4 {
            0 => user.run("generatemanagedprivatekeybatch BTC 20").start(),
            1 => user
                .run("storemanagedprivatekey ETH --testnet")
                .stdin(samples::ETH_KEY)
                .start(),
            2 => user.run("generatemanagedwallet BTC").start(),
            _ => user.run("generatemanagedwallet ETH --testnet").start(),
        })
        .collect();
    let mut expected = BTreeSet::from([ETH_WALLET.to_owned()]);
    for process in running {
        let done = process.finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        expected.extend(acknowledged(&done));
    }
    assert_eq!(expected.len(), 1 + 5 * 20 + 15);
    let ids: BTreeSet<String> = user.ids().into_iter().collect();
    assert_eq!(ids, expected);
}

#[test]
fn processes_that_remove_and_store_at_once_get_what_they_asked_for() {
    let wallets: Vec<(String, Value)> = (0..10)
        .map(|number| {
            (
                format!("00000000-0000-4000-8000-{number:012}"),
                samples::eth_wallet(),
            )
        })
        .collect();
    let user = User::with_wallets(wallets.iter().map(|(id, entry)| (id.as_str(), entry)));
    let running: Vec<_> = wallets
        .iter()
        .flat_map(|(id, _)| {
            let remove = user.run(&format!("removewallet {id}")).start();
            [remove, user.run("generatemanagedwallet ETH").start()]
        })
        .collect();
    let mut expected = BTreeSet::new();
    for process in running {
        let done = process.finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        expected.extend(acknowledged(&done));
    }
    let ids: BTreeSet<String> = user.ids().into_iter().collect();
    assert_eq!(ids, expected);
}

#[test]
fn first_stores_at_once_make_one_vault() {
    let user = User::new();
    let running: Vec<_> = (0..6)
        .map(|_| user.run("generatemanagedwallet ETH").start())
        .collect();
    let mut expected = BTreeSet::new();
    for process in running {
        let done = process.finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        expected.extend(acknowledged(&done));
    }
    assert_eq!(expected.len(), 6);
    let ids: BTreeSet<String> = user.ids().into_iter().collect();
    assert_eq!(ids, expected);
}

/// A last write clears away what killed processes have left.
fn assert_no_leftovers(user: &User) {
    user.run("generatemanagedwallet ETH").json();
    let files = user.files_beside_vault();
    assert_eq!(files, ["wallet.dat", "wallet.dat.bak", "wallet.dat.lock"]);
}
