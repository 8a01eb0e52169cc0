//! What the daemon tells those who watch it: metrics, health, and the log's fields.

mod artefacts;
mod health;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use kms_tests::{
    cloud::{BROADCAST, Cloud, Fault, FaultKind},
    daemon::{API_KEY, Home, PASSWORD, Running, log},
    samples::{
        ETH_ADDRESS, ETH_KEY, ETH_WALLET, OTHER_ETH_WALLET, RECIPIENT, eth_pending,
        eth_transaction, eth_transfer, eth_wallet, other_eth_wallet, pending_id,
    },
    scrape::{Endpoint, Scrape},
};
use rustix::process::Signal;
use serde_json::json;

const ETH_POLL: &str = "/v3/kms/pending/ETH";

fn home() -> Home {
    Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (OTHER_ETH_WALLET, &other_eth_wallet()),
    ])
}

/// A daemon that tells on a free port, with an approval server.
fn start(home: &Home, cloud: &Cloud) -> (Running, Endpoint) {
    let mut command = home.daemon(cloud);
    command
        .args(["--testnet", "--metrics-addr=127.0.0.1:0"])
        .arg(format!("--external-url={}", cloud.approval_url()));
    let daemon = Running::start(command);
    let endpoint = Endpoint::of(&daemon);
    (daemon, endpoint)
}

#[track_caller]
fn eth(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> f64 {
    let labels: Vec<_> = [("chain", "ETH"), ("network", "testnet")]
        .iter()
        .chain(labels)
        .copied()
        .collect();
    let value = scrape.value(&format!("tatum_kms_{name}"), &labels);
    value.unwrap_or_else(|| panic!("no {name}{labels:?} in\n{}", scrape.text))
}

/// Three transactions: one is sent, one declined, one is nonsense.
fn queue_three(cloud: &Cloud) -> [String; 3] {
    let ids = [pending_id(0xabc1), pending_id(0xabc2), pending_id(0xabc3)];
    cloud.queue(&eth_transfer(&ids[0], 7));
    let mut declined = eth_transaction();
    declined["nonce"] = json!(7);
    cloud.queue(&eth_pending(&ids[1], OTHER_ETH_WALLET, &declined));
    cloud.approve(&ids[1], 403);
    cloud.queue(&eth_pending(&ids[2], ETH_WALLET, &json!({"to": 1})));
    ids
}

fn wait_for_three(endpoint: &Endpoint) -> Scrape {
    endpoint.wait_for(
        "one sent, one declined, one failed and reported",
        |scrape| {
            let names = [
                "tatum_kms_transactions_broadcast_total",
                "tatum_kms_transactions_declined_total",
                "tatum_kms_failure_reports_total",
            ];
            // There are no series before the vault was looked at.
            let moved = |name: &str| scrape.value(name, &[]).is_some_and(|count| count > 0.0);
            names.into_iter().all(moved).then(|| scrape.clone())
        },
    )
}

#[test]
fn the_counters_move_as_transactions_are_sent_declined_and_failed() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    let before = endpoint.wait_for("a poll", |scrape| {
        let polls = scrape.value("tatum_kms_polls_total", &[("outcome", "success")]);
        polls.filter(|polls| *polls > 0.0).map(|_| scrape.clone())
    });
    assert_eq!(eth(&before, "transactions_signed_total", &[]), 0.0);
    assert_eq!(eth(&before, "keys_loaded", &[]), 2.0);
    assert_eq!(
        before.value("tatum_kms_keys_loaded", &[("chain", "BTC")]),
        Some(0.0)
    );

    queue_three(&cloud);
    let after = wait_for_three(&endpoint);

    for (name, labels, expected) in [
        ("transactions_approved_total", &[] as &[_], 1.0),
        ("transactions_signed_total", &[], 1.0),
        ("transactions_broadcast_total", &[], 1.0),
        ("transactions_uncertain_total", &[], 0.0),
        (
            "transactions_declined_total",
            &[("reason", "unreachable")],
            0.0,
        ),
        ("transactions_failed_total", &[], 1.0),
        ("failure_reports_total", &[("outcome", "delivered")], 1.0),
        ("failure_reports_total", &[("outcome", "undelivered")], 0.0),
        ("signing_duration_seconds_count", &[], 1.0),
        ("transaction_duration_seconds_count", &[], 1.0),
        ("poll_circuits_open", &[], 0.0),
        ("chain_loop_up", &[], 1.0),
    ] {
        assert_eq!(
            eth(&after, name, labels),
            expected,
            "{name}{labels:?}\n{}",
            after.text
        );
    }
    assert!(
        eth(
            &after,
            "transactions_declined_total",
            &[("reason", "refused")]
        ) >= 1.0
    );
    assert!(eth(&after, "approval_duration_seconds_count", &[]) >= 2.0);
    assert!(eth(&after, "last_successful_poll_age_seconds", &[]) < 60.0);
    assert_eq!(
        after.value("tatum_kms_journal_transactions", &[("state", "declined")]),
        Some(1.0)
    );
    assert_eq!(after.value("tatum_kms_journal_up", &[]), Some(1.0));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn refused_and_unanswered_broadcasts_are_told_apart() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Status(400)).times(1));
    cloud.queue(&eth_transfer(&pending_id(1), 7));
    endpoint.wait_for("a refusal", |scrape| {
        let value = scrape.value(
            "tatum_kms_transactions_failed_total",
            &[("reason", "rejected")],
        );
        value.filter(|count| *count == 1.0)
    });
    // Not repeated by the client, as it may have arrived: the next cycle sends the same bytes.
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Status(500)).times(1));
    cloud.queue(&eth_transfer(&pending_id(2), 8));
    let scrape = endpoint.wait_for("an unknown outcome", |scrape| {
        let value = scrape.value("tatum_kms_transactions_uncertain_total", &[]);
        value.filter(|count| *count >= 1.0).map(|_| scrape.clone())
    });
    assert_eq!(eth(&scrape, "transactions_failed_total", &[]), 1.0);
    cloud.wait_for_broadcast(&pending_id(2));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_vault_that_changes_is_counted_with_its_new_wallet() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    endpoint.wait_for("a poll", |scrape| {
        scrape.value("tatum_kms_polls_total", &[])
    });
    home.run_json(&["generatemanagedwallet", "ETH", "--testnet"]);
    endpoint.wait_for("the new wallet", |scrape| {
        let keys = scrape.value("tatum_kms_keys_loaded", &[("chain", "ETH")]);
        let reloads = scrape.value("tatum_kms_vault_reloads_total", &[]);
        (keys == Some(3.0) && reloads >= Some(1.0)).then_some(())
    });
    drop(daemon);
}

#[test]
fn counters_and_server_survive_new_settings() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    queue_three(&cloud);
    wait_for_three(&endpoint);
    daemon.signal(Signal::HUP);
    daemon.wait_for_line("the settings are read anew");
    let polls = eth(
        &endpoint.metrics(),
        "polls_total",
        &[("outcome", "success")],
    );
    endpoint.wait_for("polls of the new daemon", |scrape| {
        let now = eth(scrape, "polls_total", &[("outcome", "success")]);
        (now > polls).then_some(())
    });
    assert_eq!(
        eth(&endpoint.metrics(), "transactions_broadcast_total", &[]),
        1.0
    );
    endpoint.wait_for_status("/livez", 200);
    assert_eq!(daemon.stop().code(), Some(0));
}

/// The values that a label may have beside the codes of the chains; `le` is a number.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    BTreeMap::from([
        ("network", BTreeSet::from(["testnet"])),
        (
            "outcome",
            BTreeSet::from([
                "success",
                "unreachable",
                "timeout",
                "unauthorized",
                "no_credits",
                "rate_limited",
                "server_error",
                "refused",
                "unreadable",
                "delivered",
                "undelivered",
            ]),
        ),
        (
            "reason",
            BTreeSet::from([
                "refused",
                "unreachable",
                "unreadable",
                "wallet",
                "node",
                "signing",
                "conflict",
                "rejected",
                "reverted",
                "earlier",
                "journal",
                "vault",
                "not_sent",
                "expired",
                "internal",
            ]),
        ),
        (
            "state",
            BTreeSet::from(["received", "declined", "frozen", "signed", "sent"]),
        ),
        ("version", BTreeSet::from([env!("CARGO_PKG_VERSION")])),
    ])
}

#[test]
fn labels_come_from_fixed_sets_and_nothing_private_is_told() {
    let cloud = Cloud::start();
    let home = home();
    let (daemon, endpoint) = start(&home, &cloud);
    let ids = queue_three(&cloud);
    // A chain that no program knows must not become a label.
    cloud.queue_for(
        "ETH",
        &json!({"id": pending_id(9), "chain": "EVIL\"}", "serializedTransaction": "{}", "hashes": [ETH_WALLET]})
            .to_string(),
    );
    let scrape = wait_for_three(&endpoint);
    let chains = home.run_json(&["chains", "--json"]);
    let codes: BTreeSet<&str> = chains
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|chain| chain["chain"].as_str().or(chain["code"].as_str()))
        .collect();
    assert!(codes.contains("ETH"), "{chains}");
    let allowed = allowed();
    for sample in scrape.samples() {
        for (name, value) in &sample.labels {
            let known = match name.as_str() {
                "chain" => codes.contains(value.as_str()),
                "le" => value.parse::<f64>().is_ok(),
                name => allowed
                    .get(name)
                    .is_some_and(|set| set.contains(value.as_str())),
            };
            assert!(known, "{name}={value:?} of {}", sample.name);
        }
    }
    let pages =
        ["/metrics", "/livez?verbose", "/readyz?verbose"].map(|path| endpoint.get(path).body);
    let address = ETH_ADDRESS.trim_start_matches("0x");
    let folder = home.folder().display().to_string();
    let secrets = [
        ETH_WALLET,
        OTHER_ETH_WALLET,
        address,
        ETH_KEY.trim_start_matches("0x"),
        RECIPIENT.trim_start_matches("0x"),
        PASSWORD,
        API_KEY,
        &folder,
        "127.0.0.1",
    ];
    for page in pages {
        for private in secrets.into_iter().chain(ids.iter().map(String::as_str)) {
            assert!(
                !page.to_lowercase().contains(&private.to_lowercase()),
                "{private} in\n{page}"
            );
        }
    }
    drop(daemon);
}

#[test]
fn every_line_about_a_transaction_names_it() {
    let cloud = Cloud::start();
    let home = home();
    let mut command = home.daemon(&cloud);
    command.args(["--testnet", "--run-once", "--log-level=debug"]);
    command.env("TATUM_RETRIES", "3");
    // The line about the repetition is the cloud client's, which knows no transaction.
    cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Status(429)).times(1));
    let id = pending_id(5);
    cloud.queue(&eth_transfer(&id, 7));
    let done = Running::start(command).finish();
    let lines = log(&done.stderr);
    for message in [
        "ready to be signed",
        "the call is repeated",
        "signed and sent",
    ] {
        let line = lines.iter().find(|line| line.message == message);
        let line = line.unwrap_or_else(|| panic!("no {message:?} in\n{}", done.stderr));
        assert_eq!(line.field("transaction"), id, "{}", line.text);
        assert_eq!(line.field("chain"), "ETH", "{}", line.text);
        assert_eq!(line.field("span"), "transaction", "{}", line.text);
    }
    let polled = lines.iter().find(|line| line.message == "polled");
    assert_eq!(
        polled.map(|line| line.field("chain")),
        Some("ETH".to_owned())
    );
}
