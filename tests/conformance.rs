//! The recorded cases of all plugins, through the built program: the same wallets, the same
//! broadcasts byte for byte, the same refusals. Each case is a test of its own:
//!
//! ```text
//! cargo test -p kms-tests --test conformance -- ETH::transaction
//! ```

use std::{collections::BTreeMap, process::ExitCode};

use kms_core::testkit::tally;
use kms_tests::{
    cloud::{Answer, BATCH, Cloud, Fault, FaultKind, Request},
    daemon::{Finished, Home, Running},
    recorded::{self, bare, list, same, text},
    vectors,
};
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vectors::files()
        .into_iter()
        .flat_map(|(_, file)| trials(&file))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(file: &Value) -> Vec<Trial> {
    let chain = text(&file["chain"]).to_owned();
    let mut trials = Vec::new();
    let mut add = |name: String, check: fn(&str, &Value), case: Value| {
        let (chain, name) = (chain.clone(), format!("{chain}::{name}"));
        trials.push(Trial::test(name, move || {
            check(&chain, &case);
            tally("conformance", 1_u64, "recorded cases");
            Ok(())
        }));
    };
    for (number, wallet) in (0..).zip(list(&file["wallets"])) {
        add(format!("wallet::{number}"), check_wallet, wallet.clone());
    }
    for case in list(&file["transactions"]).filter_map(corrected) {
        add(
            format!("transaction::{}", text(&case["name"])),
            check_transaction,
            case,
        );
    }
    for case in list(&file["errors"]).filter(|case| must_be_refused(case)) {
        add(
            format!("error::{}", text(&case["name"])),
            check_error,
            with_some_wallet(case, file),
        );
    }
    trials
}

/// The case with a vault that is not empty: a chain without keys is not polled, so nobody would
/// see the transaction.
fn with_some_wallet(case: &Value, file: &Value) -> Value {
    let is_empty = |wallets: &Value| wallets.as_object().is_none_or(serde_json::Map::is_empty);
    let mut case = case.clone();
    if is_empty(&case["wallets"])
        && let Some(other) = list(&file["transactions"])
            .find(|other| other["testnet"] == case["testnet"] && !is_empty(&other["wallets"]))
    {
        case["wallets"] = other["wallets"].clone();
    }
    case
}

/// The case as it must be where the original is not matched, nothing where only a person can
/// judge.
fn corrected(case: &Value) -> Option<Value> {
    if let Some(signed) = case.get("signedInPlace") {
        let (from, to) = (case["signed"].to_string(), signed.to_string());
        return serde_json::from_str(&case.to_string().replace(&from, &to)).ok();
    }
    if let Some(kept) = case.get("feeKept") {
        let mut fixed = case.clone();
        fixed["broadcast"]["body"]["txData"] = kept["signed"].clone();
        return Some(fixed);
    }
    case.get("originalBug")
        .is_none_or(Value::is_null)
        .then(|| case.clone())
}

fn must_be_refused(case: &Value) -> bool {
    let kind = case["kind"].as_str().unwrap_or("refuse");
    case["pending"].is_object() && kind == "refuse" && case["mayAccept"] != true
}

fn check_wallet(chain: &str, wallet: &Value) {
    let members = ["mnemonic", "xpub", "address", "secret", "privateKey"];
    let mut entry: BTreeMap<&str, &Value> = members
        .into_iter()
        .filter_map(|member| wallet.get(member).map(|value| (member, value)))
        .collect();
    let code = json!(chain);
    entry.insert("chain", &code);
    entry.insert("testnet", &wallet["testnet"]);
    let id = "a0000000-0000-4000-8000-000000000001";
    let home = Home::with_wallets([(id, &json!(entry))]);
    for (command, member, expected) in [
        ("getaddress", "address", &wallet["addresses"]),
        ("getprivatekey", "privateKey", &wallet["privateKeys"]),
    ] {
        for (index, expected) in expected.as_object().into_iter().flatten() {
            let shown = home.run_json(&[command, id, index]);
            assert_eq!(shown[member], *expected, "{command} {index}");
        }
    }
}

fn check_transaction(chain: &str, case: &Value) {
    let wanted = &case["broadcast"];
    let (cloud, done) = sign(chain, case);

    let made = broadcasts(&cloud, wanted);
    assert_eq!(
        made.len(),
        1,
        "not exactly one broadcast: {made:?}; {}",
        done.stderr
    );
    assert_eq!(made[0].method, text(&wanted["method"]));
    assert_eq!(made[0].path, bare(text(&wanted["path"])));
    let body = made[0].json();
    if case["deterministic"] == false {
        for member in wanted["body"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
        {
            assert!(body.get(member).is_some(), "{member} is missing in {body}");
        }
    } else {
        assert!(
            same(&wanted["body"], &body),
            "want {}\n got {body}",
            wanted["body"]
        );
    }
    let reports = cloud.look(|state| state.failures.clone());
    assert!(reports.is_empty(), "reported: {reports:?}");
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
}

fn check_error(chain: &str, case: &Value) {
    let wanted = &case["broadcast"];
    let (cloud, done) = sign(chain, case);

    let made = broadcasts(&cloud, wanted);
    if wanted.is_object() {
        // It is the network that refuses: the right bytes have to get that far, once.
        assert_eq!(
            made.len(),
            1,
            "not exactly one broadcast: {made:?}; {}",
            done.stderr
        );
        assert!(
            same(&wanted["body"], &made[0].json()),
            "want {}\n got {}",
            wanted["body"],
            made[0]
        );
    } else {
        assert!(made.is_empty(), "it was broadcast: {made:?}");
    }
    let id = text(&case["pending"]["id"]);
    let reported = cloud.failures(id);
    assert_eq!(
        reported.len(),
        1,
        "not reported once: {reported:?}; {}",
        done.stderr
    );
    let said = format!("{reported:?}{}{}", done.stdout, done.stderr);
    for crash in ["panicked", "undefined", "TypeError"] {
        assert!(!said.contains(crash), "a crash: {said}");
    }
    for entry in case["wallets"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
    {
        for member in ["mnemonic", "privateKey", "secret"] {
            let secret = entry[member].as_str().filter(|secret| secret.len() > 12);
            assert!(
                !secret.is_some_and(|secret| said.contains(secret)),
                "{member} is told"
            );
        }
    }
    if case["text"] == "exact" {
        assert_eq!(reported[0], text(&case["error"]));
    }
    assert_ne!(done.code(), Some(0), "a failure shows in the exit code");
}

/// Runs the daemon once on the case.
fn sign(chain: &str, case: &Value) -> (Cloud, Finished) {
    let cloud = Cloud::start();
    let wanted = &case["broadcast"];
    recorded::answer_calls(&cloud, case);
    if let Some(status) = wanted["status"].as_u64().filter(|status| *status >= 400) {
        let status = u16::try_from(status).expect("an HTTP status");
        let refusal = Answer::json(status, &wanted["response"]);
        cloud.fault(Fault::on(
            "POST",
            text(&wanted["path"]),
            FaultKind::Answer(refusal),
        ));
    } else {
        recorded::answer_broadcast(&cloud, case);
    }
    cloud.queue_for(chain, &case["pending"].to_string());

    let home = recorded::home(case);
    let mut command = recorded::daemon(&home, &cloud, chain, case);
    command.arg("--run-once");
    let done = Running::start(command).finish();
    (cloud, done)
}

/// The requests that send a transaction off.
fn broadcasts(cloud: &Cloud, wanted: &Value) -> Vec<Request> {
    let place = bare(wanted["path"].as_str().unwrap_or("/broadcast"));
    let mut requests = cloud.requests();
    requests
        .retain(|one| one.path != BATCH && (one.path.contains("broadcast") || one.path == place));
    // Flow gives the key that it was lent back on the same path; that sends nothing off.
    requests.retain(|one| one.json().get("proposalKey").is_none());
    requests
}
