//! Who watches the daemon: monitoring, and the service manager.

use std::{sync::Arc, time::Duration};

use kms_core::{
    daemon::{NoObserver, Observer, VaultWatch},
    journal::Journal,
};

use super::Setup;
use crate::{
    args::DaemonArgs,
    exit::Failure,
    metrics::{Pages, Recorder, Server, Watched},
    service_manager::ServiceManager,
};

/// Watches the daemons: one and the same for as long as the process runs.
pub(super) struct Watcher {
    observer: Arc<dyn Observer>,
    pages: Option<Arc<Pages>>,
    manager: Arc<ServiceManager>,
}

impl Watcher {
    /// Watches as far as somebody wants to know.
    pub(super) fn start(
        server: Option<Server>,
        args: &DaemonArgs,
        setup: &Setup,
        vault: &VaultWatch,
        journal: &Arc<dyn Journal>,
    ) -> Result<Self, Failure> {
        let manager = Arc::new(ServiceManager::detect());
        if server.is_none() && manager.watchdog().is_none() {
            return Ok(Self {
                observer: Arc::new(NoObserver),
                pages: None,
                manager,
            });
        }
        let config = &setup.config;
        let recorder = Recorder::new(&setup.registry, config.network, config.period);
        let recorder = Arc::new(recorder);
        let watched = Watched {
            vault: vault.clone(),
            journal: Arc::clone(journal),
            approver: match args.external_url {
                Some(_) => "an external server",
                None => "none, on the test network",
            },
        };
        let pages = Arc::new(Pages::new(Arc::clone(&recorder), watched));
        if let Some(server) = server {
            server.start(Arc::clone(&pages))?;
        }
        tokio::spawn(show_life(Arc::clone(&manager), Arc::clone(&pages)));
        Ok(Self {
            observer: recorder,
            pages: Some(pages),
            manager,
        })
    }

    /// Who is told what the daemon does.
    pub(super) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }

    /// The daemon is at work.
    pub(super) fn started(&self, status: &str) {
        self.manager.ready(status);
    }

    /// The settings are read anew; [`Self::started`] or [`Self::unchanged`] ends that.
    pub(super) fn reloading(&self) {
        self.manager.reloading();
    }

    /// The daemon goes on as it was.
    pub(super) fn unchanged(&self) {
        self.manager
            .ready("the settings cannot be used, everything stays as it was");
    }

    /// The daemon finishes what is in hand and ends: from now on it is not ready.
    pub(super) fn drain(&self) {
        if let Some(pages) = &self.pages {
            pages.drain();
        }
        self.manager.stopping("finishing the transactions in hand");
    }
}

/// Gives the service manager the signs of life it wants, as long as there is life: this runs
/// beside the daemon, so a runtime that is stuck gives none, and neither does a loop that hangs.
async fn show_life(manager: Arc<ServiceManager>, pages: Arc<Pages>) {
    let Some(within) = manager.watchdog() else {
        return;
    };
    // Twice as often as it wants, and at least a moment: no time at all is no interval.
    let period = within.checked_div(2).unwrap_or_default();
    let mut ticks = tokio::time::interval(period.max(Duration::from_millis(1)));
    loop {
        ticks.tick().await;
        let failed = pages.failed_liveness();
        if failed.is_empty() {
            manager.alive();
        } else {
            let failed = failed.join(", ");
            tracing::error!(failed, "no sign of life for the service manager");
            manager.status(&failed);
        }
    }
}
