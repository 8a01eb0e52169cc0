//! The plugins in the built program are those its features name: a plugin crate that no code
//! names is silently left out by the linker.
//!
//! `TATUM_KMS_BIN` runs this on another build of the same features, for instance a release.

use std::{collections::BTreeSet, env, ffi::OsString, process::Command};

/// The one place that names the plugin crates.
#[path = "../src/plugins.rs"]
mod plugins;

fn program() -> OsString {
    env::var_os("TATUM_KMS_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_tatum-kms").into())
}

/// The chains of the enabled features, from the registries of the same crates linked here.
fn expected() -> BTreeSet<String> {
    let registry = kms_core::chain::Registry::linked().expect("a plugin");
    registry.codes().map(str::to_owned).collect()
}

#[test]
fn the_program_has_every_chain_of_its_features() {
    let output = Command::new(program())
        .args(["chains", "--json"])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let chains: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let chains = chains.as_array().expect("an array");
    let found: Vec<_> = chains
        .iter()
        .map(|chain| chain["code"].as_str().expect("a code").to_owned())
        .collect();
    let expected = expected();
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), expected.len(), "a chain is listed twice");
    if cfg!(feature = "evm") {
        assert!(expected.contains("ETH"), "{expected:?}");
    }
    if cfg!(feature = "bitcoin") {
        assert!(expected.contains("BTC"), "{expected:?}");
    }
}

#[test]
fn every_chain_makes_a_wallet() {
    for code in expected() {
        for network in ["--testnet=false", "--testnet=true"] {
            let output = Command::new(program())
                .args(["generatewallet", &code, network])
                .output()
                .expect("the program starts");
            assert!(output.status.success(), "{code} {network}: {output:?}");
            let wallet: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert!(
                wallet.as_object().is_some_and(|wallet| !wallet.is_empty()),
                "{code} {network}"
            );
        }
    }
}
