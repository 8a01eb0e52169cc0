//! The encrypted file that holds the keys.

mod content;
mod entry;
mod error;
mod file;
mod format;
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
