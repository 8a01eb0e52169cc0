//! The rows of transactions under way, as this process wrote them last.
//!
//! A transaction takes five steps within a moment. To read its row back before each of them,
//! authenticate it and open what is sealed in it costs more than to write it.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{JournalKey, row::Stored};
use crate::journal::{JournalError, TransactionKey};

/// The most rows that are kept. Beyond that, all are read back once.
const LIMIT: usize = 4096;

/// The file, and what is known of it without reading it. Lives where the file is written.
#[derive(Debug)]
pub(super) struct Records {
    connection: Connection,
    under_way: HashMap<TransactionKey, Stored>,
    /// SQLite's number for what other connections have written (`PRAGMA data_version`).
    others: Option<i64>,
}

impl Records {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            under_way: HashMap::new(),
            others: None,
        }
    }

    /// The file.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Begins a transaction, in which nobody else can write. What others have written before it
    /// is seen: a row may be changed by hand beside the daemon.
    pub(super) fn begin(&mut self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let others = self.others();
        if others.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        let others = others?;
        if self.others != Some(others) {
            self.under_way.clear();
            self.others = Some(others);
        }
        Ok(())
    }

    fn others(&self) -> rusqlite::Result<i64> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        statement.query_row([], |row| row.get(0))
    }

    /// Forgets what was not committed.
    pub(super) fn forget(&mut self) {
        self.under_way.clear();
    }

    /// The row of `key`, if there is one. Whoever changes it stores it.
    pub(super) fn load(
        &mut self,
        journal: &JournalKey,
        key: &TransactionKey,
    ) -> Result<Option<Stored>, JournalError> {
        match self.under_way.remove(key) {
            Some(stored) => Ok(Some(stored)),
            None => Stored::load(&self.connection, journal, key),
        }
    }

    /// Writes the row of `key`, in place of an older one.
    pub(super) fn store(
        &mut self,
        journal: &JournalKey,
        key: &TransactionKey,
        stored: Stored,
    ) -> Result<(), JournalError> {
        stored.store(&self.connection, journal, key)?;
        if stored.record.state.is_finished() {
            return Ok(());
        }
        if self.under_way.len() >= LIMIT {
            self.under_way.clear();
        }
        self.under_way.insert(key.clone(), stored);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        chain::Network,
        journal::{
            PayloadDigest,
            record::{Record, State},
            sqlite::{self, JournalFile, schema},
        },
    };

    fn records(path: &Path) -> Records {
        let connection = Connection::open(path).unwrap();
        schema::configure(&connection).unwrap();
        Records::new(connection)
    }

    fn key() -> TransactionKey {
        TransactionKey {
            chain: "X".to_owned(),
            network: Network::Testnet,
            id: "1".to_owned(),
        }
    }

    fn stored(state: State) -> Stored {
        let mut record = Record::new(PayloadDigest::from_bytes([7; 32]));
        record.state = state;
        Stored {
            record,
            received_at: 1,
            changed_at: 2,
        }
    }

    fn commit(records: &mut Records, journal: &JournalKey, stored: Stored) {
        records.begin().unwrap();
        records.store(journal, &key(), stored).unwrap();
        records.connection().execute_batch("COMMIT").unwrap();
    }

    /// How long ago the mark of a record was set that is `seconds` old when the cloud lists it,
    /// and the record.
    fn listed_again(state: State, seconds: i64) -> (i64, Record) {
        let folder = tempfile::tempdir().unwrap();
        let journal = JournalKey::fresh().unwrap();
        let mut records = records(&folder.path().join("journal"));
        schema::create(records.connection()).unwrap();
        let old = Stored {
            changed_at: sqlite::now() - seconds,
            ..stored(state)
        };
        let payload = old.record.payload;
        commit(&mut records, &journal, old);
        records.begin().unwrap();
        sqlite::receive(&mut records, &journal, &key(), payload).unwrap();
        let found = records.load(&journal, &key()).unwrap().unwrap();
        (sqlite::now() - found.changed_at, found.record)
    }

    #[test]
    fn what_is_finished_and_still_listed_is_marked_anew_once_a_day() {
        const DAY: i64 = JournalFile::TOUCH_AFTER_SECONDS;
        let done = || State::Done {
            summary: String::new(),
            transaction_id: "id".to_owned(),
        };
        assert!(listed_again(done(), DAY + 60).0 < 60);
        assert!(listed_again(done(), DAY - 60).0 >= DAY - 60);
        // What is not finished is not forgotten, whatever its age.
        assert!(listed_again(State::Received, 3 * DAY).0 >= 3 * DAY);
    }

    #[test]
    fn what_listing_changes_is_kept_at_any_age() {
        let failed = State::Failed {
            reason: "no gas".to_owned(),
            again: true,
            reported: true,
        };
        let (age, record) = listed_again(failed, 100);
        assert_eq!(record.state.name(), "received");
        assert!(age < 60);
    }

    #[test]
    fn damage_is_told_from_trouble_with_the_disk() {
        let failure = |code| {
            let error = rusqlite::ffi::Error::new(code);
            JournalError::from(rusqlite::Error::SqliteFailure(error, None))
        };
        for code in [rusqlite::ffi::SQLITE_CORRUPT, rusqlite::ffi::SQLITE_NOTADB] {
            assert!(matches!(failure(code), JournalError::Damaged(_)));
        }
        for code in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_IOERR] {
            assert!(matches!(failure(code), JournalError::Storage(_)));
        }
    }

    #[test]
    fn what_another_connection_wrote_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = JournalKey::fresh().unwrap();
        let (mut daemon, mut admin) = (records(&path), records(&path));
        schema::create(daemon.connection()).unwrap();
        commit(&mut daemon, &journal, stored(State::Received));
        let declined = stored(State::Declined("no".to_owned()));
        commit(&mut admin, &journal, declined.clone());

        daemon.begin().unwrap();
        let found = daemon.load(&journal, &key()).unwrap();
        assert_eq!(found, Some(declined));
    }

    #[test]
    fn what_was_rolled_back_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let journal = JournalKey::fresh().unwrap();
        let mut records = records(&folder.path().join("journal"));
        schema::create(records.connection()).unwrap();
        records.begin().unwrap();
        records
            .store(&journal, &key(), stored(State::Received))
            .unwrap();
        records.connection().execute_batch("ROLLBACK").unwrap();
        records.forget();

        records.begin().unwrap();
        assert_eq!(records.load(&journal, &key()).unwrap(), None);
    }

    #[test]
    fn only_so_many_rows_are_kept_and_none_that_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let journal = JournalKey::fresh().unwrap();
        let mut records = records(&folder.path().join("journal"));
        schema::create(records.connection()).unwrap();
        records.begin().unwrap();
        for number in 0..=LIMIT {
            let key = TransactionKey {
                id: number.to_string(),
                ..key()
            };
            let received = stored(State::Received);
            records.store(&journal, &key, received).unwrap();
            assert_eq!(records.under_way.len(), number % LIMIT + 1);
        }
        let done = stored(State::Failed {
            reason: String::new(),
            again: false,
            reported: false,
        });
        records.forget();
        records.store(&journal, &key(), done.clone()).unwrap();
        assert!(records.under_way.is_empty());
        assert_eq!(records.load(&journal, &key()).unwrap(), Some(done));
    }
}
