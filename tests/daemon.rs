//! The daemon against a cloud that works, and against one that does not.

use std::collections::BTreeSet;

use kms_tests::{
    cloud::{Answer, BATCH, BROADCAST, Cloud, Fault, FaultKind, Gate},
    daemon::{API_KEY, Finished, Home, PASSWORD, Running},
    samples::{
        BtcSample, ETH_KEY, ETH_MNEMONIC, ETH_WALLET, OTHER_ETH_WALLET, eth_mnemonic, eth_pending,
        eth_transaction, eth_transfer, eth_wallet, other_eth_wallet, pending_id,
        queue_with_changing_nonce,
    },
};
use rustix::process::Signal;
use serde_json::{Value, json};

const ETH_POLL: &str = "/v3/kms/pending/ETH";
const BTC_POLL: &str = "/v3/kms/pending/BTC";
const ETH_BROADCAST: &str = "/v3/ethereum/broadcast";
const BTC_BROADCAST: &str = "/v3/bitcoin/broadcast";
const ETH_NONCE: &str = "/v3/ethereum/transaction/count/*";

/// A home with a wallet of each chain.
fn home(btc: &BtcSample) -> Home {
    Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (btc.wallet_id.as_str(), &btc.wallet),
    ])
}

fn eth_home() -> Home {
    Home::with_wallets([(ETH_WALLET, &eth_wallet())])
}

fn start(home: &Home, cloud: &Cloud, arguments: &[&str]) -> Running {
    let mut command = home.daemon(cloud);
    command.arg("--testnet").args(arguments);
    Running::start(command)
}

fn run_once(home: &Home, cloud: &Cloud, arguments: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["--run-once"].iter().chain(arguments).copied().collect();
    start(home, cloud, &arguments).finish()
}

/// The one `txData` of a pending transaction.
#[track_caller]
fn only_signature(cloud: &Cloud, id: &str) -> String {
    let signed = cloud.signed(id);
    assert_eq!(
        signed.len(),
        1,
        "not exactly one signature of {id}: {signed:?}"
    );
    signed.into_iter().next().unwrap_or_default()
}

fn count(cloud: &Cloud, method: &str, path: &str) -> usize {
    cloud.look(|state| state.requests_to(method, path).count())
}

/// Blocks until `more` polls of a chain have come after this call.
fn wait_for_more_polls(cloud: &Cloud, more: usize, path: &str) {
    let so_far = count(cloud, "POST", path);
    cloud.wait_for_requests(so_far + more, "POST", path);
}

#[test]
fn one_run_signs_and_broadcasts_both_chains() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    cloud.queue(&btc.pending);

    let done = run_once(&home(&btc), &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stdout, "", "the log belongs on stderr");
    assert!(only_signature(&cloud, &id).starts_with("0xf8"));
    assert_eq!(only_signature(&cloud, btc.id()), btc.signed);
    let broadcasts = cloud.look(|state| state.broadcasts.clone());
    let paths: BTreeSet<&str> = broadcasts.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, BTreeSet::from([BTC_BROADCAST, ETH_BROADCAST]));
    for broadcast in &broadcasts {
        let members: BTreeSet<&str> = broadcast
            .body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(members, BTreeSet::from(["signatureId", "txData"]));
    }
    assert!(done.errors().is_empty(), "{}", done.stderr);
}

#[test]
fn requests_carry_key_and_version() {
    let cloud = Cloud::start();
    cloud.queue(&eth_transfer(&pending_id(1), 7));
    cloud.queue_for(
        "ETH",
        &eth_pending(&pending_id(2), ETH_WALLET, &json!({"to": 1})).to_string(),
    );

    run_once(&eth_home(), &cloud, &[]);

    let seen = cloud.requests();
    assert_eq!(seen.len(), 3, "a poll, a broadcast and a report: {seen:?}");
    for request in &seen {
        assert_eq!(request.headers["x-api-key"], API_KEY, "{request}");
        assert!(
            request.headers["content-type"].starts_with("application/json"),
            "{request}"
        );
    }
    assert_eq!(seen[0].path, ETH_POLL);
    assert_eq!(seen[0].signature_ids(), [ETH_WALLET]);
    assert_eq!(
        seen[0].headers["x-ttm-kms-client-version"],
        env!("CARGO_PKG_VERSION")
    );
}

#[test]
fn chains_without_keys_are_not_polled() {
    let cloud = Cloud::start();
    let mainnet = json!({"privateKey": ETH_KEY, "chain": "BTC", "testnet": false});
    let home = Home::with_wallets([(ETH_WALLET, &eth_wallet()), (OTHER_ETH_WALLET, &mainnet)]);

    let done = run_once(&home, &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let polled: Vec<String> = cloud.requests().into_iter().map(|one| one.path).collect();
    assert_eq!(polled, [ETH_POLL]);
}

#[test]
fn only_the_chains_asked_for_are_polled() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());

    let done = run_once(&home(&btc), &cloud, &["--chain=BTC"]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let polled: Vec<String> = cloud.requests().into_iter().map(|one| one.path).collect();
    assert_eq!(polled, [BTC_POLL]);
}

/// While BTC's polls go wrong in this way, ETH signs; the trouble is one line of the log, nothing
/// is reported; and the next poll signs what BTC had.
fn a_bad_poll_is_one_error(kind: FaultKind) {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    cloud.queue(&btc.pending);
    let gate = Gate::closed();
    // The second poll waits until the log of the first has been looked at.
    cloud.fault(Fault::on("POST", BTC_POLL, FaultKind::Held(gate.clone())));
    cloud.fault(Fault::on("POST", BTC_POLL, kind).times(1));
    // No repetition of calls, so that one poll is one request.
    let home = home(&btc);
    let mut command = home.daemon(&cloud);
    command.arg("--testnet").env("TATUM_RETRIES", "0");
    let daemon = Running::start(command);

    cloud.wait_for_broadcast(&id);
    cloud.wait_for_requests(2, "POST", BTC_POLL);
    gate.open();
    cloud.wait_for_broadcast(btc.id());
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    let errors = done.errors();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].field("chain"), "BTC");
    assert_eq!(
        count(&cloud, "POST", BATCH),
        0,
        "there is no transaction to report"
    );
    assert_eq!(only_signature(&cloud, btc.id()), btc.signed);
    for id in [ETH_WALLET, btc.wallet_id.as_str()] {
        assert!(
            !errors[0].text.contains(id),
            "the request's ids are in {}",
            errors[0].text
        );
    }
}

macro_rules! bad_polls {
    ($($name:ident: $kind:expr;)*) => {$(
        #[test]
        fn $name() {
            a_bad_poll_is_one_error($kind);
        }
    )*};
}

bad_polls! {
    a_poll_answered_400_is_one_error: FaultKind::Status(400);
    a_poll_answered_401_is_one_error: FaultKind::Status(401);
    a_poll_answered_429_is_one_error: FaultKind::Status(429);
    a_poll_answered_500_is_one_error: FaultKind::Status(500);
    a_poll_answered_504_is_one_error: FaultKind::Status(504);
    a_closed_poll_is_one_error: FaultKind::Reset;
    a_truncated_poll_is_one_error: FaultKind::Truncate;
    a_malformed_poll_is_one_error: FaultKind::Malformed;
    a_web_page_for_a_poll_is_one_error: FaultKind::Html;
    a_null_poll_is_one_error: FaultKind::Null;
    an_object_for_a_poll_is_one_error: FaultKind::Object;
    a_text_for_a_poll_is_one_error: FaultKind::Answer(Answer::raw(200, "\"wait a moment\""));
    a_redirected_poll_is_one_error: FaultKind::Answer(Answer::raw(302, ""));
}

#[test]
fn an_empty_answer_to_a_poll_harms_nobody() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    cloud.queue(&btc.pending);
    cloud.fault(Fault::on("POST", BTC_POLL, FaultKind::Empty).times(2));
    let home = home(&btc);
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_broadcast(&id);
    cloud.wait_for_broadcast(btc.id());
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(
        done.errors().len() <= 2,
        "at most one error for each: {}",
        done.stderr
    );
    assert_eq!(count(&cloud, "POST", BATCH), 0);
}

#[test]
fn elements_that_are_no_transaction_do_not_stop_the_others() {
    let cloud = Cloud::start();
    let (good, bad) = (pending_id(1), pending_id(2));
    for element in ["null", "7", "\"text\"", "[]", "{}", r#"{"id":9}"#] {
        cloud.queue_for("ETH", element);
    }
    cloud.queue_for("ETH", &json!({"id": bad, "chain": "ETH"}).to_string());
    cloud.queue(&eth_transfer(&good, 7));

    let done = run_once(&eth_home(), &cloud, &[]);

    assert_ne!(done.code(), Some(0), "not all went well: {done:?}");
    only_signature(&cloud, &good);
    let reported = cloud.look(|state| state.failures.clone());
    assert_eq!(
        reported.len(),
        1,
        "only what has an id can be reported: {reported:?}"
    );
    assert_eq!(reported[0].0.as_deref(), Some(bad.as_str()));
}

#[test]
fn a_chain_that_never_answers_does_not_stop_another() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    cloud.fault(Fault::on("POST", BTC_POLL, FaultKind::Hang));
    let home = home(&btc);
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", BTC_POLL);

    for nonce in 1..=3 {
        let id = pending_id(nonce);
        cloud.queue(&eth_transfer(&id, nonce));
        cloud.wait_for_broadcast(&id);
    }
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
}

#[test]
fn transactions_of_one_signer_keep_their_order() {
    let cloud = Cloud::start();
    let ids: Vec<String> = (1..=12).map(pending_id).collect();
    for (nonce, id) in (1..).zip(&ids) {
        cloud.queue(&eth_transfer(id, nonce));
    }

    let done = run_once(&eth_home(), &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let order: Vec<String> =
        cloud.look(|state| state.broadcasts.iter().map(|one| one.id.clone()).collect());
    assert_eq!(order, ids);
}

#[test]
fn the_4_eye_server_is_asked_for_each_id() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));

    let url = format!("--external-url={}", cloud.approval_url());
    let done = run_once(&eth_home(), &cloud, &[&url]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &id);
    let asked = cloud.wait_for_requests(1, "GET", &format!("/approve/{id}"));
    assert_eq!(asked.len(), 1);
    assert!(
        !asked[0].headers.contains_key("x-api-key"),
        "the API key went to a third party"
    );
    assert!(asked[0].body.is_empty());
}

#[test]
fn a_posted_4_eye_question_has_the_transaction_byte_for_byte() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    let text = eth_transaction()
        .to_string()
        .replace("\"gas\"", "\"nonce\":7,\"gas\"");
    // Odd spacing, escapes, unknown members and a number that no double holds.
    let listed = format!(
        r#"{{ "unknown" : [1.50, 12345678901234567890123],  "chain":"\u0045TH","id":"{id}",
           "hashes":["{ETH_WALLET}"],"serializedTransaction":{},"ä":"\/" }}"#,
        Value::from(text)
    );
    cloud.queue_for("ETH", &listed);

    let url = format!("--external-url={}", cloud.approval_url());
    let done = run_once(&eth_home(), &cloud, &[&url, "--external-url-method=POST"]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &id);
    let asked = cloud.wait_for_requests(1, "POST", &format!("/approve/{id}"));
    assert_eq!(asked.len(), 1);
    assert_eq!(String::from_utf8_lossy(&asked[0].body), listed);
    assert!(asked[0].headers["content-type"].starts_with("application/json"));
    assert!(
        !asked[0].headers.contains_key("x-api-key"),
        "the API key went to a third party"
    );
}

#[test]
fn a_transaction_that_is_not_approved_is_not_signed_and_not_reported() {
    let cloud = Cloud::start();
    let url = format!("--external-url={}", cloud.approval_url());
    let good = pending_id(99);
    let statuses = [400, 401, 403, 404, 409, 429, 500, 503];
    for status in statuses {
        let id = pending_id(u64::from(status));
        cloud.approve(&id, status);
        cloud.queue(&eth_transfer(&id, u64::from(status)));
    }
    cloud.approve(&good, 204);
    cloud.queue(&eth_transfer(&good, 1));

    let done = run_once(&eth_home(), &cloud, &[&url]);

    only_signature(&cloud, &good);
    assert_eq!(count(&cloud, "POST", BROADCAST), 1);
    assert_eq!(count(&cloud, "POST", BATCH), 0);
    for status in statuses {
        let id = pending_id(u64::from(status));
        let lines: Vec<_> = done
            .log()
            .into_iter()
            .filter(|line| line.text.contains(&id))
            .collect();
        let warnings = lines.iter().filter(|line| line.level != "INFO").count();
        assert_eq!(warnings, 1, "{status} is said in one line: {lines:#?}");
    }
}

#[test]
fn a_4_eye_server_out_of_reach_approves_nothing() {
    for kind in [
        FaultKind::Reset,
        FaultKind::Status(502),
        FaultKind::Answer(Answer::raw(302, "")),
    ] {
        let cloud = Cloud::start();
        let id = pending_id(1);
        cloud.queue(&eth_transfer(&id, 7));
        cloud.fault(Fault::on("GET", "/approve/*", kind));
        let url = format!("--external-url={}", cloud.approval_url());

        run_once(&eth_home(), &cloud, &[&url]);

        assert_eq!(count(&cloud, "POST", BROADCAST), 0);
        assert_eq!(count(&cloud, "POST", BATCH), 0);
    }
}

#[test]
fn a_4_eye_server_may_redirect_and_its_last_answer_counts() {
    for (status, sent) in [(200, 1), (403, 0)] {
        let cloud = Cloud::start();
        let id = pending_id(1);
        cloud.queue(&eth_transfer(&id, 7));
        let elsewhere = format!("{}/approve/elsewhere", cloud.url());
        cloud.route("GET", "/moved/*", move |_| {
            Answer::redirect(302, &elsewhere)
        });
        cloud.approve("elsewhere", status);

        let url = format!("--external-url={}/moved", cloud.url());
        run_once(&eth_home(), &cloud, &[&url]);

        assert_eq!(count(&cloud, "GET", "/approve/elsewhere"), 1);
        assert_eq!(count(&cloud, "POST", BROADCAST), sent);
    }
}

#[test]
fn a_refusal_is_asked_about_again_at_growing_intervals() {
    let cloud = Cloud::start();
    let (refused, good) = (pending_id(1), pending_id(2));
    cloud.approve(&refused, 403);
    cloud.queue(&eth_transfer(&refused, 7));
    let url = format!("--external-url={}", cloud.approval_url());
    let home = eth_home();
    let daemon = start(&home, &cloud, &[&url]);

    let asked = cloud.wait_for_requests(4, "GET", &format!("/approve/{refused}"));
    // Only lower limits, which no load on the machine can break: 1, 2 and 4 periods.
    let gaps: Vec<u64> = asked
        .windows(2)
        .map(|two| (two[1].at - two[0].at).as_secs())
        .collect();
    assert!(gaps[0] >= 1 && gaps[1] >= 2 && gaps[2] >= 4, "{gaps:?}");
    assert!(
        count(&cloud, "POST", ETH_POLL) > asked.len(),
        "the polls go on"
    );

    // A refusal does not hold up what comes after it, and can be taken back.
    cloud.queue(&eth_transfer(&good, 8));
    cloud.wait_for_broadcast(&good);
    cloud.approve(&refused, 200);
    cloud.wait_for_broadcast(&refused);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    let refusals = done
        .log()
        .iter()
        .filter(|line| line.level == "WARN" && line.text.contains(&refused))
        .count();
    let asked = count(&cloud, "GET", &format!("/approve/{refused}"));
    assert_eq!(
        refusals,
        asked - 1,
        "one line for each refusal: {}",
        done.stderr
    );
}

#[test]
fn the_main_network_needs_a_4_eye_server() {
    let cloud = Cloud::start();
    let home = Home::with_wallets([(
        ETH_WALLET,
        &json!({"privateKey": ETH_KEY, "chain": "ETH", "testnet": false}),
    )]);
    let mut transaction = eth_transaction();
    (transaction["nonce"], transaction["chainId"]) = (json!(7), json!(1));
    cloud.queue(&eth_pending(&pending_id(1), ETH_WALLET, &transaction));

    let done = Running::start(home.daemon(&cloud)).finish();
    assert_eq!(done.code(), Some(2), "{done:?}");
    assert!(done.stderr.contains("--external-url"), "{}", done.stderr);
    assert!(cloud.requests().is_empty());

    let mut command = home.daemon(&cloud);
    command.args(["--run-once", "--external-url", &cloud.approval_url()]);
    let done = Running::start(command).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &pending_id(1));
}

#[test]
fn a_4_eye_server_without_tls_is_warned_about_unless_it_is_near() {
    let cloud = Cloud::start();
    for (url, warns) in [
        ("http://approver.example.com/kms", true),
        ("http://203.0.113.7/kms", true),
        ("https://approver.example.com/kms", false),
        ("http://127.0.0.1:9/kms", false),
        ("http://10.1.2.3/kms", false),
    ] {
        let done = run_once(&eth_home(), &cloud, &[&format!("--external-url={url}")]);
        assert_eq!(done.code(), Some(0), "{done:?}");
        let warned = done.stderr.contains("is not encrypted");
        assert_eq!(warned, warns, "{url}: {}", done.stderr);
    }
}

#[test]
fn the_cloud_must_be_https_unless_it_is_near() {
    let refused = |arguments: &[&str]| {
        let home = eth_home();
        let mut command = home.daemon_at("http://cloud.invalid");
        command.args(["--testnet", "--run-once"]).args(arguments);
        let done = Running::start(command).finish();
        assert_ne!(done.code(), Some(0), "{done:?}");
        done.stderr.contains("must be reached by https")
    };
    assert!(refused(&[]));
    assert!(
        !refused(&["--allow-insecure-cloud"]),
        "it is the name that is not found then"
    );
}

#[test]
fn what_cannot_be_signed_is_reported_and_the_next_is_signed() {
    let (cloud, btc) = (Cloud::start(), BtcSample::load());
    let mainnet_wallet = "e0000000-0000-4000-8000-00000000000f";
    let mainnet = json!({"privateKey": ETH_KEY, "chain": "ETH", "testnet": false});
    let home = Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (ETH_MNEMONIC, &eth_mnemonic()),
        (mainnet_wallet, &mainnet),
        (btc.wallet_id.as_str(), &btc.wallet),
    ]);
    let mut complete = eth_transaction();
    complete["nonce"] = json!(7);
    let unknown = "e0000000-0000-4000-8000-0000000000ff";
    let eth = |id: &str, wallet: &str| eth_pending(id, wallet, &complete);
    let mut foreign_chain = btc.pending.clone();
    foreign_chain["id"] = json!(pending_id(5));
    let bad = [
        ("unknown id", eth(&pending_id(1), unknown)),
        (
            "wallet of another chain",
            eth(&pending_id(2), &btc.wallet_id),
        ),
        (
            "wallet of another network",
            eth(&pending_id(3), mainnet_wallet),
        ),
        ("mnemonic without index", eth(&pending_id(4), ETH_MNEMONIC)),
        ("transaction of another chain", foreign_chain),
        (
            "no wallet",
            json!({"id": pending_id(6), "chain": "ETH", "serializedTransaction": "{}", "hashes": []}),
        ),
        (
            "unreadable",
            eth_pending(&pending_id(7), ETH_WALLET, &json!("not a transaction")),
        ),
    ];
    for (_, pending) in &bad {
        cloud.queue_for("ETH", &pending.to_string());
    }
    let good = pending_id(99);
    cloud.queue(&eth_transfer(&good, 7));

    let done = run_once(&home, &cloud, &["--chain=ETH"]);

    only_signature(&cloud, &good);
    assert_eq!(count(&cloud, "POST", BROADCAST), 1, "{done:?}");
    assert_eq!(
        count(&cloud, "POST", BATCH),
        1,
        "one report for the whole cycle"
    );
    for (what, pending) in &bad {
        let id = pending["id"].as_str().unwrap();
        let texts = cloud.failures(id);
        assert_eq!(texts.len(), 1, "{what}: {texts:?}");
        assert!(!texts[0].is_empty(), "{what}");
        assert!(!texts[0].contains(ETH_KEY), "{what}: {texts:?}");
        assert!(
            done.errors().iter().any(|line| line.text.contains(id)),
            "{what} is not in the log"
        );
    }
    assert_ne!(done.code(), Some(0), "failures show in the exit code");
}

/// The broadcast took effect and nobody was told: the transaction is listed again, and the
/// same bytes go out again.
fn a_lost_answer_is_repeated_with_the_same_bytes(kind: FaultKind) {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.keep_listing();
    queue_with_changing_nonce(&cloud, &id);
    // As often as one cycle may try.
    cloud.fault(
        Fault::on("POST", ETH_BROADCAST, kind)
            .taking_effect()
            .times(2),
    );
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_requests(3, "POST", ETH_BROADCAST);
    daemon.wait_for_line("signed and sent");
    wait_for_more_polls(&cloud, 3, ETH_POLL);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &id);
    assert_eq!(count(&cloud, "GET", ETH_NONCE), 1, "it was prepared once");
    assert_eq!(
        count(&cloud, "POST", ETH_BROADCAST),
        3,
        "once it has arrived it is not sent again"
    );
    assert!(cloud.failures(&id).is_empty(), "nothing has failed");
}

#[test]
fn a_broadcast_answered_504_is_repeated_with_the_same_bytes() {
    a_lost_answer_is_repeated_with_the_same_bytes(FaultKind::Status(504));
}

#[test]
fn a_broadcast_answered_500_is_repeated_with_the_same_bytes() {
    a_lost_answer_is_repeated_with_the_same_bytes(FaultKind::Status(500));
}

#[test]
fn a_broadcast_whose_connection_is_closed_is_repeated_with_the_same_bytes() {
    a_lost_answer_is_repeated_with_the_same_bytes(FaultKind::Reset);
}

#[test]
fn a_web_page_for_a_broadcast_repeats_the_same_bytes() {
    // Somebody stands between the cloud and us, so nobody knows whether it arrived.
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.keep_listing();
    queue_with_changing_nonce(&cloud, &id);
    cloud.fault(Fault::on("POST", ETH_BROADCAST, FaultKind::Html).times(1));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_requests(2, "POST", ETH_BROADCAST);
    wait_for_more_polls(&cloud, 3, ETH_POLL);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &id);
    assert_eq!(count(&cloud, "POST", ETH_BROADCAST), 2, "{}", done.stderr);
}

#[test]
fn nothing_of_a_signer_overtakes_what_may_have_been_sent() {
    let cloud = Cloud::start();
    let home = Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (OTHER_ETH_WALLET, &other_eth_wallet()),
    ]);
    let (first, second, other) = (pending_id(1), pending_id(2), pending_id(3));
    cloud.keep_listing();
    // The first transaction's outcome stays unknown until the fault is healed.
    let stuck = first.clone();
    cloud.route("POST", ETH_BROADCAST, move |request| {
        if request.json()["signatureId"] == json!(stuck) {
            Answer::error(503, "mock", "come again")
        } else {
            Answer::ok(&json!({"completed": true}))
        }
    });
    cloud.queue(&eth_transfer(&first, 1));
    cloud.queue(&eth_transfer(&second, 2));
    let mut transaction = eth_transaction();
    transaction["nonce"] = json!(1);
    cloud.queue(&eth_pending(&other, OTHER_ETH_WALLET, &transaction));
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_broadcast(&other);
    wait_for_more_polls(&cloud, 3, ETH_POLL);
    assert!(
        cloud.signed(&second).is_empty(),
        "nonce 2 left before nonce 1 was settled"
    );
    cloud.route("POST", ETH_BROADCAST, |_| {
        Answer::ok(&json!({"completed": true}))
    });
    cloud.wait_for_broadcast(&first);
    cloud.wait_for_broadcast(&second);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    for id in [&first, &second, &other] {
        only_signature(&cloud, id);
    }
}

/// The cloud closes what is reported to it. If it lists it again all the same, somebody wants it
/// tried again, and the refused bytes are certainly nowhere.
#[test]
fn a_definite_refusal_is_reported_and_then_signed_anew_only_so_often() {
    const SIGNINGS: usize = 3;
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.keep_listing();
    queue_with_changing_nonce(&cloud, &id);
    let refusal = json!({"statusCode": 403, "errorCode": "ethereum.broadcast.failed", "message": "nonce too low"});
    let answer = refusal.clone();
    cloud.route("POST", ETH_BROADCAST, move |_| Answer::json(403, &answer));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    let text = cloud.wait_for_failure(&id);
    assert_eq!(
        text,
        serde_json::to_string_pretty(&refusal).unwrap(),
        "the cloud's own words"
    );
    assert_eq!(
        count(&cloud, "POST", ETH_BROADCAST),
        1,
        "the report comes before the next try"
    );
    cloud.wait_for("a report after the last try", |state| {
        state.failures_of(&id).nth(SIGNINGS).map(|_| ())
    });
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(count(&cloud, "POST", ETH_BROADCAST), SIGNINGS);
    assert_eq!(count(&cloud, "GET", ETH_NONCE), SIGNINGS, "prepared anew");
    assert!(
        cloud.failures(&id).len() < count(&cloud, "POST", ETH_POLL),
        "not in every cycle"
    );
}

#[test]
fn another_payload_under_a_known_id_is_refused() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.keep_listing();
    cloud.queue(&eth_transfer(&id, 7));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_broadcast(&id);

    cloud.withdraw(&id);
    let mut other = eth_transaction();
    (other["nonce"], other["value"]) = (json!(8), json!("99"));
    cloud.queue(&eth_pending(&id, ETH_WALLET, &other));
    let text = cloud.wait_for_failure(&id);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(text.contains("another content"), "{text}");
    only_signature(&cloud, &id);
}

#[test]
fn a_report_that_fails_is_made_again() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.queue(&eth_pending(&id, ETH_WALLET, &json!({"to": "nobody"})));
    cloud.fault(Fault::on("POST", BATCH, FaultKind::Status(500)).times(2));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_failure(&id);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(cloud.signed(&id).is_empty());
}

/// So many wallets that the first poll has no room for the last, and a pending transaction of the
/// first and of the last.
fn very_many_wallets(cloud: &Cloud) -> (Home, Vec<String>, [String; 2]) {
    let wallet = eth_wallet();
    let ids: Vec<String> = (0..25_001)
        .map(|n| format!("c0000000-0000-4000-8000-{n:012x}"))
        .collect();
    let home = Home::with_wallets(ids.iter().map(|id| (id.as_str(), &wallet)));
    let mut complete = eth_transaction();
    complete["nonce"] = json!(7);
    let (first, last) = (pending_id(1), pending_id(2));
    cloud.queue(&eth_pending(&first, &ids[0], &complete));
    complete["nonce"] = json!(8);
    cloud.queue(&eth_pending(&last, &ids[25_000], &complete));
    (home, ids, [first, last])
}

#[test]
fn very_many_wallets_are_polled_in_chunks() {
    let cloud = Cloud::start();
    let (home, ids, [first, last]) = very_many_wallets(&cloud);

    let done = run_once(&home, &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let polls = cloud.wait_for_requests(2, "POST", ETH_POLL);
    let sizes: Vec<usize> = polls
        .iter()
        .map(|poll| poll.signature_ids().len())
        .collect();
    assert_eq!(sizes, [25_000, 1]);
    let asked: Vec<String> = polls.iter().flat_map(|poll| poll.signature_ids()).collect();
    assert_eq!(asked, ids, "each id once, in the vault's order");
    only_signature(&cloud, &first);
    only_signature(&cloud, &last);
    let warnings: Vec<_> = done
        .log()
        .into_iter()
        .filter(|line| line.level == "WARN" && line.text.contains("25000"))
        .collect();
    assert_eq!(warnings.len(), 1, "{}", done.stderr);
}

#[test]
fn a_chunk_that_cannot_be_polled_does_not_stop_the_others() {
    let cloud = Cloud::start();
    let (home, _, [first, last]) = very_many_wallets(&cloud);
    cloud.fault(Fault::on("POST", ETH_POLL, FaultKind::Status(500)).times(1));

    let done = run_once(&home, &cloud, &[]);
    assert_eq!(done.code(), Some(1), "{done:?}");
    let failed: Vec<_> = done
        .errors()
        .into_iter()
        .filter(|line| line.text.contains("the poll failed"))
        .collect();
    assert_eq!(failed.len(), 1, "{}", done.stderr);
    assert_eq!(failed[0].field("call"), "1 of 2");
    assert!(cloud.signed(&first).is_empty());
    only_signature(&cloud, &last);

    let done = run_once(&home, &cloud, &[]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &first);
}

#[test]
fn wallets_stored_while_it_runs_sign_at_the_next_poll_and_removed_ones_no_more() {
    let cloud = Cloud::start();
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", ETH_POLL);

    let stored = home.run_json(&["generatemanagedwallet", "ETH", "--testnet"]);
    let new = stored["signatureId"].as_str().unwrap().to_owned();
    let id = pending_id(1);
    let mut complete = eth_transaction();
    complete["nonce"] = json!(7);
    let mut pending = eth_pending(&id, &new, &complete);
    pending["index"] = json!(3);
    cloud.queue(&pending);
    cloud.wait_for_broadcast(&id);

    home.run_json(&["removewallet", ETH_WALLET]);
    cloud.wait_for("a poll without the removed wallet", |state| {
        let last = state.requests_to("POST", ETH_POLL).last()?;
        (last.signature_ids() == [new.clone()]).then_some(())
    });
    let removed = pending_id(2);
    cloud.queue_for("ETH", &eth_transfer(&removed, 8).to_string());
    cloud.wait_for_failure(&removed);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(
        cloud.signed(&removed).is_empty(),
        "a removed wallet has signed"
    );
}

#[test]
fn a_vault_that_goes_away_stops_signing_until_it_is_back() {
    let cloud = Cloud::start();
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);
    cloud.wait_for_requests(1, "POST", ETH_POLL);

    let aside = home.folder().join("aside");
    std::fs::rename(home.vault(), &aside).unwrap();
    daemon.wait_for_line("the vault cannot be read");
    std::fs::rename(&aside, home.vault()).unwrap();
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    cloud.wait_for_broadcast(&id);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
}

#[test]
fn a_wrong_password_refuses_to_start() {
    let cloud = Cloud::start();
    let home = eth_home();
    let mut command = home.daemon(&cloud);
    command.arg("--testnet").env("TATUM_KMS_PASSWORD", "wrong");

    let done = Running::start(command).finish();

    assert_eq!(done.code(), Some(3), "{done:?}");
    assert!(cloud.requests().is_empty());
    assert_eq!(done.stdout, "");
}

#[test]
fn a_missing_vault_refuses_to_start() {
    let cloud = Cloud::start();
    let home = Home::new();

    let done = start(&home, &cloud, &[]).finish();

    assert_eq!(done.code(), Some(4), "{done:?}");
    assert!(
        done.stderr.contains("No such wallet file."),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains("wallet.dat"),
        "it says where it looked: {}",
        done.stderr
    );
    assert!(cloud.requests().is_empty());
}

#[test]
fn a_missing_api_key_refuses_to_start() {
    let cloud = Cloud::start();
    let home = eth_home();
    let mut command = home.daemon(&cloud);
    command.arg("--testnet").env_remove("TATUM_API_KEY");

    let done = Running::start(command).finish();

    assert!(matches!(done.code(), Some(1 | 2)), "{done:?}");
    assert!(done.stderr.contains("TATUM_API_KEY"), "{}", done.stderr);
    assert!(cloud.requests().is_empty());
}

#[test]
fn malformed_options_are_usage_errors() {
    let cloud = Cloud::start();
    for option in [
        "--period=soon",
        "--period=0",
        "--chain=ETHH",
        "--chain=",
        "--external-url=nowhere",
        "--external-url=ftp://example.com",
        "--external-url-method=PUT",
        "--unknown",
    ] {
        let done = start(&eth_home(), &cloud, &[option]).finish();
        assert_eq!(done.code(), Some(2), "{option}: {done:?}");
        assert_eq!(done.stdout, "", "{option}");
    }
    assert!(cloud.requests().is_empty());
}

#[test]
fn a_cloud_that_is_down_at_the_start_is_waited_for() {
    let cloud = Cloud::down();
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    daemon.wait_for_line("the poll failed");
    cloud.come_up();
    cloud.wait_for_broadcast(&id);
    let done = daemon.stop();

    assert_eq!(done.code(), Some(0), "{done:?}");
}

fn a_signal_finishes_the_transaction_in_hand(signal: Signal) {
    let cloud = Cloud::start();
    let (in_hand, next) = (pending_id(1), pending_id(2));
    cloud.queue(&eth_transfer(&in_hand, 1));
    cloud.queue(&eth_transfer(&next, 2));
    let gate = Gate::closed();
    cloud.fault(Fault::on(
        "POST",
        ETH_BROADCAST,
        FaultKind::Held(gate.clone()),
    ));
    let home = eth_home();
    let daemon = start(&home, &cloud, &[]);

    cloud.wait_for_requests(1, "POST", ETH_BROADCAST);
    daemon.signal(signal);
    daemon.wait_for_line("finishing the transactions in hand");
    gate.open();
    let done = daemon.finish();

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &in_hand);
    assert_eq!(
        cloud.look(|state| state.broadcasts.len()),
        1,
        "nothing new was begun"
    );
    let sent = done
        .log()
        .iter()
        .any(|line| line.message == "signed and sent" && line.text.contains(&in_hand));
    assert!(sent, "the answer was waited for: {}", done.stderr);
}

#[test]
fn sigterm_finishes_the_transaction_in_hand() {
    a_signal_finishes_the_transaction_in_hand(Signal::TERM);
}

#[test]
fn sigint_finishes_the_transaction_in_hand() {
    a_signal_finishes_the_transaction_in_hand(Signal::INT);
}

#[test]
fn one_run_can_be_limited_to_wallets() {
    let cloud = Cloud::start();
    let home = Home::with_wallets([
        (ETH_WALLET, &eth_wallet()),
        (OTHER_ETH_WALLET, &other_eth_wallet()),
        (ETH_MNEMONIC, &eth_mnemonic()),
    ]);

    let wallets = format!("--wallets={ETH_MNEMONIC},{ETH_WALLET}");
    let done = run_once(&home, &cloud, &[&wallets]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let polls = cloud.wait_for_requests(1, "POST", ETH_POLL);
    let asked: BTreeSet<String> = polls[0].signature_ids().into_iter().collect();
    assert_eq!(
        asked,
        BTreeSet::from([ETH_WALLET.to_owned(), ETH_MNEMONIC.to_owned()])
    );
}

#[test]
fn one_run_can_be_limited_to_transactions() {
    let cloud = Cloud::start();
    let ids: Vec<String> = (1..=3).map(pending_id).collect();
    for (nonce, id) in (1..).zip(&ids) {
        cloud.queue(&eth_transfer(id, nonce));
    }

    let transactions = format!("--transaction-ids={},{}", ids[2], ids[0]);
    let done = run_once(&eth_home(), &cloud, &[&transactions]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &ids[0]);
    assert!(cloud.signed(&ids[1]).is_empty());
    only_signature(&cloud, &ids[2]);
    assert_eq!(count(&cloud, "POST", BATCH), 0);
}

#[test]
fn the_original_spellings_of_the_options_work() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    let home = eth_home();
    let mut command = home.daemon(&cloud);
    command.args([
        "--runOnce",
        "--testnet=true",
        &format!("--externalUrl={}", cloud.approval_url()),
        "--externalUrlMethod=POST",
        &format!("--wallets={ETH_WALLET}"),
        &format!("--transactionIds={id}"),
        &format!("--apiKey={API_KEY}"),
    ]);
    command.env_remove("TATUM_API_KEY");

    let done = Running::start(command).finish();

    assert_eq!(done.code(), Some(0), "{done:?}");
    only_signature(&cloud, &id);
}

#[test]
fn an_off_chain_withdrawal_is_completed_by_its_own_route() {
    let cloud = Cloud::start();
    let id = pending_id(1);
    cloud.rpc("eth_estimateGas", json!("0x5208"));
    let mut pending = eth_transfer(&id, 7);
    pending["withdrawalId"] = json!("2e2566459206f01589bd0922");
    cloud.queue(&pending);

    let done = run_once(&eth_home(), &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let broadcast = cloud.wait_for_broadcast(&id);
    assert_eq!(broadcast.path, "/v3/offchain/withdrawal/broadcast");
    let body = &broadcast.body;
    let expected = json!({
        "currency": "ETH",
        "signatureId": id,
        "withdrawalId": "2e2566459206f01589bd0922",
        "txData": broadcast.tx_data,
    });
    assert_eq!(*body, expected);
    let sent = cloud.wait_for_requests(1, "POST", "/v3/offchain/withdrawal/broadcast");
    let order: Vec<Option<usize>> = ["currency", "signatureId", "withdrawalId", "txData"]
        .iter()
        .map(|member| String::from_utf8_lossy(&sent[0].body).find(&format!("\"{member}\"")))
        .collect();
    assert!(
        order.is_sorted(),
        "the members come as the original sends them: {order:?}"
    );
}

#[test]
fn version_notices_are_passed_on() {
    let cloud = Cloud::start();
    cloud.announce_version("99.1.0;warn;Please update soon;ignored");

    let done = run_once(&eth_home(), &cloud, &[]);

    assert_eq!(done.code(), Some(0), "{done:?}");
    let lines: Vec<&str> = done
        .stderr
        .lines()
        .filter(|line| line.contains("Please update soon"))
        .collect();
    assert_eq!(lines.len(), 1, "{}", done.stderr);
    assert!(
        lines[0].contains("99.1.0") && lines[0].contains(env!("CARGO_PKG_VERSION")),
        "{}",
        lines[0]
    );
}

#[test]
fn no_secret_is_logged_whatever_fails() {
    // The node's URL holds the API key.
    let web3 = "/v3/ethereum/web3/*";
    let echo = Answer::error(400, "mock", &format!("bad key {API_KEY}"));
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": format!("key {API_KEY}")}});
    let mnemonic = eth_mnemonic();
    let words = mnemonic["mnemonic"].as_str().unwrap();
    let home = Home::with_wallets([(ETH_WALLET, &eth_wallet()), (ETH_MNEMONIC, &mnemonic)]);
    let mut chainless = eth_transaction();
    chainless.as_object_mut().unwrap().remove("chainId");
    chainless["nonce"] = json!(7);
    let mut by_mnemonic = eth_pending(&pending_id(2), ETH_MNEMONIC, &chainless);
    by_mnemonic["index"] = json!(0);
    for kind in [
        FaultKind::Status(401),
        FaultKind::Status(404),
        FaultKind::Status(500),
        FaultKind::Answer(echo),
        FaultKind::Answer(Answer::ok(&error)),
        FaultKind::Answer(Answer::raw(307, "")),
        FaultKind::Malformed,
        FaultKind::Html,
        FaultKind::Null,
        FaultKind::Truncate,
        FaultKind::Reset,
    ] {
        let cloud = Cloud::start();
        cloud.queue(&eth_pending(&pending_id(1), ETH_WALLET, &chainless));
        cloud.queue(&by_mnemonic);
        cloud.fault(Fault::on("POST", web3, kind.clone()));

        let done = run_once(&home, &cloud, &["--log-level=trace"]);

        assert_ne!(done.code(), Some(0), "{kind:?}: {done:?}");
        assert!(
            count(&cloud, "POST", web3) >= 2,
            "the node was asked: {done:?}"
        );
        assert!(
            done.log().iter().any(|line| line.level == "DEBUG"),
            "the log is at its fullest"
        );
        let reports = cloud.look(|state| state.failures.clone());
        for secret in [API_KEY, PASSWORD, ETH_KEY, &ETH_KEY[2..], words] {
            assert!(
                !done.stderr.contains(secret),
                "{kind:?}: {secret} is in the log: {}",
                done.stderr
            );
            assert!(
                !format!("{reports:?}").contains(secret),
                "{kind:?}: {secret} is in {reports:?}"
            );
        }
    }
}
