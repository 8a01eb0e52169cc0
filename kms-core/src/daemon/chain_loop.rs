//! One chain's cycle: poll, work, report.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch},
    task::{JoinError, JoinSet},
};
use tracing::Instrument as _;

use super::{
    DaemonConfig, FailureReason, Mode, Outcome, Selection, Work,
    arrivals::{Arrivals, Arrived},
    listing::Listing,
    notice_board::NoticeBoard,
    poller::Poller,
    signer::Signer,
    tally::Tally,
    transaction::Desk,
    waiting_room::{Turn, WaitingRoom},
    worker::Worker,
};
use crate::{
    chain::PendingTransaction,
    cloud::Failure,
    failpoint::{Place, reach},
};

/// Works on one chain. Others cannot delay or stop it.
pub(super) struct ChainLoop {
    desk: Arc<Desk>,
    config: Arc<DaemonConfig>,
    shutdown: watch::Receiver<bool>,
    poller: Poller,
    waiting: WaitingRoom,
    arrivals: Arrivals,
    /// The work that goes on, a task for each signer. A poll does not wait for it.
    in_work: JoinSet<Finished>,
    /// Whose transactions are in work.
    busy: HashSet<Signer>,
    permits: Arc<Semaphore>,
}

/// What became of the transactions of one signer.
struct Finished {
    signer: Signer,
    outcomes: Vec<(String, Outcome)>,
}

impl ChainLoop {
    pub(super) fn new(
        desk: Desk,
        config: Arc<DaemonConfig>,
        notices: Arc<NoticeBoard>,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        let desk = Arc::new(desk);
        Self {
            poller: Poller::new(
                Arc::clone(&desk),
                Arc::clone(&config),
                notices,
                shutdown.clone(),
            ),
            desk,
            permits: Arc::new(Semaphore::new(config.concurrency.max(1))),
            config,
            shutdown,
            waiting: WaitingRoom::default(),
            arrivals: Arrivals::default(),
            in_work: JoinSet::new(),
            busy: HashSet::new(),
        }
    }

    /// Polls and works until told to stop, then finishes what is in hand.
    pub(super) async fn run(&mut self) {
        // No time at all is no interval.
        let period = self.config.period.max(Duration::from_millis(1));
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut shutdown = self.shutdown.clone();
        loop {
            self.desk.observer.went_round(self.chain());
            let mut tally = Tally::default();
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                Some(finished) = self.in_work.join_next() => {
                    let failures = self.settle(finished, &mut tally);
                    self.report(failures, &mut tally).await;
                }
                _ = ticks.tick() => {
                    let failures = self.poll_and_begin(&mut tally).await;
                    self.report(failures, &mut tally).await;
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
        let span = poll_span(self.chain());
        let mut listing = self.poller.poll(tally).instrument(span.clone()).await;
        let _entered = span.entered();
        reach(Place::Polled);
        if listing.complete {
            self.waiting.keep_listed(&listing);
            self.arrivals.keep_listed(&listing);
        }
        let failures = self.unreadable(&mut listing, tally);
        for (signer, queue) in self.queues(listing.transactions) {
            self.begin(signer, queue);
        }
        failures
    }

    /// Works on the transactions of one signer in order, beside everything else.
    fn begin(&mut self, signer: Signer, queue: Vec<Arrived>) {
        self.busy.insert(signer.clone());
        let worker = Worker {
            desk: Arc::clone(&self.desk),
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
                        self.waiting.remember(&id, &outcome, self.config.period);
                        if let Outcome::Sent { .. } | Outcome::AlreadyDone = outcome {
                            self.arrivals.forget(&id);
                        }
                        if let Outcome::Failed { text, .. } = outcome {
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

    /// Tells that [`ChainLoop::run`] ended by a panic.
    pub(super) fn died(&self) {
        self.desk.observer.died(self.chain());
        tracing::error!(
            chain = self.chain(),
            "the loop of this chain ended by an internal error, please report it"
        );
    }

    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }

    /// Fails what has an id and is otherwise no pending transaction.
    fn unreadable(&mut self, listing: &mut Listing, tally: &mut Tally) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (id, error) in std::mem::take(&mut listing.unreadable) {
            if self.waiting.turn(&id) != Turn::Now || self.is_deselected(&id) {
                continue;
            }
            let text = format!("Error: not a pending transaction: {error}");
            tracing::error!(
                transaction = id,
                error = text,
                "failed, reported to the cloud"
            );
            let outcome = Outcome::Failed {
                reason: FailureReason::Unreadable,
                text: text.clone(),
            };
            self.desk.observer.worked(&Work {
                chain: self.chain(),
                transaction: &id,
                outcome: &outcome,
                elapsed: Duration::ZERO,
                since_listed: Duration::ZERO,
            });
            tally.count(&outcome);
            self.waiting.remember(&id, &outcome, self.config.period);
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
    fn queues(&mut self, pending: Vec<PendingTransaction>) -> Vec<(Signer, Vec<Arrived>)> {
        let mut queues: Vec<(Signer, Vec<Arrived>)> = Vec::new();
        let mut queue_of: HashMap<Signer, Option<usize>> = HashMap::new();
        for one in pending {
            if self.is_deselected(&one.id) {
                tracing::info!(transaction = one.id, "skipped, not selected");
                continue;
            }
            let signer = Signer::of(&one);
            let one = self.arrivals.note(one);
            match self.waiting.turn(&one.pending.id) {
                Turn::Now => {}
                Turn::Later => continue,
                Turn::LaterAndBlocks => {
                    queue_of.insert(signer, None);
                    continue;
                }
            }
            if self.busy.contains(&signer) {
                continue;
            }
            let queue = *queue_of.entry(signer.clone()).or_insert_with(|| {
                let number = queues.len();
                queues.push((signer, Vec::new()));
                Some(number)
            });
            if let Some((_, queue)) = queue.and_then(|queue| queues.get_mut(queue)) {
                queue.push(one);
            }
        }
        queues
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

    async fn report(&self, failures: Vec<Failure>, tally: &mut Tally) {
        if failures.is_empty() || self.config.dry_run {
            return;
        }
        let reported = self.desk.cloud.report(&failures).await;
        self.desk
            .observer
            .reported(self.chain(), failures.len(), reported.is_ok());
        if let Err(error) = reported {
            tally.count_error();
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

/// What the log says of a poll carries its chain, however little is logged: hence the level.
fn poll_span(chain: &'static str) -> tracing::Span {
    tracing::error_span!(parent: None, "poll", chain)
}

/// Returns once the daemon is told to stop.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Who could tell is gone with the daemon itself.
    let _ = shutdown.wait_for(|stop| *stop).await;
}
