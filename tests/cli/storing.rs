//! Commands that make wallets and put them into the vault.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use kms_tests::{
    program::{PASSWORD, User},
    samples,
    transcript::Transcript,
};
use serde_json::{Value, json};

use crate::{ADDRESS_3, KEY_3, MNEMONIC, XPUB, owner, transcript};

/// A key of bitcoin's test network.
const TESTNET_WIF: &str = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";

#[test]
fn a_generated_wallet_is_printed_and_not_stored() {
    let user = User::new();
    for (line, members) in [
        ("generatewallet BTC", ["mnemonic", "xpub"]),
        ("generatewallet BTC --testnet", ["mnemonic", "xpub"]),
        ("generatewallet ETH", ["xpub", "mnemonic"]),
        ("generatewallet ETH --testnet", ["xpub", "mnemonic"]),
    ] {
        let done = user.run(line).without_password().finish();
        assert_eq!(done.stderr, "", "{line}");
        let wallet: Value = serde_json::from_str(&done.stdout).unwrap();
        let keys: Vec<&String> = wallet.as_object().unwrap().keys().collect();
        assert_eq!(keys, members, "{line}");
        let words = wallet["mnemonic"].as_str().unwrap().split(' ').count();
        assert_eq!(words, 24, "{line}");
        // It is the wallet that storing the mnemonic gives.
        let command = line.replace("generatewallet", "storemanagedwallet");
        let vault = owner();
        let stored = vault
            .run(&command)
            .stdin(wallet["mnemonic"].as_str().unwrap())
            .json();
        assert_eq!(stored["xpub"], wallet["xpub"], "{line}");
    }
    assert_eq!(user.files_beside_vault(), [""; 0]);
}

#[test]
fn storing_prints_the_signature_id_and_what_is_public() {
    let user = owner();
    let mut transcript = Transcript::of(&user);
    for (line, input) in [
        ("generatemanagedwallet BTC", ""),
        ("generatemanagedwallet ETH --testnet", ""),
        ("storemanagedwallet BTC", MNEMONIC),
        ("storemanagedwallet BTC --testnet", MNEMONIC),
        ("storemanagedwallet ETH", MNEMONIC),
        ("storemanagedprivatekey BTC", KEY_3),
        ("storemanagedprivatekey BTC --testnet", TESTNET_WIF),
        ("storemanagedprivatekey ETH", samples::ETH_KEY),
        (
            "storemanagedprivatekey ETH --testnet",
            samples::ETH_KEY.trim_start_matches("0x"),
        ),
    ] {
        let done = transcript.run(&user.run(line).stdin(&format!("{input}\n")));
        if input.is_empty() {
            let stored: Value = serde_json::from_str(&done.stdout).unwrap();
            transcript.hide(stored["xpub"].as_str().unwrap(), "xpub");
        }
    }
    assert_snapshot!(transcript.text());
}

#[test]
fn what_is_stored_is_what_was_given() {
    let user = owner();
    let store = |line: &str, input: &str| {
        let stored = user.run(line).stdin(&format!("{input}\n")).json();
        let id = stored["signatureId"].as_str().unwrap();
        user.run(&format!("getmanagedwallet {id}")).finish().stdout
    };
    let expect = |entry: Value| serde_json::to_string_pretty(&entry).unwrap();
    assert_eq!(
        store("storemanagedwallet BTC", MNEMONIC),
        expect(json!({"mnemonic": MNEMONIC, "xpub": XPUB, "chain": "BTC", "testnet": false}))
    );
    assert_eq!(
        store("storemanagedprivatekey BTC", KEY_3),
        expect(json!({"privateKey": KEY_3, "chain": "BTC", "testnet": false}))
    );
    assert_eq!(
        store("storemanagedprivatekey ETH --testnet", samples::ETH_KEY),
        expect(samples::eth_wallet())
    );
}

#[test]
fn the_published_key_has_the_published_address() {
    let stored = owner()
        .run("storemanagedprivatekey BTC")
        .stdin(KEY_3)
        .json();
    assert_eq!(stored["address"], ADDRESS_3);
}

/// The words are not stored, only the key that they stand for.
#[test]
fn algorands_own_words_give_its_key() {
    let words = "prison toast gain mercy powder moral gap tiny tourist mind leisure name orphan \
                 tonight flavor mosquito kit lion van oven rocket improve pipe able kiss";
    let user = owner();
    let stored = user
        .run("storemanagedwallet ALGO --testnet")
        .stdin(words)
        .json();
    let address = "4XCT65EZPCQSW223HMYXIC2SNO4KJG3OKJYGWQO46GJ2XL2H2IIBXLVW7Q";
    assert_eq!(stored["address"], address);
    let id = stored["signatureId"].as_str().unwrap();
    let wallet = user.run(&format!("getmanagedwallet {id}")).json();
    assert_eq!(wallet["address"], address);
    assert!(wallet["secret"].as_str().unwrap().starts_with("LDC3RPNU"));
    assert!(wallet.get("mnemonic").is_none());

    let before = user.vault_bytes();
    for (wrong, said) in [
        (words.replace("kiss", "kite"), "checksum of the phrase"),
        (words.replace(" kiss", ""), "25 words, not 24"),
        (words.replace("prison", "algorand"), "word 1 is not in"),
    ] {
        let run = user.run("storemanagedwallet ALGO --testnet").stdin(&wrong);
        let (code, error) = run.failure();
        assert_ne!(code, 0);
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("toast"), "{error}");
    }
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn what_is_no_mnemonic_is_refused() {
    let user = owner();
    let before = user.vault_bytes();
    let mut transcript = Transcript::of(&user);
    for (what, phrase) in [
        ("nothing", ""),
        ("an empty line", "\n"),
        ("blanks", "   \n"),
        (
            "a bad checksum",
            "urge pulp usage sister evidence arrest palm math please chief egg pulp\n",
        ),
        (
            "11 words",
            "pulp usage sister evidence arrest palm math please chief egg abuse\n",
        ),
        (
            "13 words",
            "urge urge pulp usage sister evidence arrest palm math please chief egg abuse\n",
        ),
        ("3 words", "foo bar baz\n"),
        (
            "an unknown word",
            "urgent pulp usage sister evidence arrest palm math please chief egg abuse\n",
        ),
        ("a key", samples::ETH_KEY),
    ] {
        let done = user.run("storemanagedwallet BTC").stdin(phrase).finish();
        assert_ne!(done.code(), Some(0), "{what}");
        transcript.record(
            &format!("echo <{what}> | tatum-kms storemanagedwallet BTC"),
            &done,
        );
    }
    let text = transcript.text();
    for word in ["urge", "foo", "evidence", "92d65e77"] {
        assert!(!text.contains(word), "{word} is repeated: {text}");
    }
    assert_snapshot!(text);
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn mnemonics_of_every_length_are_taken() {
    let user = owner();
    let zoo = |zoos: usize, last: &str| format!("{}{last}", "zoo ".repeat(zoos));
    for phrase in [
        zoo(11, "wrong"),
        zoo(17, "when"),
        zoo(23, "vote"),
        // Of BIP-39's own vectors.
        "legal winner thank year wave sausage worth useful legal winner thank yellow".to_owned(),
    ] {
        let stored = user.run("storemanagedwallet ETH").stdin(&phrase).json();
        assert!(stored["xpub"].is_string(), "{phrase}");
    }
}

#[test]
fn what_is_no_private_key_is_refused() {
    let user = owner();
    let before = user.vault_bytes();
    let zero = "0".repeat(64);
    // The order of secp256k1 itself: the first number that is no key.
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let mut transcript = Transcript::of(&user);
    for (what, line, key) in [
        ("nothing", "storemanagedprivatekey ETH", ""),
        ("an empty line", "storemanagedprivatekey ETH", "\n"),
        ("garbage", "storemanagedprivatekey ETH", "garbage\n"),
        ("too short", "storemanagedprivatekey ETH", "0x1234\n"),
        ("zero", "storemanagedprivatekey ETH", &zero),
        ("the order", "storemanagedprivatekey ETH", order),
        ("a bitcoin key", "storemanagedprivatekey ETH", KEY_3),
        ("a mnemonic", "storemanagedprivatekey ETH", MNEMONIC),
        ("nothing", "storemanagedprivatekey BTC", ""),
        ("garbage", "storemanagedprivatekey BTC", "garbage\n"),
        (
            "a misspelt key",
            "storemanagedprivatekey BTC",
            "KxNWiDShg98pCVZeWakKy9drrnboawcZcoKPVVkKaqPuBiicpPJV",
        ),
        ("of testnet", "storemanagedprivatekey BTC", TESTNET_WIF),
        ("of mainnet", "storemanagedprivatekey BTC --testnet", KEY_3),
    ] {
        let done = user.run(line).stdin(key).finish();
        assert_ne!(done.code(), Some(0), "{what}: {line}");
        transcript.record(&format!("echo <{what}> | tatum-kms {line}"), &done);
    }
    let text = transcript.text();
    for part in ["garbage\"", "1234", "KxNW", "cMah", "urge", "fffffff"] {
        assert!(!text.contains(part), "{part} is repeated: {text}");
    }
    assert_snapshot!(text);
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn a_refused_wallet_makes_no_vault() {
    let user = User::new();
    user.run("storemanagedwallet BTC")
        .stdin("foo bar\n")
        .failure();
    user.run("storemanagedprivatekey ETH")
        .stdin("nonsense\n")
        .failure();
    assert!(!user.vault().exists());
}

#[test]
fn a_batch_prints_a_line_for_each_key() {
    let user = owner();
    for (chain, address) in [("ETH", "0x"), ("BTC", "bc1q")] {
        for count in [1, 5, 1000] {
            let line = format!("generatemanagedprivatekeybatch {chain} {count}");
            let done = user.run(&line).finish();
            assert_eq!((done.code(), done.stderr.as_str()), (Some(0), ""), "{line}");
            let vault = user.export();
            let mut addresses = BTreeSet::new();
            for text in done.stdout.lines() {
                let key: Value = serde_json::from_str(text).unwrap();
                assert_eq!(key.to_string(), text, "compact");
                let members: Vec<&String> = key.as_object().unwrap().keys().collect();
                assert_eq!(members, ["signatureId", "address"]);
                assert!(key["address"].as_str().unwrap().starts_with(address));
                addresses.insert(key["address"].as_str().unwrap().to_owned());
                let entry = &vault[key["signatureId"].as_str().unwrap()];
                assert_eq!(entry["chain"], chain);
                assert_eq!(entry["testnet"], false);
                assert!(entry["privateKey"].is_string());
            }
            assert_eq!(addresses.len(), count, "{line}");
        }
    }
}

#[test]
fn keys_of_a_batch_are_those_of_the_printed_addresses() {
    let user = owner();
    for line in ["ETH 3", "BTC 3 --testnet"] {
        let done = user
            .run(&format!("generatemanagedprivatekeybatch {line}"))
            .finish();
        for text in done.stdout.lines() {
            let key: Value = serde_json::from_str(text).unwrap();
            let id = key["signatureId"].as_str().unwrap();
            let address = user.run(&format!("getaddress {id}")).json();
            assert_eq!(address["address"], key["address"]);
        }
    }
}

#[test]
fn a_batch_wants_a_count() {
    let user = owner();
    let before = user.vault_bytes();
    let text = transcript(
        &user,
        [
            "generatemanagedprivatekeybatch ETH",
            "generatemanagedprivatekeybatch ETH many",
            "generatemanagedprivatekeybatch ETH 0",
            "generatemanagedprivatekeybatch ETH 1.5",
            "generatemanagedprivatekeybatch ETH 1000001",
            "generatemanagedprivatekeybatch ETH -1",
        ],
    );
    assert_snapshot!(text);
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn the_first_wallet_makes_a_private_vault() {
    use std::os::unix::fs::PermissionsExt as _;

    let user = User::new();
    let umask = "umask 000";
    user.run("generatemanagedwallet ETH").after(umask).json();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&user.vault()), 0o600);
    assert_eq!(mode(user.vault().parent().unwrap()), 0o700);
    assert_eq!(user.ids().len(), 1);
    let (code, _) = user.run("export").password("another").failure();
    assert_eq!(code, 3);
    assert_ne!(PASSWORD, "another");
}

#[test]
fn a_refused_key_derivation_is_not_used() {
    let user = User::new();
    for flag in [
        "--kdf-memory=1",
        "--kdf-memory=0",
        "--kdf-memory=99999999",
        "--kdf-iterations=0",
    ] {
        let done = user
            .run(&format!("generatemanagedwallet ETH {flag}"))
            .finish();
        assert_eq!(done.code(), Some(2), "{flag}");
    }
    assert!(!user.vault().exists());
}
