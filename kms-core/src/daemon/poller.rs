//! The polls of one chain.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    BackOff, DaemonConfig, Mode, Poll, PollFailure, Selection, circuit::Circuit, listing::Listing,
    notice_board::NoticeBoard, tally::Tally, transaction::Desk,
};
use crate::{
    cloud::{CloudError, PendingAnswer, SignatureIds},
    vault::VaultError,
};

/// The most signature ids that the cloud takes in one poll.
const IDS_PER_POLL: usize = 25_000;

/// Polls for the wallets of one chain, in as many calls as their number takes. Each call has a
/// circuit of its own: one that fails neither stops nor slows the others.
pub(super) struct Poller {
    desk: Arc<Desk>,
    config: Arc<DaemonConfig>,
    notices: Arc<NoticeBoard>,
    shutdown: watch::Receiver<bool>,
    /// The version of the vault that `chunks` was made of.
    revision: Option<u64>,
    chunks: Vec<Chunk>,
    vault_circuit: Circuit,
    chunks_announced: bool,
}

/// The wallets of one call.
struct Chunk {
    ids: SignatureIds,
    circuit: Circuit,
}

impl Poller {
    pub(super) fn new(
        desk: Arc<Desk>,
        config: Arc<DaemonConfig>,
        notices: Arc<NoticeBoard>,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            desk,
            config,
            notices,
            shutdown,
            revision: None,
            chunks: Vec::new(),
            vault_circuit: Circuit::closed(),
            chunks_announced: false,
        }
    }

    /// What is pending for the wallets that the vault has now; nothing when there is nobody to
    /// poll for, or no poll is due, or none came to an end.
    pub(super) async fn poll(&mut self, tally: &mut Tally) -> Listing {
        let listing = self.poll_chunks(tally).await;
        self.tell_back_off();
        if listing.complete {
            self.desk.observer.listed(self.chain(), listing.len());
        }
        listing
    }

    async fn poll_chunks(&mut self, tally: &mut Tally) -> Listing {
        let mut listing = Listing::default();
        if !self.refresh(tally).await {
            return listing;
        }
        if self.chunks.is_empty() {
            tracing::debug!("no wallets, not polled");
            return listing;
        }
        let mut answered = 0_usize;
        for index in 0..self.chunks.len() {
            match self.poll_chunk(index).await {
                Attempted::NotDue => {}
                Attempted::Stopped => return listing,
                Attempted::Answered(answer) => {
                    answered = answered.saturating_add(1);
                    self.read(&answer, &mut listing, tally);
                }
                Attempted::Failed => tally.count_error(),
            }
        }
        listing.complete = answered == self.chunks.len();
        listing
    }

    /// Brings the ids up to the vault as it is now. Gives whether they can be used.
    async fn refresh(&mut self, tally: &mut Tally) -> bool {
        if !self.vault_circuit.lets_through() {
            return false;
        }
        match self.refresh_ids().await {
            Ok(()) => {
                self.vault_circuit.close();
                true
            }
            Err(error) => {
                let wait = self.vault_circuit.open(self.config.period, None);
                tracing::error!(
                    %error,
                    hint = error.hint(),
                    next_try_in_s = wait.as_secs(),
                    "the vault cannot be read; nothing is signed until it can"
                );
                tally.count_error();
                false
            }
        }
    }

    async fn refresh_ids(&mut self) -> Result<(), VaultError> {
        let vault = self.desk.vault.latest().await?;
        if self.revision == Some(vault.revision()) {
            return Ok(());
        }
        let (wanted, without_wallets) = match &self.config.mode {
            Mode::Once(Selection {
                wallets,
                chains_without_wallets,
                ..
            }) => (wallets.as_ref(), *chains_without_wallets),
            Mode::Continuous => (None, false),
        };
        let ids: Vec<&str> = vault
            .ids_of(self.chain(), self.desk.network)
            .filter(|id| wanted.is_none_or(|wanted| wanted.contains(*id)))
            .collect();
        let empty: &[&str] = &[];
        let empty = (ids.is_empty() && without_wallets).then_some(empty);
        let chunks = ids.chunks(IDS_PER_POLL).chain(empty);
        // A chunk keeps its circuit: a change of the vault is no reason to press a server that is
        // in trouble.
        let mut circuits = std::mem::take(&mut self.chunks)
            .into_iter()
            .map(|chunk| chunk.circuit);
        self.chunks = chunks
            .map(|ids| Chunk {
                ids: SignatureIds::new(ids),
                circuit: circuits.next().unwrap_or_else(Circuit::closed),
            })
            .collect();
        self.revision = Some(vault.revision());
        self.desk.observer.counted_wallets(self.chain(), ids.len());
        if self.chunks.len() > 1 && !self.chunks_announced {
            self.chunks_announced = true;
            tracing::warn!(
                wallets = ids.len(),
                calls = self.chunks.len(),
                "more than {IDS_PER_POLL} wallets: the chain is polled in several calls, each of which costs API credits"
            );
        }
        Ok(())
    }

    /// One poll call, unless its circuit is open.
    async fn poll_chunk(&mut self, index: usize) -> Attempted {
        let calls = self.chunks.len();
        let Some(chunk) = self.chunks.get_mut(index) else {
            return Attempted::NotDue;
        };
        if !chunk.circuit.lets_through() {
            return Attempted::NotDue;
        }
        let chain = self.desk.plugin.info().code;
        let began = Instant::now();
        let answer = tokio::select! {
            biased;
            _ = self.shutdown.wait_for(|stop| *stop) => return Attempted::Stopped,
            answer = self.desk.cloud.pending(chain, &chunk.ids) => answer,
        };
        let pending = answer
            .as_ref()
            .map(|answer| answer.transactions.len())
            .map_err(PollFailure::from);
        tracing::debug!(wallets = chunk.ids.len(), pending = pending.ok(), "polled");
        self.desk.observer.polled(&Poll {
            chain,
            signature_ids: chunk.ids.len(),
            pending,
            elapsed: began.elapsed(),
        });
        let which = (calls > 1).then(|| format!("{} of {calls}", index.saturating_add(1)));
        match answer {
            Ok(answer) => {
                let failures = chunk.circuit.close();
                if failures > 0 {
                    tracing::info!(call = which, failures, "the polls succeed again");
                }
                Attempted::Answered(answer)
            }
            Err(error) => {
                tell_failure(which, &error, &mut chunk.circuit, self.config.period);
                Attempted::Failed
            }
        }
    }

    fn read(&self, answer: &PendingAnswer, listing: &mut Listing, tally: &mut Tally) {
        if let Some(notice) = &answer.notice {
            self.notices.post(notice);
        }
        for raw in &answer.transactions {
            if let Err(error) = listing.read(raw) {
                tally.count_error();
                tracing::error!(
                    error,
                    "the cloud listed something that is no pending transaction and has no id; it is left alone"
                );
            }
        }
    }

    fn tell_back_off(&self) {
        let circuits = self.chunks.iter().map(|chunk| &chunk.circuit);
        let failures = circuits
            .chain([&self.vault_circuit])
            .map(Circuit::failures)
            .filter(|failures| *failures > 0);
        self.desk.observer.backs_off(&BackOff {
            chain: self.chain(),
            open: failures.clone().count(),
            failures: failures.max().unwrap_or(0),
        });
    }

    fn chain(&self) -> &'static str {
        self.desk.plugin.info().code
    }
}

/// What became of one call.
enum Attempted {
    /// Its circuit is open.
    NotDue,
    /// The daemon was told to stop meanwhile.
    Stopped,
    /// The cloud answered.
    Answered(PendingAnswer),
    /// It did not, or not as it should.
    Failed,
}

fn tell_failure(
    which: Option<String>,
    error: &CloudError,
    circuit: &mut Circuit,
    period: Duration,
) {
    let wait = circuit.open(period, error.retry_after());
    tracing::error!(
        call = which,
        %error,
        hint = error.hint(),
        failures = circuit.failures(),
        next_try_in_s = wait.as_secs(),
        "the poll failed"
    );
}
