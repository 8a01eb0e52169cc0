//! The journal file, through the public API and as others see it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use kms_core::{
    chain::{Assembled, Network, PendingTransaction, Unsigned},
    journal::{
        Journal as _, JournalError, JournalFile, PayloadDigest, SqliteJournal, Standing, Step,
        TransactionKey,
    },
    keys::SecretText,
    vault::{KdfParams, OpenVault, StoreOptions, VaultStore},
};

const SIGNED: &str = "signed-bytes-that-must-not-lie-open";
const DAYS: u32 = JournalFile::DEFAULT_RETENTION_DAYS;

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn vault(&self, password: &str) -> OpenVault {
        let options = StoreOptions {
            kdf: KdfParams::LOWEST,
            ..StoreOptions::default()
        };
        let store = VaultStore::new(self.0.path().join("wallet.dat"), options);
        let mut open = store.open_or_create(&SecretText::new(password)).unwrap();
        if open.vault().is_empty() {
            let entry = SecretText::new(r#"{"privateKey":"0x01","chain":"ETH","testnet":true}"#);
            open.update(|changes| changes.insert("a", &entry)).unwrap();
        }
        open
    }

    fn file(&self) -> JournalFile {
        JournalFile::beside(&self.0.path().join("wallet.dat"))
    }

    fn open(&self) -> Result<SqliteJournal, JournalError> {
        self.file().open(&self.vault("pw"), DAYS)
    }

    /// Every byte of the journal and what SQLite has beside it.
    fn bytes(&self) -> Vec<u8> {
        ["", "-wal"]
            .iter()
            .flat_map(|suffix| fs::read(suffixed(self.file().path(), suffix)).unwrap_or_default())
            .collect()
    }
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn key(id: &str) -> TransactionKey {
    TransactionKey {
        chain: "ETH".to_owned(),
        network: Network::Testnet,
        id: id.to_owned(),
    }
}

fn payload(text: &str) -> PayloadDigest {
    let json =
        format!(r#"{{"id":"1","chain":"ETH","serializedTransaction":"{text}","hashes":["a"]}}"#);
    let raw = serde_json::value::RawValue::from_string(json).unwrap();
    PayloadDigest::of(&PendingTransaction::from_raw(&raw).unwrap())
}

fn unsigned() -> Unsigned {
    Unsigned::new(Vec::new(), vec![1, 2, 3])
}

fn frozen() -> Step {
    Step::Frozen {
        unsigned: unsigned(),
        summary: "transfer: 1 ETH to nobody".to_owned(),
    }
}

fn signed() -> Step {
    Step::Signed(Assembled::new(SIGNED, "0xid").with_expiry(7))
}

fn failed(executed: bool) -> Step {
    Step::Failed {
        reason: "Error: no".to_owned(),
        executed,
    }
}

async fn walk(journal: &SqliteJournal, id: &str, steps: &[Step]) {
    assert_eq!(
        journal.receive(&key(id), payload("t")).await,
        Ok(Standing::Open)
    );
    for step in steps {
        journal.advance(&key(id), step.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn every_state_survives_the_process() {
    let home = Home::new();
    let sent = |maybe_sent| Standing::Signed {
        unsigned: unsigned(),
        assembled: Assembled::new(SIGNED, "0xid").with_expiry(7),
        maybe_sent,
    };
    let ways: [(&str, Vec<Step>, Standing); 7] = [
        ("received", vec![], Standing::Open),
        (
            "declined",
            vec![Step::Declined("no".to_owned())],
            Standing::Open,
        ),
        ("frozen", vec![frozen()], Standing::Frozen(unsigned())),
        ("signed", vec![frozen(), signed()], sent(false)),
        ("sent", vec![frozen(), signed(), Step::Sending], sent(true)),
        (
            "done",
            vec![frozen(), signed(), Step::Sending, Step::Done],
            Standing::Done,
        ),
        (
            "failed",
            vec![failed(false)],
            Standing::Failed("Error: no".to_owned()),
        ),
    ];
    let journal = home.open().unwrap();
    for (id, steps, _) in &ways {
        walk(&journal, id, steps).await;
    }
    drop(journal);
    let journal = home.open().unwrap();
    for (id, _, standing) in &ways {
        assert_eq!(
            journal.receive(&key(id), payload("t")).await.as_ref(),
            Ok(standing),
            "{id}"
        );
        assert_eq!(
            journal.receive(&key(id), payload("u")).await,
            Ok(Standing::Conflict),
            "{id}"
        );
    }
    let rows = home.file().view().unwrap().list(false, 100).unwrap();
    for (id, ..) in &ways {
        let row = rows.iter().find(|row| row.id == *id).unwrap();
        assert_eq!(row.state, *id);
    }
    let unfinished = home.file().view().unwrap().list(true, 100).unwrap();
    assert_eq!(unfinished.len(), 5);
}

#[tokio::test]
async fn chains_and_networks_have_ids_of_their_own() {
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "1", &[frozen()]).await;
    let others = [
        TransactionKey {
            chain: "BTC".to_owned(),
            ..key("1")
        },
        TransactionKey {
            network: Network::Mainnet,
            ..key("1")
        },
    ];
    for other in others {
        assert_eq!(
            journal.receive(&other, payload("u")).await,
            Ok(Standing::Open)
        );
    }
}

#[test]
fn two_daemons_cannot_share_a_journal() {
    let home = Home::new();
    let first = home.open().unwrap();
    let path = home.file().path().to_owned();
    assert_eq!(home.open().unwrap_err(), JournalError::InUse(path));
    drop(first);
    home.open().unwrap();
}

#[tokio::test]
async fn signed_transactions_do_not_lie_open() {
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "1", &[frozen(), signed()]).await;
    drop(journal);
    let bytes = home.bytes();
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(has(b"transfer: 1 ETH to nobody"));
    assert!(!has(SIGNED.as_bytes()));
    let modes = fs::read_dir(home.0.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (
            entry.file_name(),
            entry.metadata().unwrap().permissions().mode() & 0o777,
        )
    });
    for (name, mode) in modes {
        assert_eq!(mode, 0o600, "{name:?}");
    }
}

#[tokio::test]
async fn a_row_that_was_changed_from_outside_is_damage() {
    let changes = [
        "state = 'received'",
        "state = 'done'",
        "signings = 0",
        "unsigned = replace(unsigned, '010203', '010204')",
        "summary = 'transfer: 2 ETH to nobody'",
        "sealed = zeroblob(length(sealed))",
        "transaction_id = '0xother'",
        "expiry = NULL",
        "payload = zeroblob(32)",
        "received_at = 1",
        "changed_at = 1",
        "reason = 'x'",
        "mac = zeroblob(32)",
        "id = '2'",
        "chain = 'BTC'",
        "network = 'mainnet'",
    ];
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "1", &[frozen(), signed(), Step::Sending]).await;
    drop(journal);
    let pristine = fs::read(home.file().path()).unwrap();
    for change in changes {
        fs::write(home.file().path(), &pristine).unwrap();
        let changed = rusqlite::Connection::open(home.file().path())
            .unwrap()
            .execute(&format!("UPDATE transactions SET {change}"), [])
            .unwrap();
        assert_eq!(changed, 1, "{change}");
        let key = TransactionKey {
            chain: if change.starts_with("chain") {
                "BTC"
            } else {
                "ETH"
            }
            .to_owned(),
            network: Network::from_testnet_flag(!change.starts_with("network")),
            id: if change.starts_with("id") { "2" } else { "1" }.to_owned(),
        };
        let journal = home.open().unwrap();
        let standing = journal.receive(&key, payload("t")).await;
        assert!(
            matches!(standing, Err(JournalError::Damaged(_))),
            "{change}: {standing:?}"
        );
    }
}

/// Whatever byte is wrong: the journal says so, or it says what it said before.
#[tokio::test]
async fn a_damaged_file_never_starts_over() {
    let home = Home::new();
    let journal = home.open().unwrap();
    for id in ["1", "2", "3"] {
        walk(&journal, id, &[frozen(), signed(), Step::Sending]).await;
    }
    drop(journal);
    let pristine = fs::read(home.file().path()).unwrap();
    let mut detected = 0;
    let flips = (0..120)
        .chain((120..pristine.len()).step_by(97))
        .map(|position| {
            let mut bytes = pristine.clone();
            bytes[position] ^= 0x41;
            bytes
        });
    let half = pristine.len() / 2;
    let cuts = [0, 1, 50, 100, 512, 4096, half, pristine.len() - 1];
    let cuts = cuts.map(|len| pristine[..len].to_vec());
    for (i, bytes) in flips.chain(cuts).enumerate() {
        fs::write(home.file().path(), &bytes).unwrap();
        let Ok(journal) = home.open() else {
            detected += 1;
            continue;
        };
        assert!(
            bytes.len() > half,
            "{} bytes pass for a journal",
            bytes.len()
        );
        for id in ["1", "2", "3"] {
            let standing = journal.receive(&key(id), payload("t")).await;
            let sent = matches!(
                standing,
                Ok(Standing::Signed {
                    maybe_sent: true,
                    ..
                })
            );
            assert!(sent || standing.is_err(), "{i}: {standing:?}");
            detected += usize::from(standing.is_err());
        }
    }
    assert!(detected > 30, "{detected}");
}

#[test]
fn another_file_or_version_is_refused() {
    let home = Home::new();
    drop(home.open().unwrap());
    let path = home.file().path().to_owned();
    let set = |pragma: &str| {
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(pragma)
            .unwrap();
    };
    set("PRAGMA user_version = 2");
    assert_eq!(home.open().unwrap_err(), JournalError::UnknownVersion(2));
    set("PRAGMA user_version = 1; PRAGMA application_id = 1");
    assert_eq!(
        home.open().unwrap_err(),
        JournalError::Foreign(path.clone())
    );
    set("PRAGMA application_id = 1263358794");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(home.open().unwrap_err(), JournalError::NotPrivate(path));
}

#[test]
fn a_journal_is_not_made_by_looking_for_it() {
    let home = Home::new();
    let path = home.file().path().to_owned();
    let missing = JournalError::Missing(path.clone());
    assert_eq!(home.file().view().unwrap_err(), missing);
    let vault = home.vault("pw");
    assert_eq!(home.file().administer(&vault).unwrap_err(), missing);
    assert!(!path.exists());

    // Where there cannot be one, it is not merely missing.
    fs::write(home.0.path().join("file"), "").unwrap();
    let below_a_file = JournalFile::new(home.0.path().join("file/journal"));
    let error = below_a_file.view().unwrap_err();
    assert!(matches!(error, JournalError::Storage(_)), "{error}");
}

#[tokio::test]
async fn the_journal_follows_the_password() {
    let home = Home::new();
    walk(&home.open().unwrap(), "1", &[frozen(), signed()]).await;

    let mut vault = home.vault("pw");
    let new = SecretText::new("new");
    home.file().add_password(&vault, &new).unwrap();
    // In between, whichever password the vault has opens the journal.
    drop(home.file().open(&vault, DAYS).unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("wallet.dat");
    fs::copy(home.0.path().join("wallet.dat"), &copy).unwrap();
    vault.change_password(&new).unwrap();
    let old = VaultStore::new(copy, StoreOptions::default());
    let old = old.open(&SecretText::new("pw")).unwrap();
    drop(home.file().open(&old, DAYS).unwrap());
    home.file().drop_other_passwords(&vault).unwrap();
    assert_eq!(
        home.file().open(&old, DAYS).unwrap_err(),
        JournalError::OtherPassword
    );

    let journal = home.file().open(&home.vault("new"), DAYS).unwrap();
    let standing = journal.receive(&key("1"), payload("t")).await;
    assert!(matches!(standing, Ok(Standing::Signed { .. })));
    drop(journal);

    // A vault whose password was changed behind the journal's back.
    let mut vault = home.vault("new");
    vault.change_password(&SecretText::new("third")).unwrap();
    let error = home.file().open(&vault, DAYS).unwrap_err();
    assert_eq!(error, JournalError::OtherPassword);
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn what_is_old_and_finished_is_forgotten() {
    let home = Home::new();
    let journal = home.open().unwrap();
    let done = [frozen(), signed(), Step::Sending, Step::Done];
    walk(&journal, "done", &done).await;
    walk(&journal, "sent", &done[..3]).await;
    drop(journal);
    let ids = |home: &Home| {
        let rows = home.file().view().unwrap().list(false, 9).unwrap();
        let mut ids: Vec<_> = rows.into_iter().map(|row| row.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&home), ["done", "sent"]);
    drop(home.open().unwrap());
    assert_eq!(ids(&home), ["done", "sent"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    drop(home.file().open(&home.vault("pw"), 0).unwrap());
    assert_eq!(ids(&home), ["sent"], "what may be out is never forgotten");
}

#[tokio::test]
async fn what_is_unfinished_is_counted_by_state() {
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "1", &[]).await;
    walk(&journal, "2", &[Step::Declined("no".to_owned())]).await;
    walk(&journal, "3", &[frozen()]).await;
    walk(&journal, "4", &[frozen(), signed()]).await;
    walk(&journal, "5", &[frozen(), signed(), Step::Sending]).await;
    walk(&journal, "6", &[frozen(), signed(), Step::Sending]).await;
    let ended = [frozen(), signed(), Step::Sending, Step::Done];
    walk(&journal, "7", &ended).await;
    walk(&journal, "8", &[failed(false)]).await;
    let expected = [
        ("received", 1),
        ("declined", 1),
        ("frozen", 1),
        ("signed", 1),
        ("sent", 2),
    ];
    assert_eq!(journal.backlog().await.unwrap().by_state(), expected);
}

/// Each check is on the disk: the first page of the file, which SQLite writes ahead.
#[tokio::test]
async fn a_check_writes_and_changes_nothing() {
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "1", &[frozen()]).await;
    let wal = || {
        fs::metadata(suffixed(home.file().path(), "-wal"))
            .unwrap()
            .len()
    };
    let before = wal();
    journal.check().await.unwrap();
    assert!(wal() > before);
    let rows = home.file().view().unwrap().list(false, 10).unwrap();
    assert_eq!(rows.len(), 1);
    drop(journal);
    assert!(home.open().is_ok());
}

#[tokio::test]
async fn people_may_retry_failures_and_forget_what_never_left() {
    let home = Home::new();
    let journal = home.open().unwrap();
    walk(&journal, "failed", &[failed(false)]).await;
    walk(&journal, "executed", &[failed(true)]).await;
    let done = [frozen(), signed(), Step::Sending, Step::Done];
    walk(&journal, "done", &done).await;
    walk(&journal, "signed", &[frozen(), signed()]).await;
    walk(&journal, "sent", &[frozen(), signed(), Step::Sending]).await;
    let mut admin = home.file().administer(&home.vault("pw")).unwrap();

    admin.retry("failed").unwrap();
    assert_eq!(
        journal.receive(&key("failed"), payload("t")).await,
        Ok(Standing::Open)
    );
    let refused = |outcome| match outcome {
        Err(JournalError::NotNow { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    for (id, why) in [
        ("executed", "its chain has executed it"),
        ("done", "its chain has it"),
        ("signed", "it is not finished"),
        ("sent", "it is not finished"),
    ] {
        let reason = refused(admin.retry(id));
        assert!(reason.starts_with(why), "{id}: {reason}");
    }
    admin.forget("signed", false).unwrap();
    assert_eq!(
        journal.receive(&key("signed"), payload("other")).await,
        Ok(Standing::Open)
    );
    assert!(refused(admin.forget("sent", false)).contains("may be on the chain already"));
    assert!(refused(admin.forget("done", false)).starts_with("its chain has it"));
    admin.forget("sent", true).unwrap();
    admin.forget("done", true).unwrap();
    assert_eq!(
        admin.forget("sent", true),
        Err(JournalError::UnknownTransaction("sent".to_owned()))
    );
}

#[tokio::test]
async fn many_at_once_are_all_recorded() {
    let home = Home::new();
    let journal = home.open().unwrap();
    let one = |i: usize| {
        let journal = &journal;
        async move {
            let id = i.to_string();
            walk(
                journal,
                &id,
                &[frozen(), signed(), Step::Sending, Step::Done],
            )
            .await;
        }
    };
    futures_util::future::join_all((0..500).map(one)).await;
    drop(journal);
    let journal = home.open().unwrap();
    for i in 0..500 {
        assert_eq!(
            journal.receive(&key(&i.to_string()), payload("t")).await,
            Ok(Standing::Done)
        );
    }
}

/// Of any number who receive and freeze the same transaction at a time, one is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_one_freezes_and_only_one_signs() {
    let home = Home::new();
    let journal = std::sync::Arc::new(home.open().unwrap());
    for round in 0..50 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let journal = std::sync::Arc::clone(&journal);
            tasks.spawn(async move {
                let key = key(&round.to_string());
                journal.receive(&key, payload("t")).await.unwrap();
                let frozen = journal.advance(&key, frozen()).await.is_ok();
                let signed = journal.advance(&key, signed()).await.is_ok();
                (frozen, signed)
            });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|(frozen, _)| *frozen).count(), 1);
        assert_eq!(results.iter().filter(|(_, signed)| *signed).count(), 1);
    }
}
