//! A journal that lives as long as the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Journal, JournalError, PayloadDigest, Standing, TransactionKey};
use crate::chain::{Assembled, Unsigned};

/// Keeps every unfinished transaction, and the last [`FINISHED_KEPT`](Self::FINISHED_KEPT)
/// finished ones so that a cloud that still lists them does not have them signed again.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Records>);

impl MemoryJournal {
    /// How many finished transactions are remembered.
    pub const FINISHED_KEPT: usize = 100_000;
    /// How many unfinished transactions are taken in.
    pub const UNFINISHED_LIMIT: usize = 1_000_000;

    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic in another thread leaves whole records behind: each change is one assignment.
    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Records {
    by_key: HashMap<TransactionKey, Record>,
    finished: VecDeque<TransactionKey>,
}

#[derive(Debug)]
struct Record {
    payload: PayloadDigest,
    state: State,
}

#[derive(Debug)]
enum State {
    Received,
    Frozen(Unsigned),
    Signed {
        unsigned: Unsigned,
        assembled: Assembled,
        maybe_sent: bool,
    },
    Done,
    Failed(String),
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Frozen(_) => "frozen",
            Self::Signed { .. } => "signed",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }

    fn with_maybe_sent(&self, maybe_sent: bool) -> Option<Self> {
        match self {
            Self::Signed {
                unsigned,
                assembled,
                ..
            } => Some(Self::Signed {
                unsigned: unsigned.clone(),
                assembled: assembled.clone(),
                maybe_sent,
            }),
            _ => None,
        }
    }
}

impl Records {
    /// Replaces the state of `key` by what `step` makes of it; `None` leaves it as it is.
    fn advance(
        &mut self,
        key: &TransactionKey,
        name: &'static str,
        step: impl FnOnce(&State) -> Option<State>,
    ) -> Result<(), JournalError> {
        let out_of_order = |state| JournalError::OutOfOrder {
            id: key.id.clone(),
            state,
            step: name,
        };
        let record = self
            .by_key
            .get_mut(key)
            .ok_or_else(|| out_of_order("unknown"))?;
        let next = step(&record.state).ok_or_else(|| out_of_order(record.state.name()))?;
        if matches!(next, State::Done | State::Failed(_)) {
            self.finished.push_back(key.clone());
        }
        record.state = next;
        self.forget_oldest();
        Ok(())
    }

    fn forget_oldest(&mut self) {
        while self.finished.len() > MemoryJournal::FINISHED_KEPT {
            if let Some(oldest) = self.finished.pop_front() {
                self.by_key.remove(&oldest);
            }
        }
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn receive(
        &self,
        key: &TransactionKey,
        payload: PayloadDigest,
    ) -> Result<Standing, JournalError> {
        let mut records = self.records();
        if let Some(record) = records.by_key.get(key) {
            if record.payload != payload {
                return Ok(Standing::Conflict);
            }
            return Ok(match &record.state {
                State::Received => Standing::Open,
                State::Frozen(unsigned) => Standing::Frozen(unsigned.clone()),
                State::Signed {
                    unsigned,
                    assembled,
                    maybe_sent,
                } => Standing::Signed {
                    unsigned: unsigned.clone(),
                    assembled: assembled.clone(),
                    maybe_sent: *maybe_sent,
                },
                State::Done => Standing::Done,
                State::Failed(reason) => Standing::Failed(reason.clone()),
            });
        }
        let unfinished = records.by_key.len().saturating_sub(records.finished.len());
        if unfinished >= Self::UNFINISHED_LIMIT {
            return Err(JournalError::Full(unfinished));
        }
        let state = State::Received;
        records
            .by_key
            .insert(key.clone(), Record { payload, state });
        Ok(Standing::Open)
    }

    async fn freeze(&self, key: &TransactionKey, unsigned: &Unsigned) -> Result<(), JournalError> {
        self.records()
            .advance(key, "freezing", |state| match state {
                State::Received => Some(State::Frozen(unsigned.clone())),
                _ => None,
            })
    }

    async fn signed(
        &self,
        key: &TransactionKey,
        assembled: &Assembled,
    ) -> Result<(), JournalError> {
        self.records().advance(key, "signing", |state| match state {
            State::Frozen(unsigned) => Some(State::Signed {
                unsigned: unsigned.clone(),
                assembled: assembled.clone(),
                maybe_sent: false,
            }),
            _ => None,
        })
    }

    async fn completed(
        &self,
        key: &TransactionKey,
        assembled: &Assembled,
    ) -> Result<(), JournalError> {
        self.records()
            .advance(key, "completing", |state| match state {
                State::Signed {
                    unsigned,
                    maybe_sent: false,
                    ..
                } => Some(State::Signed {
                    unsigned: unsigned.clone(),
                    assembled: assembled.clone(),
                    maybe_sent: false,
                }),
                _ => None,
            })
    }

    async fn sending(&self, key: &TransactionKey) -> Result<(), JournalError> {
        self.records()
            .advance(key, "sending", |state| state.with_maybe_sent(true))
    }

    async fn unsent(&self, key: &TransactionKey) -> Result<(), JournalError> {
        self.records()
            .advance(key, "not sending", |state| state.with_maybe_sent(false))
    }

    async fn expired(&self, key: &TransactionKey) -> Result<(), JournalError> {
        self.records().advance(key, "expiry", |state| match state {
            State::Signed { .. } => Some(State::Received),
            _ => None,
        })
    }

    async fn done(&self, key: &TransactionKey) -> Result<(), JournalError> {
        self.records()
            .advance(key, "completion", |state| match state {
                State::Signed { .. } => Some(State::Done),
                _ => None,
            })
    }

    async fn failed(&self, key: &TransactionKey, reason: &str) -> Result<(), JournalError> {
        self.records().advance(key, "failure", |state| match state {
            State::Done | State::Failed(_) => None,
            _ => Some(State::Failed(reason.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Network, PendingTransaction};

    fn pending(id: &str, serialized: &str) -> PendingTransaction {
        let json = format!(
            r#"{{"id":"{id}","chain":"X","serializedTransaction":"{serialized}","hashes":["a"]}}"#
        );
        PendingTransaction::from_raw(&serde_json::value::RawValue::from_string(json).unwrap())
            .unwrap()
    }

    fn key(id: &str) -> TransactionKey {
        TransactionKey {
            chain: "X".to_owned(),
            network: Network::Testnet,
            id: id.to_owned(),
        }
    }

    fn unsigned() -> Unsigned {
        Unsigned {
            signers: Vec::new(),
            body: vec![1],
        }
    }

    fn assembled(text: &str) -> Assembled {
        Assembled::new(text, "id")
    }

    #[tokio::test]
    async fn a_transaction_resumes_where_it_stood() {
        let journal = MemoryJournal::new();
        let (key, payload) = (key("1"), PayloadDigest::of(&pending("1", "t")));
        assert_eq!(journal.receive(&key, payload).await, Ok(Standing::Open));
        assert_eq!(journal.receive(&key, payload).await, Ok(Standing::Open));
        journal.freeze(&key, &unsigned()).await.unwrap();
        assert_eq!(
            journal.receive(&key, payload).await,
            Ok(Standing::Frozen(unsigned()))
        );
        journal.signed(&key, &assembled("s")).await.unwrap();
        journal.sending(&key).await.unwrap();
        assert_eq!(
            journal.receive(&key, payload).await,
            Ok(Standing::Signed {
                unsigned: unsigned(),
                assembled: assembled("s"),
                maybe_sent: true
            })
        );
        journal.done(&key).await.unwrap();
        assert_eq!(journal.receive(&key, payload).await, Ok(Standing::Done));
    }

    #[tokio::test]
    async fn nothing_is_frozen_or_signed_twice() {
        let journal = MemoryJournal::new();
        let (key, payload) = (key("1"), PayloadDigest::of(&pending("1", "t")));
        journal.receive(&key, payload).await.unwrap();
        assert!(journal.signed(&key, &assembled("s")).await.is_err());
        journal.freeze(&key, &unsigned()).await.unwrap();
        assert!(journal.freeze(&key, &unsigned()).await.is_err());
        journal.signed(&key, &assembled("s")).await.unwrap();
        assert!(journal.signed(&key, &assembled("t")).await.is_err());
        journal.done(&key).await.unwrap();
        assert!(journal.failed(&key, "late").await.is_err());
    }

    #[tokio::test]
    async fn another_payload_under_a_known_id_is_a_conflict() {
        let journal = MemoryJournal::new();
        let payload = PayloadDigest::of(&pending("1", "t"));
        journal.receive(&key("1"), payload).await.unwrap();
        let other = PayloadDigest::of(&pending("1", "u"));
        assert_eq!(
            journal.receive(&key("1"), other).await,
            Ok(Standing::Conflict)
        );
        assert_eq!(
            journal.receive(&key("1"), payload).await,
            Ok(Standing::Open)
        );
    }

    #[tokio::test]
    async fn an_unknown_transaction_cannot_be_frozen() {
        assert_eq!(
            MemoryJournal::new().freeze(&key("1"), &unsigned()).await,
            Err(JournalError::OutOfOrder {
                id: "1".to_owned(),
                state: "unknown",
                step: "freezing"
            })
        );
    }
}
