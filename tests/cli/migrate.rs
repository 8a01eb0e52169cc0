//! Vaults of tatum-kms 8, as recorded from it.

use std::{fs, path::Path};

use insta::assert_snapshot;
use kms_tests::{program::User, transcript::Transcript};
use serde_json::Value;

use crate::{BTC, btc_wallet};

/// The recorded files, with the recorded content of each.
pub(crate) fn cases() -> Vec<Value> {
    let text = fs::read(folder().join("manifest.json")).expect("the list of files");
    let manifest: Value = serde_json::from_slice(&text).expect("JSON");
    let files = manifest["files"].as_array().expect("files");
    assert!(files.len() > 15, "{} files", files.len());
    files.clone()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kms-core/tests/legacy-wallets")
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().expect("text")
}

/// A user whose vault is this file, and its bytes.
fn user_of(case: &Value) -> (User, Vec<u8>) {
    let bytes = fs::read(folder().join(text(case, "file"))).expect("a recorded file");
    let user = User::new();
    user.put_vault(&bytes);
    user.file("password", text(case, "password"));
    (user, bytes)
}

#[test]
fn every_recorded_vault_is_read_as_it_is() {
    for case in cases().iter().filter(|case| text(case, "expect") == "ok") {
        let (user, bytes) = user_of(case);
        if bytes.is_empty() {
            continue;
        }
        let file = text(case, "file");
        let export = user.run("export --password-file=password").finish();
        assert_eq!(export.code(), Some(0), "{file}: {export:?}");
        let expected = serde_json::to_string_pretty(&case["decrypted"]).unwrap();
        assert_eq!(export.stdout, expected, "{file}");
        assert!(export.stderr.contains("tatum-kms 8"), "{file}: {export:?}");
        assert_eq!(user.vault_bytes(), bytes, "{file}: reading writes nothing");
    }
}

#[test]
fn migrating_keeps_every_entry_and_the_old_file() {
    let cases = cases();
    let migrated = cases
        .iter()
        .filter(|case| text(case, "expect") == "ok" && !text(case, "password").is_empty());
    let mut count = 0;
    for case in migrated {
        let (user, bytes) = user_of(case);
        if bytes.is_empty() {
            continue;
        }
        count += 1;
        let file = text(case, "file");
        let done = user.run("migrate --password-file=password").finish();
        assert_eq!(done.code(), Some(0), "{file}: {done:?}");
        let report: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(report["upgraded"], true, "{file}");
        let entries = case["decrypted"].as_object().unwrap().len();
        assert_eq!(report["entries"], entries, "{file}");
        let kept = Path::new(text(&report, "kept"));
        assert_eq!(fs::read(kept).unwrap(), bytes, "{file}: kept byte for byte");
        assert!(user.vault_bytes().starts_with(b"\x89KMSV"), "{file}");

        let export = user.run("export --password-file=password").finish();
        let expected = serde_json::to_string_pretty(&case["decrypted"]).unwrap();
        assert_eq!(export.stdout, expected, "{file}");
        assert!(!export.stderr.contains("tatum-kms 8"), "{file}: {export:?}");

        // A second time there is nothing to do.
        let after = user.vault_bytes();
        let again = user.run("migrate --password-file=password").json();
        assert_eq!(again["upgraded"], false, "{file}");
        assert_eq!(again["odd"], report["odd"], "{file}");
        assert_eq!(user.vault_bytes(), after, "{file}");
    }
    assert!(count >= 9, "{count} vaults");
}

#[test]
fn recorded_files_that_are_no_vault_are_refused_and_left_alone() {
    for case in cases()
        .iter()
        .filter(|case| text(case, "expect") == "error")
    {
        let (user, bytes) = user_of(case);
        for command in ["export", "migrate", "generatemanagedwallet ETH"] {
            let line = format!("{command} --password-file=password");
            let (code, message) = user.run(&line).failure();
            let file = text(case, "file");
            assert!(code == 3 || code == 5, "{file}: {code}: {message}");
            assert_eq!(user.vault_bytes(), bytes, "{file}");
            assert!(!message.contains("mnemonic"), "{file}: {message}");
        }
    }
}

#[test]
fn the_report_names_odd_entries_and_traps() {
    for file in ["odd-entries.dat", "every-chain.dat", "single-btc.dat"] {
        let case = cases()
            .into_iter()
            .find(|case| case["file"] == file)
            .unwrap();
        let (user, _) = user_of(&case);
        let done = user.run("migrate --password-file=password").finish();
        for entry in case["decrypted"].as_object().unwrap().values() {
            for member in ["mnemonic", "privateKey", "secret"] {
                let secret = entry[member].as_str().filter(|secret| !secret.is_empty());
                if let Some(secret) = secret {
                    assert!(!done.stdout.contains(secret), "{file}: {}", done.stdout);
                    assert!(!done.stderr.contains(secret), "{file}: {}", done.stderr);
                }
            }
        }
        if file == "every-chain.dat" {
            let report: Value = serde_json::from_str(&done.stdout).unwrap();
            let traps = report["traps"].as_array().unwrap();
            for chain in ["EGLD", "XRP", "XLM", "SOL", "BNB"] {
                let of_chain = traps.iter().filter(|trap| trap["chain"] == chain);
                assert_eq!(of_chain.count(), 2, "{chain}");
            }
            assert_eq!(report["odd"], serde_json::json!([]));
        } else {
            let mut transcript = Transcript::of(&user);
            for id in case["decrypted"].as_object().unwrap().keys() {
                transcript.hide(id, &format!("id {}…", &id[..8]));
            }
            transcript.record("tatum-kms migrate", &done);
            assert_snapshot!(
                format!("migrate_{}", file.trim_end_matches(".dat")),
                transcript.text()
            );
        }
    }
}

#[test]
fn keys_that_anybody_has_are_named() {
    // What the original printed for wallets it could not handle: keys of the empty mnemonic.
    for (chain, testnet, key) in [
        (
            "BTC",
            false,
            "L1w1LC4oq3cj41Cw2eQsvAaUej6Q1QjJjWky8s9t9HzrkdwyVaKm",
        ),
        (
            "EGLD",
            false,
            "e5670c4858b2f3e81773d378596b552e7e94b2e45b1962a6ef9ab125905f890b",
        ),
        (
            "EGLD",
            true,
            "b3a546aa0b6df92e6e8291cee94fdb642a03943aa3015f8f7a42238db59459ed",
        ),
    ] {
        let open_key = serde_json::json!({"privateKey": key, "chain": chain, "testnet": testnet});
        let user = User::with_legacy_wallets([(BTC, &open_key)]);
        let report = user.run("migrate").json();
        let advice: Vec<&str> = report["traps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|trap| trap["advice"].as_str().unwrap())
            .collect();
        assert!(
            advice
                .iter()
                .any(|advice| advice.contains("anyone can spend from it")),
            "{chain}: {advice:?}"
        );
    }
}

#[test]
fn the_first_write_upgrades_and_keeps_the_old_file() {
    let user = User::with_legacy_wallets([(BTC, &btc_wallet())]);
    let old = user.vault_bytes();
    let mut expected = user.export();
    let done = user.run("generatemanagedwallet ETH").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(done.stderr.contains("wallet.dat.legacy"), "{done:?}");
    let kept = user.vault().with_extension("dat.legacy");
    assert_eq!(fs::read(&kept).unwrap(), old);
    assert!(user.vault_bytes().starts_with(b"\x89KMSV"));
    let mut vault = user.export();
    let members = vault.as_object_mut().unwrap();
    members.remove(&user.ids()[0]);
    assert_eq!(members, expected.as_object_mut().unwrap());

    // Another old file in the same place does not overwrite the one that is kept.
    let another = User::with_legacy_wallets([(BTC, &btc_wallet())]).vault_bytes();
    user.put_vault(&another);
    user.run("migrate").json();
    assert_eq!(fs::read(&kept).unwrap(), old);
    let second = user.vault().with_extension("dat.legacy.1");
    assert_eq!(fs::read(second).unwrap(), another);
}

#[test]
fn a_vault_with_an_empty_password_is_read_and_not_written() {
    let case = cases()
        .into_iter()
        .find(|case| case["file"] == "empty-password.dat")
        .unwrap();
    let (user, bytes) = user_of(&case);
    let export = user.run("export --password-file=password").finish();
    assert_eq!(export.code(), Some(0), "{export:?}");
    assert!(export.stderr.contains("empty password"), "{export:?}");
    for command in ["migrate", "generatemanagedwallet ETH"] {
        let line = format!("{command} --password-file=password");
        let (code, _) = user.run(&line).failure();
        assert_eq!(code, 3, "{command}");
        assert_eq!(user.vault_bytes(), bytes);
    }
    user.file("new", "a new password");
    let line = "changepassword --password-file=password --new-password-file=new";
    let done = user.run(line).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let vault = user.run("export").password("a new password").json();
    assert_eq!(vault, case["decrypted"]);
}

#[test]
fn a_file_without_content_is_an_empty_vault_only_for_who_stores() {
    let user = User::new();
    user.put_vault(b"");
    let (code, message) = user.run("export").failure();
    assert_eq!((code, message.as_str()), (4, "No such wallet file."));
    let done = user.run("generatemanagedwallet ETH").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(done.stderr.contains("0 bytes"), "{done:?}");
    assert_eq!(user.ids().len(), 1);
}
