//! Turns what the daemon tells into metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kms_core::{
    approval::Verdict,
    chain::{Network, Registry},
    daemon::{Asked, BackOff, Observer, Outcome, Poll, Work},
    journal::Backlog,
};
use prometheus::{IntGauge, TextEncoder};

use super::{
    check::Check,
    families::{DELIVERED, Families, REFUSED, SUCCESS, UNDELIVERED, UNREACHABLE, opts},
    health::ChainHealth,
    process,
    sampled::Sampled,
};

/// Keeps the metrics and the health of each chain, for as long as the process runs.
pub(crate) struct Recorder {
    network: &'static str,
    period: Duration,
    families: Families,
    /// The chains that a label may name.
    chains: BTreeMap<&'static str, Mutex<ChainHealth>>,
}

impl Recorder {
    /// Watches these chains on one network, each polled once in a period.
    pub(crate) fn new(registry: &Registry, network: Network, period: Duration) -> Self {
        let families = Families::new(period);
        process::metrics()
            .into_iter()
            .for_each(|metric| families.add(metric));
        let recorder = Self {
            network: match network {
                Network::Mainnet => "mainnet",
                Network::Testnet => "testnet",
            },
            period,
            families,
            chains: registry
                .codes()
                .map(|code| (code, Mutex::default()))
                .collect(),
        };
        for chain in recorder.chains.keys() {
            recorder.gauge(&recorder.families.keys_loaded, chain).set(0);
        }
        recorder
    }

    /// Has each scrape read how often the vault was read again.
    pub(super) fn watch_reloads(&self, reloads: impl Fn() -> u64 + Send + Sync + 'static) {
        let opts = opts(
            "vault_reloads_total",
            "How often the vault's file had changed and was read again.",
        );
        // Exact up to 2^53.
        self.families
            .add(Sampled::counter(&opts, move || Some(reloads() as f64)));
    }

    /// The text for Prometheus, with the journal's backlog if it could be read.
    pub(super) fn text(&self, backlog: Option<Backlog>) -> Result<String, prometheus::Error> {
        let now = Instant::now();
        for (chain, health) in &self.chains {
            let health = *lock(health);
            let labels = [*chain, self.network];
            if let Some(up) = health.is_up(now, self.period) {
                let gauge = self.families.chain_loop_up.with_label_values(&labels);
                gauge.set(i64::from(up));
            }
            match health.poll_age(now) {
                Some(age) => {
                    let gauge = self.families.poll_age.with_label_values(&labels);
                    gauge.set(age.as_secs_f64());
                }
                None => {
                    // Fails when there is no such series, which is as good.
                    let _ = self.families.poll_age.remove_label_values(&labels);
                }
            }
        }
        self.families
            .journal_up
            .set(f64::from(u8::from(backlog.is_some())));
        for (state, count) in backlog.map(Backlog::by_state).into_iter().flatten() {
            let gauge = self.families.journal.with_label_values(&[state]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        TextEncoder::new().encode_to_string(&self.families.registry.gather())
    }

    /// Whether the loop of each chain goes round.
    pub(super) fn liveness(&self) -> Vec<Check> {
        self.checks(ChainHealth::liveness)
    }

    /// Whether the cloud answers for each chain that is polled.
    pub(super) fn readiness(&self) -> Vec<Check> {
        self.checks(ChainHealth::readiness)
    }

    fn checks(
        &self,
        check: impl Fn(&ChainHealth, &str, Instant, Duration) -> Option<Check>,
    ) -> Vec<Check> {
        let now = Instant::now();
        let chains = self.chains.iter();
        chains
            .filter_map(|(chain, health)| check(&lock(health), chain, now, self.period))
            .collect()
    }

    /// The chain as a label, and what is known of it; nothing for a chain that no label may name.
    fn chain(&self, chain: &str) -> Option<(&'static str, MutexGuard<'_, ChainHealth>)> {
        let (label, health) = self.chains.get_key_value(chain)?;
        Some((label, lock(health)))
    }

    fn label(&self, chain: &str) -> Option<&'static str> {
        self.chains.get_key_value(chain).map(|(label, _)| *label)
    }

    fn gauge(&self, family: &prometheus::IntGaugeVec, chain: &str) -> IntGauge {
        family.with_label_values(&[chain, self.network])
    }
}

/// A panic elsewhere leaves whole values behind.
fn lock(health: &Mutex<ChainHealth>) -> MutexGuard<'_, ChainHealth> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Observer for Recorder {
    fn went_round(&self, chain: &'static str) {
        if let Some((_, mut health)) = self.chain(chain) {
            health.go_round(Instant::now());
        }
    }

    fn died(&self, chain: &'static str) {
        if let Some((_, mut health)) = self.chain(chain) {
            health.die();
        }
    }

    fn counted_wallets(&self, chain: &'static str, wallets: usize) {
        let Some((chain, mut health)) = self.chain(chain) else {
            return;
        };
        if health.count_wallets(wallets, Instant::now()) {
            self.families.begin(chain, self.network);
        }
        self.gauge(&self.families.keys_loaded, chain)
            .set(count(wallets));
    }

    fn polled(&self, poll: &Poll<'_>) {
        let Some(chain) = self.label(poll.chain) else {
            return;
        };
        let outcome = match poll.pending {
            Ok(_) => SUCCESS,
            Err(failure) => failure.name(),
        };
        let polls = &self.families.polls;
        polls
            .with_label_values(&[chain, self.network, outcome])
            .inc();
        self.families
            .poll_duration
            .with_label_values(&[chain, self.network])
            .observe(poll.elapsed.as_secs_f64());
    }

    fn listed(&self, chain: &'static str, pending: usize) {
        let Some((chain, mut health)) = self.chain(chain) else {
            return;
        };
        health.list(Instant::now());
        self.gauge(&self.families.pending, chain)
            .set(count(pending));
    }

    fn backs_off(&self, back_off: &BackOff) {
        let Some(chain) = self.label(back_off.chain) else {
            return;
        };
        self.gauge(&self.families.poll_circuits_open, chain)
            .set(count(back_off.open));
        self.gauge(&self.families.poll_consecutive_failures, chain)
            .set(i64::from(back_off.failures));
    }

    fn asked(&self, asked: &Asked<'_>) {
        let Some(chain) = self.label(asked.chain) else {
            return;
        };
        let declined = match asked.verdict {
            Verdict::Approved => None,
            Verdict::Refused { .. } => Some(REFUSED),
            Verdict::Unreachable { .. } => Some(UNREACHABLE),
        };
        match declined {
            None => self
                .families
                .approved
                .with_label_values(&[chain, self.network])
                .inc(),
            Some(reason) => self
                .families
                .declined
                .with_label_values(&[chain, self.network, reason])
                .inc(),
        }
        self.families
            .approval_duration
            .with_label_values(&[chain, self.network])
            .observe(asked.elapsed.as_secs_f64());
    }

    fn signed(&self, chain: &'static str, elapsed: Duration) {
        let Some(chain) = self.label(chain) else {
            return;
        };
        let labels = [chain, self.network];
        self.families.signed.with_label_values(&labels).inc();
        self.families
            .signing_duration
            .with_label_values(&labels)
            .observe(elapsed.as_secs_f64());
    }

    fn worked(&self, work: &Work<'_>) {
        let Some(chain) = self.label(work.chain) else {
            return;
        };
        let labels = [chain, self.network];
        let with_reason = |reason| [chain, self.network, reason];
        match work.outcome {
            Outcome::Sent { .. } => {
                self.families.broadcast.with_label_values(&labels).inc();
                self.families
                    .transaction_duration
                    .with_label_values(&labels)
                    .observe(work.since_listed.as_secs_f64());
            }
            Outcome::Failed { reason, .. } => {
                let labels = with_reason(reason.name());
                self.families.failed.with_label_values(&labels).inc();
            }
            Outcome::Postponed { reason, .. } => {
                let labels = with_reason(reason.name());
                self.families.postponed.with_label_values(&labels).inc();
            }
            Outcome::Uncertain(_) => self.families.uncertain.with_label_values(&labels).inc(),
            // Counted when the owner was asked, or nothing happened.
            Outcome::Declined(_) | Outcome::AlreadyDone | Outcome::Rehearsed(_) => {}
        }
    }

    fn reported(&self, chain: &'static str, failures: usize, delivered: bool) {
        let Some(chain) = self.label(chain) else {
            return;
        };
        let outcome = if delivered { DELIVERED } else { UNDELIVERED };
        self.families
            .failure_reports
            .with_label_values(&[chain, self.network, outcome])
            .inc_by(u64::try_from(failures).unwrap_or(u64::MAX));
    }
}
