//! A record as a row of the table, authenticated as a whole.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{
    super::{
        JournalError, PayloadDigest, TransactionKey,
        record::{Record, State},
    },
    seal::JournalKey,
};
use crate::chain::{Assembled, Unsigned};

/// A record and when it came and changed, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) record: Record,
    pub(super) received_at: i64,
    pub(super) changed_at: i64,
}

/// The columns between the key and the authenticator.
#[derive(Debug, Default)]
struct Columns {
    payload: Vec<u8>,
    state: String,
    signings: u32,
    unsigned: Option<String>,
    summary: Option<String>,
    sealed: Option<Vec<u8>>,
    transaction_id: Option<String>,
    expiry: Option<i64>,
    reason: Option<String>,
    again: Option<bool>,
    reported: Option<bool>,
    received_at: i64,
    changed_at: i64,
}

impl Columns {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Vec<u8>)> {
        let columns = Self {
            payload: row.get("payload")?,
            state: row.get("state")?,
            signings: row.get("signings")?,
            unsigned: row.get("unsigned")?,
            summary: row.get("summary")?,
            sealed: row.get("sealed")?,
            transaction_id: row.get("transaction_id")?,
            expiry: row.get("expiry")?,
            reason: row.get("reason")?,
            again: row.get("again")?,
            reported: row.get("reported")?,
            received_at: row.get("received_at")?,
            changed_at: row.get("changed_at")?,
        };
        Ok((columns, row.get("mac")?))
    }

    /// Everything in the row, each part with its length, so that no two rows read the same.
    fn authenticated(&self, key: &TransactionKey) -> Vec<u8> {
        let long = [&self.unsigned, &self.summary, &self.reason];
        let long = long.into_iter().flatten().map(String::len).sum::<usize>();
        let sealed = self.sealed.as_ref().map_or(0, Vec::len);
        // The rest are numbers, digests and ids.
        let mut bytes = Vec::with_capacity(long.saturating_add(sealed).saturating_add(512));
        let mut put = |part: Option<&[u8]>| {
            let len = part.and_then(|part| u64::try_from(part.len()).ok());
            let len = len.unwrap_or(u64::MAX);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend_from_slice(part.unwrap_or_default());
        };
        let flag = |flag: Option<bool>| flag.map(|flag| [u8::from(flag)]);
        put(Some(key.chain.as_bytes()));
        put(Some(key.network.to_string().as_bytes()));
        put(Some(key.id.as_bytes()));
        put(Some(&self.payload));
        put(Some(self.state.as_bytes()));
        put(Some(&self.signings.to_be_bytes()));
        put(self.unsigned.as_deref().map(str::as_bytes));
        put(self.summary.as_deref().map(str::as_bytes));
        put(self.sealed.as_deref());
        put(self.transaction_id.as_deref().map(str::as_bytes));
        put(self
            .expiry
            .map(i64::to_be_bytes)
            .as_ref()
            .map(<[u8; 8]>::as_slice));
        put(self.reason.as_deref().map(str::as_bytes));
        put(flag(self.again).as_ref().map(<[u8; 1]>::as_slice));
        put(flag(self.reported).as_ref().map(<[u8; 1]>::as_slice));
        put(Some(&self.received_at.to_be_bytes()));
        put(Some(&self.changed_at.to_be_bytes()));
        bytes
    }
}

impl Stored {
    /// The row of `key`, if there is one.
    pub(super) fn load(
        connection: &Connection,
        journal: &JournalKey,
        key: &TransactionKey,
    ) -> Result<Option<Self>, JournalError> {
        let mut statement = connection.prepare_cached(
            "SELECT * FROM transactions WHERE chain = ?1 AND network = ?2 AND id = ?3",
        )?;
        let found = statement
            .query_row(
                params![key.chain, key.network.to_string(), key.id],
                Columns::read,
            )
            .optional()?;
        let Some((columns, mac)) = found else {
            return Ok(None);
        };
        let damaged = |what: &str| {
            JournalError::Damaged(format!("the row of {} {}: {what}", key.chain, key.id))
        };
        if !journal.is_mac(&columns.authenticated(key), &mac) {
            return Err(damaged("it was changed from outside"));
        }
        let state = state(&columns, journal, key).map_err(|what| damaged(&what))?;
        let payload: [u8; 32] = columns
            .payload
            .as_slice()
            .try_into()
            .map_err(|_| damaged("the digest has another length"))?;
        Ok(Some(Self {
            record: Record {
                payload: PayloadDigest::from_bytes(payload),
                state,
                signings: columns.signings,
            },
            received_at: columns.received_at,
            changed_at: columns.changed_at,
        }))
    }

    /// Writes the row of `key`, in place of an older one.
    pub(super) fn store(
        &self,
        connection: &Connection,
        journal: &JournalKey,
        key: &TransactionKey,
    ) -> Result<(), JournalError> {
        let columns = self.columns(journal, key)?;
        let mac = journal.mac(&columns.authenticated(key));
        connection
            .prepare_cached(
                "INSERT INTO transactions VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
                 ON CONFLICT (chain, network, id) DO UPDATE SET
                    payload = ?4, state = ?5, signings = ?6, unsigned = ?7, summary = ?8,
                    sealed = ?9, transaction_id = ?10, expiry = ?11, reason = ?12, again = ?13,
                    reported = ?14, received_at = ?15, changed_at = ?16, mac = ?17",
            )?
            .execute(params![
                key.chain,
                key.network.to_string(),
                key.id,
                columns.payload,
                columns.state,
                columns.signings,
                columns.unsigned,
                columns.summary,
                columns.sealed,
                columns.transaction_id,
                columns.expiry,
                columns.reason,
                columns.again,
                columns.reported,
                columns.received_at,
                columns.changed_at,
                mac.as_slice(),
            ])?;
        Ok(())
    }

    fn columns(&self, journal: &JournalKey, key: &TransactionKey) -> Result<Columns, JournalError> {
        let mut columns = Columns {
            payload: self.record.payload.as_bytes().to_vec(),
            state: self.record.state.name().to_owned(),
            signings: self.record.signings,
            received_at: self.received_at,
            changed_at: self.changed_at,
            ..Columns::default()
        };
        let json = |unsigned: &Unsigned| {
            serde_json::to_string(unsigned)
                .map_err(|error| JournalError::Storage(error.to_string()))
        };
        match &self.record.state {
            State::Received => {}
            State::Declined(reason) => columns.reason = Some(reason.clone()),
            State::Frozen { unsigned, summary } => {
                columns.unsigned = Some(json(unsigned)?);
                columns.summary = Some(summary.clone());
            }
            State::Signed {
                unsigned,
                summary,
                assembled,
                ..
            } => {
                columns.unsigned = Some(json(unsigned)?);
                columns.summary = Some(summary.clone());
                columns.transaction_id = Some(assembled.transaction_id.clone());
                columns.expiry = assembled.expiry.map(|expiry| {
                    // For people only; the sealed value is the one that counts.
                    i64::try_from(expiry).unwrap_or(i64::MAX)
                });
                let plain = serde_json::to_vec(assembled)
                    .map_err(|error| JournalError::Storage(error.to_string()))?;
                columns.sealed = Some(journal.seal(&plain, &context(key))?);
            }
            State::Done {
                summary,
                transaction_id,
            } => {
                columns.summary = Some(summary.clone());
                columns.transaction_id = Some(transaction_id.clone());
            }
            State::Failed {
                reason,
                again,
                reported,
            } => {
                columns.reason = Some(reason.clone());
                columns.again = Some(*again);
                columns.reported = Some(*reported);
            }
        }
        Ok(columns)
    }
}

/// Gives the row of `key` the authenticator of what stands in it.
///
/// # Errors
/// Those of reading and writing.
#[cfg(feature = "testkit")]
pub(super) fn authenticate(
    connection: &Connection,
    journal: &JournalKey,
    key: &TransactionKey,
) -> rusqlite::Result<()> {
    let place = params![key.chain, key.network.to_string(), key.id];
    let condition = "WHERE chain = ?1 AND network = ?2 AND id = ?3";
    let columns = connection
        .prepare_cached(&format!("SELECT * FROM transactions {condition}"))?
        .query_row(place, |row| Columns::read(row).map(|(columns, _)| columns))?;
    let mac = journal.mac(&columns.authenticated(key));
    connection
        .prepare_cached(&format!("UPDATE transactions SET mac = ?4 {condition}"))?
        .execute(params![
            key.chain,
            key.network.to_string(),
            key.id,
            mac.as_slice()
        ])?;
    Ok(())
}

/// What a sealed transaction is bound to.
pub(super) fn context(key: &TransactionKey) -> Vec<u8> {
    [key.chain.as_str(), &key.network.to_string(), &key.id]
        .join("\0")
        .into_bytes()
}

fn state(columns: &Columns, journal: &JournalKey, key: &TransactionKey) -> Result<State, String> {
    fn need<T: Clone>(value: &Option<T>, name: &str) -> Result<T, String> {
        value.clone().ok_or_else(|| format!("{name} is missing"))
    }
    let unsigned = || -> Result<Unsigned, String> {
        serde_json::from_str(&need(&columns.unsigned, "the unsigned value")?)
            .map_err(|error| format!("the unsigned value is not readable: {error}"))
    };
    let summary = || need(&columns.summary, "the summary");
    let reason = || need(&columns.reason, "the reason");
    Ok(match columns.state.as_str() {
        "received" => State::Received,
        "declined" => State::Declined(reason()?),
        "frozen" => State::Frozen {
            unsigned: unsigned()?,
            summary: summary()?,
        },
        sent @ ("signed" | "sent") => {
            let sealed = need(&columns.sealed, "the signed transaction")?;
            let plain = journal
                .unseal(&sealed, &context(key))
                .ok_or("the signed transaction cannot be opened")?;
            let assembled: Assembled = serde_json::from_slice(&plain)
                .map_err(|error| format!("the signed transaction is not readable: {error}"))?;
            State::Signed {
                unsigned: unsigned()?,
                summary: summary()?,
                assembled,
                maybe_sent: sent == "sent",
            }
        }
        "done" => State::Done {
            summary: summary()?,
            transaction_id: need(&columns.transaction_id, "the transaction id")?,
        },
        "failed" => State::Failed {
            reason: reason()?,
            again: need(&columns.again, "a mark")?,
            reported: need(&columns.reported, "a mark")?,
        },
        other => return Err(format!("the state {other:?} is unknown")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Network;

    #[test]
    fn a_signed_transaction_opens_in_its_own_row_only() {
        let journal = JournalKey::fresh().unwrap();
        let own = TransactionKey {
            chain: "X".to_owned(),
            network: Network::Testnet,
            id: "1".to_owned(),
        };
        let mut record = Record::new(PayloadDigest::from_bytes([7; 32]));
        record.state = State::Signed {
            unsigned: Unsigned::new(Vec::new(), Vec::new()),
            summary: "pays".to_owned(),
            assembled: Assembled::new("bytes", "id"),
            maybe_sent: false,
        };
        let stored = Stored {
            record,
            received_at: 1,
            changed_at: 1,
        };
        let columns = stored.columns(&journal, &own).unwrap();
        let found = state(&columns, &journal, &own).unwrap();
        assert_eq!(found, stored.record.state);

        let others = [
            TransactionKey {
                chain: "Y".to_owned(),
                ..own.clone()
            },
            TransactionKey {
                network: Network::Mainnet,
                ..own.clone()
            },
            TransactionKey {
                id: "2".to_owned(),
                ..own
            },
        ];
        for other in others {
            let refused = state(&columns, &journal, &other).unwrap_err();
            assert_eq!(refused, "the signed transaction cannot be opened");
        }
    }
}
