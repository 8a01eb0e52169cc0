//! The journal as a SQLite file, beside the vault.
//!
//! `docs/journal-format.md` describes the file. Each step is one commit, on the disk before the
//! call returns. Every row carries an authenticator under a key that the vault's password gives:
//! a row that was changed from outside is damage, and stops the daemon.

mod admin;
mod concurrency;
mod file;
#[cfg(feature = "testkit")]
pub(crate) mod hostile;
mod records;
mod row;
mod schema;
mod seal;
mod writer;

#[cfg(test)]
mod model_check;
#[cfg(test)]
mod writer_tests;

pub use self::{
    admin::{JournalAdmin, JournalRow, JournalView},
    file::JournalFile,
};

use std::{
    fs::File,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use self::{records::Records, row::Stored, seal::JournalKey, writer::Writer};
use super::{
    Backlog, Journal, JournalError, PayloadDigest, Standing, Step, TransactionKey, record::Record,
};
use async_trait::async_trait;
use rusqlite::Connection;

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
            .run(move |records| receive(records, &journal, &key, payload))
            .await
    }

    async fn advance(&self, key: &TransactionKey, step: Step) -> Result<(), JournalError> {
        let (journal, key) = (Arc::clone(&self.key), key.clone());
        self.writer
            .run(move |records| advance(records, &journal, &key, &step))
            .await
    }

    async fn backlog(&self) -> Result<Backlog, JournalError> {
        self.writer
            .run(|records| backlog(records.connection()))
            .await
    }

    async fn check(&self) -> Result<(), JournalError> {
        self.writer
            .run(|records| schema::touch(records.connection()))
            .await
    }
}

fn backlog(connection: &Connection) -> Result<Backlog, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT state, count(*) FROM transactions WHERE state NOT IN ('done', 'failed')
         GROUP BY state",
    )?;
    let mut rows = statement.query([])?;
    let mut backlog = Backlog::default();
    while let Some(row) = rows.next()? {
        let (state, count): (String, i64) = (row.get(0)?, row.get(1)?);
        backlog.add(&state, u64::try_from(count).unwrap_or(0));
    }
    Ok(backlog)
}

fn receive(
    records: &mut Records,
    journal: &JournalKey,
    key: &TransactionKey,
    payload: PayloadDigest,
) -> Result<Standing, JournalError> {
    let now = now();
    let Some(mut stored) = records.load(journal, key)? else {
        let stored = Stored {
            record: Record::new(payload),
            received_at: now,
            changed_at: now,
        };
        records.store(journal, key, stored)?;
        return Ok(Standing::Open);
    };
    let before = stored.record.clone();
    let standing = stored.record.receive(payload);
    // What the cloud still lists must not be forgotten, however old it is.
    let ages = stored.record.state.is_finished()
        && now.saturating_sub(stored.changed_at) > JournalFile::TOUCH_AFTER_SECONDS;
    if stored.record != before || ages {
        stored.changed_at = now;
        records.store(journal, key, stored)?;
    }
    Ok(standing)
}

fn advance(
    records: &mut Records,
    journal: &JournalKey,
    key: &TransactionKey,
    step: &Step,
) -> Result<(), JournalError> {
    let out_of_order = |state, step| JournalError::OutOfOrder {
        id: key.id.clone(),
        state,
        step,
    };
    let mut stored = records
        .load(journal, key)?
        .ok_or_else(|| out_of_order("unknown", step.name()))?;
    stored
        .record
        .advance(step)
        .map_err(|error| out_of_order(error.state, error.step))?;
    stored.changed_at = now();
    records.store(journal, key, stored)
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
