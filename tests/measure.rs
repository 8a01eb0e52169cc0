//! The program that measures: what it says is so, on a few transactions.

use std::process::{Command, Output};

use kms_tests::binary;
use serde_json::Value;

/// Runs it on the program under test.
fn measure(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kms-tests"))
        .args(arguments)
        .env("TATUM_KMS_BIN", binary::path())
        .output()
        .expect("it runs")
}

fn json(arguments: &[&str]) -> Value {
    let done = measure(arguments);
    assert!(done.status.success(), "{arguments:?}: {done:?}");
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

#[test]
fn each_transaction_of_a_load_is_signed_and_checked() {
    // Ether is recorded; the main network asks a 4-eye server; Solana sends by itself.
    for arguments in [
        &["--chain=ETH", "--count=20", "--signers=1,7"][..],
        &["--chain=BTC", "--count=6", "--signers=2", "--mainnet"],
        &[
            "--chain=SOL",
            "--count=6",
            "--signers=2",
            "--wallets=mnemonic",
        ],
    ] {
        let load = [&["load", "--json", "--latency=1ms"], arguments].concat();
        let report = json(&load);
        let runs = report["runs"].as_array().expect("runs");
        assert!(!runs.is_empty());
        for run in runs {
            assert_eq!(run["faults"], serde_json::json!([]), "{report:#}");
            assert!(run["signedPerSecond"].as_u64() > Some(0), "{report:#}");
            assert!(run["peakBytes"].as_u64() > Some(1 << 20), "{report:#}");
            let wait = &run["pendingToBroadcastMs"];
            assert!(wait["p50"].as_u64() <= wait["p99"].as_u64(), "{report:#}");
        }
    }
}

#[test]
fn polls_ask_for_every_wallet_of_every_chain() {
    let report = json(&[
        "poll",
        "--chain=ETH,XRP",
        "--keys=30",
        "--polls=1",
        "--json",
    ]);
    assert_eq!(
        (&report["chains"], &report["keysOfEach"]),
        (&2.into(), &30.into())
    );
    assert!(report["polls"].as_u64() >= Some(2), "{report:#}");
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    for arguments in [
        &["load", "--chain=NONE"][..],
        &["load", "--chain=all"],
        &["load", "--count=0"],
        &["instructions", "--operation=none", "--times=1"],
    ] {
        assert!(!measure(arguments).status.success(), "{arguments:?}");
    }
}
