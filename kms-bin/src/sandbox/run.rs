//! One run: the sandbox's cloud on one side, the real daemon on the other.

use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    sync::Arc,
    time::Instant,
};

use kms_core::{
    approval::{FourEye, Method},
    chain::{Network, Registry},
    cloud::{Cloud, CloudConfig, parse_url},
    daemon::{Daemon, DaemonConfig, Mode, Observer, Selection, VaultWatch},
    journal::JournalFile,
    keys::SecretText,
};
use tokio::sync::watch;

use super::{
    Report, SandboxError, approval,
    cloud::{self, OUTSIDE, SandboxCloud},
    random,
    report::{Expected, Row},
    scenario::{self, Case, ThrowAwayVault},
    server::Server,
    signal::StopSignal,
    state::{Approval, State},
    story::Story,
    watcher::Watcher,
};

/// Who speaks where no chain does.
const NARRATOR: &str = "sandbox";

/// How the sandbox runs.
#[derive(Clone, Debug)]
pub(crate) struct RunOptions {
    /// The chains it plays.
    pub(crate) registry: Registry,
    /// The network it plays.
    pub(crate) network: Network,
    /// The port of the cloud; 0 is any free one.
    pub(crate) port: u16,
}

/// Makes wallets and transactions, has the daemon sign them, and looks at what came of it.
///
/// Ends early, with a report that says so, on SIGINT and SIGTERM.
///
/// # Errors
/// [`SandboxError`] when the sandbox itself does not work. What goes wrong with a transaction is
/// in the report.
pub(crate) async fn run(options: RunOptions) -> Result<Report, SandboxError> {
    let began = Instant::now();
    let mut signal = StopSignal::listen().map_err(SandboxError::Signals)?;
    let story = Story;
    let RunOptions {
        registry,
        network,
        port,
    } = options;

    let made = {
        let registry = registry.clone();
        tokio::task::spawn_blocking(move || scenario::make_vault(&registry, network)).await
    };
    let ThrowAwayVault {
        vault,
        wallets,
        folder,
    } = made.map_err(|error| SandboxError::Internal(error.to_string()))??;

    let cloud = Arc::new(SandboxCloud {
        registry: registry.clone(),
        network,
        api_key: random::uuid()?.simple().to_string(),
        state: State::default(),
        story: None,
    });
    let mut plays: Vec<Play> = Vec::new();
    for (plugin, wallets) in wallets {
        let cases = scenario::cases(plugin, network, &wallets)?;
        if plugin.rehearsal().is_none() {
            story.tell(plugin.info().code, "left out, the sandbox cannot play it");
        } else if cases.is_empty() {
            plays.push(Play::Nothing(plugin.info().code));
        }
        for case in cases {
            plays.push(Play::Case(case, Expected::Signed));
        }
        for wallet in wallets {
            cloud.state.add_wallet(wallet)?;
        }
    }
    if let Some(first) = plays.iter().find_map(Play::case) {
        plays.push(Play::Case(scenario::unasked(first)?, Expected::Declined));
    }
    for play in &plays {
        if let Play::Case(case, expected) = play {
            let approval = match expected {
                Expected::Signed => Approval::Approve,
                Expected::Declined => Approval::Unknown,
            };
            cloud.state.queue(case.pending.clone(), approval)?;
        }
    }

    let router = cloud::router(Arc::clone(&cloud)).merge(approval::router(Arc::clone(&cloud)));
    let server = Server::start(port, router).await?;
    story.tell(
        NARRATOR,
        &format!(
            "cloud and 4-eye server on {}, all on this machine",
            server.url()
        ),
    );
    let wallets = vault.vault().len();
    let chains = registry.codes().collect::<Vec<_>>().join(", ");
    story.tell(
        NARRATOR,
        &format!("throw-away vault with {wallets} new wallets for {chains}"),
    );

    let cases = plays.iter().filter_map(Play::case);
    let titles = cases.map(|case| (case.pending.id.clone(), case.title));
    let titles: HashMap<_, _> = titles.collect();
    let watcher = Arc::new(Watcher::new(Arc::clone(&cloud), story, titles));
    let (stop, stopping) = watch::channel(false);
    let journal = JournalFile::beside(vault.path());
    let journal = Arc::new(journal.open(&vault, JournalFile::DEFAULT_RETENTION_DAYS)?);
    let daemon = Daemon::new(
        DaemonConfig {
            network,
            period: DaemonConfig::DEFAULT_PERIOD,
            mode: Mode::Once(Selection::default()),
            concurrency: DaemonConfig::DEFAULT_CONCURRENCY,
            dry_run: false,
        },
        kms_core::daemon::Parts {
            cloud: Cloud::new(client_config(&cloud, &server)?)?,
            approver: Arc::new(four_eye(&server)?),
            journal,
            observer: Arc::clone(&watcher) as Arc<dyn Observer>,
            registry,
            vault: VaultWatch::new(vault),
        },
        &stopping,
    );
    let mut daemon = pin!(daemon.run());
    tokio::select! {
        _ = &mut daemon => {}
        () = signal.wait() => {
            story.tell(NARRATOR, "told to stop, finishing what is in hand");
            stop.send_replace(true);
            daemon.await;
        }
    }

    let rows = plays.iter().map(|play| match play {
        Play::Nothing(chain) => Row::not_played(chain),
        Play::Case(case, expected) => {
            let id = &case.pending.id;
            Row::new(case, *expected, watcher.worked(id), cloud.state.closed(id))
        }
    });
    let report = Report::new(rows.collect(), began.elapsed());
    folder.close().map_err(SandboxError::Folder)?;
    Ok(report)
}

/// A line of the play.
#[derive(Debug)]
enum Play {
    /// A transaction, and what should become of it.
    Case(Case, Expected),
    /// A chain without a transaction.
    Nothing(&'static str),
}

impl Play {
    fn case(&self) -> Option<&Case> {
        match self {
            Self::Case(case, _) => Some(case),
            Self::Nothing(_) => None,
        }
    }
}

/// The settings of a client for `cloud` on `server`, nodes outside the cloud included: nothing
/// leaves this machine.
pub(super) fn client_config(
    cloud: &SandboxCloud,
    server: &Server,
) -> Result<CloudConfig, SandboxError> {
    let url = |text: &str| {
        parse_url("the sandbox's address", text)
            .map_err(|error| SandboxError::Internal(error.to_string()))
    };
    let base = server.url();
    let mut config = CloudConfig::new(SecretText::new(cloud.api_key.as_str()))
        .map_err(|error| SandboxError::Internal(error.to_string()))?;
    config.base_url = url(&base)?;
    let nodes = cloud.registry.codes();
    config.node_urls = nodes
        .map(|code| Ok((code.to_owned(), url(&format!("{base}{OUTSIDE}{code}"))?)))
        .collect::<Result<BTreeMap<_, _>, SandboxError>>()?;
    Ok(config)
}

fn four_eye(server: &Server) -> Result<FourEye, SandboxError> {
    let url = format!("{}{}", server.url(), approval::PATH);
    let (check, warnings) = FourEye::new(&url, Method::Post)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(check)
}
