//! The report on what an old vault holds.

use std::{collections::HashSet, fs, path::Path};

use kms_core::vault::{LegacyTrap, MigrationReport, MigrationRules, TrapCondition};

use crate::{ENTRY, Folder, password, secret};

const CHAINS: &[&str] = &["BTC", "ETH", "EGLD", "XRP"];
const TRAPS: &[LegacyTrap] = &[
    LegacyTrap {
        chains: &["EGLD"],
        applies: TrapCondition::Mnemonic,
        advice: "wrong address",
    },
    LegacyTrap {
        chains: &["XRP"],
        applies: TrapCondition::KeyWithAddress,
        advice: "mnemonic ignored",
    },
    LegacyTrap {
        chains: &["BTC", "ETH"],
        applies: TrapCondition::KeyOnly,
        advice: "wrong key printed",
    },
    LegacyTrap {
        chains: &["BTC"],
        applies: TrapCondition::Published(&["known to all"]),
        advice: "open to anyone",
    },
];

fn rules() -> MigrationRules<'static> {
    MigrationRules {
        known_chains: CHAINS,
        traps: TRAPS,
        registry: None,
    }
}

fn migrate_sample(folder: &Folder, name: &str) -> MigrationReport {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy-wallets");
    folder.put(&fs::read(samples.join(name)).unwrap());
    folder
        .store()
        .open(&password())
        .unwrap()
        .migrate(rules())
        .unwrap()
}

#[test]
fn odd_entries_are_listed_with_the_reason() {
    let folder = Folder::new();
    let report = migrate_sample(&folder, "odd-entries.dat");
    assert!(report.upgraded);
    assert_eq!(report.entries, 6);
    assert!(report.kept.unwrap().ends_with("wallet.dat.legacy"));
    let odd: Vec<(&str, String)> = report
        .odd
        .iter()
        .map(|odd| (&odd.id[..8], odd.reasons.join("; ")))
        .collect();
    let unknown = "the chain is none that is supported; codes are in capitals";
    assert_eq!(
        odd,
        [
            ("3667995b", unknown.to_owned()),
            (
                "752f4164",
                "the mnemonic has capitals or additional white space; keys are derived from it as it is, so keep its exact text".to_owned()
            ),
            ("e0c2d6f7", unknown.to_owned()),
            (
                "8efa5bcb",
                "the mnemonic is not valid (a mnemonic has 12, 15, 18, 21 or 24 words, not 3); keys are derived from it as it is, so keep its exact text".to_owned()
            ),
            // `not a key` of BTC is left to a program that has the plugin.
            ("c7bc1e66", format!("{unknown}; the private key is empty")),
        ]
    );
}

#[test]
fn entries_a_mistake_may_have_touched_are_listed_with_advice() {
    let folder = Folder::new();
    let report = migrate_sample(&folder, "every-chain.dat");
    assert_eq!(report.entries, 44);
    let found: HashSet<(&str, &str)> = report
        .traps
        .iter()
        .map(|trap| (trap.chain.as_str(), trap.advice))
        .collect();
    assert_eq!(
        found,
        HashSet::from([("EGLD", "wrong address"), ("XRP", "mnemonic ignored")])
    );
    assert_eq!(report.traps.len(), 4);
    let mut reasons = report.odd.iter().flat_map(|odd| &odd.reasons);
    assert!(reasons.all(|reason| !reason.contains("mnemonic")));
    assert_eq!(report.chains["BTC"]["testnet"].mnemonic, 1);
    assert_eq!(report.chains["XRP"]["mainnet"].secret, 1);
    assert_eq!(report.chains["BNB"]["mainnet"].private_key, 1);
}

#[test]
fn a_current_vault_is_reported_on_and_not_written() {
    let folder = Folder::new();
    let mut open = folder.vault_of(0);
    open.update(|changes| {
        changes.insert("x", &secret("[1]")).unwrap_err();
        changes.insert("odd", &secret(r#"{"chain":7}"#))?;
        changes.insert(
            "open",
            &secret(r#"{"mnemonic":"","chain":"BTC","testnet":false}"#),
        )?;
        changes.insert(
            "published",
            &secret(r#"{"privateKey":"known to all","chain":"BTC","testnet":false}"#),
        )?;
        changes.insert(
            "both",
            &secret(r#"{"mnemonic":"x","privateKey":"y","chain":"ETH","testnet":true}"#),
        )?;
        changes.insert(
            "neither",
            &secret(r#"{"address":"z","chain":"ETH","testnet":true}"#),
        )?;
        // Neither is what the commands that take a mnemonic stored.
        changes.insert(
            "no key",
            &secret(r#"{"address":"z","chain":"XRP","testnet":true}"#),
        )?;
        changes.insert(
            "no address",
            &secret(r#"{"secret":"z","chain":"XRP","testnet":true}"#),
        )?;
        changes.insert("fine", &secret(ENTRY))
    })
    .unwrap();
    let before = fs::read(folder.vault_path()).unwrap();
    let report = open.migrate(rules()).unwrap();
    assert!(!report.upgraded);
    assert_eq!(report.kept, None);
    assert_eq!(fs::read(folder.vault_path()).unwrap(), before);
    let traps: Vec<(&str, &str)> = report
        .traps
        .iter()
        .map(|trap| (trap.id.as_str(), trap.advice.split(',').next().unwrap()))
        .collect();
    assert_eq!(
        traps,
        [
            ("fine", "wrong key printed"),
            ("published", "wrong key printed"),
            ("published", "open to anyone"),
            ("open", "The mnemonic is empty"),
        ]
    );
    let reasons = |id: &str| {
        let odd = report.odd.iter().find(|odd| odd.id == id).unwrap();
        odd.reasons.join("; ")
    };
    assert!(reasons("neither").ends_with("it holds neither a mnemonic nor a private key"));
    assert!(!reasons("fine").contains("neither"));
    let json = serde_json::to_string(&report).unwrap();
    assert!(!json.contains("known to all"), "a secret in the report");
}
