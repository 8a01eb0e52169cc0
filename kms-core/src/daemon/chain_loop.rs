//! One chain's cycle: poll, work, report.

use std::{
    collections::{HashMap, HashSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinError, JoinSet},
};

use super::{
    DaemonConfig, Mode, Observer, Outcome, Poll, Selection, Work, backoff::Backoff,
    notice_board::NoticeBoard, transaction::Desk,
};
use crate::{
    chain::PendingTransaction,
    cloud::{CloudError, Failure, PendingAnswer},
    failpoint::{Place, reach},
};

/// The most signature ids that the cloud takes in one poll.
const IDS_PER_POLL: usize = 25_000;
/// The longest pause after failed polls.
const LONGEST_POLL_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause before a transaction that the network or a server kept waiting is tried again.
const LONGEST_TROUBLE_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause before a transaction that was declined or failed is looked at again.
const LONGEST_DECISION_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Works on one chain. Others cannot delay or stop it.
pub(super) struct ChainLoop {
    pub(super) desk: Arc<Desk>,
    pub(super) config: Arc<DaemonConfig>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) notices: Arc<NoticeBoard>,
    pub(super) shutdown: watch::Receiver<bool>,
    poll_backoff: Backoff,
    waiting: HashMap<String, Waiting>,
    ids: PolledIds,
    chunks_announced: bool,
    /// The work that goes on, a task for each signer. A poll does not wait for it.
    in_work: JoinSet<Finished>,
    /// Whose transactions are in work.
    busy: HashSet<Signer>,
    /// Limits how many transactions are worked on at a time.
    permits: Arc<Semaphore>,
}

/// What became of the transactions of one signer.
struct Finished {
    signer: Signer,
    outcomes: Vec<(String, Outcome)>,
}

/// A transaction that is not looked at in every cycle.
struct Waiting {
    backoff: Backoff,
    /// Whether later transactions of the same signer must wait for it.
    blocks_signer: bool,
}

/// The ids to poll for, kept until the vault changes.
#[derive(Default)]
struct PolledIds {
    revision: Option<u64>,
    ids: Vec<String>,
}

/// What the polls of one cycle brought.
#[derive(Default)]
struct Listing {
    /// The pending transactions, each once, in the cloud's order.
    transactions: Vec<PendingTransaction>,
    /// Ids of list elements that are no pending transaction, and why.
    unreadable: Vec<(String, String)>,
    /// Whether every poll succeeded.
    complete: bool,
}

impl Listing {
    fn ids(&self) -> HashSet<&str> {
        let readable = self.transactions.iter().map(|one| one.id.as_str());
        readable
            .chain(self.unreadable.iter().map(|(id, _)| id.as_str()))
            .collect()
    }
}

/// What a cycle came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transactions signed and accepted.
    pub sent: usize,
    /// Transactions that were not approved.
    pub declined: usize,
    /// Transactions that failed for good.
    pub failed: usize,
    /// Transactions that will be tried again.
    pub unfinished: usize,
    /// Polls, vault readings and reports that failed.
    pub errors: usize,
}

impl Tally {
    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            declined: self.declined.saturating_add(other.declined),
            failed: self.failed.saturating_add(other.failed),
            unfinished: self.unfinished.saturating_add(other.unfinished),
            errors: self.errors.saturating_add(other.errors),
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Sent { .. } => &mut self.sent,
            Outcome::AlreadyDone | Outcome::Rehearsed(_) => return,
            Outcome::Declined(_) => &mut self.declined,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Postponed(_) | Outcome::Uncertain(_) => &mut self.unfinished,
        };
        *counter = counter.saturating_add(1);
    }
}

impl ChainLoop {
    pub(super) fn new(
        desk: Desk,
        config: Arc<DaemonConfig>,
        observer: Arc<dyn Observer>,
        notices: Arc<NoticeBoard>,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            desk: Arc::new(desk),
            permits: Arc::new(Semaphore::new(config.concurrency.max(1))),
            in_work: JoinSet::new(),
            busy: HashSet::new(),
            config,
            observer,
            notices,
            shutdown,
            poll_backoff: Backoff::new(),
            waiting: HashMap::new(),
            ids: PolledIds::default(),
            chunks_announced: false,
        }
    }

    /// Polls and works until told to stop, then finishes what is in hand.
    pub(super) async fn run(&mut self) {
        let mut ticks = tokio::time::interval(self.config.period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut shutdown = self.shutdown.clone();
        loop {
            let mut tally = Tally::default();
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                Some(finished) = self.in_work.join_next() => {
                    let failures = self.settle(finished, &mut tally);
                    self.report(failures, &mut tally).await;
                }
                _ = ticks.tick() => {
                    if self.poll_backoff.is_due() {
                        let failures = self.poll_and_begin(&mut tally).await;
                        self.report(failures, &mut tally).await;
                    }
                }
            }
        }
        let mut tally = Tally::default();
        let failures = self.finish(&mut tally).await;
        self.report(failures, &mut tally).await;
    }

    /// Polls once, works on what came to its end, reports what failed.
    pub(super) async fn cycle(&mut self) -> Tally {
        let mut tally = Tally::default();
        let mut failures = self.poll_and_begin(&mut tally).await;
        failures.extend(self.finish(&mut tally).await);
        self.report(failures, &mut tally).await;
        tally
    }

    /// Polls, and begins to work on what came. Gives what failed at once.
    async fn poll_and_begin(&mut self, tally: &mut Tally) -> Vec<Failure> {
        if let Err(error) = self.refresh_ids().await {
            tracing::error!(
                chain = self.chain(),
                %error,
                hint = error.hint(),
                "the vault cannot be read; nothing is signed until it can"
            );
            self.poll_backoff
                .fail(self.config.period, LONGEST_POLL_PAUSE);
            tally.errors = tally.errors.saturating_add(1);
            return Vec::new();
        }
        if self.ids.ids.is_empty() && !self.polls_without_wallets() {
            tracing::debug!(chain = self.chain(), "no wallets, not polled");
            return Vec::new();
        }
        let listing = self.poll(tally).await;
        reach(Place::Polled);
        if listing.complete {
            let listed = listing.ids();
            self.waiting.retain(|id, _| listed.contains(id.as_str()));
        }
        let failures = self.unreadable(listing.unreadable, tally);
        for (signer, queue) in self.queues(listing.transactions) {
            self.begin(signer, queue);
        }
        failures
    }

    /// Works on the transactions of one signer in order, beside everything else.
    fn begin(&mut self, signer: Signer, queue: Vec<PendingTransaction>) {
        self.busy.insert(signer.clone());
        let worker = Worker {
            desk: Arc::clone(&self.desk),
            observer: Arc::clone(&self.observer),
            permits: Arc::clone(&self.permits),
            shutdown: self.shutdown.clone(),
        };
        self.in_work.spawn(async move {
            Finished {
                signer,
                outcomes: worker.work_queue(queue).await,
            }
        });
    }

    /// Waits for everything that is in work.
    async fn finish(&mut self, tally: &mut Tally) -> Vec<Failure> {
        let mut failures = Vec::new();
        while let Some(finished) = self.in_work.join_next().await {
            failures.extend(self.settle(finished, tally));
        }
        failures
    }

    /// Takes in what became of one signer's transactions, and of those that ended meanwhile.
    fn settle(&mut self, finished: Result<Finished, JoinError>, tally: &mut Tally) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut next = Some(finished);
        while let Some(finished) = next {
            match finished {
                Ok(finished) => {
                    self.busy.remove(&finished.signer);
                    for (id, outcome) in finished.outcomes {
                        tally.count(&outcome);
                        self.remember(&id, &outcome);
                        if let Outcome::Failed(text) = outcome {
                            failures.push(Failure {
                                transaction_id: id,
                                text,
                            });
                        }
                    }
                }
                // Panics are caught where the work is done, and nobody cancels it.
                Err(error) => tracing::error!(
                    chain = self.chain(),
                    %error,
                    "an internal error, please report it"
                ),
            }
            next = self.in_work.try_join_next();
        }
        failures
    }

    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }

    async fn refresh_ids(&mut self) -> Result<(), crate::vault::VaultError> {
        let vault = self.desk.vault.latest().await?;
        if self.ids.revision == Some(vault.revision()) {
            return Ok(());
        }
        let wanted = match &self.config.mode {
            Mode::Once(Selection {
                wallets: Some(wallets),
                ..
            }) => Some(wallets),
            _ => None,
        };
        self.ids.ids = vault
            .ids_of(self.chain(), self.desk.network)
            .filter(|id| wanted.is_none_or(|wanted| wanted.contains(*id)))
            .map(str::to_owned)
            .collect();
        self.ids.revision = Some(vault.revision());
        Ok(())
    }

    async fn poll(&mut self, tally: &mut Tally) -> Listing {
        let chain = self.chain();
        if self.ids.ids.len() > IDS_PER_POLL && !self.chunks_announced {
            self.chunks_announced = true;
            tracing::warn!(
                chain,
                wallets = self.ids.ids.len(),
                "more than {IDS_PER_POLL} wallets: the chain is polled in several calls, each of which costs API credits"
            );
        }
        let mut listing = Listing::default();
        let mut seen = HashSet::new();
        let mut worst: Option<CloudError> = None;
        let empty: &[String] = &[];
        let chunks = self.ids.ids.chunks(IDS_PER_POLL);
        let without_wallets = self.ids.ids.is_empty().then_some(empty);
        for chunk in chunks.chain(without_wallets) {
            match self.poll_chunk(chunk).await {
                None => return listing,
                Some(Ok(answer)) => {
                    if let Some(notice) = &answer.notice {
                        self.notices.post(notice);
                    }
                    for raw in &answer.transactions {
                        self.read(raw, &mut seen, &mut listing, tally);
                    }
                }
                Some(Err(error)) => {
                    tally.errors = tally.errors.saturating_add(1);
                    worst = Some(error);
                }
            }
        }
        match worst {
            None => {
                self.poll_backoff = Backoff::new();
                listing.complete = true;
            }
            Some(error) => self.pause_polling(&error),
        }
        listing
    }

    /// One poll call; nothing when the daemon is told to stop meanwhile.
    async fn poll_chunk(&self, chunk: &[String]) -> Option<Result<PendingAnswer, CloudError>> {
        let chain = self.chain();
        let ids: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let began = Instant::now();
        let mut shutdown = self.shutdown.clone();
        let answer = tokio::select! {
            biased;
            _ = shutdown.wait_for(|stop| *stop) => return None,
            answer = self.desk.cloud.pending(chain, &ids) => answer,
        };
        let pending = answer.as_ref().ok().map(|answer| answer.transactions.len());
        tracing::debug!(chain, wallets = ids.len(), pending, "polled");
        self.observer.polled(&Poll {
            chain,
            signature_ids: ids.len(),
            pending,
            elapsed: began.elapsed(),
        });
        Some(answer)
    }

    fn pause_polling(&mut self, error: &CloudError) {
        let wait = self
            .poll_backoff
            .fail(self.config.period, LONGEST_POLL_PAUSE);
        if let Some(asked) = error.retry_after() {
            self.poll_backoff
                .wait_at_least(asked.min(LONGEST_POLL_PAUSE));
        }
        tracing::error!(
            chain = self.chain(),
            %error,
            hint = error.hint(),
            failures = self.poll_backoff.failures(),
            next_try_in_s = wait.as_secs(),
            "the poll failed"
        );
    }

    fn read(
        &self,
        raw: &RawValue,
        seen: &mut HashSet<String>,
        listing: &mut Listing,
        tally: &mut Tally,
    ) {
        let error = match PendingTransaction::from_raw(raw) {
            Ok(pending) => {
                if seen.insert(pending.id.clone()) {
                    listing.transactions.push(pending);
                }
                return;
            }
            Err(error) => error.to_string(),
        };
        match serde_json::from_str::<Identified>(raw.get()) {
            Ok(Identified { id }) if seen.insert(id.clone()) => {
                listing.unreadable.push((id, error))
            }
            Ok(_) => {}
            Err(_) => {
                tally.errors = tally.errors.saturating_add(1);
                tracing::error!(
                    chain = self.chain(),
                    error,
                    "the cloud listed something that is no pending transaction and has no id; it is left alone"
                );
            }
        }
    }

    /// Fails what has an id and is otherwise no pending transaction.
    fn unreadable(&mut self, unreadable: Vec<(String, String)>, tally: &mut Tally) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (id, error) in unreadable {
            let is_waiting = self
                .waiting
                .get(&id)
                .is_some_and(|waiting| !waiting.backoff.is_due());
            if is_waiting || self.is_deselected(&id) {
                continue;
            }
            let text = format!("Error: not a pending transaction: {error}");
            tracing::error!(
                chain = self.chain(),
                transaction = id,
                error = text,
                "failed, reported to the cloud"
            );
            let outcome = Outcome::Failed(text.clone());
            tally.count(&outcome);
            self.remember(&id, &outcome);
            failures.push(Failure {
                transaction_id: id,
                text,
            });
        }
        failures
    }

    /// The transactions that are due, by signer. A signer whose first transaction may have been
    /// sent and waits for its next try is left out altogether: a later nonce must not overtake.
    /// So is one whose transactions are in work.
    fn queues(&self, pending: Vec<PendingTransaction>) -> Vec<(Signer, Vec<PendingTransaction>)> {
        let mut queues: Vec<(Signer, Vec<PendingTransaction>)> = Vec::new();
        let mut queue_of: HashMap<Signer, Option<usize>> = HashMap::new();
        for one in pending {
            if self.is_deselected(&one.id) {
                tracing::info!(
                    chain = self.chain(),
                    transaction = one.id,
                    "skipped, not selected"
                );
                continue;
            }
            let signer = Signer::of(&one);
            if let Some(waiting) = self.waiting.get(&one.id)
                && !waiting.backoff.is_due()
            {
                if waiting.blocks_signer {
                    queue_of.insert(signer, None);
                }
                continue;
            }
            if self.busy.contains(&signer) {
                continue;
            }
            let queue = *queue_of.entry(signer.clone()).or_insert_with(|| {
                queues.push((signer, Vec::new()));
                Some(queues.len() - 1)
            });
            if let Some((_, queue)) = queue.and_then(|queue| queues.get_mut(queue)) {
                queue.push(one);
            }
        }
        queues
    }

    fn polls_without_wallets(&self) -> bool {
        matches!(
            &self.config.mode,
            Mode::Once(Selection {
                chains_without_wallets: true,
                ..
            })
        )
    }

    fn is_deselected(&self, id: &str) -> bool {
        match &self.config.mode {
            Mode::Once(Selection {
                transaction_ids: Some(ids),
                ..
            }) => !ids.contains(id),
            _ => false,
        }
    }

    fn remember(&mut self, id: &str, outcome: &Outcome) {
        let (blocks_signer, longest) = match outcome {
            Outcome::Sent { .. } | Outcome::AlreadyDone => {
                self.waiting.remove(id);
                return;
            }
            Outcome::Declined(_) | Outcome::Failed(_) | Outcome::Rehearsed(_) => {
                (false, LONGEST_DECISION_PAUSE)
            }
            Outcome::Postponed(_) | Outcome::Uncertain(_) => (true, LONGEST_TROUBLE_PAUSE),
        };
        let waiting = self
            .waiting
            .entry(id.to_owned())
            .or_insert_with(|| Waiting {
                backoff: Backoff::new(),
                blocks_signer,
            });
        waiting.blocks_signer = blocks_signer;
        waiting.backoff.fail(self.config.period, longest);
    }

    async fn report(&self, failures: Vec<Failure>, tally: &mut Tally) {
        if failures.is_empty() || self.config.dry_run {
            return;
        }
        if let Err(error) = self.desk.cloud.report(&failures).await {
            tally.errors = tally.errors.saturating_add(1);
            tracing::error!(
                chain = self.chain(),
                %error,
                hint = error.hint(),
                failures = failures.len(),
                "the failures could not be reported; they will be as long as the cloud lists them"
            );
            return;
        }
        for failure in &failures {
            self.desk.reported(&failure.transaction_id).await;
        }
    }
}

/// Returns once the daemon is told to stop.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Who could tell is gone with the daemon itself.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// What the transactions of one signer are worked on with.
struct Worker {
    desk: Arc<Desk>,
    observer: Arc<dyn Observer>,
    permits: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

impl Worker {
    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }

    async fn work_queue(&self, queue: Vec<PendingTransaction>) -> Vec<(String, Outcome)> {
        let mut finished = Vec::with_capacity(queue.len());
        for pending in queue {
            // Nobody closes the semaphore.
            let _permit = self.permits.acquire().await;
            if *self.shutdown.borrow() {
                break;
            }
            let began = Instant::now();
            let outcome = AssertUnwindSafe(self.desk.work(&pending))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| {
                    Outcome::Postponed("an internal error, please report it".to_owned())
                });
            self.tell(&pending, &outcome);
            self.observer.worked(&Work {
                chain: self.chain(),
                transaction: &pending.id,
                outcome: &outcome,
                elapsed: began.elapsed(),
            });
            let stuck = matches!(outcome, Outcome::Postponed(_) | Outcome::Uncertain(_));
            finished.push((pending.id, outcome));
            if stuck {
                break;
            }
        }
        finished
    }

    fn tell(&self, pending: &PendingTransaction, outcome: &Outcome) {
        let (chain, transaction) = (self.chain(), &pending.id);
        let wallets = pending.hashes.join(",");
        match outcome {
            Outcome::Sent {
                transaction_id,
                summary,
            } => tracing::info!(
                chain,
                transaction,
                transaction_id,
                summary,
                "signed and sent"
            ),
            Outcome::AlreadyDone => tracing::debug!(chain, transaction, "sent before"),
            Outcome::Rehearsed(summary) => {
                tracing::info!(
                    chain,
                    transaction,
                    summary,
                    "dry run: would be signed and sent"
                );
            }
            Outcome::Declined(why) => {
                tracing::warn!(chain, transaction, why, "not approved, not signed");
            }
            Outcome::Failed(error) => {
                tracing::error!(
                    chain,
                    transaction,
                    wallets,
                    error,
                    "failed, reported to the cloud"
                );
            }
            Outcome::Postponed(why) => {
                tracing::warn!(
                    chain,
                    transaction,
                    wallets,
                    why,
                    "not signed yet, tried again later"
                );
            }
            Outcome::Uncertain(why) => {
                tracing::error!(chain, transaction, wallets, why, "outcome unknown")
            }
        }
    }
}

/// The least that a list element must be to be reported.
#[derive(Deserialize)]
struct Identified {
    id: String,
}

/// Whose transactions keep their order: the wallet named first, and its index.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Signer {
    wallet: Option<String>,
    index: Option<u32>,
}

impl Signer {
    fn of(pending: &PendingTransaction) -> Self {
        let first = pending.signatures.first();
        match pending.hashes.first() {
            Some(wallet) => Self {
                wallet: Some(wallet.clone()),
                index: pending.index,
            },
            None => Self {
                wallet: first.map(|signature| signature.id.clone()),
                index: pending
                    .index
                    .or(first.and_then(|signature| signature.index)),
            },
        }
    }
}
