//! The journal as a SQLite file, beside the vault.
//!
//! `docs/journal-format.md` describes the file. Each step is one commit, on the disk before the
//! call returns. Every row carries an authenticator under a key that the vault's password gives:
//! a row that was changed from outside is damage, and stops the daemon.

mod admin;
mod file;
mod row;
mod schema;
mod seal;
mod writer;

pub use self::{
    admin::{JournalAdmin, JournalRow, JournalView},
    file::JournalFile,
};

use std::{
    fs::File,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use rusqlite::Connection;

use self::{row::Stored, seal::JournalKey, writer::Writer};
use super::{Journal, JournalError, PayloadDigest, Standing, Step, TransactionKey, record::Record};

/// A journal that outlives the process. One process at a time works with it.
#[derive(Debug)]
pub struct SqliteJournal {
    writer: Writer,
    key: Arc<JournalKey>,
    /// Held for as long as the journal is open.
    _lock: File,
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn receive(
        &self,
        key: &TransactionKey,
        payload: PayloadDigest,
    ) -> Result<Standing, JournalError> {
        let (journal, key) = (Arc::clone(&self.key), key.clone());
        self.writer
            .run(move |connection| receive(connection, &journal, &key, payload))
            .await
    }

    async fn advance(&self, key: &TransactionKey, step: Step) -> Result<(), JournalError> {
        let (journal, key) = (Arc::clone(&self.key), key.clone());
        self.writer
            .run(move |connection| advance(connection, &journal, &key, &step))
            .await
    }
}

fn receive(
    connection: &Connection,
    journal: &JournalKey,
    key: &TransactionKey,
    payload: PayloadDigest,
) -> Result<Standing, JournalError> {
    let now = now();
    let Some(mut stored) = Stored::load(connection, journal, key)? else {
        let stored = Stored {
            record: Record::new(payload),
            received_at: now,
            changed_at: now,
        };
        stored.store(connection, journal, key)?;
        return Ok(Standing::Open);
    };
    let before = stored.record.clone();
    let standing = stored.record.receive(payload);
    // What the cloud still lists must not be forgotten, however old it is.
    let ages = stored.record.state.is_finished()
        && now.saturating_sub(stored.changed_at) > JournalFile::TOUCH_AFTER_SECONDS;
    if stored.record != before || ages {
        stored.changed_at = now;
        stored.store(connection, journal, key)?;
    }
    Ok(standing)
}

fn advance(
    connection: &Connection,
    journal: &JournalKey,
    key: &TransactionKey,
    step: &Step,
) -> Result<(), JournalError> {
    let out_of_order = |state, step| JournalError::OutOfOrder {
        id: key.id.clone(),
        state,
        step,
    };
    let mut stored = Stored::load(connection, journal, key)?
        .ok_or_else(|| out_of_order("unknown", step.name()))?;
    stored
        .record
        .advance(step)
        .map_err(|error| out_of_order(error.state, error.step))?;
    stored.changed_at = now();
    stored.store(connection, journal, key)
}

/// Seconds since 1970; for people and for retention, nothing else hangs on the clock.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Storage(error.to_string()),
        }
    }
}
