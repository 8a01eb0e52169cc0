//! What must hold for any row that stands in a journal's file.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold fails by a panic"
)]

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use rusqlite::{Connection, params_from_iter, types::Value};

use super::{
    JournalKey, JournalView,
    row::{self, Stored},
};
use crate::{
    chain::{Assembled, Network},
    journal::{JournalError, PayloadDigest, TransactionKey},
    testkit::fuzz::Property,
};

/// As the journal's table, for a file that somebody else has made: without types.
const TABLE: &str = "CREATE TABLE transactions (
    chain, network, id, payload, state, signings, unsigned, summary, sealed, transaction_id,
    expiry, reason, again, reported, received_at, changed_at, mac,
    PRIMARY KEY (chain, network, id)
)";
/// The columns from `payload` to `mac`.
const COLUMNS: usize = 14;
/// The summary is text whatever it is made of: text in a file need not be UTF-8.
const INSERT: &str = "INSERT OR REPLACE INTO transactions VALUES
    ('X', 'testnet', '1', ?1, ?2, ?3, ?4, CAST(?5 AS TEXT), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// Rows of the journal, of any content and with columns of any type.
///
/// A value is a byte that says its type, and its bytes behind their number: `n` nothing, `i` an
/// integer (8 bytes), `r` a real (8 bytes), `t` text, `b` a blob, `s` a blob that is sealed by the
/// journal's key (the last three behind a length of 2 bytes). What is missing is nothing.
///
/// Each row is read as it is, and then with an authenticator that is right, as only someone with
/// the password could make it.
#[derive(Debug)]
pub struct JournalRows(Mutex<File>);

#[derive(Debug)]
struct File {
    connection: Connection,
    view: JournalView,
    journal: JournalKey,
    key: TransactionKey,
}

impl JournalRows {
    /// In a file that is only in memory.
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);

        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("file:hostile-{number}?mode=memory&cache=shared");
        let open = || Connection::open(&name).expect("memory can be opened");
        let connection = open();
        connection.execute_batch(TABLE).expect("a table");
        Self(Mutex::new(File {
            connection,
            view: JournalView::new(open()),
            journal: JournalKey::fresh().expect("randomness"),
            key: TransactionKey {
                chain: "X".to_owned(),
                network: Network::Testnet,
                id: "1".to_owned(),
            },
        }))
    }
}

impl Default for JournalRows {
    fn default() -> Self {
        Self::new()
    }
}

impl Property for JournalRows {
    /// A row in each state.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let unsigned = concat!(
            r#"{"signers":[{"id":"w","index":1,"public_key":"#,
            r#""secp256k1:0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798","#,
            r#""address":"0xaa"}],"body":"00ff"}"#
        );
        let assembled = Assembled::new("0xf86c", "0x1234").with_expiry(7);
        let assembled = serde_json::to_string(&assembled).expect("plain data is JSON");
        let row = |state: &str, filled: &[(usize, char, &str)]| {
            let mut columns = vec![b"n".to_vec(); COLUMNS];
            let mut put = |at: usize, kind: char, text: &str| {
                let len = u16::try_from(text.len())
                    .expect("a short text")
                    .to_be_bytes();
                columns[at] = [kind.to_string().as_bytes(), &len, text.as_bytes()].concat();
            };
            put(0, 'b', &"p".repeat(32));
            put(1, 't', state);
            for (at, kind, text) in filled {
                put(*at, *kind, text);
            }
            for at in [2, 7, 9, 10, 11, 12] {
                if columns[at] == b"n" {
                    columns[at] = [&b"i"[..], &1_i64.to_be_bytes()].concat();
                }
            }
            columns[13] = b"b\0\0".to_vec();
            columns.concat()
        };
        let frozen = [(3, 't', unsigned), (4, 't', "pays")];
        let sealed = (5, 's', assembled.as_str());
        vec![
            row("received", &[]),
            row("declined", &[(8, 't', "no")]),
            row("frozen", &frozen),
            row("signed", &[frozen[0], frozen[1], sealed]),
            row("sent", &[frozen[0], frozen[1], sealed]),
            row("done", &[frozen[1], (6, 't', "0x1234")]),
            row("failed", &[(8, 't', "refused")]),
        ]
    }

    fn holds_for(&self, bytes: &[u8]) {
        let file = self.0.lock().expect("no thread panicked");
        file.put(bytes);
        let _ = file.view.show("1");
        assert!(
            file.load().is_err(),
            "a row that nobody authenticated was believed"
        );
        if row::authenticate(&file.connection, &file.journal, &file.key).is_err() {
            return;
        }
        if let Ok(found) = file.load() {
            file.keeps(&found.expect("the row is there"));
        }
    }
}

impl File {
    fn put(&self, mut bytes: &[u8]) {
        let columns: Vec<Value> = (0..COLUMNS)
            .map(|_| self.value(&mut bytes).unwrap_or(Value::Null))
            .collect();
        let mut insert = self.connection.prepare_cached(INSERT).expect("SQL");
        insert
            .execute(params_from_iter(columns))
            .expect("a row of any types");
    }

    fn load(&self) -> Result<Option<Stored>, JournalError> {
        Stored::load(&self.connection, &self.journal, &self.key)
    }

    /// A row that was read is written so that it reads the same, and leads on as records do.
    fn keeps(&self, found: &Stored) {
        found
            .store(&self.connection, &self.journal, &self.key)
            .expect("what was read can be written");
        let again = self.load().expect("what was written can be read");
        assert_eq!(
            again.as_ref(),
            Some(found),
            "another record once it is written"
        );
        let shown = self.view.show("1").expect("what was written can be shown");
        assert_eq!(shown.len(), 1, "one row");
        let _ = found.record.clone().receive(found.record.payload);
        let _ = found
            .record
            .clone()
            .receive(PayloadDigest::from_bytes([0; 32]));
    }

    fn value(&self, rest: &mut &[u8]) -> Option<Value> {
        let [kind] = take(rest)?;
        Some(match kind {
            b'i' => Value::Integer(i64::from_be_bytes(take(rest)?)),
            b'r' => Value::Real(f64::from_be_bytes(take(rest)?)),
            b't' | b'b' | b's' => {
                let len = usize::from(u16::from_be_bytes(take(rest)?));
                let (bytes, tail) = rest.split_at(len.min(rest.len()));
                *rest = tail;
                match kind {
                    b't' => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                    b'b' => Value::Blob(bytes.to_vec()),
                    _ => Value::Blob(self.sealed(bytes)),
                }
            }
            _ => Value::Null,
        })
    }

    fn sealed(&self, plain: &[u8]) -> Vec<u8> {
        let context = row::context(&self.key);
        self.journal.seal(plain, &context).expect("randomness")
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the property would look at nothing but refusals.
    #[test]
    fn each_seed_is_believed_once_it_is_authenticated() {
        let rows = JournalRows::new();
        let file = rows.0.lock().unwrap();
        for seed in rows.seeds() {
            file.put(&seed);
            row::authenticate(&file.connection, &file.journal, &file.key).unwrap();
            assert!(file.load().unwrap().is_some());
        }
    }
}
