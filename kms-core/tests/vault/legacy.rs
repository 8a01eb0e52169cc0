//! Files of the original: every sample it came with, read to the byte and upgraded once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::Network,
    keys::SecretText,
    vault::{Damage, FileFormat, LegacyCheck, MigrationRules, Notice, Vault, VaultError},
};
use serde::Deserialize;

use crate::{ENTRY, Folder, PASSWORD, mode, password, secret, set_mode, store_at};

#[derive(Deserialize)]
struct Manifest {
    files: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    file: String,
    password: String,
    expect: String,
    decrypted: Option<Box<serde_json::value::RawValue>>,
}

fn samples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy-wallets")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(samples_folder().join(name)).unwrap()
}

fn manifest() -> Vec<Sample> {
    let text = fs::read_to_string(samples_folder().join("manifest.json")).unwrap();
    serde_json::from_str::<Manifest>(&text).unwrap().files
}

/// Ids and values in the order of the file.
struct InOrder(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = InOrder;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<InOrder, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(InOrder(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn content(vault: &Vault) -> Vec<(String, serde_json::Value)> {
    vault
        .ids()
        .map(|id| {
            let json = vault.verbatim(id).unwrap();
            (id.to_owned(), serde_json::from_str(json).unwrap())
        })
        .collect()
}

#[test]
fn every_sample_opens_or_is_refused_as_its_manifest_says() {
    for sample in manifest() {
        let folder = Folder::new();
        let bytes = fs::read(samples_folder().join(&sample.file)).unwrap();
        folder.put(&bytes);
        let opened = folder.store().open(&secret(&sample.password));
        match sample.expect.as_str() {
            "ok" => {
                let open = opened.unwrap_or_else(|error| panic!("{}: {error}", sample.file));
                let expected: InOrder = sample.decrypted.map_or(InOrder(Vec::new()), |json| {
                    serde_json::from_str(json.get()).unwrap()
                });
                assert_eq!(content(open.vault()), expected.0, "{}", sample.file);
                assert!(!open.notices().is_empty(), "{}", sample.file);
            }
            "error" => {
                let error = opened.expect_err(&sample.file);
                let text = format!("{error} {error:?}");
                assert!(!text.contains("privateKey"), "{}: {text}", sample.file);
            }
            other => panic!("unknown expectation {other}"),
        }
        // Reading changes nothing.
        assert_eq!(fs::read(folder.vault_path()).unwrap(), bytes);
        assert_eq!(folder.names(), ["wallet.dat"]);
    }
}

#[test]
fn the_first_failing_check_is_named() {
    let right = secret("Two hundred wallets!");
    let error = |file: &str, password: &SecretText| {
        let folder = Folder::new();
        folder.put(&sample(file));
        folder.store().open(password).unwrap_err()
    };
    assert!(matches!(
        error("truncated-in-base64-group.dat", &right),
        VaultError::Damaged(Damage::Base64 | Damage::Blocks)
    ));
    assert!(matches!(
        error("truncated.dat", &right),
        VaultError::Damaged(_) | VaultError::WrongPasswordOrDamaged(_)
    ));
    // Ciphertext is in blocks of 16 bytes, and there is at least one.
    let whole = BASE64_STANDARD.decode(sample("single-btc.dat")).unwrap();
    for cut in [16, 17, whole.len() - 1] {
        let folder = Folder::new();
        folder.put(BASE64_STANDARD.encode(&whole[..cut]).as_bytes());
        let error = folder.store().open(&password()).unwrap_err();
        assert!(
            matches!(error, VaultError::Damaged(Damage::Blocks)),
            "{cut}: {error:?}"
        );
    }
    assert!(matches!(
        error("bit-flipped.dat", &right),
        VaultError::WrongPasswordOrDamaged(_)
    ));
    assert!(matches!(
        error("no-salted-prefix.dat", &right),
        VaultError::Foreign { .. }
    ));
    assert!(matches!(
        error("not-base64.dat", &right),
        VaultError::Foreign { .. }
    ));
}

/// Padding alone would let about one in 256 wrong passwords pass, into an empty or broken vault.
#[test]
fn wrong_passwords_never_pass_by_a_lucky_padding() {
    let folder = Folder::new();
    folder.put(&sample("single-btc.dat"));
    let mut lucky = 0;
    for i in 0..4000 {
        match folder.store().open(&secret(&format!("wrong {i}"))) {
            Err(VaultError::WrongPasswordOrDamaged(LegacyCheck::Padding)) => {}
            Err(VaultError::WrongPasswordOrDamaged(_)) => lucky += 1,
            other => panic!("wrong {i}: {other:?}"),
        }
    }
    assert!(lucky > 0, "the trap was never sprung");
}

#[test]
fn the_first_write_upgrades_and_keeps_the_old_file() {
    let folder = Folder::new();
    let bytes = sample("every-chain.dat");
    folder.put(&bytes);
    set_mode(&folder.vault_path(), 0o644);
    fs::write(folder.path().join("wallet.dat.legacy"), "another").unwrap();

    let mut open = folder.store().open(&password()).unwrap();
    assert_eq!(open.format(), FileFormat::Legacy);
    assert!(
        open.notices()
            .iter()
            .any(|notice| matches!(notice, Notice::WidePermissions { mode: 0o644, .. }))
    );
    let before = content(open.vault());
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();

    let kept = folder.path().join("wallet.dat.legacy.1");
    assert_eq!(fs::read(&kept).unwrap(), bytes);
    assert_eq!(mode(&kept), 0o600);
    assert_eq!(mode(&folder.vault_path()), 0o600);
    assert_eq!(
        fs::read_to_string(folder.path().join("wallet.dat.legacy")).unwrap(),
        "another"
    );
    assert!(open.notices().iter().any(
        |notice| matches!(notice, Notice::Upgraded { kept: path } if path.ends_with("wallet.dat.legacy.1"))
    ));

    let again = folder.store().open(&password()).unwrap();
    assert!(matches!(again.format(), FileFormat::Current { .. }));
    let after = content(again.vault());
    assert_eq!(after[0].0, "new");
    assert_eq!(after[1..], before);
}

#[test]
fn odd_entries_stay_to_the_byte_through_an_upgrade() {
    let folder = Folder::new();
    folder.put(&sample("odd-entries.dat"));
    let mut open = folder.store().open(&password()).unwrap();
    let ids: Vec<String> = open.vault().ids().map(str::to_owned).collect();
    let before: Vec<String> = ids
        .iter()
        .map(|id| open.vault().verbatim(id).unwrap().to_owned())
        .collect();
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    let open = folder.store().open(&password()).unwrap();
    for (id, json) in ids.iter().zip(&before) {
        assert_eq!(open.vault().verbatim(id).unwrap(), json);
    }
}

#[test]
fn what_no_longer_holds_is_no_longer_told() {
    let folder = Folder::new();
    folder.put(&sample("single-btc.dat"));
    let path = fs::canonicalize(folder.vault_path()).unwrap();
    let legacy = Notice::Legacy { path: path.clone() };
    let open = folder.store().open(&password()).unwrap();
    assert_eq!(open.notices(), std::slice::from_ref(&legacy));

    set_mode(&path, 0o644);
    let mut open = folder.store().open(&password()).unwrap();
    let wide = Notice::WidePermissions {
        path: path.clone(),
        mode: 0o644,
    };
    assert_eq!(open.notices(), [legacy, wide]);
    open.update(|changes| changes.insert("odd", &secret("{}")))
        .unwrap();
    let kept = path.with_file_name("wallet.dat.legacy");
    let upgraded = Notice::Upgraded { kept };
    assert_eq!(open.notices(), std::slice::from_ref(&upgraded));

    // What has to do with neither file nor password stays.
    let mut open = folder.store().open(&password()).unwrap();
    let odd = Notice::OddEntries { count: 1 };
    assert_eq!(open.notices(), std::slice::from_ref(&odd));
    open.change_password(&secret("another password")).unwrap();
    let files = ["bak", "legacy"].map(|end| path.with_file_name(format!("wallet.dat.{end}")));
    let files = files.to_vec();
    assert_eq!(open.notices(), [odd, Notice::OldPassword { files }]);
}

#[test]
fn a_new_password_ends_the_empty_one() {
    let folder = Folder::new();
    folder.put(&sample("empty-password.dat"));
    let mut open = folder.store().open(&secret("")).unwrap();
    assert!(open.notices().contains(&Notice::EmptyPassword));
    open.change_password(&password()).unwrap();
    assert!(!open.notices().contains(&Notice::EmptyPassword));
}

/// Made with `openssl enc -aes-256-cbc -md md5 -base64 -A`: the original itself never wrote an id
/// twice, its owner's editor may have.
#[test]
fn of_entries_with_one_id_the_last_counts_and_the_owner_is_told() {
    let folder = Folder::new();
    folder.put(&sample("repeated-ids.dat"));
    let open = folder.store().open(&password()).unwrap();
    let vault = open.vault();
    assert_eq!(vault.len(), 2);
    assert_eq!(vault.ids().collect::<Vec<_>>(), ["once", "twice"]);
    assert_eq!(
        vault.ids_of("ETH", Network::Mainnet).collect::<Vec<_>>(),
        ["once", "twice"]
    );
    assert_eq!(vault.ids_of("BTC", Network::Mainnet).count(), 0);
    let entry = vault.entry("twice").unwrap().unwrap();
    assert_eq!(entry.private_key.unwrap().expose(), "last");
    let told = |notice: &Notice| matches!(notice, Notice::RepeatedIds { count: 1 });
    assert!(open.notices().iter().any(told), "{:?}", open.notices());

    let rules = MigrationRules {
        known_chains: &["BTC", "ETH"],
        traps: &[],
        registry: None,
    };
    let report = folder
        .store()
        .open(&password())
        .unwrap()
        .migrate(rules)
        .unwrap();
    let last = report.odd.last().unwrap();
    assert_eq!(last.id, "twice");
    assert!(last.reasons[0].contains("the one that counts"), "{last:?}");
}

#[test]
fn an_empty_password_opens_an_old_vault_and_writes_nothing() {
    let folder = Folder::new();
    let bytes = sample("empty-password.dat");
    folder.put(&bytes);
    let mut open = folder.store().open(&secret("")).unwrap();
    assert!(open.notices().contains(&Notice::EmptyPassword));
    let error = open
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap_err();
    assert!(matches!(error, VaultError::EmptyPassword));
    assert!(error.hint().unwrap().contains("changepassword"));
    assert!(matches!(
        open.change_password(&secret("")),
        Err(VaultError::EmptyPassword)
    ));
    assert_eq!(fs::read(folder.vault_path()).unwrap(), bytes);

    open.change_password(&password()).unwrap();
    let again = folder.store().open(&password()).unwrap();
    assert_eq!(content(again.vault()), content(open.vault()));
    assert_eq!(again.vault().len(), 1);
    assert_eq!(
        fs::read(folder.path().join("wallet.dat.legacy")).unwrap(),
        bytes
    );
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
}

#[test]
fn an_empty_file_is_an_empty_vault_with_a_warning() {
    let folder = Folder::new();
    folder.put(b"");
    let backup = folder.path().join("wallet.dat.bak");
    fs::write(&backup, "what may be left").unwrap();

    let mut open = folder.store().open(&password()).unwrap();
    assert!(open.vault().is_empty());
    assert!(open.notices().iter().any(|notice| matches!(
        notice,
        Notice::ZeroBytes { backups, .. } if backups.len() == 1
    )));
    for i in 0..3 {
        open.update(|changes| changes.insert(&format!("id-{i}"), &secret(ENTRY)))
            .unwrap();
    }
    assert_eq!(folder.store().open(&password()).unwrap().vault().len(), 3);
    // Two writes later `.bak` is ours, and the old one still there.
    assert_eq!(
        fs::read_to_string(folder.path().join("wallet.dat.bak.1")).unwrap(),
        "what may be left"
    );
}

#[test]
fn white_space_around_and_inside_does_not_matter() {
    let folder = Folder::new();
    let text = String::from_utf8(sample("single-btc.dat")).unwrap();
    let spread: String = text.chars().flat_map(|c| [c, ' ', '\r', '\n']).collect();
    folder.put(format!("\n\t {spread}").as_bytes());
    assert_eq!(folder.store().inspect().unwrap().format, FileFormat::Legacy);
    let open = folder.store().open(&secret(PASSWORD)).unwrap();
    assert_eq!(open.vault().len(), 1);
}

#[test]
fn a_linked_vault_is_upgraded_where_it_lies() {
    let folder = Folder::new();
    folder.put(&sample("single-btc.dat"));
    let links = Folder::new();
    let link = links.path().join("link.dat");
    std::os::unix::fs::symlink(folder.vault_path(), &link).unwrap();
    let mut open = store_at(&link).open(&password()).unwrap();
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(links.names(), ["link.dat"]);
    assert_eq!(
        folder.names(),
        ["wallet.dat", "wallet.dat.legacy", "wallet.dat.lock"]
    );
    assert_eq!(folder.store().open(&password()).unwrap().vault().len(), 2);
}
