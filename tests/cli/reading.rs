//! Commands that show what is in the vault.

use insta::assert_snapshot;
use kms_tests::{
    program::User,
    samples::{self, ETH_MNEMONIC},
};
use serde_json::{Value, json};

use crate::{ADDRESS_3, BTC, ETH_KEY, KEY_3, UNKNOWN, btc_wallet, owner, transcript};

#[test]
fn the_reference_wallet_gives_its_published_address_and_key() {
    let current = owner();
    let legacy = User::with_legacy_wallets([(BTC, &btc_wallet())]);
    for user in [current, legacy] {
        let before = user.vault_bytes();
        let address = user.run(&format!("getaddress {BTC} 3")).json();
        assert_eq!(address, json!({ "address": ADDRESS_3 }));
        let key = user.run(&format!("getprivatekey {BTC} 3")).json();
        assert_eq!(key, json!({ "privateKey": KEY_3 }));
        assert_eq!(user.vault_bytes(), before, "reading writes nothing");
    }
}

#[test]
fn results_are_json_in_two_spaces() {
    let user = owner();
    let lines = [
        format!("getaddress {BTC} 3"),
        format!("getprivatekey {BTC} 3"),
        format!("getaddress {ETH_KEY}"),
        format!("getprivatekey {ETH_KEY}"),
        format!("getmanagedwallet {BTC}"),
        format!("getmanagedwallet {ETH_KEY}"),
        "export".to_owned(),
        "report".to_owned(),
        format!("report {ETH_KEY},{BTC},{UNKNOWN}"),
        format!("removewallet {ETH_KEY}"),
        "export".to_owned(),
    ];
    assert_snapshot!(transcript(&user, lines.iter().map(String::as_str)));
}

#[test]
fn an_index_is_a_number_below_two_to_the_31() {
    let user = owner();
    let mut lines: Vec<String> = Vec::new();
    for index in [
        "",
        "2147483648",
        "4294967296",
        "1.9",
        "-1",
        "abc",
        "0x1",
        "+1",
    ] {
        lines.push(format!("getaddress {BTC} {index}"));
        lines.push(format!("getprivatekey {BTC} {index}"));
    }
    assert_snapshot!(transcript(&user, lines.iter().map(String::as_str)));
}

#[test]
fn the_largest_index_works() {
    let user = owner();
    let index = (1_u32 << 31) - 1;
    let address = user.run(&format!("getaddress {BTC} {index}")).json();
    let key = user.run(&format!("getprivatekey {BTC} {index}")).json();
    assert!(address["address"].as_str().unwrap().starts_with("bc1q"));
    // The address is that of the key: stored alone, the key has the same.
    let text = format!("{}\n", key["privateKey"].as_str().unwrap());
    let stored = user.run("storemanagedprivatekey BTC").stdin(&text).json();
    assert_eq!(stored["address"], address["address"]);
}

#[test]
fn a_single_key_has_one_address_whatever_the_index() {
    let user = owner();
    for index in ["", "0", "7", "2147483647"] {
        let address = user.run(&format!("getaddress {ETH_KEY} {index}")).json();
        let text = address["address"].as_str().unwrap().to_lowercase();
        assert_eq!(text, samples::ETH_ADDRESS);
        let key = user.run(&format!("getprivatekey {ETH_KEY} {index}")).json();
        assert_eq!(key["privateKey"], samples::ETH_KEY);
    }
}

#[test]
fn what_a_mnemonic_gives_signs_as_a_key_of_its_own() {
    let user = User::with_wallets([(ETH_MNEMONIC, &samples::eth_mnemonic())]);
    for index in [0, 1, 12_345] {
        let address = user
            .run(&format!("getaddress {ETH_MNEMONIC} {index}"))
            .json();
        let key = user
            .run(&format!("getprivatekey {ETH_MNEMONIC} {index}"))
            .json();
        let text = format!("{}\n", key["privateKey"].as_str().unwrap());
        let stored = user
            .run("storemanagedprivatekey ETH --testnet")
            .stdin(&text)
            .json();
        assert_eq!(stored["address"], address["address"], "{index}");
    }
}

#[test]
fn what_is_not_there_is_an_error() {
    let owner = owner();
    let before = owner.vault_bytes();
    let nobody = User::new();
    let lines = [
        format!("getaddress {UNKNOWN} 0"),
        format!("getprivatekey {UNKNOWN} 0"),
        format!("getmanagedwallet {UNKNOWN}"),
        format!("removewallet {UNKNOWN}"),
        "getmanagedwallet __proto__".to_owned(),
        format!("report {UNKNOWN}"),
    ];
    let lines = || lines.iter().map(String::as_str);
    let text = transcript(&owner, lines());
    assert_snapshot!("unknown_wallets", text);
    assert_eq!(owner.vault_bytes(), before);
    let written = ["wallet.dat", "wallet.dat.lock"];
    assert_eq!(
        owner.files_beside_vault(),
        written,
        "no backup, so no write"
    );

    let text = transcript(
        &nobody,
        lines().chain(["export", "migrate", "changepassword"]),
    );
    assert_snapshot!("no_vault", text);
    assert_eq!(nobody.files_beside_vault(), [""; 0], "nothing was made");
}

#[test]
fn wallets_of_chains_that_are_not_part_of_the_program_are_kept_and_named() {
    // Codes that no plugin will ever have, in each form that tatum-kms 8 stored.
    let wallets = [
        json!({"privateKey": "clé \"quoted\" \u{2028}", "chain": "NOSUCH", "testnet": true}),
        json!({"address": "a", "secret": "sEdTFW8gX7KntivyziY1WyESQtVDq4L", "chain": "NOSUCH", "testnet": false}),
        json!({"mnemonic": "foo bar baz", "chain": "nosuch", "testnet": false}),
        json!({"mnemonic": "a", "address": "b", "privateKey": "c", "chain": "", "testnet": true}),
        json!({"xpub": "xpub6", "chain": "BTC", "testnet": false}),
        json!({"privateKey": "not a key", "chain": "BTC", "testnet": false}),
        json!({"privateKey": "", "chain": "ETH", "testnet": false}),
        json!({"mnemonic": 5, "chain": "BTC", "testnet": "no"}),
        json!({"chain": null}),
        json!({}),
    ];
    let ids: Vec<String> = (1..=wallets.len())
        .map(|number| format!("00000000-0000-4000-8000-{number:012}"))
        .collect();
    let entries = || ids.iter().map(String::as_str).zip(&wallets);
    let current = User::with_wallets(entries());
    let legacy = User::with_legacy_wallets(entries());
    let lines: Vec<String> = ids
        .iter()
        .flat_map(|id| ["getaddress", "getprivatekey"].map(|command| format!("{command} {id} 0")))
        .chain([format!("report {}", ids.join(","))])
        .collect();
    let shown = transcript(&current, lines.iter().map(String::as_str));
    for secret in ["quoted", "sEdTFW8gX7Knt", "foo bar baz", "not a key"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_snapshot!(shown);
    // All as they were, to the order of members.
    let vault: serde_json::Map<String, Value> = entries()
        .map(|(id, entry)| (id.to_owned(), entry.clone()))
        .collect();
    let expected = serde_json::to_string_pretty(&vault).unwrap();
    for user in [&current, &legacy] {
        assert_eq!(user.run("export").finish().stdout, expected);
        let stored = user.run("generatemanagedwallet BTC").json();
        let id = stored["signatureId"].as_str().unwrap();
        user.run(&format!("removewallet {id}")).finish();
        assert_eq!(user.run("export").finish().stdout, expected);
    }
}

#[test]
fn invalid_mnemonics_of_old_vaults_derive_as_they_did() {
    // Keys were derived from such, and may hold funds. The addresses are those of tatum-kms 8.
    let wallets = legacy_manifest_entries("odd-entries.dat");
    let invalid: Vec<_> = wallets
        .iter()
        .filter(|(_, entry)| entry["mnemonic"].is_string() && entry["xpub"].is_string())
        .collect();
    assert_eq!(invalid.len(), 2);
    for (id, entry) in invalid {
        // The address by the stored xpub, which the original derived, must be that of the key.
        let without_mnemonic = {
            let mut entry = entry.clone();
            entry.as_object_mut().unwrap().remove("mnemonic");
            entry
        };
        let user = User::with_wallets([(id.as_str(), entry), (BTC, &without_mnemonic)]);
        let derived = user.run(&format!("getaddress {id} 5")).json();
        let watched = user.run(&format!("getaddress {BTC} 5")).json();
        assert_eq!(derived, watched, "{id}");
    }
}

#[test]
fn the_vault_is_exported_newest_first() {
    let user = owner();
    let mut expected = vec![ETH_KEY.to_owned(), BTC.to_owned()];
    for _ in 0..3 {
        let stored = user.run("generatemanagedwallet BTC").json();
        expected.insert(0, stored["signatureId"].as_str().unwrap().to_owned());
        assert_eq!(user.ids(), expected);
    }
    let batch = user.run("generatemanagedprivatekeybatch ETH 5").finish();
    for line in batch.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        expected.insert(0, line["signatureId"].as_str().unwrap().to_owned());
    }
    assert_eq!(user.ids(), expected);
}

#[test]
fn a_removed_wallet_is_gone_and_the_others_are_not() {
    let user = owner();
    let done = user.run(&format!("removewallet {ETH_KEY}")).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    assert_eq!(user.ids(), [BTC]);
    let (code, _) = user.run(&format!("removewallet {ETH_KEY}")).failure();
    assert_eq!(code, 4);
    user.run(&format!("removewallet {BTC}")).finish();
    assert_eq!(user.export(), json!({}));
}

/// The entries that the original stored in one of the recorded files.
pub(crate) fn legacy_manifest_entries(file: &str) -> Vec<(String, Value)> {
    let case = crate::migrate::cases()
        .into_iter()
        .find(|case| case["file"] == file)
        .expect("a recorded file");
    let entries = case["decrypted"].as_object().expect("entries");
    entries
        .iter()
        .map(|(id, entry)| (id.clone(), entry.clone()))
        .collect()
}
