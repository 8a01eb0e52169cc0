//! Transactions that are not looked at in every cycle.

use std::{collections::HashMap, time::Duration};

use super::{Outcome, backoff::Backoff, listing::Listing};

/// The longest pause before a transaction that the network or a server kept waiting is tried again.
const LONGEST_TROUBLE_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause before a transaction that was declined or failed is looked at again.
const LONGEST_DECISION_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Where transactions wait for their next try.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    by_id: HashMap<String, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    backoff: Backoff,
    /// Whether later transactions of the same signer must wait for it.
    blocks_signer: bool,
}

/// What is to be done with a listed transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is worked on.
    Now,
    /// It waits, others of its signer need not.
    Later,
    /// It may have been sent and waits: nothing of the same signer may overtake it.
    LaterAndBlocks,
}

impl WaitingRoom {
    /// Whether `id` is to be worked on.
    pub(super) fn turn(&self, id: &str) -> Turn {
        match self.by_id.get(id) {
            Some(waiting) if !waiting.backoff.is_due() && waiting.blocks_signer => {
                Turn::LaterAndBlocks
            }
            Some(waiting) if !waiting.backoff.is_due() => Turn::Later,
            _ => Turn::Now,
        }
    }

    /// Takes in how the work on `id` ended.
    pub(super) fn remember(&mut self, id: &str, outcome: &Outcome, period: Duration) {
        let (blocks_signer, longest) = match outcome {
            Outcome::Sent { .. } | Outcome::AlreadyDone => {
                self.by_id.remove(id);
                return;
            }
            Outcome::Declined(_) | Outcome::Failed { .. } | Outcome::Rehearsed(_) => {
                (false, LONGEST_DECISION_PAUSE)
            }
            Outcome::Postponed { .. } | Outcome::Uncertain(_) => (true, LONGEST_TROUBLE_PAUSE),
        };
        let waiting = self.by_id.entry(id.to_owned()).or_insert_with(|| Waiting {
            backoff: Backoff::new(),
            blocks_signer,
        });
        waiting.blocks_signer = blocks_signer;
        waiting.backoff.fail(period, longest);
    }

    /// Forgets what the cloud no longer lists.
    pub(super) fn keep_listed(&mut self, listing: &Listing) {
        self.by_id.retain(|id, _| listing.names(id));
    }
}
