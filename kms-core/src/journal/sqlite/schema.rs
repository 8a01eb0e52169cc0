//! The tables of the journal file, and how an older file is brought up to date.

use rusqlite::Connection;

use super::super::JournalError;

/// `KMSJ`: says what the SQLite file is for.
const APPLICATION_ID: i64 = 0x4b4d_534a;
/// The version this program writes.
const VERSION: i64 = 1;

/// One step for each version, from nothing to version 1, from 1 to 2, …
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE data_keys (
        memory_kib INTEGER NOT NULL,
        passes     INTEGER NOT NULL,
        lanes      INTEGER NOT NULL,
        salt       BLOB NOT NULL UNIQUE,
        sealed     BLOB NOT NULL
    ) STRICT;
    CREATE TABLE transactions (
        chain          TEXT NOT NULL,
        network        TEXT NOT NULL,
        id             TEXT NOT NULL,
        payload        BLOB NOT NULL,
        state          TEXT NOT NULL,
        signings       INTEGER NOT NULL,
        unsigned       TEXT,
        summary        TEXT,
        sealed         BLOB,
        transaction_id TEXT,
        expiry         INTEGER,
        reason         TEXT,
        again          INTEGER,
        reported       INTEGER,
        received_at    INTEGER NOT NULL,
        changed_at     INTEGER NOT NULL,
        mac            BLOB NOT NULL,
        PRIMARY KEY (chain, network, id)
    ) STRICT;
    CREATE INDEX transactions_by_change ON transactions (changed_at);
    CREATE INDEX transactions_unfinished ON transactions (state)
        WHERE state NOT IN ('done', 'failed');
"];

/// How every connection works: each commit is on the disk before it returns, and a file that was
/// made by somebody else cannot run code. What was committed is moved to its place in the file every
/// 16 MiB, four times as rarely as by default: a page that changed often is moved once.
pub(super) fn configure(connection: &Connection) -> Result<(), JournalError> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA busy_timeout = 10000;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA secure_delete = ON;",
    )?;
    Ok(())
}

/// Makes the tables in an empty file.
pub(super) fn create(connection: &Connection) -> Result<(), JournalError> {
    connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID};"))?;
    migrate(connection, 0)
}

/// Writes what stands there already: SQLite writes the page all the same, and the commit brings it
/// to the disk.
pub(super) fn touch(connection: &Connection) -> Result<(), JournalError> {
    connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID};"))?;
    Ok(())
}

/// Checks that the file is a whole journal, and brings it up to date.
pub(super) fn check_and_migrate(
    connection: &Connection,
    path: &std::path::Path,
) -> Result<(), JournalError> {
    check(connection, path)?;
    migrate(connection, version(connection)?)
}

/// Checks that the file is a whole journal of a known version.
pub(super) fn check(connection: &Connection, path: &std::path::Path) -> Result<(), JournalError> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(JournalError::Foreign(path.to_owned()));
    }
    let version = version(connection)?;
    if !(1..=VERSION).contains(&version) {
        return Err(JournalError::UnknownVersion(version));
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(JournalError::Damaged(verdict));
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, JournalError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn migrate(connection: &Connection, from: i64) -> Result<(), JournalError> {
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    for (step, version) in MIGRATIONS.iter().zip(1..).skip(done) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {step} PRAGMA user_version = {version}; COMMIT;"
        ))?;
    }
    Ok(())
}
