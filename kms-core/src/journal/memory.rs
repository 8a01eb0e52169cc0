//! A journal that lives as long as the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    Backlog, Journal, JournalError, PayloadDigest, Standing, Step, TransactionKey, record::Record,
};

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

impl Records {
    fn forget_oldest(&mut self) {
        while self.finished.len() > MemoryJournal::FINISHED_KEPT {
            if let Some(oldest) = self.finished.pop_front()
                && self
                    .by_key
                    .get(&oldest)
                    .is_some_and(|record| record.state.is_finished())
            {
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
        if let Some(record) = records.by_key.get_mut(key) {
            return Ok(record.receive(payload));
        }
        let unfinished = records.by_key.len().saturating_sub(records.finished.len());
        if unfinished >= Self::UNFINISHED_LIMIT {
            return Err(JournalError::Full(unfinished));
        }
        records.by_key.insert(key.clone(), Record::new(payload));
        Ok(Standing::Open)
    }

    async fn advance(&self, key: &TransactionKey, step: Step) -> Result<(), JournalError> {
        let mut records = self.records();
        let out_of_order = |state, step| JournalError::OutOfOrder {
            id: key.id.clone(),
            state,
            step,
        };
        let record = records
            .by_key
            .get_mut(key)
            .ok_or_else(|| out_of_order("unknown", step.name()))?;
        let was_finished = record.state.is_finished();
        record
            .advance(&step)
            .map_err(|error| out_of_order(error.state, error.step))?;
        if record.state.is_finished() && !was_finished {
            records.finished.push_back(key.clone());
            records.forget_oldest();
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, JournalError> {
        let records = self.records();
        Ok(records.by_key.values().map(|one| &one.state).collect())
    }

    async fn check(&self) -> Result<(), JournalError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::record::State, *};
    use crate::chain::{Assembled, Network, PendingTransaction, Unsigned};

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

    #[test]
    fn the_oldest_finished_ones_are_forgotten_and_none_that_was_opened_again() {
        let journal = MemoryJournal::new();
        let mut records = journal.records();
        for number in 0..MemoryJournal::FINISHED_KEPT + 2 {
            let key = key(&number.to_string());
            let mut record = Record::new(PayloadDigest::from_bytes([7; 32]));
            if number > 0 {
                record.state = State::Done {
                    summary: String::new(),
                    transaction_id: String::new(),
                };
            }
            records.by_key.insert(key.clone(), record);
            records.finished.push_back(key);
        }
        records.forget_oldest();
        let kept = ["0", "1", "2"].map(|id| records.by_key.contains_key(&key(id)));
        assert_eq!(kept, [true, false, true]);
        assert_eq!(records.finished.len(), MemoryJournal::FINISHED_KEPT);
    }

    fn unsigned() -> Unsigned {
        Unsigned::new(Vec::new(), vec![1])
    }

    fn frozen() -> Step {
        Step::Frozen {
            unsigned: unsigned(),
            summary: "pays".to_owned(),
        }
    }

    fn signed(text: &str) -> Step {
        Step::Signed(assembled(text))
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
        journal.advance(&key, frozen()).await.unwrap();
        assert_eq!(
            journal.receive(&key, payload).await,
            Ok(Standing::Frozen(unsigned()))
        );
        journal.advance(&key, signed("s")).await.unwrap();
        journal.advance(&key, Step::Sending).await.unwrap();
        assert_eq!(
            journal.receive(&key, payload).await,
            Ok(Standing::Signed {
                unsigned: unsigned(),
                assembled: assembled("s"),
                maybe_sent: true
            })
        );
        journal.advance(&key, Step::Done).await.unwrap();
        assert_eq!(journal.receive(&key, payload).await, Ok(Standing::Done));
    }

    #[tokio::test]
    async fn what_is_finished_is_listed_once_and_no_backlog() {
        let journal = MemoryJournal::new();
        for id in ["1", "2"] {
            let payload = PayloadDigest::of(&pending(id, "t"));
            journal.receive(&key(id), payload).await.unwrap();
        }
        let failed = Step::Failed {
            reason: "no".to_owned(),
            executed: true,
        };
        for step in [failed, Step::Reported] {
            journal.advance(&key("1"), step).await.unwrap();
            assert_eq!(journal.records().finished, [key("1")]);
        }
        let backlog = journal.backlog().await.unwrap();
        let waiting: Vec<_> = backlog
            .by_state()
            .into_iter()
            .filter(|it| it.1 > 0)
            .collect();
        assert_eq!(waiting, [("received", 1)]);
    }

    #[tokio::test]
    async fn nothing_is_frozen_or_signed_twice() {
        let journal = MemoryJournal::new();
        let (key, payload) = (key("1"), PayloadDigest::of(&pending("1", "t")));
        journal.receive(&key, payload).await.unwrap();
        assert!(journal.advance(&key, signed("s")).await.is_err());
        journal.advance(&key, frozen()).await.unwrap();
        assert!(journal.advance(&key, frozen()).await.is_err());
        journal.advance(&key, signed("s")).await.unwrap();
        assert!(journal.advance(&key, signed("t")).await.is_err());
        journal.advance(&key, Step::Done).await.unwrap();
        let late = Step::Failed {
            reason: "late".to_owned(),
            executed: false,
        };
        assert!(journal.advance(&key, late).await.is_err());
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
            MemoryJournal::new().advance(&key("1"), frozen()).await,
            Err(JournalError::OutOfOrder {
                id: "1".to_owned(),
                state: "unknown",
                step: "freezing"
            })
        );
    }
}
