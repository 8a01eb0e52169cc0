//! Opening, following, changing: what is promised is durable, and nothing is lost.

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::{MetadataExt as _, symlink},
    path::Path,
    sync::Barrier,
    thread,
    time::{Duration, SystemTime},
};

use kms_core::{
    chain::Network,
    vault::{FileFormat, KdfParams, KeyLabel, Notice, StoreOptions, VaultError, VaultStore},
};

use crate::{ENTRY, Folder, PASSWORD, mode, options, password, secret, set_mode, store_at};

#[test]
fn a_missing_vault_is_made_by_the_first_write_only() {
    let folder = Folder::new();
    let path = folder.path().join("deep/er/wallet.dat");
    let store = store_at(&path);
    assert!(matches!(
        store.open(&password()),
        Err(VaultError::Missing { .. })
    ));
    assert!(matches!(
        store.open_or_create(&secret("")),
        Err(VaultError::EmptyPassword)
    ));
    let mut open = store.open_or_create(&password()).unwrap();
    assert!(open.vault().is_empty());
    assert!(folder.names().is_empty());
    assert!(open.derive_key(KeyLabel::Journal).is_none());
    assert_eq!(open.kdf_params(), options().kdf);

    open.update(|changes| changes.insert("id", &secret(ENTRY)))
        .unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_file_name("wallet.dat.lock")), 0o600);
    assert_eq!(mode(&folder.path().join("deep")), 0o700);
    assert_eq!(mode(&folder.path().join("deep/er")), 0o700);
    assert!(open.derive_key(KeyLabel::Journal).is_some());
    assert_eq!(store.open(&password()).unwrap().vault().len(), 1);
}

#[test]
fn the_file_is_looked_at_without_a_password() {
    let folder = Folder::new();
    let store = folder.store();
    assert_eq!(store.inspect().unwrap().format, FileFormat::Missing);
    folder.put(b"");
    assert_eq!(store.inspect().unwrap().format, FileFormat::ZeroBytes);
    folder.put(b"something else");
    let inspection = store.inspect().unwrap();
    assert_eq!(inspection.format, FileFormat::Foreign);
    assert_eq!(inspection.mode, Some(0o600));
    assert_eq!(inspection.size, 14);
    fs::remove_file(folder.vault_path()).unwrap();
    folder.vault_of(1);
    assert_eq!(
        store.inspect().unwrap().format,
        FileFormat::Current {
            kdf: KdfParams::LOWEST
        }
    );
}

#[test]
fn new_entries_stand_in_front_and_lookups_find_them() {
    let folder = Folder::new();
    let mut open = folder.vault_of(3);
    let btc = r#"{"privateKey":"x","chain":"BTC","testnet":false}"#;
    let removed = open
        .update(|changes| {
            changes.insert("btc", &secret(btc))?;
            assert!(changes.contains("btc"));
            let removed = changes.remove("id-1");
            assert!(!changes.contains("id-1"));
            assert!(!changes.remove("id-1"));
            changes.insert("a", &secret(ENTRY))?;
            changes.insert("b", &secret(ENTRY))?;
            assert!(changes.remove("a"), "what was just put in");
            assert!(!changes.contains("a"));
            assert!(matches!(
                changes.insert("id-2", &secret(ENTRY)),
                Err(VaultError::IdTaken { .. })
            ));
            Ok(removed)
        })
        .unwrap();
    assert!(removed);
    let open = folder.store().open(&password()).unwrap();
    let vault = open.vault();
    assert_eq!(
        vault.ids().collect::<Vec<_>>(),
        ["b", "btc", "id-2", "id-0"]
    );
    assert_eq!(
        vault.ids_of("ETH", Network::Testnet).collect::<Vec<_>>(),
        ["b", "id-2", "id-0"]
    );
    assert_eq!(vault.ids_of("ETH", Network::Mainnet).count(), 0);
    assert_eq!(vault.ids_of("btc", Network::Mainnet).count(), 0);
    assert!(!vault.is_empty());
    let chains: HashSet<_> = vault.chains().collect();
    assert_eq!(
        chains,
        HashSet::from([("BTC", Network::Mainnet), ("ETH", Network::Testnet)])
    );
    assert_eq!(vault.verbatim("btc"), Some(btc));
    assert_eq!(vault.entry("btc").unwrap().unwrap().chain, "BTC");
    assert!(vault.entry("id-1").is_none());
}

#[test]
fn every_entry_is_kept_to_the_byte() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let odd = [
        ("spaces", "{ \"a\" :\t1e400 }"),
        (
            "escapes",
            r#"{"chain":"\u0045TH","testnet":true,"k":"\ud800 \u2028"}"#,
        ),
        ("quote\" \\ \u{1f511}", r"{}"),
        ("nested", r#"{"a":{"b":[{},[],null,{"c":"}"}]}}"#),
    ];
    open.update(|changes| {
        odd.iter()
            .try_for_each(|(id, json)| changes.insert(id, &secret(json)))
    })
    .unwrap();
    open.update(|changes| changes.insert("another", &secret(ENTRY)))
        .unwrap();
    let open = folder.store().open(&password()).unwrap();
    for (id, json) in odd {
        assert_eq!(open.vault().verbatim(id), Some(json));
    }
    assert_eq!(
        open.vault().ids_of("ETH", Network::Testnet).count(),
        3,
        "an escaped chain code is the same code"
    );
    assert!(matches!(open.vault().entry("spaces"), Some(Err(_))));
    // All but `escapes`.
    assert_eq!(open.notices(), [Notice::OddEntries { count: 3 }]);
}

#[test]
fn what_is_no_object_is_not_stored() {
    let folder = Folder::new();
    let mut open = folder.vault_of(0);
    for entry in [
        "",
        "1",
        "[]",
        "{",
        "{}}",
        "{} {}",
        r#"{"a":}"#,
        "{},\"x\":{}",
    ] {
        let error = open
            .update(|changes| changes.insert("id", &secret(entry)))
            .unwrap_err();
        assert!(matches!(error, VaultError::InvalidEntry), "{entry}");
    }
}

#[test]
fn an_update_that_fails_or_changes_nothing_writes_nothing() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let before = fs::read(folder.vault_path()).unwrap();
    let error = open
        .update(|changes| {
            changes.insert("new", &secret(ENTRY))?;
            Err::<(), _>(VaultError::NoRandomness)
        })
        .unwrap_err();
    assert!(matches!(error, VaultError::NoRandomness));
    open.update(|changes| {
        assert!(!changes.remove("unknown"));
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read(folder.vault_path()).unwrap(), before);
    assert!(!open.vault().contains("new"));
}

#[test]
fn the_previous_version_is_kept_and_no_other_file_left() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    assert_eq!(folder.names(), ["wallet.dat", "wallet.dat.lock"]);
    // Left behind by a process that was killed, and what only looks like it.
    fs::write(folder.path().join(".wallet.dat.Xy12Zw.tmp"), "half").unwrap();
    for other in [".wallet.dat.swp", "notes.tmp"] {
        fs::write(folder.path().join(other), "of somebody else").unwrap();
    }
    let before = fs::read(folder.vault_path()).unwrap();
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert_eq!(
        folder.names(),
        [
            ".wallet.dat.swp",
            "notes.tmp",
            "wallet.dat",
            "wallet.dat.bak",
            "wallet.dat.lock"
        ]
    );
    let backup = folder.path().join("wallet.dat.bak");
    assert_eq!(fs::read(&backup).unwrap(), before);
    assert_eq!(mode(&backup), 0o600);
    assert_eq!(
        store_at(&backup).open(&password()).unwrap().vault().len(),
        1
    );
}

#[test]
fn others_see_a_write_at_their_next_refresh() {
    let folder = Folder::new();
    let mut writer = folder.vault_of(1);
    let mut reader = folder.store().open(&password()).unwrap();
    let revision = reader.vault().revision();
    assert!(!reader.refresh().unwrap());
    assert_eq!(reader.vault().revision(), revision);

    writer
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert!(reader.refresh().unwrap());
    assert!(reader.vault().contains("new"));
    assert_ne!(reader.vault().revision(), revision);
    assert!(!reader.refresh().unwrap());
    assert!(!writer.refresh().unwrap(), "its own write is no news");
}

/// The short way of a refresh: what the file system says of it shows that nothing changed.
#[test]
fn an_old_file_is_not_read_again_and_a_newer_one_is() {
    let folder = Folder::new();
    drop(folder.vault_of(1));
    let long_ago = SystemTime::now() - Duration::from_secs(60);
    let set_old = || {
        let file = fs::File::options().write(true).open(folder.vault_path());
        file.unwrap().set_modified(long_ago).unwrap();
    };
    set_old();
    let mut reader = folder.store().open(&password()).unwrap();
    let revision = reader.vault().revision();
    assert!(reader.is_current());
    reader.refresh().unwrap();
    assert_eq!(reader.vault().revision(), revision);

    let mut writer = folder.store().open(&password()).unwrap();
    writer
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    // Of the same age as the one before.
    set_old();
    assert!(!reader.is_current());
    reader.refresh().unwrap();
    assert!(reader.vault().contains("new"));
    assert!(reader.is_current());
}

#[test]
fn a_new_file_is_current_by_its_header_until_its_marks_count() {
    let folder = Folder::new();
    drop(folder.vault_of(1));
    let file = fs::File::options().write(true).open(folder.vault_path());
    let almost = SystemTime::now() - Duration::from_millis(1_700);
    file.unwrap().set_modified(almost).unwrap();
    let mut open = folder.store().open(&password()).unwrap();
    assert!(open.is_current());
    thread::sleep(Duration::from_millis(400));
    assert!(!open.is_current(), "a refresh has to write that down");
    assert!(!open.refresh().unwrap());
    assert!(open.is_current());
}

/// Found by its permissions, though nothing else of it has changed.
#[test]
fn a_vault_that_was_opened_to_others_is_not_written() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    set_mode(&folder.vault_path(), 0o644);
    let error = open
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap_err();
    assert!(matches!(
        error,
        VaultError::WidePermissions { mode: 0o644, .. }
    ));
    // Stricter than need be: it is made writable again by the next write.
    set_mode(&folder.vault_path(), 0o400);
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert_eq!(mode(&folder.vault_path()), 0o600);
}

/// The daemon must still be able to read what root has written.
#[test]
fn the_owner_stays_the_owner() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let somebody = Some(54_321);
    if std::os::unix::fs::chown(folder.vault_path(), somebody, somebody).is_err() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    let written = fs::metadata(folder.vault_path()).unwrap();
    assert_eq!((written.uid(), written.gid()), (54_321, 54_321));
}

#[test]
fn only_what_may_be_an_older_version_is_named_as_one() {
    let folder = Folder::new();
    let open = || folder.store().open_or_create(&password()).unwrap();
    assert_eq!(open().notices(), []);
    let put = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
    put("wallet.dat.bak", "");
    put("wallet.dat.lock", "x");
    put("another.dat.bak", "x");
    assert_eq!(open().notices(), []);
    put("wallet.dat.old", "x");
    put("wallet.dat~", "x");
    let path = fs::canonicalize(folder.path()).unwrap().join("wallet.dat");
    let backups = [".old", "~"].map(|end| format!("{}{end}", path.display()).into());
    let mut open = open();
    assert_eq!(
        open.notices(),
        [Notice::MissingWithBackups {
            path,
            backups: backups.to_vec()
        }]
    );
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert_eq!(open.notices(), [], "there is a vault now");
}

#[test]
fn a_vault_made_later_is_found_by_refresh() {
    let folder = Folder::new();
    let mut waiting = folder.store().open_or_create(&password()).unwrap();
    assert!(!waiting.refresh().unwrap());
    folder.vault_of(2);
    assert!(waiting.refresh().unwrap());
    assert_eq!(waiting.vault().len(), 2);
}

#[test]
fn a_vault_that_is_gone_or_emptied_is_an_error_and_the_snapshot_stays() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let whole = fs::read(folder.vault_path()).unwrap();
    let gone_or_empty: [fn(&Path); 2] = [
        |path| fs::remove_file(path).unwrap(),
        // As a program leaves it that truncates a file to write it anew.
        |path| fs::write(path, "").unwrap(),
    ];
    for lose in gone_or_empty {
        lose(&folder.vault_path());
        for _ in 0..2 {
            assert!(matches!(open.refresh(), Err(VaultError::Gone { .. })));
        }
        let error = open
            .update(|changes| changes.insert("new", &secret(ENTRY)))
            .unwrap_err();
        assert!(matches!(error, VaultError::Gone { .. }));
        assert!(open.vault().contains("id-0"));
        fs::write(folder.vault_path(), &whole).unwrap();
        set_mode(&folder.vault_path(), 0o600);
        open.refresh().unwrap();
        assert!(open.vault().contains("id-0"));
    }
}

#[test]
fn a_new_password_replaces_the_old_one() {
    let folder = Folder::new();
    let mut open = folder.vault_of(2);
    let mut other = folder.store().open(&password()).unwrap();
    let journal_key = open.derive_key(KeyLabel::Journal).unwrap();
    open.change_password(&secret("new password")).unwrap();

    assert!(matches!(
        folder.store().open(&password()),
        Err(VaultError::WrongPassword)
    ));
    let again = folder.store().open(&secret("new password")).unwrap();
    assert_eq!(again.vault().len(), 2);
    let new_key = again.derive_key(KeyLabel::Journal).unwrap();
    assert_ne!(journal_key.expose(), new_key.expose());
    assert!(open.notices().iter().any(|notice| matches!(
        notice,
        Notice::OldPassword { files } if files.len() == 1
    )));
    // A process that has the old one is told, at every try, and keeps its snapshot.
    for _ in 0..2 {
        assert!(matches!(other.refresh(), Err(VaultError::PasswordChanged)));
    }
    assert!(matches!(
        other.update(|changes| changes.insert("new", &secret(ENTRY))),
        Err(VaultError::PasswordChanged)
    ));
    assert_eq!(other.vault().len(), 2);
    // The same password under another salt is no change that matters.
    let mut reader = folder.store().open(&secret("new password")).unwrap();
    open.change_password(&secret("new password")).unwrap();
    assert!(!reader.refresh().unwrap());
    reader
        .update(|changes| changes.insert("of the reader", &secret(ENTRY)))
        .unwrap();
    // The one that changed it goes on.
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
}

#[test]
fn wide_permissions_are_refused_unless_allowed() {
    let folder = Folder::new();
    folder.vault_of(1);
    let allowing = VaultStore::new(
        folder.vault_path(),
        StoreOptions {
            allow_wide_permissions: true,
            ..options()
        },
    );
    for wide in [0o644, 0o640, 0o604, 0o660, 0o602] {
        set_mode(&folder.vault_path(), wide);
        let error = folder.store().open(&password()).unwrap_err();
        assert!(matches!(error, VaultError::WidePermissions { mode, .. } if mode == wide));
        let open = allowing.open(&password()).unwrap();
        assert!(matches!(
            open.notices(),
            [Notice::WidePermissions { mode, .. }] if *mode == wide
        ));
    }
    set_mode(&folder.vault_path(), 0o640);
    let mut open = allowing.open(&password()).unwrap();
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
    assert_eq!(mode(&folder.vault_path()), 0o640, "it was meant to be so");
    assert!(
        matches!(open.notices(), [Notice::WidePermissions { .. }]),
        "and is told after a write as well: {:?}",
        open.notices()
    );

    set_mode(&folder.vault_path(), 0o600);
    set_mode(folder.path(), 0o770);
    let mut open = allowing.open(&password()).unwrap();
    let of_the_folder = open.notices().to_vec();
    assert!(matches!(
        of_the_folder[..],
        [Notice::WidePermissions { mode: 0o770, .. }]
    ));
    open.update(|changes| changes.insert("newer", &secret(ENTRY)))
        .unwrap();
    assert_eq!(open.notices(), of_the_folder);
    for wide in [0o770, 0o707, 0o720] {
        set_mode(folder.path(), wide);
        let error = folder.store().open(&password()).unwrap_err();
        assert!(matches!(error, VaultError::WidePermissions { mode, .. } if mode == wide));
    }
    for fine in [0o700, 0o755, 0o1777] {
        set_mode(folder.path(), fine);
        folder.store().open(&password()).unwrap();
    }
}

#[test]
fn a_new_vault_is_not_written_into_an_open_folder() {
    let folder = Folder::new();
    set_mode(folder.path(), 0o777);
    let mut open = folder.store().open_or_create(&password()).unwrap();
    let error = open
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap_err();
    assert!(matches!(
        error,
        VaultError::WidePermissions { mode: 0o777, .. }
    ));
    assert!(!folder.vault_path().exists());
}

#[test]
fn a_dangling_link_is_filled_at_its_target() {
    let folder = Folder::new();
    let target = Folder::new();
    symlink(target.vault_path(), folder.vault_path()).unwrap();
    folder.vault_of(1);
    assert!(
        fs::symlink_metadata(folder.vault_path())
            .unwrap()
            .is_symlink()
    );
    assert_eq!(target.names(), ["wallet.dat", "wallet.dat.lock"]);
    assert_eq!(folder.store().open(&password()).unwrap().vault().len(), 1);
}

#[test]
fn links_in_a_circle_are_an_error() {
    let folder = Folder::new();
    symlink(folder.path().join("b"), folder.vault_path()).unwrap();
    symlink(folder.vault_path(), folder.path().join("b")).unwrap();
    assert!(matches!(
        folder.store().open(&password()),
        Err(VaultError::Io { .. })
    ));
}

#[test]
fn a_failed_write_leaves_the_old_vault() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    let before = fs::read(folder.vault_path()).unwrap();
    // A folder where the kept version goes: the rename of the backup fails.
    fs::create_dir_all(folder.path().join("wallet.dat.bak/inside")).unwrap();
    let error = open
        .update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap_err();
    assert!(matches!(error, VaultError::Io { .. }), "{error}");
    assert_eq!(fs::read(folder.vault_path()).unwrap(), before);
    assert!(!open.vault().contains("new"));
    fs::remove_dir_all(folder.path().join("wallet.dat.bak")).unwrap();
    open.update(|changes| changes.insert("new", &secret(ENTRY)))
        .unwrap();
}

#[test]
fn many_writers_at_once_lose_nothing() {
    const WRITERS: usize = 8;
    const WRITES: usize = 10;
    let folder = Folder::new();
    let start = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (folder, start) = (&folder, &start);
            scope.spawn(move || {
                let mut open = folder.store().open_or_create(&password()).unwrap();
                start.wait();
                for i in 0..WRITES {
                    open.update(|changes| changes.insert(&format!("{writer}-{i}"), &secret(ENTRY)))
                        .unwrap();
                }
            });
        }
    });
    let open = folder.store().open(&password()).unwrap();
    assert_eq!(open.vault().len(), WRITERS * WRITES);
    for writer in 0..WRITERS {
        // Each writer's own are in the order it wrote them, newest first.
        let prefix = format!("{writer}-");
        let own: Vec<&str> = open
            .vault()
            .ids()
            .filter(|id| id.starts_with(&prefix))
            .collect();
        let expected: Vec<String> = (0..WRITES).rev().map(|i| format!("{writer}-{i}")).collect();
        assert_eq!(own, expected);
    }
}

#[test]
fn readers_never_see_half_a_vault() {
    let folder = Folder::new();
    let mut writer = folder.vault_of(1);
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut reader = folder.store().open(&password()).unwrap();
            let mut seen = reader.vault().len();
            while seen < 60 {
                reader.refresh().unwrap();
                assert!(reader.vault().len() >= seen);
                seen = reader.vault().len();
            }
        });
        for i in 1..60 {
            writer
                .update(|changes| changes.insert(&format!("id-{i}"), &secret(ENTRY)))
                .unwrap();
        }
        reading.join().unwrap();
    });
}

#[test]
fn nothing_prints_a_secret() {
    let folder = Folder::new();
    let mut open = folder.vault_of(1);
    open.update(|changes| {
        changes.insert("new", &secret(r#"{"mnemonic":"hunter2"}"#))?;
        assert!(!format!("{changes:?}").contains("hunter2"));
        Ok(())
    })
    .unwrap();
    let printed = format!("{open:?} {:?}", open.vault());
    assert!(!printed.contains("hunter2") && !printed.contains(PASSWORD));
    assert!(!String::from_utf8_lossy(&fs::read(folder.vault_path()).unwrap()).contains("hunter2"));
}

#[test]
fn an_export_is_the_whole_vault_in_order() {
    let folder = Folder::new();
    let open = folder.vault_of(2);
    assert_eq!(
        open.vault().export_json().expose(),
        "{\n  \"id-1\": {\n    \"privateKey\": \"0x01\",\n    \"chain\": \"ETH\",\n    \"testnet\": true\n  },\n  \"id-0\": {\n    \"privateKey\": \"0x01\",\n    \"chain\": \"ETH\",\n    \"testnet\": true\n  }\n}"
    );
    let empty = Folder::new().store().open_or_create(&password()).unwrap();
    assert_eq!(empty.vault().export_json().expose(), "{}");
}

/// As the largest batch makes it: 25,000 entries in one write.
#[test]
fn large_vaults_are_stored_at_once() {
    let folder = Folder::new();
    let open = folder.vault_of(25_000);
    let again = folder.store().open(&password()).unwrap();
    assert_eq!(again.vault().len(), 25_000);
    assert_eq!(again.vault().ids().next(), Some("id-24999"));
    assert!(again.vault().contains("id-0"));
    assert_eq!(open.vault().ids_of("ETH", Network::Testnet).count(), 25_000);
}
