//! What is answered: the three pages, and what they look at.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use kms_core::{daemon::VaultWatch, journal::Journal};
use tokio::sync::Mutex;

use super::{
    Recorder,
    check::{Check, Report},
};

/// How long the answer to `/readyz` stands. Each look writes to the journal: whoever asks more
/// often must not slow the daemon down.
const STANDS: Duration = Duration::from_secs(1);

/// What the pages look at beside the recorder.
pub(crate) struct Watched {
    /// The vault.
    pub(crate) vault: VaultWatch,
    /// The journal.
    pub(crate) journal: Arc<dyn Journal>,
    /// Who approves, in a word or two.
    pub(crate) approver: &'static str,
}

/// The pages.
pub(crate) struct Pages {
    recorder: Arc<Recorder>,
    watched: Watched,
    draining: AtomicBool,
    last: Mutex<Option<(Instant, Report)>>,
}

impl Pages {
    pub(crate) fn new(recorder: Arc<Recorder>, watched: Watched) -> Self {
        let vault = watched.vault.clone();
        recorder.watch_reloads(move || vault.reloads());
        Self {
            recorder,
            watched,
            draining: AtomicBool::new(false),
            last: Mutex::default(),
        }
    }

    /// The daemon finishes what is in hand and ends: from now on it is not ready.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// `/metrics`.
    pub(super) async fn metrics(&self) -> Result<String, prometheus::Error> {
        let backlog = self.watched.journal.backlog().await;
        if let Err(error) = &backlog {
            tracing::warn!(%error, "the journal could not be read for the metrics");
        }
        self.recorder.text(backlog.ok())
    }

    /// `/livez`: whether a restart would help.
    pub(super) fn livez(&self) -> Report {
        // That there is an answer says that the process and its runtime are alive.
        let checks = [Check::ok("process")].into_iter();
        Report {
            endpoint: "livez",
            checks: checks.chain(self.recorder.liveness()).collect(),
        }
    }

    /// Which checks of `/livez` fail, if any.
    pub(crate) fn failed_liveness(&self) -> Vec<String> {
        self.livez().failed()
    }

    /// `/readyz`: whether everything is there that signing needs.
    pub(super) async fn readyz(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((at, report)) = &*last
            && at.elapsed() < STANDS
        {
            return self.with_shutdown(report.clone());
        }
        let report = Report {
            endpoint: "readyz",
            checks: self.look().await,
        };
        *last = Some((Instant::now(), report.clone()));
        self.with_shutdown(report)
    }

    async fn look(&self) -> Vec<Check> {
        // What is wrong is in the log, with paths that do not belong here.
        let vault = match self.watched.vault.latest().await {
            Ok(_) => Check::ok("vault"),
            Err(error) => {
                tracing::warn!(%error, "not ready: the vault cannot be read");
                Check::failed("vault", "cannot be read")
            }
        };
        let journal = match self.watched.journal.check().await {
            Ok(()) => Check::ok("journal"),
            Err(error) => {
                tracing::warn!(%error, "not ready: the journal cannot be written");
                Check::failed("journal", "cannot be written")
            }
        };
        let approver = Check::ok("approver").with_detail(self.watched.approver);
        [vault, journal, approver]
            .into_iter()
            .chain(self.recorder.readiness())
            .collect()
    }

    fn with_shutdown(&self, mut report: Report) -> Report {
        let check = if self.draining.load(Ordering::Relaxed) {
            Check::failed("shutdown", "finishing the transactions in hand")
        } else {
            Check::ok("shutdown")
        };
        report.checks.push(check);
        report
    }
}
