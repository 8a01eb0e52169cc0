//! The daemon's memory across restarts, and what people can do with it.

use std::{fs, thread, time::Duration};

use kms_tests::{
    cloud::{BROADCAST, Cloud, Fault, FaultKind, Gate},
    daemon::{Finished, Home, Running},
    samples::{
        ETH_WALLET, OTHER_ETH_WALLET, eth_pending, eth_transaction, eth_transfer, eth_wallet,
        other_eth_wallet, pending_id, queue_with_changing_nonce,
    },
};
use rustix::process::Signal;
use serde_json::{Value, json};

const POLL: &str = "/v3/kms/pending/ETH";
const ETH_BROADCAST: &str = "/v3/ethereum/broadcast";
const NONCE: &str = "/v3/ethereum/transaction/count/*";

fn home() -> Home {
    Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (OTHER_ETH_WALLET, &other_eth_wallet()),
    ])
}

fn start(home: &Home, cloud: &Cloud, arguments: &[&str]) -> Running {
    let mut command = home.daemon(cloud);
    command.args(["--testnet", "--chain=ETH"]).args(arguments);
    Running::start(command)
}

fn run_once(home: &Home, cloud: &Cloud) -> Finished {
    start(home, cloud, &["--run-once"]).finish()
}

fn journal(home: &Home, arguments: &[&str]) -> Finished {
    let vault = format!("--path={}", home.vault().display());
    let arguments = ["journal"].into_iter().chain(arguments.iter().copied());
    Running::start(home.command(arguments.chain([vault.as_str()]))).finish()
}

fn listed(home: &Home) -> Value {
    let done = journal(home, &["list", "--json"]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    serde_json::from_str(&done.stdout).unwrap()
}

#[test]
fn an_answer_lost_before_a_restart_sends_the_same_bytes_again() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    queue_with_changing_nonce(&cloud, &id);
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Hang).times(1));
    let home = home();
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", ETH_BROADCAST);
    daemon.signal(Signal::KILL);
    daemon.finish();
    assert_eq!(listed(&home)[0]["state"], "sent");

    let done = run_once(&home, &cloud);

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(cloud.signed(&id).len(), 1, "{:?}", cloud.signed(&id));
    assert_eq!(
        cloud.look(|state| state.requests_to("GET", NONCE).count()),
        1
    );
    let rows = listed(&home);
    assert_eq!(rows[0]["state"], "done");
    assert_eq!(rows[0]["id"], id.as_str());
    assert_eq!(rows[0]["chain"], "ETH");
    assert!(
        rows[0]["summary"]
            .as_str()
            .unwrap()
            .starts_with("transfer: 0.01234 ETH")
    );
}

#[test]
fn what_is_done_is_not_signed_again_by_a_later_daemon() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    queue_with_changing_nonce(&cloud, &id);
    cloud.keep_listing();
    let home = home();
    for _ in 0..3 {
        let done = run_once(&home, &cloud);
        assert_eq!(done.code(), Some(0), "{done:?}");
    }
    assert_eq!(cloud.look(|state| state.broadcasts_of(&id).count()), 1);
}

#[test]
fn another_content_under_a_known_id_is_refused_after_a_restart() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let home = home();
    assert_eq!(run_once(&home, &cloud).code(), Some(0));
    cloud.queue(&eth_transfer(&id, 8));
    let done = run_once(&home, &cloud);
    assert_eq!(done.code(), Some(1), "{done:?}");
    assert_eq!(cloud.signed(&id).len(), 1);
    assert!(cloud.wait_for_failure(&id).contains("another content"));
}

#[test]
fn a_second_daemon_on_the_same_journal_refuses_to_start() {
    let cloud = Cloud::start();
    let home = home();
    let first = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", POLL);

    let second = run_once(&home, &cloud);
    assert_eq!(second.code(), Some(1));
    let error = second.error();
    assert!(
        error.contains("another daemon works with the journal"),
        "{error}"
    );

    // With another journal, or without signing, it may run.
    let other = home.folder().join("other.journal");
    let other = format!("--journal={}", other.display());
    for arguments in [["--run-once", other.as_str()], ["--run-once", "--dry-run"]] {
        let done = start(&home, &cloud, &arguments).finish();
        assert_eq!(done.code(), Some(0), "{arguments:?}: {done:?}");
    }
    // So may those who only look.
    assert_eq!(journal(&home, &["list"]).code(), Some(0));
    assert_eq!(first.stop().code(), Some(0));
}

#[test]
fn a_dry_run_shows_and_asks_and_signs_nothing() {
    let cloud = Cloud::start();
    let (good, bad, declined) = (pending_id(1), pending_id(2), pending_id(3));
    cloud.queue(&eth_transfer(&good, 7));
    let mut broken = eth_transfer(&bad, 7);
    broken["serializedTransaction"] = json!("{");
    cloud.queue(&broken);
    cloud.queue(&eth_transfer(&declined, 8));
    cloud.approve(&declined, 403);
    let home = home();
    let url = format!("--external-url={}", cloud.approval_url());
    let done = start(&home, &cloud, &["--run-once", "--dry-run", &url]).finish();

    assert!(
        done.stderr.contains("dry run: would be signed and sent"),
        "{done:?}"
    );
    assert!(done.stderr.contains("transfer: 0.01234 ETH"), "{done:?}");
    assert!(done.stderr.contains("not approved"), "{done:?}");
    cloud.look(|state| {
        assert!(state.broadcasts.is_empty());
        assert!(
            state.failures.is_empty(),
            "the cloud closes what is reported"
        );
    });
    assert!(!home.folder().join("wallet.dat.journal").exists());

    // Nothing stands in the way of signing it afterwards.
    run_once(&home, &cloud);
    assert_eq!(cloud.signed(&good).len(), 1);
}

#[test]
fn a_damaged_journal_stops_the_daemon_with_advice() {
    let cloud = Cloud::start();
    cloud.queue(&eth_transfer(&pending_id(1), 7));
    let home = home();
    assert_eq!(run_once(&home, &cloud).code(), Some(0));
    let path = home.folder().join("wallet.dat.journal");
    let whole = fs::read(&path).unwrap();
    for damage in [&whole[..0], &whole[..4000], &b"not a journal at all"[..]] {
        fs::write(&path, damage).unwrap();
        cloud.queue(&eth_transfer(&pending_id(2), 8));
        let done = run_once(&home, &cloud);
        assert_eq!(done.code(), Some(5), "{done:?}");
        assert!(done.stderr.contains("do not delete it"), "{done:?}");
        assert!(cloud.signed(&pending_id(2)).is_empty());
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let cloud = Cloud::start();
    let home = home();
    let done = start(
        &home,
        &cloud,
        &["--run-once", "--journal=/proc/none/journal"],
    )
    .finish();
    assert_eq!(done.code(), Some(1), "{done:?}");
    let error = done.error();
    assert!(error.contains("/proc/none/journal"), "{error}");
    assert!(done.stderr.contains("--journal"), "{done:?}");
}

#[test]
fn people_look_retry_and_forget() {
    let cloud = Cloud::start();
    let (failed, sent) = (pending_id(1), pending_id(2));
    let mut broken = eth_transfer(&failed, 7);
    broken["serializedTransaction"] = json!("{");
    cloud.queue(&broken);
    let home = home();
    run_once(&home, &cloud);
    cloud.queue(&eth_transfer(&sent, 7));
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Reset));
    run_once(&home, &cloud);

    let table = journal(&home, &["list"]).stdout;
    assert!(table.starts_with("CHANGED (UTC)"), "{table}");
    assert!(
        table.contains("failed") && table.contains("sent"),
        "{table}"
    );
    let unfinished = journal(&home, &["list", "--unfinished"]).stdout;
    assert!(!unfinished.contains(&failed) && unfinished.contains(&sent));
    let shown = journal(&home, &["show", &failed]).stdout;
    assert!(shown.contains("state           failed"), "{shown}");
    assert_eq!(journal(&home, &["show", "nothing"]).code(), Some(4));

    let refused = journal(&home, &["retry", &sent]);
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert_eq!(journal(&home, &["retry", &failed]).code(), Some(0));
    assert!(
        journal(&home, &["show", &failed])
            .stdout
            .contains("received")
    );

    let refused = journal(&home, &["forget", &sent]);
    assert_eq!(refused.code(), Some(1));
    assert!(refused.error().contains("a second time"), "{refused:?}");
    let done = journal(&home, &["forget", &sent, "--even-if-sent"]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(journal(&home, &["show", &sent]).code(), Some(4));
}

#[test]
fn a_new_password_takes_the_journal_with_it() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    queue_with_changing_nonce(&cloud, &id);
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Reset));
    let home = home();
    run_once(&home, &cloud);
    assert_eq!(listed(&home)[0]["state"], "sent");
    let new = home.file("new-password", "another horse");
    let vault = format!("--path={}", home.vault().display());
    let new = format!("--new-password-file={}", new.display());
    let done = Running::start(home.command(["changepassword", &vault, &new])).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");

    cloud.heal();
    let mut command = home.daemon(&cloud);
    command
        .args(["--testnet", "--chain=ETH", "--run-once"])
        .env("TATUM_KMS_PASSWORD", "another horse");
    let done = Running::start(command).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(cloud.signed(&id).len(), 1);
}

#[test]
fn a_stuck_signer_does_not_keep_others_from_new_transactions() {
    let cloud = Cloud::start();
    let (stuck, later) = (pending_id(1), pending_id(2));
    let gate = Gate::closed();
    cloud.queue(&eth_transfer(&stuck, 7));
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Held(gate.clone())).times(1));
    let home = home();
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", ETH_BROADCAST);

    cloud.queue(&eth_pending(&later, OTHER_ETH_WALLET, &{
        let mut transaction = eth_transaction();
        transaction["nonce"] = json!(1);
        transaction
    }));
    cloud.wait_for_broadcast(&later);
    assert!(cloud.look(|state| state.broadcasts_of(&stuck).count()) == 0);
    gate.open();
    cloud.wait_for_broadcast(&stuck);
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(cloud.signed(&stuck).len(), 1);
}

#[test]
fn a_hangup_reads_the_settings_anew() {
    let (old, new) = (Cloud::start(), Cloud::start());
    let home = home();
    let url = |cloud: &Cloud| format!("TATUM_API_URL={}\n", cloud.url());
    home.file(".env", &url(&old));
    let mut command = home.daemon(&old);
    command
        .args(["--testnet", "--chain=ETH"])
        .env_remove("TATUM_API_URL");
    let daemon = Running::start(command);
    old.wait_for_requests(1, "POST", POLL);

    // What cannot be used changes nothing.
    home.file(".env", "TATUM_API_URL=nonsense\n");
    daemon.signal(Signal::HUP);
    daemon.wait_for_line("everything stays as it was");
    let polls = old.look(|state| state.requests_to("POST", POLL).count());
    old.wait_for_requests(polls + 1, "POST", POLL);

    home.file(".env", &url(&new));
    daemon.signal(Signal::HUP);
    daemon.wait_for_line("the settings are read anew");
    let id = pending_id(1);
    new.queue(&eth_transfer(&id, 7));
    new.wait_for_broadcast(&id);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(daemon.stop().code(), Some(0));
}
