//! A user's daemon at work for a cloud that has a node behind it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kms_tests::{
    cloud::{Answer, Cloud},
    daemon::{API_KEY, Running},
    node::JsonRpcNode,
    program::User,
    samples::pending_id,
};
use serde_json::{Value, json};

/// A user with an empty vault, which is quick to open, and a cloud.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) user: User,
    pub(crate) cloud: Cloud,
    answers: Arc<Mutex<Answers>>,
}

/// What a node has said.
#[derive(Debug, Default)]
struct Answers {
    /// The ids of what it has taken, by pending transaction.
    ids: BTreeMap<String, Value>,
    /// Why it has not taken what had a changed byte.
    refusals: Vec<String>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            user: User::with_wallets([]),
            cloud: Cloud::start(),
            answers: Arc::default(),
        }
    }

    /// What a command prints, as JSON.
    pub(crate) fn run(&self, line: &str) -> Value {
        self.user.run(line).json()
    }

    /// Makes and stores a wallet for a test network; gives its signature id.
    pub(crate) fn wallet(&self, chain: &str) -> String {
        let stored = self.run(&format!("generatemanagedwallet {chain} --testnet"));
        text(&stored["signatureId"]).to_owned()
    }

    /// What is broadcast here goes to the node, which is asked before whether it would take the
    /// same `with_a_changed_byte`.
    pub(crate) fn broadcast_to(
        &self,
        node: JsonRpcNode,
        path: &str,
        with_a_changed_byte: fn(&str) -> String,
    ) {
        let answers = Arc::clone(&self.answers);
        self.cloud.route("POST", path, move |request| {
            let body = request.json();
            let signed = text(&body["txData"]);
            let changed = with_a_changed_byte(signed);
            assert_ne!(changed, signed);
            let refusal = match node.call("submit", &json!([changed])) {
                Ok(id) => format!("taken: {id}"),
                Err(refusal) => refusal,
            };
            let taken = node.call("submit", &json!([signed]));
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.refusals.push(refusal);
            match taken {
                Ok(id) => {
                    let pending = text(&body["signatureId"]).to_owned();
                    answers.ids.insert(pending, id.clone());
                    Answer::ok(&json!({"txId": id}))
                }
                Err(refusal) => Answer::error(403, "broadcast.failed", &refusal),
            }
        });
    }

    /// What the node said of each transaction with a changed byte.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.answers().refusals.clone()
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the daemon.
    pub(crate) fn daemon(&self, arguments: &str) -> Running {
        let line = format!("daemon --log-format=json --period=1 {arguments}");
        self.user
            .run(&line)
            .env("TATUM_API_URL", self.cloud.url())
            .env("TATUM_API_KEY", API_KEY)
            .env("TATUM_RETRIES", "1")
            .env("TATUM_RETRY_DELAY", "10")
            .start()
    }

    /// Queues a transaction under this number.
    pub(crate) fn queue(&self, number: u64, pending: &Value) {
        let mut pending = pending.clone();
        pending["id"] = json!(pending_id(number));
        self.cloud.queue(&pending);
    }

    /// Waits until the node has taken the transaction of this number; gives the id that it has
    /// there.
    ///
    /// # Panics
    /// When its failure is reported instead.
    pub(crate) fn sent(&self, number: u64) -> Value {
        let id = pending_id(number);
        self.cloud.wait_for("a broadcast or a report", |state| {
            if let Some(failure) = state.failures_of(&id).next() {
                panic!("transaction {number}: {failure}");
            }
            state.broadcasts_of(&id).next().map(|_| ())
        });
        self.answers().ids[&id].clone()
    }

    /// Waits until the failure of the transaction of this number is reported; gives the text.
    pub(crate) fn failure(&self, number: u64) -> String {
        self.cloud.wait_for_failure(&pending_id(number))
    }

    /// Ends the daemon, and compares the ids in its journal with those that the node has.
    ///
    /// # Panics
    /// When it says that something was wrong, or an id is another.
    pub(crate) fn stop(&self, daemon: Running) {
        let done = daemon.stop();
        assert_eq!(done.code(), Some(0), "{done:?}");
        let rows = self.run("journal list --json --limit 1000");
        let rows = rows.as_array().expect("a list");
        for (pending, id) in &self.answers().ids {
            let row = rows.iter().find(|row| row["id"] == **pending);
            let row = row.unwrap_or_else(|| panic!("{pending} is not in the journal"));
            assert_eq!(row["transactionId"], *id, "{row}");
        }
    }
}

/// The text that a value is.
///
/// # Panics
/// When it is none.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
