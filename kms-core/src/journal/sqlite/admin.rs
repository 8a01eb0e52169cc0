//! The journal for people: what is in it, and the two things that may be changed by hand.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{JournalKey, now, row::Stored};
use crate::{
    chain::Network,
    journal::{JournalError, TransactionKey, record::State},
};

const COLUMNS: &str = "SELECT chain, network, id, state, signings, summary, transaction_id, \
                       expiry, reason, reported, received_at, changed_at FROM transactions";

/// The journal, opened for reading.
#[derive(Debug)]
pub struct JournalView(Connection);

/// What the journal says of one transaction, without the transaction itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalRow {
    /// Code of the chain.
    pub chain: String,
    /// `mainnet` or `testnet`.
    pub network: String,
    /// The cloud's id of the pending transaction.
    pub id: String,
    /// `received`, `declined`, `frozen`, `signed`, `sent`, `done` or `failed`.
    pub state: String,
    /// How often it was signed.
    pub signings: u32,
    /// What it does, once it was approved.
    pub summary: Option<String>,
    /// Its id on the chain, once it was signed.
    pub transaction_id: Option<String>,
    /// The last height, ledger, round or slot that can take it.
    pub expiry: Option<i64>,
    /// Why it was declined or failed.
    pub reason: Option<String>,
    /// Whether the cloud was told of the failure.
    pub reported: Option<bool>,
    /// When it came, in seconds since 1970.
    pub received_at: i64,
    /// When it changed last, in seconds since 1970.
    pub changed_at: i64,
}

impl JournalRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            chain: row.get(0)?,
            network: row.get(1)?,
            id: row.get(2)?,
            state: row.get(3)?,
            signings: row.get(4)?,
            summary: row.get(5)?,
            transaction_id: row.get(6)?,
            expiry: row.get(7)?,
            reason: row.get(8)?,
            reported: row.get(9)?,
            received_at: row.get(10)?,
            changed_at: row.get(11)?,
        })
    }
}

impl JournalView {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// The transactions that changed last, newest first: all of them, or the unfinished ones.
    ///
    /// # Errors
    /// Those of reading.
    pub fn list(&self, unfinished: bool, limit: u32) -> Result<Vec<JournalRow>, JournalError> {
        let condition = if unfinished {
            "WHERE state NOT IN ('done', 'failed')"
        } else {
            ""
        };
        let mut statement = self.0.prepare(&format!(
            "{COLUMNS} {condition} ORDER BY changed_at DESC, id LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit], JournalRow::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The transactions with this id: one, but for an id that two chains have.
    ///
    /// # Errors
    /// [`JournalError::UnknownTransaction`], and those of reading.
    pub fn show(&self, id: &str) -> Result<Vec<JournalRow>, JournalError> {
        let mut statement = self
            .0
            .prepare(&format!("{COLUMNS} WHERE id = ?1 ORDER BY chain, network"))?;
        let rows: Vec<_> = statement
            .query_map([id], JournalRow::read)?
            .collect::<Result<_, _>>()?;
        if rows.is_empty() {
            return Err(JournalError::UnknownTransaction(id.to_owned()));
        }
        Ok(rows)
    }
}

/// The journal, opened to be changed by hand.
#[derive(Debug)]
pub struct JournalAdmin {
    connection: Connection,
    key: JournalKey,
}

impl JournalAdmin {
    pub(super) fn new(connection: Connection, key: JournalKey) -> Self {
        Self { connection, key }
    }

    /// Opens a failed transaction again, so that it is prepared and signed anew when the cloud
    /// lists it.
    ///
    /// # Errors
    /// [`JournalError::UnknownTransaction`]; [`JournalError::NotNow`] unless it failed without
    /// having been executed.
    pub fn retry(&mut self, id: &str) -> Result<(), JournalError> {
        self.change(id, |mut stored| match &stored.record.state {
            State::Failed { again: true, .. } => {
                stored.record.state = State::Received;
                stored.record.signings = 0;
                stored.changed_at = now();
                Ok(Some(stored))
            }
            State::Failed { .. } => Err("its chain has executed it, it must not be signed anew"),
            State::Done { .. } => Err("its chain has it"),
            _ => Err("it is not finished, the daemon goes on with it by itself"),
        })
    }

    /// Takes a transaction out of the journal: if the cloud lists it again, it is a new one.
    ///
    /// # Errors
    /// [`JournalError::UnknownTransaction`]; [`JournalError::NotNow`] when signed bytes of it may
    /// be out, unless `even_if_sent`.
    pub fn forget(&mut self, id: &str, even_if_sent: bool) -> Result<(), JournalError> {
        self.change(id, |stored| match &stored.record.state {
            State::Signed {
                maybe_sent: true, ..
            } if !even_if_sent => Err(
                "its signed bytes may be on the chain already, and it would be signed a second time",
            ),
            State::Done { .. } if !even_if_sent => {
                Err("its chain has it, and it would be signed a second time")
            }
            _ => Ok(None),
        })
    }

    /// Replaces or removes all transactions with this id, under one critical section.
    fn change(
        &mut self,
        id: &str,
        change: impl Fn(Stored) -> Result<Option<Stored>, &'static str>,
    ) -> Result<(), JournalError> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let keys = {
            let mut statement =
                transaction.prepare("SELECT chain, network FROM transactions WHERE id = ?1")?;
            let keys = statement.query_map([id], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            keys.collect::<Result<Vec<_>, _>>()?
        };
        if keys.is_empty() {
            return Err(JournalError::UnknownTransaction(id.to_owned()));
        }
        for (chain, network) in keys {
            let testnet = network == Network::Testnet.to_string();
            let key = TransactionKey {
                chain,
                network: Network::from_testnet_flag(testnet),
                id: id.to_owned(),
            };
            let stored = Stored::load(&transaction, &self.key, &key)?
                .ok_or_else(|| JournalError::UnknownTransaction(id.to_owned()))?;
            let state = stored.record.state.name();
            let not_now = |reason| JournalError::NotNow {
                id: id.to_owned(),
                state,
                reason,
            };
            match change(stored).map_err(not_now)? {
                Some(changed) => changed.store(&transaction, &self.key, &key)?,
                None => {
                    transaction.execute(
                        "DELETE FROM transactions WHERE chain = ?1 AND network = ?2 AND id = ?3",
                        params![key.chain, network, key.id],
                    )?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
