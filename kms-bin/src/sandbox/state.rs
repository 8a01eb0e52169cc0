//! What the sandbox's cloud remembers: transactions that wait, those that are closed, and whose
//! wallets it has been told about.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kms_core::chain::{Address, PendingTransaction, rehearsal::RehearsalWallet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use thiserror::Error;

/// How many transactions may wait at a time, how many wallets may be known, and how many of each
/// kind of closed record are kept.
const LIMIT: usize = 10_000;

/// The sandbox's memory. Each call is one critical section.
#[derive(Debug, Default)]
pub(super) struct State(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    pending: Vec<Queued>,
    closed: VecDeque<Closed>,
    errors: VecDeque<FailureReport>,
    rejected: VecDeque<Rejected>,
    wallets: HashMap<String, RehearsalWallet>,
    /// What plugins sent to nodes by themselves, by chain and transaction id.
    sent: HashMap<(&'static str, String), String>,
}

#[derive(Debug)]
struct Queued {
    transaction: PendingTransaction,
    approval: Approval,
    /// Whether the 4-eye server was asked and said yes.
    approved: bool,
}

/// What the 4-eye server thinks of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Approval {
    /// It asked for this transaction.
    Approve,
    /// It knows the transaction and does not want it.
    Decline,
    /// It never heard of it.
    Unknown,
}

/// The answer of the 4-eye server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Sign it.
    Approved,
    /// Do not.
    Declined,
    /// Never heard of it.
    Unknown,
    /// The id is known, but with another content.
    Different,
}

/// How a transaction left the list of pending ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum How {
    /// Its broadcast was verified.
    Broadcast,
    /// The broadcast of its off-chain withdrawal was verified.
    Withdrawal,
    /// Somebody said that it is complete.
    Completed,
    /// Somebody deleted it.
    Deleted,
    /// The KMS reported that it cannot be signed.
    Failed,
}

/// A transaction that does not wait any more.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closed {
    /// The pending transaction's id.
    pub(super) id: String,
    /// Code of its chain.
    pub(super) chain: String,
    /// What happened to it.
    pub(super) how: How,
    /// Whether the 4-eye server of the sandbox was asked before, and approved.
    pub(super) approved: bool,
    /// Its id on the chain.
    pub(super) tx_id: Option<String>,
    /// Whose signatures it carries.
    pub(super) signers: Vec<Address>,
    /// What was broadcast.
    pub(super) tx_data: Option<String>,
}

/// An element of the batch report.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailureReport {
    /// The pending transaction's id.
    pub(super) signature_id: String,
    /// What went wrong.
    pub(super) error: String,
}

/// A broadcast that did not stand up to verification.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rejected {
    id: String,
    reason: String,
}

impl State {
    /// Remembers a signed transaction that a node of `chain` was sent under this id.
    pub(super) fn remember_sent(&self, chain: &'static str, id: String, transaction: String) {
        let sent = &mut self.records().sent;
        if sent.len() < LIMIT {
            sent.insert((chain, id), transaction);
        }
    }

    /// The signed transaction that a node of `chain` was sent under this id.
    pub(super) fn sent(&self, chain: &'static str, id: &str) -> Option<String> {
        self.records().sent.get(&(chain, id.to_owned())).cloned()
    }

    /// Puts a transaction at the end of the list.
    ///
    /// # Errors
    /// [`QueueError`]
    pub(super) fn queue(
        &self,
        transaction: PendingTransaction,
        approval: Approval,
    ) -> Result<(), QueueError> {
        let mut records = self.records();
        let id = &transaction.id;
        let closed = records.closed.iter().any(|closed| closed.id == *id);
        if closed || records.queued(id).is_some() {
            return Err(QueueError::Taken(id.clone()));
        }
        if records.pending.len() >= LIMIT {
            return Err(QueueError::Full);
        }
        records.pending.push(Queued {
            transaction,
            approval,
            approved: false,
        });
        Ok(())
    }

    /// The pending transactions of `chain` that name one of these signature ids, oldest first.
    pub(super) fn pending(
        &self,
        chain: &str,
        signature_ids: &HashSet<String>,
    ) -> Vec<Box<RawValue>> {
        let records = self.records();
        let mine = |transaction: &PendingTransaction| {
            transaction.chain == chain
                && wallet_ids(transaction).any(|id| signature_ids.contains(id))
        };
        let transactions = records.pending.iter().map(|queued| &queued.transaction);
        transactions
            .filter(|transaction| mine(transaction))
            .map(|transaction| transaction.raw().to_owned())
            .collect()
    }

    /// The pending transaction under `id`.
    pub(super) fn find(&self, id: &str) -> Option<PendingTransaction> {
        let mut records = self.records();
        Some(records.queued(id)?.transaction.clone())
    }

    /// The closed transaction under `id`.
    pub(super) fn closed(&self, id: &str) -> Option<Closed> {
        let records = self.records();
        records.closed.iter().find(|one| one.id == id).cloned()
    }

    /// Takes the transaction off the list; whether it was there.
    pub(super) fn close(&self, id: &str, how: How, ending: Ending) -> bool {
        self.records().close(id, how, ending)
    }

    /// Remembers that a broadcast was refused. The transaction goes on waiting.
    pub(super) fn reject(&self, id: &str, reason: &str) {
        let rejected = Rejected {
            id: id.to_owned(),
            reason: reason.to_owned(),
        };
        keep(&mut self.records().rejected, rejected);
    }

    /// Closes the transactions that the KMS could not sign.
    pub(super) fn fail(&self, reports: Vec<FailureReport>) {
        let mut records = self.records();
        for report in reports {
            records.close(&report.signature_id, How::Failed, Ending::default());
            keep(&mut records.errors, report);
        }
    }

    /// Tells the 4-eye server what to answer; whether the transaction waits.
    pub(super) fn instruct(&self, id: &str, approval: Approval) -> bool {
        match self.records().queued(id) {
            Some(queued) => {
                queued.approval = approval;
                true
            }
            None => false,
        }
    }

    /// What the 4-eye server says to a transaction, which it is shown with `content` or not.
    pub(super) fn decide(&self, id: &str, content: Option<&Value>) -> Decision {
        let mut records = self.records();
        let Some(queued) = records.queued(id) else {
            return Decision::Unknown;
        };
        match queued.approval {
            Approval::Unknown => return Decision::Unknown,
            Approval::Decline => return Decision::Declined,
            Approval::Approve => {}
        }
        if let Some(content) = content {
            let expected = serde_json::from_str::<Value>(queued.transaction.raw().get());
            if expected.ok().as_ref() != Some(content) {
                return Decision::Different;
            }
        }
        queued.approved = true;
        Decision::Approved
    }

    /// Remembers whose addresses are whose.
    ///
    /// # Errors
    /// [`QueueError::Full`]
    pub(super) fn add_wallet(&self, wallet: RehearsalWallet) -> Result<(), QueueError> {
        let mut records = self.records();
        if records.wallets.len() >= LIMIT && !records.wallets.contains_key(&wallet.id) {
            return Err(QueueError::Full);
        }
        records.wallets.insert(wallet.id.clone(), wallet);
        Ok(())
    }

    /// The addresses that may sign `transaction`: those of the wallets it names, at the index it
    /// names where it does. Nothing when one of the wallets is not known here.
    pub(super) fn owners(&self, transaction: &PendingTransaction) -> Option<Vec<Address>> {
        let records = self.records();
        let mut owners = Vec::new();
        for id in wallet_ids(transaction) {
            let wallet = records.wallets.get(id)?;
            // An off-chain withdrawal has its indexes elsewhere.
            let indexes: Vec<u32> = if !wallet.mnemonic || transaction.withdrawal_id.is_some() {
                Vec::new()
            } else {
                let signatures = transaction.signatures.iter();
                let named = signatures.filter(|signature| signature.id == id);
                let named = named.filter_map(|signature| signature.index);
                named.chain(transaction.index).collect()
            };
            for (index, address) in (0..).zip(&wallet.addresses) {
                if indexes.is_empty() || indexes.contains(&index) {
                    owners.push(address.clone());
                }
            }
        }
        Some(owners)
    }

    /// Everything, for people and tests.
    pub(super) fn snapshot(&self) -> Snapshot {
        let records = self.records();
        let pending = records.pending.iter().map(|queued| PendingRecord {
            approval: queued.approval,
            transaction: queued.transaction.raw().to_owned(),
        });
        Snapshot {
            pending: pending.collect(),
            done: records.closed.iter().cloned().collect(),
            errors: records.errors.iter().cloned().collect(),
            rejected: records.rejected.iter().cloned().collect(),
        }
    }

    /// No step leaves a record half written, so a panic elsewhere does no harm.
    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn queued(&mut self, id: &str) -> Option<&mut Queued> {
        self.pending
            .iter_mut()
            .find(|queued| queued.transaction.id == id)
    }

    fn close(&mut self, id: &str, how: How, ending: Ending) -> bool {
        let position = self
            .pending
            .iter()
            .position(|queued| queued.transaction.id == id);
        let Some(position) = position else {
            return false;
        };
        let queued = self.pending.remove(position);
        let closed = Closed {
            id: queued.transaction.id,
            chain: queued.transaction.chain,
            how,
            approved: queued.approved,
            tx_id: ending.tx_id,
            signers: ending.signers,
            tx_data: ending.tx_data,
        };
        keep(&mut self.closed, closed);
        true
    }
}

/// What is known about a transaction that is closed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending {
    /// Its id on the chain.
    pub(super) tx_id: Option<String>,
    /// Whose signatures it carries.
    pub(super) signers: Vec<Address>,
    /// What was broadcast.
    pub(super) tx_data: Option<String>,
}

/// The answer to `GET /sandbox/state`.
#[derive(Debug, Serialize)]
pub(super) struct Snapshot {
    pending: Vec<PendingRecord>,
    done: Vec<Closed>,
    errors: Vec<FailureReport>,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Serialize)]
struct PendingRecord {
    approval: Approval,
    transaction: Box<RawValue>,
}

/// Why a transaction is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum QueueError {
    /// There is or was another one under this id.
    #[error("there is or was a transaction {0} already")]
    Taken(String),
    /// Too much is waiting.
    #[error("the sandbox takes no more than {LIMIT} at a time")]
    Full,
}

/// The wallets a transaction names, each once.
fn wallet_ids(transaction: &PendingTransaction) -> impl Iterator<Item = &str> {
    let mut seen = HashSet::new();
    let hashes = transaction.hashes.iter();
    let signatures = transaction.signatures.iter().map(|signature| &signature.id);
    hashes
        .chain(signatures)
        .map(String::as_str)
        .filter(move |id| seen.insert(*id))
}

fn keep<T>(list: &mut VecDeque<T>, one: T) {
    if list.len() >= LIMIT {
        list.pop_front();
    }
    list.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn transaction(id: &str, chain: &str, members: Value) -> PendingTransaction {
        let mut json = json!({
            "id": id,
            "chain": chain,
            "serializedTransaction": "{}",
            "hashes": [],
        });
        for (name, value) in members.as_object().unwrap() {
            json[name] = value.clone();
        }
        let raw = serde_json::value::to_raw_value(&json).unwrap();
        PendingTransaction::from_raw(&raw).unwrap()
    }

    fn ids(transactions: &[Box<RawValue>]) -> Vec<String> {
        let id = |raw: &RawValue| PendingTransaction::from_raw(raw).unwrap().id;
        transactions.iter().map(|raw| id(raw)).collect()
    }

    fn wanted(ids: &[&str]) -> HashSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn wallet(id: &str, mnemonic: bool, addresses: &[&str]) -> RehearsalWallet {
        RehearsalWallet {
            id: id.to_owned(),
            mnemonic,
            addresses: addresses.iter().map(|text| Address::new(*text)).collect(),
        }
    }

    #[test]
    fn a_poll_brings_what_names_a_polled_wallet_of_the_polled_chain() {
        let state = State::default();
        let transactions = [
            transaction("1", "ETH", json!({"hashes": ["a"]})),
            transaction("2", "ETH", json!({"hashes": ["b"]})),
            transaction("3", "BTC", json!({"hashes": ["a"]})),
            transaction("4", "ETH", json!({"signatures": [{"id": "a", "index": 1}]})),
            transaction("5", "ETH", json!({})),
        ];
        for one in transactions {
            state.queue(one, Approval::Approve).unwrap();
        }
        assert_eq!(ids(&state.pending("ETH", &wanted(&["a", "x"]))), ["1", "4"]);
        assert_eq!(ids(&state.pending("ETH", &wanted(&["b"]))), ["2"]);
        assert_eq!(ids(&state.pending("BTC", &wanted(&["a"]))), ["3"]);
        assert!(state.pending("ETH", &wanted(&[])).is_empty());
        assert!(state.pending("LTC", &wanted(&["a"])).is_empty());
    }

    #[test]
    fn an_id_is_taken_once_and_for_all() {
        let state = State::default();
        let one = || transaction("1", "ETH", json!({"hashes": ["a"]}));
        state.queue(one(), Approval::Approve).unwrap();
        let taken = Err(QueueError::Taken("1".to_owned()));
        assert_eq!(state.queue(one(), Approval::Approve), taken);
        assert!(state.close("1", How::Completed, Ending::default()));
        assert!(!state.close("1", How::Completed, Ending::default()));
        assert!(state.pending("ETH", &wanted(&["a"])).is_empty());
        assert_eq!(state.queue(one(), Approval::Approve), taken);
    }

    #[test]
    fn the_list_has_a_limit() {
        let state = State::default();
        for number in 0..LIMIT {
            let one = transaction(&number.to_string(), "ETH", json!({}));
            state.records().pending.push(Queued {
                transaction: one,
                approval: Approval::Approve,
                approved: false,
            });
        }
        let more = transaction("more", "ETH", json!({}));
        assert_eq!(state.queue(more, Approval::Approve), Err(QueueError::Full));
    }

    #[test]
    fn the_4_eye_server_approves_only_what_it_knows_and_only_that_content() {
        let state = State::default();
        let one = transaction("1", "ETH", json!({}));
        let content: Value = serde_json::from_str(one.raw().get()).unwrap();
        state.queue(one, Approval::Approve).unwrap();
        let other = transaction("2", "ETH", json!({}));
        state.queue(other, Approval::Unknown).unwrap();

        let mut altered = content.clone();
        altered["serializedTransaction"] = json!("{\"to\":\"thief\"}");
        assert_eq!(state.decide("1", Some(&altered)), Decision::Different);
        assert_eq!(state.decide("1", Some(&content)), Decision::Approved);
        assert_eq!(state.decide("1", None), Decision::Approved);
        assert_eq!(state.decide("2", None), Decision::Unknown);
        assert_eq!(state.decide("3", None), Decision::Unknown);
        assert!(state.instruct("1", Approval::Decline));
        assert_eq!(state.decide("1", None), Decision::Declined);
        assert!(!state.instruct("3", Approval::Approve));
    }

    #[test]
    fn a_closed_transaction_says_whether_it_was_approved() {
        let state = State::default();
        for id in ["asked", "not asked"] {
            let one = transaction(id, "ETH", json!({}));
            state.queue(one, Approval::Approve).unwrap();
        }
        assert_eq!(state.decide("asked", None), Decision::Approved);
        for (id, approved) in [("asked", true), ("not asked", false)] {
            assert!(state.close(id, How::Broadcast, Ending::default()));
            assert_eq!(state.closed(id).unwrap().approved, approved);
        }
    }

    #[test]
    fn a_reported_failure_closes_the_transaction() {
        let state = State::default();
        let one = transaction("1", "ETH", json!({}));
        state.queue(one, Approval::Approve).unwrap();
        state.fail(vec![FailureReport {
            signature_id: "1".to_owned(),
            error: "no".to_owned(),
        }]);
        assert!(state.find("1").is_none());
        assert_eq!(state.closed("1").unwrap().how, How::Failed);
    }

    #[test]
    fn owners_are_the_addresses_at_the_named_indexes() {
        let state = State::default();
        for one in [
            wallet("words", true, &["w0", "w1", "w2"]),
            wallet("key", false, &["k"]),
        ] {
            state.add_wallet(one).unwrap();
        }
        let cases = [
            (json!({"hashes": ["words"], "index": 1}), vec!["w1"]),
            (json!({"hashes": ["words"]}), vec!["w0", "w1", "w2"]),
            (json!({"hashes": ["key"], "index": 1}), vec!["k"]),
            (
                json!({
                    "hashes": ["words", "key"],
                    "signatures": [{"id": "words", "index": 0}, {"id": "words", "index": 2}],
                }),
                vec!["w0", "w2", "k"],
            ),
            (
                json!({"hashes": ["words"], "index": 1, "withdrawalId": "x"}),
                vec!["w0", "w1", "w2"],
            ),
        ];
        for (members, expected) in cases {
            let owners = state.owners(&transaction("1", "ETH", members.clone()));
            let expected: Vec<Address> = expected.into_iter().map(Address::new).collect();
            assert_eq!(owners, Some(expected), "{members}");
        }
        let foreign = transaction("1", "ETH", json!({"hashes": ["words", "foreign"]}));
        assert_eq!(state.owners(&foreign), None);
    }
}
