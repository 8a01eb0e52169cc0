//! The vault's file, through the public API and as others see it.

mod damage;
mod interop;
mod legacy;
mod migrate;
mod store;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use kms_core::{
    keys::SecretText,
    vault::{KdfParams, OpenVault, StoreOptions, VaultStore},
};

const PASSWORD: &str = "correct horse battery staple";
const ENTRY: &str = r#"{"privateKey":"0x01","chain":"ETH","testnet":true}"#;

/// A folder of its own for each test, gone afterwards.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn vault_path(&self) -> PathBuf {
        self.path().join("wallet.dat")
    }

    fn store(&self) -> VaultStore {
        store_at(self.vault_path())
    }

    /// An open vault with `count` entries, newest first `id-<count - 1>` to `id-0`.
    fn vault_of(&self, count: usize) -> OpenVault {
        let mut open = self.store().open_or_create(&password()).unwrap();
        open.update(|changes| {
            (0..count).try_for_each(|i| changes.insert(&format!("id-{i}"), &secret(ENTRY)))
        })
        .unwrap();
        open
    }

    /// Puts `bytes` where the vault is, as private as a vault.
    fn put(&self, bytes: &[u8]) {
        fs::write(self.vault_path(), bytes).unwrap();
        set_mode(&self.vault_path(), 0o600);
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn store_at(path: impl Into<PathBuf>) -> VaultStore {
    VaultStore::new(path, options())
}

/// The cheapest key derivation there is.
fn options() -> StoreOptions {
    StoreOptions {
        kdf: KdfParams::LOWEST,
        ..StoreOptions::default()
    }
}

fn password() -> SecretText {
    secret(PASSWORD)
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
