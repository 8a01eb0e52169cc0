//! Where the journal is, how it is made and opened.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OpenFlags, params};

use super::{
    JournalKey, SqliteJournal, Writer,
    admin::{JournalAdmin, JournalView},
    now, schema,
    seal::salt,
};
use crate::{
    beside::{folder_of, with_suffix},
    journal::JournalError,
    keys::{SecretBytes, SecretText},
    vault::{KdfParams, KeyLabel, OpenVault, derive_key},
};

/// In seconds.
const DAY: i64 = 86_400;

/// A journal file by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFile(PathBuf);

impl JournalFile {
    /// How long finished transactions are kept after the cloud listed them last, unless told
    /// otherwise.
    pub const DEFAULT_RETENTION_DAYS: u32 = 365;
    /// How old the mark of a finished transaction that is still listed may get.
    pub(super) const TOUCH_AFTER_SECONDS: i64 = DAY;

    /// The journal at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The usual place: beside the vault, under its name with `.journal` after it.
    pub fn beside(vault: &Path) -> Self {
        Self(with_suffix(vault, ".journal"))
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether there is one.
    pub fn exists(&self) -> bool {
        self.0.exists()
    }

    /// Opens the journal of `vault` for its daemon, and makes it if there is none. Finished
    /// transactions that the cloud has not listed for `retention_days` are forgotten.
    ///
    /// # Errors
    /// [`JournalError`]; the daemon must not run then.
    pub fn open(
        &self,
        vault: &OpenVault,
        retention_days: u32,
    ) -> Result<SqliteJournal, JournalError> {
        let lock = self.lock()?;
        if !self.exists() {
            self.create(vault)?;
        }
        let (connection, key) = self.connect(vault)?;
        let oldest = now().saturating_sub(i64::from(retention_days).saturating_mul(DAY));
        connection.execute(
            "DELETE FROM transactions WHERE state IN ('done', 'failed') AND changed_at < ?1",
            [oldest],
        )?;
        Ok(SqliteJournal {
            writer: Writer::start(connection)?,
            key: Arc::new(key),
            _lock: lock,
        })
    }

    /// Opens the journal for reading, beside a daemon perhaps. Nothing in it is secret, and
    /// nothing is authenticated without the vault.
    ///
    /// # Errors
    /// [`JournalError::Missing`] and those of reading.
    pub fn view(&self) -> Result<JournalView, JournalError> {
        self.require_private()?;
        let connection = Connection::open_with_flags(
            &self.0,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        schema::configure(&connection)?;
        schema::check(&connection, &self.0)?;
        Ok(JournalView::new(connection))
    }

    /// Opens the journal to change it by hand, beside a daemon perhaps.
    ///
    /// # Errors
    /// [`JournalError::Missing`], [`JournalError::OtherPassword`], and those of reading.
    pub fn administer(&self, vault: &OpenVault) -> Result<JournalAdmin, JournalError> {
        let (connection, key) = self.connect(vault)?;
        Ok(JournalAdmin::new(connection, key))
    }

    /// Makes ready for the vault to get the password `new`: from here on the journal opens under
    /// both. Does nothing when there is no journal.
    ///
    /// # Errors
    /// As [`administer`](Self::administer).
    pub fn add_password(&self, vault: &OpenVault, new: &SecretText) -> Result<(), JournalError> {
        if !self.exists() {
            return Ok(());
        }
        let (connection, key) = self.connect(vault)?;
        let outer = |params, salt: &[u8; 16]| derive_key(new, params, salt, KeyLabel::Journal);
        let params = vault.kdf_params();
        store_key(&connection, &key, params, |salt| {
            outer(params, salt).map_err(|error| JournalError::Storage(error.to_string()))
        })
    }

    /// Forgets all passwords but that of `vault`.
    ///
    /// # Errors
    /// As [`administer`](Self::administer).
    pub fn drop_other_passwords(&self, vault: &OpenVault) -> Result<(), JournalError> {
        if !self.exists() {
            return Ok(());
        }
        let connection = self.connection()?;
        let (_, salt) = unseal_key(&connection, vault)?;
        connection.execute("DELETE FROM data_keys WHERE salt <> ?1", [salt])?;
        Ok(())
    }

    fn lock(&self) -> Result<File, JournalError> {
        let path = with_suffix(&self.0, ".lock");
        let failed = |error| storage("lock", &path, &error);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(JournalError::InUse(self.0.clone())),
            Err(fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Makes the journal whole under another name first: a file that is empty or half made under
    /// its own name is damage, and never taken for a new one.
    fn create(&self, vault: &OpenVault) -> Result<(), JournalError> {
        let draft = with_suffix(&self.0, ".new");
        for path in [
            draft.clone(),
            with_suffix(&draft, "-wal"),
            with_suffix(&draft, "-shm"),
        ] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(storage("remove", &path, &error));
                }
                _ => {}
            }
        }
        OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .map_err(|error| storage("make", &draft, &error))?;
        let connection = Connection::open(&draft)?;
        schema::configure(&connection)?;
        schema::create(&connection)?;
        let params = vault.kdf_params();
        store_key(&connection, &JournalKey::fresh()?, params, |salt| {
            outer_key(vault, params, salt)
        })?;
        move_into_file(&connection)?;
        connection
            .close()
            .map_err(|(_, error)| JournalError::from(error))?;
        File::open(&draft)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&draft, &self.0))
            .and_then(|()| File::open(folder_of(&self.0))?.sync_all())
            .map_err(|error| storage("make", &self.0, &error))?;
        tracing::info!(journal = %self.0.display(), "made a new journal");
        Ok(())
    }

    fn connect(&self, vault: &OpenVault) -> Result<(Connection, JournalKey), JournalError> {
        let connection = self.connection()?;
        let (key, _) = unseal_key(&connection, vault)?;
        Ok((connection, key))
    }

    fn connection(&self) -> Result<Connection, JournalError> {
        self.require_private()?;
        let connection = Connection::open_with_flags(
            &self.0,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        schema::configure(&connection)?;
        schema::check_and_migrate(&connection, &self.0)?;
        Ok(connection)
    }

    fn require_private(&self) -> Result<(), JournalError> {
        let metadata = match fs::metadata(&self.0) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(JournalError::Missing(self.0.clone()));
            }
            Err(error) => return Err(storage("read", &self.0, &error)),
        };
        if metadata.len() == 0 {
            return Err(JournalError::Damaged("the file is empty".to_owned()));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(JournalError::NotPrivate(self.0.clone()));
        }
        Ok(())
    }
}

/// Moves everything from the log into the file itself. Closing would do so as well, and not tell
/// when the disk is too full for it.
fn move_into_file(connection: &Connection) -> Result<(), JournalError> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (busy, left): (bool, i64) =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], row)?;
    if busy || left != 0 {
        let why = "another program has the new journal open";
        return Err(JournalError::Storage(why.to_owned()));
    }
    Ok(())
}

fn store_key(
    connection: &Connection,
    key: &JournalKey,
    kdf: KdfParams,
    outer: impl FnOnce(&[u8; 16]) -> Result<SecretBytes, JournalError>,
) -> Result<(), JournalError> {
    let salt = salt()?;
    let sealed = key.sealed_under(&outer(&salt)?)?;
    connection.execute(
        "INSERT INTO data_keys (memory_kib, passes, lanes, salt, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![kdf.memory_kib(), kdf.passes(), kdf.lanes(), salt, sealed],
    )?;
    Ok(())
}

/// The data key that the vault's password opens, and the salt it goes with.
fn unseal_key(
    connection: &Connection,
    vault: &OpenVault,
) -> Result<(JournalKey, [u8; 16]), JournalError> {
    let mut statement =
        connection.prepare("SELECT memory_kib, passes, lanes, salt, sealed FROM data_keys")?;
    let mut rows = statement.query([])?;
    let mut any = false;
    while let Some(row) = rows.next()? {
        any = true;
        let kdf = KdfParams::new(row.get(0)?, row.get(1)?, row.get(2)?)
            .map_err(|error| JournalError::Damaged(error.to_string()))?;
        let salt: [u8; 16] = row.get(3)?;
        let sealed: Vec<u8> = row.get(4)?;
        if let Some(key) = JournalKey::open(&outer_key(vault, kdf, &salt)?, &sealed) {
            return Ok((key, salt));
        }
    }
    if any {
        Err(JournalError::OtherPassword)
    } else {
        Err(JournalError::Damaged("it has no key".to_owned()))
    }
}

fn outer_key(
    vault: &OpenVault,
    params: KdfParams,
    salt: &[u8; 16],
) -> Result<SecretBytes, JournalError> {
    vault
        .key_under(params, salt, KeyLabel::Journal)
        .map_err(|error| JournalError::Storage(error.to_string()))
}

fn storage(what: &str, path: &Path, error: &io::Error) -> JournalError {
    JournalError::Storage(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_another_program_reads_is_not_moved_out_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let [journal, other] = [(); 2].map(|()| Connection::open(&path).unwrap());
        schema::configure(&journal).unwrap();
        schema::create(&journal).unwrap();
        journal.execute_batch("PRAGMA busy_timeout = 1").unwrap();
        other
            .execute_batch("BEGIN; SELECT COUNT(*) FROM transactions")
            .unwrap();
        assert!(move_into_file(&journal).is_err());
        other.execute_batch("COMMIT").unwrap();
        move_into_file(&journal).unwrap();
    }

    #[test]
    fn a_journal_without_a_log_is_not_what_was_made() {
        let journal = Connection::open_in_memory().unwrap();
        assert!(move_into_file(&journal).is_err());
    }
}
