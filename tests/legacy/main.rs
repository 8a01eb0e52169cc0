//! Files of tatum-kms 8 in the eyes of the library that wrote them: what crypto-js writes opens
//! here identically, and what is not the password opens nothing.

mod passwords;
mod wrong;

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use kms_core::{
    keys::SecretText,
    testkit::tally,
    vault::{KdfParams, OpenVault, StoreOptions, VaultError, VaultStore},
};
use kms_tests::{chance::Chance, library::Library, program::User};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::passwords::{Kind, any_password, near_misses};

/// So many files of each kind of password.
const FILES_OF_A_KIND: usize = 40;
/// Of each kind of password so many files go through the built program besides.
const RUNS_OF_A_KIND: usize = 2;

/// A vault as the original kept it: its text, the password, and the file by crypto-js.
#[derive(Clone)]
struct Written {
    kind: Kind,
    password: String,
    text: String,
    file: String,
}

/// Vaults of every kind of password, the same in each run but for their salts, which crypto-js
/// draws. Nothing when crypto-js is not installed.
fn written() -> Option<Vec<Written>> {
    let library = Library::in_folder("legacy")?;
    let mut chance = Chance::seeded(20_261_123);
    let mut plans = Vec::new();
    for kind in Kind::ALL {
        for number in 0..FILES_OF_A_KIND {
            plans.push((
                kind,
                any_password(&mut chance, kind),
                any_text(&mut chance, number),
            ));
        }
    }
    let pairs = plans
        .iter()
        .map(|(_, password, text)| (password.as_str(), text.as_str()));
    let files = encrypt(&library, pairs);
    let all = plans.into_iter().zip(files);
    Some(
        all.map(|((kind, password, text), file)| Written {
            kind,
            password,
            text,
            file,
        })
        .collect(),
    )
}

/// A vault of up to eight keys. The first texts are of every length modulo a block, so that each
/// padding occurs.
fn any_text(chance: &mut Chance, number: usize) -> String {
    let mut vault = serde_json::Map::new();
    for _ in 0..chance.below(8) + u64::from(number > 0) {
        let id = format!(
            "{:016x}-{:016x}",
            chance.below(u64::MAX),
            chance.below(u64::MAX)
        );
        let note: String = "x".repeat(number % 17);
        let key: String = (0..4)
            .map(|_| format!("{:016x}", chance.below(u64::MAX)))
            .collect();
        let entry = json!({
            "privateKey": format!("0x{key}"), "chain": "ETH", "testnet": chance.below(2) == 0,
            "note": format!("{note}é\u{301}𝄞\"\\"),
        });
        vault.insert(id, entry);
    }
    Value::from(vault).to_string()
}

/// What crypto-js makes of these passwords and texts.
fn encrypt<'a>(library: &Library, cases: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let cases: Vec<Value> = cases
        .map(|(password, text)| json!({"password": password, "text": text}))
        .collect();
    let files = library.ask("encrypt", &Value::from(cases.clone()));
    let files: Vec<String> = serde_json::from_value(files).expect("files");
    assert_eq!(files.len(), cases.len());
    files
}

/// A folder with one vault file.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn with(file: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let this = Self { folder };
        fs::write(this.path(), file).expect("a writable folder");
        fs::set_permissions(this.path(), fs::Permissions::from_mode(0o600)).expect("our file");
        this
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("wallet.dat")
    }

    fn open(&self, password: &str) -> Result<OpenVault, VaultError> {
        let options = StoreOptions {
            kdf: KdfParams::LOWEST,
            ..StoreOptions::default()
        };
        VaultStore::new(self.path(), options).open(&SecretText::new(password))
    }
}

/// The entries in their order, byte for byte.
fn entries(open: &OpenVault) -> Vec<(String, String)> {
    let vault = open.vault();
    vault
        .ids()
        .map(|id| {
            (
                id.to_owned(),
                vault.verbatim(id).expect("an entry").to_owned(),
            )
        })
        .collect()
}

/// The same of the text that was encrypted.
fn entries_of(text: &str) -> Vec<(String, String)> {
    let vault: serde_json::Map<String, Value> = serde_json::from_str(text).expect("an object");
    vault
        .into_iter()
        .map(|(id, entry)| (id, entry.to_string()))
        .collect()
}

#[test]
fn what_crypto_js_writes_opens_identically() {
    let Some(written) = written() else { return };
    let (mut opened, mut refused, mut paddings) = (0, 0, [0; 16]);
    for one in &written {
        let folder = Folder::with(&one.file);
        let name = format!("{:?} {:?}", one.kind, one.password);
        let open = folder.open(&one.password);
        let open = open.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(entries(&open), entries_of(&one.text), "{name}");
        opened += 1;
        paddings[one.text.len() % 16] += 1;
        for wrong in near_misses(&one.password) {
            let error = folder.open(&wrong).expect_err(&name);
            let is_refusal = matches!(error, VaultError::WrongPasswordOrDamaged(_));
            assert!(is_refusal, "{name}, {wrong:?}: {error}");
            refused += 1;
        }
        assert_eq!(
            fs::read_to_string(folder.path()).expect("the file"),
            one.file
        );
    }
    assert!(paddings.iter().all(|count| *count > 0), "{paddings:?}");
    tally("legacy", opened, "files of crypto-js that open identically");
    println!(
        "legacy: {opened} files by crypto-js of {} kinds of passwords open identically, {refused} \
         passwords next to theirs do not open them",
        Kind::ALL.len()
    );
}

/// The built program: `export` before and after `migrate`.
#[test]
fn the_program_exports_the_same_before_and_after_it_migrates() {
    let Some(written) = written() else { return };
    let mut count = 0;
    for of_kind in written.chunks(FILES_OF_A_KIND) {
        for one in of_kind.iter().rev().take(RUNS_OF_A_KIND) {
            // A variable of the environment ends at the first zero byte.
            if one.password.contains('\0') {
                continue;
            }
            let user = User::new();
            user.put_vault(one.file.as_bytes());
            let run = |line: &str| match one.password.as_str() {
                // An empty variable counts as none, an empty line as the empty password.
                "" => user.run(line).without_password().stdin("\n"),
                password => user.run(line).password(password),
            };
            let expected = entries_of(&one.text);
            let exported = || entries_of(&run("export").json().to_string());
            assert_eq!(exported(), expected, "{:?}", one.password);
            let migrated = run("migrate").finish();
            if one.kind == Kind::Empty {
                assert_ne!(migrated.code(), Some(0), "{migrated:?}");
                assert_eq!(user.vault_bytes(), one.file.as_bytes());
            } else {
                assert_eq!(migrated.code(), Some(0), "{:?}: {migrated:?}", one.password);
                assert!(!user.vault_bytes().starts_with(b"U2FsdGVkX1"));
            }
            assert_eq!(exported(), expected, "{:?}", one.password);
            count += 1;
        }
    }
    println!("legacy: {count} files exported alike before and after `migrate`");
    assert!(count > Kind::ALL.len());
}
