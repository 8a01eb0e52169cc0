//! `/livez` and `/readyz`.

use std::fs;

use kms_tests::{
    cloud::{BROADCAST, Cloud, Fault, FaultKind, Gate},
    daemon::Running,
    samples::{eth_transfer, pending_id},
    scrape::Endpoint,
};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ETH_POLL, eth, home, start};

#[test]
fn it_is_ready_once_the_cloud_answers_and_no_longer_when_it_stops() {
    let cloud = Cloud::down();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    let page = endpoint.wait_for_status("/readyz", 503);
    assert!(
        page.body
            .contains("[+]vault ok\n[+]journal ok\n[+]approver ok"),
        "{page:?}"
    );
    endpoint.wait_for("a failed poll", |scrape| {
        let polls = scrape.value("tatum_kms_polls_total", &[("outcome", "unreachable")]);
        polls.filter(|polls| *polls > 0.0)
    });
    // An answer stands for a second, so it may be older than the poll.
    let page = endpoint.wait_for_text(
        "/readyz",
        "[-]cloud-ETH failed: not polled successfully yet\n",
    );
    assert!(page.body.ends_with("readyz check failed\n"), "{page:?}");
    // Not to be restarted: that would not bring the cloud up.
    assert_eq!(endpoint.get("/livez").status, 200);

    cloud.come_up();
    let page = endpoint.wait_for_status("/readyz", 200);
    assert_eq!(page.body, "ok");
    let page = endpoint.get("/readyz?verbose");
    assert!(
        page.body
            .contains("[+]cloud-ETH ok\n[+]shutdown ok\nreadyz check passed\n"),
        "{page:?}"
    );

    cloud.fault(Fault::on("POST", ETH_POLL, FaultKind::Status(503)));
    let page = endpoint.wait_for_status("/readyz", 503);
    assert!(
        page.body
            .contains("[-]cloud-ETH failed: no successful poll for "),
        "{page:?}"
    );
    endpoint.wait_for("an open circuit", |scrape| {
        let open = eth(scrape, "poll_circuits_open", &[]) == 1.0
            && eth(scrape, "poll_consecutive_failures", &[]) >= 1.0
            && eth(scrape, "polls_total", &[("outcome", "server_error")]) >= 1.0
            && eth(scrape, "last_successful_poll_age_seconds", &[]) > 5.0;
        open.then_some(())
    });
    cloud.heal();
    endpoint.wait_for_status("/readyz", 200);
    endpoint.wait_for("a closed circuit", |scrape| {
        (eth(scrape, "poll_circuits_open", &[]) == 0.0).then_some(())
    });
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn without_its_vault_it_is_not_ready() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    endpoint.wait_for_status("/readyz", 200);
    let away = home.folder().join("away");
    fs::rename(home.vault(), &away).unwrap();
    let page = endpoint.wait_for_status("/readyz", 503);
    assert!(
        page.body.contains("[-]vault failed: cannot be read\n"),
        "{page:?}"
    );
    fs::rename(&away, home.vault()).unwrap();
    endpoint.wait_for_status("/readyz", 200);
    drop(daemon);
}

#[test]
fn while_it_finishes_what_is_in_hand_it_is_alive_and_not_ready() {
    let cloud = Cloud::start();
    let home = home();
    let gate = Gate::closed();
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Held(gate.clone())));
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let (daemon, endpoint) = start(&home, &cloud);
    cloud.wait_for_requests(1, "POST", BROADCAST);
    endpoint.wait_for_status("/readyz", 200);
    daemon.terminate();
    let page = endpoint.wait_for_status("/readyz", 503);
    assert!(
        page.body
            .contains("[-]shutdown failed: finishing the transactions in hand\n"),
        "{page:?}"
    );
    assert_eq!(endpoint.get("/livez").status, 200);
    gate.open();
    assert_eq!(daemon.finish().code(), Some(0));
    assert_eq!(cloud.signed(&id).len(), 1);
}

#[test]
fn health_is_told_as_json_to_those_who_ask_for_it() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    endpoint.wait_for_status("/readyz", 200);
    let page = endpoint.get_json("/readyz");
    assert_eq!(page.headers["content-type"], "application/json");
    let report: Value = serde_json::from_str(&page.body).unwrap();
    let expected = json!({
        "status": "ok",
        "checks": [
            {"name": "vault", "ok": true},
            {"name": "journal", "ok": true},
            {"name": "approver", "ok": true, "detail": "an external server"},
            {"name": "cloud-ETH", "ok": true},
            {"name": "shutdown", "ok": true},
        ],
    });
    assert_eq!(report, expected);
    let report: Value = serde_json::from_str(&endpoint.get_json("/livez").body).unwrap();
    assert_eq!(report["status"], "ok");
    let checks = report["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|check| check["name"] == "loop-ETH"),
        "{report}"
    );
    drop(daemon);
}

/// The failpoint is in debug builds only.
#[test]
fn a_loop_that_ends_by_a_mistake_is_told_by_both_pages_at_once() {
    let cloud = Cloud::start();
    let home = home();
    let mut command = home.daemon(&cloud);
    command
        .args(["--testnet", "--chain=ETH,BTC", "--metrics-addr=127.0.0.1:0"])
        // BTC has no wallets, and its loop goes through the same place: one of the two dies.
        .env("TATUM_KMS_FAILPOINT", "polled:3:panic");
    let daemon = Running::start(command);
    let endpoint = Endpoint::of(&daemon);
    daemon.wait_for_line("the loop of this chain ended by an internal error");
    for page in ["/livez", "/readyz"] {
        let page = endpoint.wait_for_status(page, 503);
        let dead = ["[-]loop-ETH", "[-]loop-BTC"];
        let dead = dead.map(|name| format!("{name} failed: ended by an internal error\n"));
        let told = dead.iter().filter(|line| page.body.contains(*line)).count();
        assert_eq!(told, 1, "{page:?}");
    }
    endpoint.wait_for("a loop that is down", |scrape| {
        let up = ["ETH", "BTC"]
            .map(|chain| scrape.value("tatum_kms_chain_loop_up", &[("chain", chain)]));
        (up.contains(&Some(0.0)) && up.contains(&Some(1.0))).then_some(())
    });
    // The other goes on, and a daemon with new settings brings the dead one back.
    daemon.signal(Signal::HUP);
    endpoint.wait_for_status("/livez", 200);
    endpoint.wait_for_status("/readyz", 200);
    assert_eq!(daemon.stop().code(), Some(0));
}
