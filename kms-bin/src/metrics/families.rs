//! Every metric, with its labels and its help. `docs/observability.md` tells of each.

use std::time::Duration;

use kms_core::daemon::{FailureReason, PollFailure, PostponeReason};
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    core::Collector,
};

/// A successful poll, beside the names of [`PollFailure`].
pub(super) const SUCCESS: &str = "success";
/// What an owner's server did instead of approving.
pub(super) const REFUSED: &str = "refused";
/// No decision came from it.
pub(super) const UNREACHABLE: &str = "unreachable";
/// The cloud took a report of failures.
pub(super) const DELIVERED: &str = "delivered";
/// It did not.
pub(super) const UNDELIVERED: &str = "undelivered";

/// In seconds. Network calls: from a server next door to the longest time that is waited.
const CALL_BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];
/// Signing: from an Ed25519 signature to a transaction with hundreds of inputs.
const SIGNING_BUCKETS: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25,
];
/// From the first listing to the broadcast: from a moment to a day of retries.
const TRANSACTION_BUCKETS: [f64; 12] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 600.0, 3600.0, 86_400.0,
];

const CHAIN: [&str; 2] = ["chain", "network"];
const OUTCOME: [&str; 3] = ["chain", "network", "outcome"];
const REASON: [&str; 3] = ["chain", "network", "reason"];

/// All metrics but those of the process.
pub(super) struct Families {
    pub(super) registry: Registry,
    pub(super) polls: IntCounterVec,
    pub(super) poll_duration: HistogramVec,
    pub(super) poll_age: GaugeVec,
    pub(super) poll_circuits_open: IntGaugeVec,
    pub(super) poll_consecutive_failures: IntGaugeVec,
    pub(super) chain_loop_up: IntGaugeVec,
    pub(super) keys_loaded: IntGaugeVec,
    pub(super) pending: IntGaugeVec,
    pub(super) approved: IntCounterVec,
    pub(super) declined: IntCounterVec,
    pub(super) approval_duration: HistogramVec,
    pub(super) signed: IntCounterVec,
    pub(super) signing_duration: HistogramVec,
    pub(super) broadcast: IntCounterVec,
    pub(super) transaction_duration: HistogramVec,
    pub(super) failed: IntCounterVec,
    pub(super) postponed: IntCounterVec,
    pub(super) uncertain: IntCounterVec,
    pub(super) failure_reports: IntCounterVec,
    pub(super) journal: IntGaugeVec,
    pub(super) journal_up: Gauge,
}

impl Families {
    /// All of them, with no series yet but those that every daemon has.
    pub(super) fn new(period: Duration) -> Self {
        let families = Self {
            polls: counters(
                "polls_total",
                "Poll calls to the cloud, by how they ended.",
                &OUTCOME,
            ),
            poll_duration: histograms(
                "poll_duration_seconds",
                "Time a poll call took, repetitions included.",
                &CALL_BUCKETS,
            ),
            poll_age: valid(GaugeVec::new(
                opts(
                    "last_successful_poll_age_seconds",
                    "Time since all polls of a chain last succeeded, or since it has keys if they \
                     never did.",
                ),
                &CHAIN,
            )),
            poll_circuits_open: gauges(
                "poll_circuits_open",
                "Poll calls, and readings of the vault, that wait longer and longer after failures.",
                &CHAIN,
            ),
            poll_consecutive_failures: gauges(
                "poll_consecutive_failures",
                "Failures in a row of the call that fails most.",
                &CHAIN,
            ),
            chain_loop_up: gauges(
                "chain_loop_up",
                "1 while the loop of a chain goes round, 0 when it died or hangs.",
                &CHAIN,
            ),
            keys_loaded: gauges(
                "keys_loaded",
                "Wallets of the vault that are polled for.",
                &CHAIN,
            ),
            pending: gauges(
                "pending_transactions",
                "Transactions that the cloud listed at the last complete poll.",
                &CHAIN,
            ),
            approved: counters(
                "transactions_approved_total",
                "Transactions that their owner approved.",
                &CHAIN,
            ),
            declined: counters(
                "transactions_declined_total",
                "Questions about a transaction that its owner did not approve; it is asked about \
                 again while the cloud lists it.",
                &REASON,
            ),
            approval_duration: histograms(
                "approval_duration_seconds",
                "Time until the owner's server decided.",
                &CALL_BUCKETS,
            ),
            signed: counters("transactions_signed_total", "Transactions signed.", &CHAIN),
            signing_duration: histograms(
                "signing_duration_seconds",
                "Time that signing itself took, without any call.",
                &SIGNING_BUCKETS,
            ),
            broadcast: counters(
                "transactions_broadcast_total",
                "Signed transactions that the cloud accepted.",
                &CHAIN,
            ),
            transaction_duration: histograms(
                "transaction_duration_seconds",
                "Time from a transaction's first listing to its acceptance.",
                &TRANSACTION_BUCKETS,
            ),
            failed: counters(
                "transactions_failed_total",
                "Transactions that failed for good, by kind of failure.",
                &REASON,
            ),
            postponed: counters(
                "transactions_postponed_total",
                "Attempts at a transaction that are repeated later, by kind of obstacle.",
                &REASON,
            ),
            uncertain: counters(
                "transactions_uncertain_total",
                "Attempts to send after which nobody knew whether the transaction had arrived.",
                &CHAIN,
            ),
            failure_reports: counters(
                "failure_reports_total",
                "Failed transactions reported to the cloud, by whether it took the report.",
                &OUTCOME,
            ),
            journal: gauges(
                "journal_transactions",
                "Transactions in the journal that are neither done nor failed, by state.",
                &["state"],
            ),
            journal_up: valid(Gauge::with_opts(opts(
                "journal_up",
                "1 if the journal could be read for this scrape.",
            ))),
            registry: Registry::new(),
        };
        families.register();
        let build = gauges(
            "build_info",
            "1; the labels tell what is running.",
            &["version"],
        );
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let poll_period = valid(Gauge::with_opts(opts(
            "poll_period_seconds",
            "The time between two polls of a chain, as --period says.",
        )));
        poll_period.set(period.as_secs_f64());
        families.add(build);
        families.add(poll_period);
        families
    }

    /// Makes the series of a chain, so that a rate sees the first event of each.
    pub(super) fn begin(&self, chain: &str, network: &str) {
        for counter in [
            &self.approved,
            &self.signed,
            &self.broadcast,
            &self.uncertain,
        ] {
            counter.with_label_values(&[chain, network]);
        }
        for histogram in [
            &self.poll_duration,
            &self.approval_duration,
            &self.signing_duration,
            &self.transaction_duration,
        ] {
            histogram.with_label_values(&[chain, network]);
        }
        for gauge in [
            &self.poll_circuits_open,
            &self.poll_consecutive_failures,
            &self.pending,
        ] {
            gauge.with_label_values(&[chain, network]);
        }
        let begin = |family: &IntCounterVec, values: &[&str]| {
            for value in values {
                family.with_label_values(&[chain, network, value]);
            }
        };
        begin(&self.polls, &[SUCCESS]);
        begin(&self.polls, &PollFailure::ALL.map(PollFailure::name));
        begin(&self.declined, &[REFUSED, UNREACHABLE]);
        begin(&self.failed, &FailureReason::ALL.map(FailureReason::name));
        begin(
            &self.postponed,
            &PostponeReason::ALL.map(PostponeReason::name),
        );
        begin(&self.failure_reports, &[DELIVERED, UNDELIVERED]);
    }

    /// Adds a metric.
    pub(super) fn add(&self, collector: impl Collector + 'static) {
        self.registry
            .register(Box::new(collector))
            .expect("each name is used once");
    }

    fn register(&self) {
        for counters in [
            &self.polls,
            &self.approved,
            &self.declined,
            &self.signed,
            &self.broadcast,
            &self.failed,
            &self.postponed,
            &self.uncertain,
            &self.failure_reports,
        ] {
            self.add(counters.clone());
        }
        for histograms in [
            &self.poll_duration,
            &self.approval_duration,
            &self.signing_duration,
            &self.transaction_duration,
        ] {
            self.add(histograms.clone());
        }
        for gauges in [
            &self.poll_circuits_open,
            &self.poll_consecutive_failures,
            &self.chain_loop_up,
            &self.keys_loaded,
            &self.pending,
            &self.journal,
        ] {
            self.add(gauges.clone());
        }
        self.add(self.poll_age.clone());
        self.add(self.journal_up.clone());
    }
}

/// Under the prefix of this program.
pub(super) fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("tatum_kms")
}

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    valid(IntCounterVec::new(opts(name, help), labels))
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    valid(IntGaugeVec::new(opts(name, help), labels))
}

fn histograms(name: &str, help: &str, buckets: &[f64]) -> HistogramVec {
    let opts = HistogramOpts {
        common_opts: opts(name, help),
        buckets: buckets.to_vec(),
    };
    valid(HistogramVec::new(opts, &CHAIN))
}

fn valid<T>(metric: prometheus::Result<T>) -> T {
    metric.expect("the names and labels above are valid")
}
