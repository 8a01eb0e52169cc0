//! Watches the daemon: tells its story, and keeps what became of each transaction.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kms_core::daemon::{Observer, Outcome, Poll, Work};

use super::{cloud::SandboxCloud, story::Story};

/// The daemon's observer in the sandbox.
#[derive(Debug)]
pub(super) struct Watcher {
    cloud: Arc<SandboxCloud>,
    story: Story,
    titles: HashMap<String, &'static str>,
    worked: Mutex<HashMap<String, Worked>>,
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Worked {
    /// How the work on it ended.
    pub(super) outcome: Outcome,
    /// How long it took.
    pub(super) elapsed: Duration,
}

impl Watcher {
    /// Watches transactions with these titles, by their ids.
    pub(super) fn new(
        cloud: Arc<SandboxCloud>,
        story: Story,
        titles: HashMap<String, &'static str>,
    ) -> Self {
        Self {
            cloud,
            story,
            titles,
            worked: Mutex::default(),
        }
    }

    /// What became of the transaction `id`, if the daemon has worked on it.
    pub(super) fn worked(&self, id: &str) -> Option<Worked> {
        let worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        worked.get(id).cloned()
    }
}

impl Observer for Watcher {
    fn polled(&self, poll: &Poll<'_>) {
        let what = match poll.pending {
            Ok(pending) => format!(
                "polled for {} wallets: {pending} pending",
                poll.signature_ids
            ),
            Err(_) => "the poll failed".to_owned(),
        };
        self.story.tell(poll.chain, &what);
    }

    fn worked(&self, work: &Work<'_>) {
        let title = self.titles.get(work.transaction);
        let title = title.copied().unwrap_or(work.transaction);
        let approved = match self.cloud.state.closed(work.transaction) {
            Some(closed) if closed.approved => "4-eye approved, ",
            _ => "",
        };
        let what = match work.outcome {
            Outcome::Sent { .. } => {
                format!("{approved}signed, verified by the sandbox network")
            }
            Outcome::AlreadyDone => "sent before".to_owned(),
            Outcome::Rehearsed(summary) => format!("{approved}would be signed: {summary}"),
            Outcome::Declined(why) => format!("4-eye declined, not signed: {why}"),
            Outcome::Failed { text, .. } => format!("{approved}failed: {text}"),
            Outcome::Postponed { why, .. } => format!("{approved}not signed: {why}"),
            Outcome::Uncertain(why) => format!("{approved}outcome unknown: {why}"),
        };
        self.story.tell(work.chain, &format!("{title}: {what}"));
        let worked = Worked {
            outcome: work.outcome.clone(),
            elapsed: work.elapsed,
        };
        let mut all = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(work.transaction.to_owned(), worked);
    }
}
