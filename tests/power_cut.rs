//! The power goes, the disk is full, a write fails: what was acknowledged is still there, nothing
//! half written is taken for whole, and no transaction is signed twice.
//!
//! `POWER_CUTS=2000` does as many; `SEED=…` repeats a run. The counts are printed.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kms_core::testkit::tally;
use kms_tests::{
    chance::Chance,
    cloud::{Answer, Cloud},
    daemon::{Finished, Home, Running},
    fault_fs::{Change, Disk, EIO, ENOSPC, Faults, Loss, Note, Notes},
    program::{PASSWORD, User},
    samples::{self, ETH_WALLET, OTHER_ETH_WALLET, eth_pending, eth_transaction, pending_id},
};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "another battery, another staple";

fn seed() -> u64 {
    env::var("SEED").map_or(20_261_123, |seed| seed.parse().expect("a number"))
}

/// How many power cuts a test does.
#[expect(clippy::print_stdout, reason = "a failed test shows its seed")]
fn cuts() -> u64 {
    let cuts = env::var("POWER_CUTS").map_or(28, |cuts| cuts.parse().expect("a number"));
    println!("SEED={} POWER_CUTS={cuts}", seed());
    cuts
}

/// A command that changes a vault.
#[derive(Clone, Copy, Debug)]
enum Work {
    FirstStore,
    Store,
    Batch,
    Remove,
    ChangePassword,
    Migrate,
    StoreIntoLegacy,
}

const WORK: [Work; 7] = [
    Work::FirstStore,
    Work::Store,
    Work::Batch,
    Work::Remove,
    Work::ChangePassword,
    Work::Migrate,
    Work::StoreIntoLegacy,
];

impl Work {
    fn user(self) -> User {
        let (one, two) = (samples::eth_wallet(), samples::other_eth_wallet());
        let wallets = [(ETH_WALLET, &one), (OTHER_ETH_WALLET, &two)];
        match self {
            Self::FirstStore => {
                let user = User::new();
                // The folder, which the shim has to know before the program makes it.
                user.put_vault(b"");
                std::fs::remove_file(user.vault()).expect("our file");
                user
            }
            Self::Migrate | Self::StoreIntoLegacy => User::with_legacy_wallets(wallets),
            _ => User::with_wallets(wallets),
        }
    }

    fn run(self, user: &User, notes: &Notes, faults: Faults) -> Finished {
        let invocation = match self {
            Self::FirstStore | Self::Store | Self::StoreIntoLegacy => {
                user.run("generatemanagedwallet ETH --testnet")
            }
            Self::Batch => user.run("generatemanagedprivatekeybatch ETH 3 --testnet"),
            Self::Remove => user.run(&format!("removewallet {OTHER_ETH_WALLET}")),
            Self::Migrate => user.run("migrate"),
            Self::ChangePassword => {
                let file = user.file("new-password", NEW_PASSWORD);
                user.run("changepassword")
                    .arg(format!("--new-password-file={}", file.display()))
            }
        };
        notes
            .environment(&folder(user), faults)
            .into_iter()
            .fold(invocation, |invocation, (name, value)| {
                invocation.env(name, value)
            })
            .finish()
    }

    /// Checks the vault against what the command has said.
    fn check(self, user: &User, done: &Finished, what: &str) {
        let acknowledged = done.code() == Some(0);
        let printed = printed_ids(done);
        let ids = match self {
            Self::FirstStore if !user.vault().exists() => {
                assert!(printed.is_empty(), "{what}: acknowledged and lost");
                return;
            }
            Self::ChangePassword => ids_after_password_change(user, acknowledged, what),
            _ => ids(user, PASSWORD, what).unwrap_or_else(|error| panic!("{what}: {error}")),
        };
        let lost: Vec<_> = printed.difference(&ids).collect();
        assert!(lost.is_empty(), "{what}: acknowledged and lost: {lost:?}");
        let mut old = BTreeSet::from([ETH_WALLET.to_owned(), OTHER_ETH_WALLET.to_owned()]);
        match self {
            Self::FirstStore => old.clear(),
            Self::Remove if acknowledged => {
                assert!(!ids.contains(OTHER_ETH_WALLET), "{what}: removed and back");
                old.remove(OTHER_ETH_WALLET);
            }
            Self::Remove => {
                old.remove(OTHER_ETH_WALLET);
            }
            _ => {}
        }
        assert!(ids.is_superset(&old), "{what}: lost: {ids:?}");
        let most = match self {
            Self::FirstStore => 1,
            Self::Store | Self::StoreIntoLegacy => 3,
            Self::Batch => 5,
            Self::Remove | Self::ChangePassword | Self::Migrate => 2,
        };
        assert!(ids.len() <= most, "{what}: more than was stored: {ids:?}");
    }
}

/// The folder of the vault.
fn folder(user: &User) -> PathBuf {
    user.vault().parent().expect("a folder").to_owned()
}

fn printed_ids(done: &Finished) -> BTreeSet<String> {
    let id = |json: &Value| Some(json["signatureId"].as_str()?.to_owned());
    let whole = serde_json::from_str::<Value>(&done.stdout);
    let lines = done.stdout.lines().map(serde_json::from_str::<Value>);
    let all = lines.chain([whole]).filter_map(Result::ok);
    all.filter_map(|json| id(&json)).collect()
}

fn ids(user: &User, password: &str, what: &str) -> Result<BTreeSet<String>, String> {
    let done = user.run("export").password(password).finish();
    if done.code() != Some(0) {
        return Err(done.stderr);
    }
    let vault: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let entries = vault
        .as_object()
        .unwrap_or_else(|| panic!("{what}: {vault}"));
    for (id, entry) in entries {
        assert!(entry["chain"] == "ETH", "{what}: {id} is half an entry");
    }
    Ok(entries.keys().cloned().collect())
}

fn ids_after_password_change(user: &User, acknowledged: bool, what: &str) -> BTreeSet<String> {
    ids(user, NEW_PASSWORD, what).unwrap_or_else(|error| {
        assert!(!acknowledged, "{what}: {error}");
        ids(user, PASSWORD, what).unwrap_or_else(|error| panic!("{what}: {error}"))
    })
}

/// How many changes the work makes on a disk without trouble.
fn changes(work: Work) -> u64 {
    let (user, notes) = (work.user(), Notes::new());
    let done = work.run(&user, &notes, Faults::default());
    assert_eq!(done.code(), Some(0), "{work:?}: {done:?}");
    let notes = notes.read();
    assert!(
        notes
            .iter()
            .any(|note| matches!(note.change, Change::Rename(..))),
        "{work:?}: nothing was seen of it: {notes:?}"
    );
    u64::try_from(notes.len()).expect("a short list")
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged_from_the_vault() {
    let (cuts, mut chance) = (cuts(), Chance::seeded(seed()));
    let lengths = WORK.map(changes);
    let (mut killed, mut lost) = (0, 0);
    for cut in 0..cuts {
        let number = usize::try_from(cut).expect("a small number") % WORK.len();
        let (work, length) = (WORK[number], lengths[number]);
        // One past the last: the power goes when all is done.
        let kill_at = 1 + chance.below(length + 1);
        let loss = match chance.below(3) {
            0 => Loss::All,
            1 => Loss::Nothing,
            _ => Loss::Some(Chance::seeded(chance.below(u64::MAX))),
        };
        let what = format!("{work:?} killed at {kill_at} of {length}, {loss:?} lost");
        let (user, notes) = (work.user(), Notes::new());
        let mut disk = Disk::of(&folder(&user));
        let faults = Faults {
            kill_at: Some(kill_at),
            ..Faults::default()
        };
        let done = work.run(&user, &notes, faults);
        killed += u64::from(done.code().is_none());
        disk.follow(&notes.read());
        lost += disk.cut_power(loss);
        work.check(&user, &done, &what);
        // The next write copes with whatever is left over.
        if user.vault().exists() && !matches!(work, Work::ChangePassword) {
            let before = ids(&user, PASSWORD, &what).expect("it opened before");
            user.run("generatemanagedwallet ETH").json();
            let after = ids(&user, PASSWORD, &what).expect("it was just written");
            assert!(after.is_superset(&before) && after.len() == before.len() + 1);
        }
    }
    tally("power_cut", cuts, "power cuts under the vault");
    println!(
        "{cuts} power cuts, {killed} in the middle, {lost} changes lost: no acknowledged wallet lost"
    );
    assert!(killed * 2 > cuts && lost > 0, "nothing was put to the test");
}

#[test]
fn a_disk_in_trouble_fails_the_command_and_not_the_vault() {
    let (cuts, mut chance) = (cuts(), Chance::seeded(seed() + 1));
    let lengths = WORK.map(changes);
    let (mut failed, mut survived) = (0, 0);
    for cut in 0..cuts {
        let number = usize::try_from(cut).expect("a small number") % WORK.len();
        let (work, length) = (WORK[number], lengths[number]);
        let error = *chance.pick(&[ENOSPC, EIO]);
        let faults = Faults {
            fail: Some((
                1 + chance.below(length),
                *chance.pick(&[1, u64::MAX]),
                error,
            )),
            short: (chance.below(2) == 0).then(|| chance.below(u64::MAX)),
            ..Faults::default()
        };
        let what = format!("{work:?} {faults:?}");
        let (user, notes) = (work.user(), Notes::new());
        let mut disk = Disk::of(&folder(&user));
        let done = work.run(&user, &notes, faults);
        if done.code() == Some(0) {
            survived += 1;
        } else {
            failed += 1;
            let error = done.error();
            assert!(
                error.contains("No space left") || error.contains("Input/output"),
                "{what}: {error}"
            );
        }
        disk.follow(&notes.read());
        if chance.below(2) == 0 {
            disk.cut_power(Loss::All);
        }
        work.check(&user, &done, &what);
    }
    tally("power_cut", cuts, "troubles of the disk under the vault");
    println!(
        "{cuts} times trouble with the disk: {failed} commands failed, {survived} got round it, no acknowledged wallet lost"
    );
    assert!(failed > 0, "nothing was put to the test");
}

#[test]
fn short_writes_are_completed() {
    for work in WORK {
        let (user, notes) = (work.user(), Notes::new());
        let faults = Faults {
            short: Some(seed()),
            ..Faults::default()
        };
        let done = work.run(&user, &notes, faults);
        assert_eq!(done.code(), Some(0), "{work:?}: {done:?}");
        work.check(&user, &done, &format!("{work:?} with short writes"));
    }
}

/// Three transactions of two signers, in a cloud whose gas price is another at each question: who
/// prepares a transaction again signs other bytes.
struct Payments {
    home: Home,
    cloud: Cloud,
    ids: Vec<String>,
}

impl Payments {
    fn new() -> Self {
        let (one, two) = (samples::eth_wallet(), samples::other_eth_wallet());
        let home = Home::with_wallets([(ETH_WALLET, &one), (OTHER_ETH_WALLET, &two)]);
        let cloud = Cloud::start();
        let price = Arc::new(AtomicU64::new(1_000_000_000));
        cloud.route("GET", "/v3/blockchain/fee/ETH", move |_| {
            let fast = price.fetch_add(1, Ordering::SeqCst);
            Answer::ok(&json!({"fast": fast, "medium": fast, "slow": fast, "baseFee": fast}))
        });
        // Also what was sent is listed: only the journal can tell.
        cloud.keep_listing();
        let ids: Vec<String> = (1..=3).map(pending_id).collect();
        for (number, id) in (0_u64..).zip(&ids) {
            let mut transaction = eth_transaction();
            let members = transaction.as_object_mut().expect("an object");
            members.remove("gasPrice");
            members.insert("nonce".to_owned(), json!(number + 5));
            let wallet = if number == 2 {
                OTHER_ETH_WALLET
            } else {
                ETH_WALLET
            };
            cloud.queue(&eth_pending(id, wallet, &transaction));
        }
        Self { home, cloud, ids }
    }

    fn run(&self, faults: Option<(&Notes, Faults)>) -> Finished {
        let mut command = self.home.daemon(&self.cloud);
        command.args(["--testnet", "--run-once", "--chain=ETH"]);
        if let Some((notes, faults)) = faults {
            command.envs(notes.environment(self.home.folder(), faults));
        }
        Running::start(command).finish()
    }

    /// The bytes of each transaction that ever left.
    fn sent(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let ids = self.ids.iter();
        ids.map(|id| (id.as_str(), self.cloud.signed(id))).collect()
    }

    /// A healthy machine finishes everything, with the bytes that left before.
    fn finish(&self, what: &str) {
        let before = self.sent();
        let done = self.run(None);
        assert_eq!(done.code(), Some(0), "{what}: {done:?}");
        for (id, bytes) in self.sent() {
            assert_eq!(bytes.len(), 1, "{what}: {id} signed twice: {bytes:?}");
            assert!(bytes.is_superset(&before[id]), "{what}: {id}");
            let reported = self.cloud.failures(id);
            assert!(reported.is_empty(), "{what}: {id}: {reported:?}");
        }
    }
}

/// How many changes a daemon makes that has a new journal to make, and one that has it.
fn changes_of_a_daemon() -> u64 {
    let (payments, notes) = (Payments::new(), Notes::new());
    let done = payments.run(Some((&notes, Faults::default())));
    assert_eq!(done.code(), Some(0), "{done:?}");
    let notes = notes.read();
    let syncs = notes
        .iter()
        .filter(|note| matches!(note.change, Change::Sync(_)));
    assert!(syncs.count() > 6, "the journal was not seen: {notes:?}");
    u64::try_from(notes.len()).expect("a short list")
}

#[test]
fn a_power_cut_has_nothing_signed_twice() {
    let (cuts, mut chance) = (cuts(), Chance::seeded(seed() + 2));
    let length = changes_of_a_daemon();
    let (mut killed, mut lost) = (0, 0);
    for _ in 0..cuts {
        let (payments, notes) = (Payments::new(), Notes::new());
        let faults = Faults {
            kill_at: Some(1 + chance.below(length + 1)),
            short: (chance.below(2) == 0).then(|| chance.below(u64::MAX)),
            ..Faults::default()
        };
        let loss = match chance.below(3) {
            0 => Loss::All,
            1 => Loss::Nothing,
            _ => Loss::Some(Chance::seeded(chance.below(u64::MAX))),
        };
        let what = format!("{faults:?} of {length}, {loss:?} lost");
        let mut disk = Disk::of(payments.home.folder());
        let done = payments.run(Some((&notes, faults)));
        killed += u64::from(done.code().is_none());
        disk.follow(&notes.read());
        lost += disk.cut_power(loss);
        payments.finish(&what);
    }
    tally("power_cut", cuts, "power cuts under the journal");
    println!(
        "{cuts} power cuts, {killed} in the middle, {lost} changes lost: 0 of {} transactions signed twice, 0 lost",
        cuts * 3
    );
    assert!(killed * 2 > cuts && lost > 0, "nothing was put to the test");
}

#[test]
fn a_disk_in_trouble_has_nothing_signed_twice() {
    let (cuts, mut chance) = (cuts(), Chance::seeded(seed() + 3));
    let length = changes_of_a_daemon();
    let (mut failed, mut unsent) = (0, 0);
    for _ in 0..cuts {
        let (payments, notes) = (Payments::new(), Notes::new());
        let faults = Faults {
            fail: Some((
                1 + chance.below(length),
                *chance.pick(&[1, 3, u64::MAX]),
                *chance.pick(&[ENOSPC, EIO]),
            )),
            short: (chance.below(2) == 0).then(|| chance.below(u64::MAX)),
            ..Faults::default()
        };
        let what = format!("{faults:?}");
        let mut disk = Disk::of(payments.home.folder());
        let done = payments.run(Some((&notes, faults)));
        assert!(done.code().is_some(), "{what}: {done:?}");
        failed += u64::from(done.code() != Some(0));
        unsent += payments
            .sent()
            .values()
            .filter(|bytes| bytes.is_empty())
            .count();
        disk.follow(&notes.read());
        if chance.below(2) == 0 {
            disk.cut_power(Loss::All);
        }
        payments.finish(&what);
    }
    tally("power_cut", cuts, "troubles of the disk under the journal");
    println!(
        "{cuts} times trouble with the disk: {failed} cycles failed, {unsent} transactions waited, 0 signed twice, 0 lost"
    );
    assert!(failed > 0, "nothing was put to the test");
}

/// Nothing fits on the disk any more for a moment, at each change that makes the journal.
#[test]
fn a_journal_that_could_not_be_made_whole_is_made_anew() {
    let (healthy, notes) = (Payments::new(), Notes::new());
    healthy.run(Some((&notes, Faults::default())));
    let made = |note: &Note| match &note.change {
        Change::Rename(_, to) => to.ends_with("wallet.dat.journal"),
        _ => false,
    };
    let changes = notes.read().iter().position(made);
    let changes = u64::try_from(changes.expect("it was made")).expect("a short list");
    assert!(changes > 20, "{changes}");
    for at in 1..=changes {
        let (payments, notes) = (Payments::new(), Notes::new());
        let faults = Faults {
            fail: Some((at, 1, ENOSPC)),
            ..Faults::default()
        };
        let what = format!("{faults:?}");
        let done = payments.run(Some((&notes, faults)));
        assert!(done.code().is_some(), "{what}: {done:?}");
        payments.finish(&what);
    }
    tally(
        "power_cut",
        changes,
        "troubles of the disk under a new journal",
    );
}
