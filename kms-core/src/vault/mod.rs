//! The encrypted file that holds the keys.
//!
//! A [`VaultStore`] says where it is; opened with the password it is an [`OpenVault`], which follows
//! the file and changes it; what is in it is a [`Vault`] of [`Entry`]s by signature id. The password
//! costs one Argon2id per process ([`KdfParams`]), everything else is derived from that
//! ([`derive_key`]).
//!
//! | Promise | By |
//! |---|---|
//! | At each moment there is a whole vault under the name | temporary file, sync, read back, rename, sync of the folder |
//! | Two processes never lose each other's changes | a lock from reading to having replaced |
//! | Damage and a wrong password are told apart | a password check and a checksum in the header |
//! | A file of tatum-kms 8 opens as it is | [`FileFormat`], [`MigrationReport`] |
//! | No entry is dropped or repaired | entries are kept to the byte |
//!
//! The format is written down in `kms-core/docs/vault-format.md`, well enough to open a vault without
//! this crate.
//!
//! # Example
//!
//! ```no_run
//! use kms_core::{
//!     keys::SecretText,
//!     vault::{StoreOptions, VaultStore},
//! };
//!
//! let store = VaultStore::new("/srv/kms/wallet.dat", StoreOptions::default());
//! let vault = store.open(&SecretText::new("correct horse battery staple"))?;
//! println!("{} wallets", vault.vault().len());
//! # Ok::<(), kms_core::vault::VaultError>(())
//! ```

mod content;
mod entry;
mod error;
mod file;
mod format;
#[cfg(feature = "testkit")]
pub(crate) mod hostile;
mod json;
mod kdf;
mod kept_password;
mod legacy;
mod migrate;
mod notice;
mod store;

pub use self::{
    content::{Changes, Vault},
    entry::{Entry, EntryError},
    error::{Damage, LegacyCheck, VaultError},
    json::pretty,
    kdf::{KdfParams, KeyLabel, derive_key},
    migrate::{
        KindCounts, LegacyTrap, MigrationReport, MigrationRules, OddEntry, TrapCondition,
        TrapFinding,
    },
    notice::Notice,
    store::{FileFormat, Inspection, OpenVault, StoreOptions, VaultStore},
};
