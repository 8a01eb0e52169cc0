//! `daemon`: polls for pending transactions, signs and broadcasts them.

mod signals;
mod watcher;

use std::{collections::HashSet, env, future, sync::Arc, time::Duration};

use kms_core::{
    approval::{ApprovalConfigError, Approver, FourEye, Method, NoApproval},
    chain::{ChainOptionError, ChainOptions, Registry},
    cloud::{Cloud, CloudConfig, CloudConfigError, CloudError, parse_url},
    daemon::{Daemon, DaemonConfig, Mode, Parts, Selection, Tally, VaultWatch},
    journal::{Journal, MemoryJournal},
    vault::OpenVault,
};
use tokio::sync::watch;

use self::{
    signals::{HANGUP, Signals},
    watcher::Watcher,
};
use super::{journal, settings};
use crate::{
    args::{ApprovalMethod, DaemonArgs},
    exit::{Failure, Status},
    metrics::Server,
    output,
    settings::{API_KEY, Settings},
    vault_access::{VaultSession, network},
};

const NODE_URL: &str = "TATUM_KMS_NODE_URL_";
const CHAIN_OPTIONS: &str = "TATUM_KMS_CHAIN_OPTIONS";

pub(super) fn run(args: &DaemonArgs) -> Result<(), Failure> {
    // Whatever is wrong with the arguments is said before a password is asked for.
    let server = Server::bind(&args.metrics)?;
    let setup = Setup::read(args)?;
    let settings = settings(&args.vault.general)?;
    let vault = VaultSession::open(&args.vault, None, &settings)?.into_vault();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        network = %setup.config.network,
        chains = setup.registry.codes().collect::<Vec<_>>().join(","),
        wallets = vault.vault().len(),
        "started"
    );
    require_wallets(&setup.config, &vault)?;
    let once = setup.config.mode != Mode::Continuous;
    let journal: Arc<dyn Journal> = if setup.config.dry_run {
        // Nothing is signed, so nothing is to be remembered, and a daemon may run beside.
        Arc::new(MemoryJournal::new())
    } else {
        let file = journal::file(&args.journal, vault.path())?;
        Arc::new(file.open(&vault, args.journal_retention)?)
    };
    let vault = VaultWatch::new(vault);
    let tally = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(Status::Failed, &error))?
        .block_on(serve(args, setup, &vault, &journal, server))?;
    if once { verdict(tally) } else { Ok(()) }
}

/// What the arguments and settings say.
struct Setup {
    registry: Registry,
    config: DaemonConfig,
    approver: Arc<dyn Approver>,
    cloud: Cloud,
}

impl Setup {
    fn read(args: &DaemonArgs) -> Result<Self, Failure> {
        let registry = registry(args)?;
        let config = config(args)?;
        let approver = approver(args)?;
        let settings = settings(&args.vault.general)?.with_api_key(args.api_key.api_key.as_ref());
        if settings.text("TATUM_KMS_DEBUG_MODE")?.is_some() {
            output::warning(
                "TATUM_KMS_DEBUG_MODE has no effect: signed transactions are never logged",
            );
        }
        let cloud = Cloud::new(cloud_config(args, &settings, &registry)?)?;
        Ok(Self {
            registry,
            config,
            approver,
            cloud,
        })
    }

    fn daemon(
        self,
        vault: &VaultWatch,
        journal: &Arc<dyn Journal>,
        watcher: &Watcher,
        stopped: &watch::Receiver<bool>,
    ) -> Daemon {
        let parts = Parts {
            registry: self.registry,
            cloud: self.cloud,
            vault: vault.clone(),
            approver: self.approver,
            journal: Arc::clone(journal),
            observer: watcher.observer(),
        };
        Daemon::new(self.config, parts, stopped)
    }

    /// What the daemon does, in a line.
    fn status(&self) -> String {
        format!(
            "polling for {} chains on the {}, every {} s",
            self.registry.codes().count(),
            self.config.network,
            self.config.period.as_secs()
        )
    }
}

/// Runs daemons until one ends by itself or a signal ends it. On SIGHUP, the one at work finishes
/// what is in hand and another takes its place with the settings as they are then.
async fn serve(
    args: &DaemonArgs,
    mut setup: Setup,
    vault: &VaultWatch,
    journal: &Arc<dyn Journal>,
    server: Option<Server>,
) -> Result<Tally, Failure> {
    let mut signals = Signals::listen()?;
    let watcher = Watcher::start(server, args, &setup, vault, journal)?;
    loop {
        let (stop, stopped) = watch::channel(false);
        let status = setup.status();
        let daemon = setup.daemon(vault, journal, &watcher, &stopped).run();
        tokio::pin!(daemon);
        let mut is_told = false;
        let mut next = loop {
            let name = tokio::select! {
                // In this order: the loops run once the daemon was looked at.
                biased;
                tally = &mut daemon => return Ok(tally),
                () = future::ready(()), if !is_told => {
                    is_told = true;
                    watcher.started(&status);
                    continue;
                }
                name = signals.next() => name,
            };
            if name != HANGUP {
                break Err(name);
            }
            watcher.reloading();
            match Setup::read(args) {
                Ok(setup) => break Ok(setup),
                Err(failure) => {
                    tracing::error!(
                        error = failure.message,
                        hint = failure.hint,
                        "{HANGUP}: the settings cannot be used, everything stays as it was"
                    );
                    watcher.unchanged();
                }
            }
        };
        if next.is_err() {
            watcher.drain();
        }
        // The daemon holds the other end for as long as it runs.
        let _ = stop.send(true);
        match &next {
            Ok(_) => tracing::info!("{HANGUP}: the settings are read anew"),
            Err(name) => tracing::info!(
                "{name}: finishing the transactions in hand; a second signal ends at once"
            ),
        }
        let tally = loop {
            tokio::select! {
                tally = &mut daemon => break tally,
                name = signals.next() => match &next {
                    _ if name == HANGUP => {}
                    // It is on its way to another daemon, which is not wanted any more.
                    Ok(_) => {
                        watcher.drain();
                        tracing::info!("{name}: no other daemon takes its place");
                        next = Err(name);
                    }
                    Err(_) => {
                        return Err(Failure::new(
                            Status::Failed,
                            format!("{name} again: ended with transactions in hand"),
                        )
                        .hint("the journal has what was signed: the next daemon goes on with it"));
                    }
                },
            }
        };
        match next {
            Ok(next) => setup = next,
            Err(_) => {
                tracing::info!("stopped");
                return Ok(tally);
            }
        }
    }
}

/// What a single cycle came to, as an exit code.
fn verdict(tally: Tally) -> Result<(), Failure> {
    tracing::info!(
        sent = tally.sent,
        declined = tally.declined,
        failed = tally.failed,
        unfinished = tally.unfinished,
        errors = tally.errors,
        "the cycle is over"
    );
    if tally.failed == 0 && tally.unfinished == 0 && tally.errors == 0 {
        return Ok(());
    }
    Err(Failure::new(
        Status::Failed,
        format!(
            "not everything went well: {} sent, {} declined, {} failed, {} unfinished, {} calls failed",
            tally.sent, tally.declined, tally.failed, tally.unfinished, tally.errors
        ),
    )
    .hint("the log says what"))
}

fn registry(args: &DaemonArgs) -> Result<Registry, Failure> {
    let registry = Registry::linked()?;
    match &args.chain {
        Some(codes) => Ok(registry.select(codes)?),
        None => Ok(registry),
    }
}

fn config(args: &DaemonArgs) -> Result<DaemonConfig, Failure> {
    let selection = Selection {
        wallets: list("--wallets", args.wallets.as_deref())?,
        transaction_ids: list("--transaction-ids", args.transaction_ids.as_deref())?,
        // Who names a chain for a single cycle wants it polled.
        chains_without_wallets: args.run_once && args.chain.is_some(),
    };
    let mode = if args.run_once {
        Mode::Once(selection)
    } else if selection == Selection::default() {
        Mode::Continuous
    } else {
        return Err(Failure::usage(
            "--wallets and --transaction-ids need --run-once",
        ));
    };
    Ok(DaemonConfig {
        network: network(args.network.testnet),
        period: Duration::from_secs(args.period),
        mode,
        concurrency: DaemonConfig::DEFAULT_CONCURRENCY,
        dry_run: args.dry_run,
    })
}

/// Refuses a selection of wallets that are not there: polling without them would look like
/// success.
fn require_wallets(config: &DaemonConfig, vault: &OpenVault) -> Result<(), Failure> {
    let Mode::Once(Selection {
        wallets: Some(wallets),
        ..
    }) = &config.mode
    else {
        return Ok(());
    };
    match wallets.iter().find(|id| !vault.vault().contains(id)) {
        Some(id) => Err(Failure::unknown_wallet(id)),
        None => Ok(()),
    }
}

/// The ids of a comma-separated list. Blanks around them do not matter; a list without one is
/// the mistake of a script, not the wish to sign nothing or all.
fn list(flag: &str, text: Option<&str>) -> Result<Option<HashSet<String>>, Failure> {
    let Some(text) = text else {
        return Ok(None);
    };
    let ids: HashSet<_> = text.split(',').map(|id| id.trim().to_owned()).collect();
    if ids.contains("") {
        return Err(Failure::usage(format!("{flag} has an empty id in it")));
    }
    Ok(Some(ids))
}

fn approver(args: &DaemonArgs) -> Result<Arc<dyn Approver>, Failure> {
    let Some(url) = &args.external_url else {
        if args.network.testnet {
            return Ok(Arc::new(NoApproval));
        }
        return Err(Failure::missing_flag(
            "Missing required flag\n\t--external-url",
        ));
    };
    let method = match args.external_url_method {
        ApprovalMethod::Get => Method::Get,
        ApprovalMethod::Post => Method::Post,
    };
    let (approver, warnings) = FourEye::new(url, method)?;
    warnings.iter().for_each(output::warning);
    Ok(Arc::new(approver))
}

fn cloud_config(
    args: &DaemonArgs,
    settings: &Settings,
    registry: &Registry,
) -> Result<CloudConfig, Failure> {
    let api_key = settings
        .secret(API_KEY)?
        .ok_or(CloudConfigError::NoApiKey)?;
    let mut config = CloudConfig::new(api_key)?;
    if let Some(url) = settings.text("TATUM_API_URL")? {
        config.base_url = parse_url("TATUM_API_URL", &url)?;
    }
    config.client_version = env!("CARGO_PKG_VERSION").to_owned();
    config.testnet_type = settings.text("TESTNET_TYPE")?;
    config.allow_insecure = args.allow_insecure_cloud;
    if let Some(retries) = number(settings, "TATUM_RETRIES")? {
        config.retries = retries;
    }
    if let Some(delay) = number(settings, "TATUM_RETRY_DELAY")? {
        config.retry_delay = Duration::from_millis(u64::from(delay));
    }
    config.chain_options = chain_options(&args.chain_option, settings)?;
    for code in registry.codes() {
        let name = format!("{NODE_URL}{code}");
        if let Some(url) = settings.text(&name)? {
            config
                .node_urls
                .insert(code.to_owned(), parse_url(&name, &url)?);
        }
    }
    Ok(config)
}

/// Those of the environment, and over them those of the command line. Known are the options of all
/// chains, not only of those that are polled: one setting serves several daemons.
fn chain_options(flags: &[String], settings: &Settings) -> Result<ChainOptions, Failure> {
    let registry = Registry::linked()?;
    let variable = settings.text(CHAIN_OPTIONS)?.unwrap_or_default();
    let set = variable.split(',').filter(|one| !one.trim().is_empty());
    let mut options = ChainOptions::default();
    for text in set.chain(flags.iter().map(String::as_str)) {
        options.set(&registry, text)?;
    }
    Ok(options)
}

fn number(settings: &Settings, name: &str) -> Result<Option<u32>, Failure> {
    let Some(text) = settings.text(name)? else {
        return Ok(None);
    };
    let number = text.trim().parse();
    number
        .map(Some)
        .map_err(|_| Failure::usage(format!("{name} is not a whole number")))
}

impl From<ApprovalConfigError> for Failure {
    fn from(error: ApprovalConfigError) -> Self {
        let status = match error {
            ApprovalConfigError::InvalidUrl { .. } => Status::Usage,
            _ => Status::Failed,
        };
        Self::of(status, &error)
    }
}

impl From<ChainOptionError> for Failure {
    fn from(error: ChainOptionError) -> Self {
        Self::of(Status::Usage, &error).hint("`tatum-kms chains` lists the options of each chain")
    }
}

impl From<CloudConfigError> for Failure {
    fn from(error: CloudConfigError) -> Self {
        let mut failure = Self::of(Status::Usage, &error);
        failure.hint = error.hint().map(str::to_owned);
        failure
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        if let CloudError::BadConfig(error) = error {
            return error.into();
        }
        let mut failure = Self::of(Status::Failed, &error);
        failure.hint = error.hint().map(str::to_owned);
        failure
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn args(line: &str) -> DaemonArgs {
        let line = ["tatum-kms", "daemon"].into_iter().chain(line.split(' '));
        match Cli::try_parse_from(line.filter(|arg| !arg.is_empty())) {
            Ok(Cli {
                command: Some(Command::Daemon(args)),
                ..
            }) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_main_network_needs_an_approver() {
        let failure = approver(&args("")).err().unwrap();
        assert_eq!(
            failure.verbatim,
            Some("Missing required flag\n\t--external-url")
        );
        assert_eq!(failure.status, Status::Usage);
        assert!(approver(&args("--testnet")).is_ok());
        assert!(approver(&args("--testnet=false")).is_err());
    }

    #[test]
    fn a_selection_needs_a_single_cycle() {
        for line in [
            "--wallets a",
            "--transaction-ids a",
            "--run-once=false --wallets a",
        ] {
            assert_eq!(config(&args(line)).unwrap_err().status, Status::Usage);
        }
        for line in ["--run-once --wallets a,,b", "--run-once --wallets ,"] {
            assert_eq!(config(&args(line)).unwrap_err().status, Status::Usage);
        }
        let mode = config(&args("--run-once --wallets a,b")).unwrap().mode;
        let Mode::Once(selection) = mode else {
            panic!("{mode:?}")
        };
        assert_eq!(selection.wallets.unwrap().len(), 2);
        assert_eq!(selection.transaction_ids, None);
        assert_eq!(config(&args("")).unwrap().mode, Mode::Continuous);
    }

    #[test]
    fn only_a_cycle_without_trouble_is_a_success() {
        let sent = Tally {
            sent: 3,
            declined: 1,
            ..Tally::default()
        };
        assert!(verdict(sent).is_ok());
        for tally in [
            Tally { failed: 1, ..sent },
            Tally {
                unfinished: 1,
                ..sent
            },
            Tally { errors: 1, ..sent },
        ] {
            assert_eq!(verdict(tally).unwrap_err().status, Status::Failed);
        }
    }
}
