//! `load`: how fast the daemon signs what is pending.

mod check;
mod report;
mod requests;
mod yardstick;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use kms_core::chain::{ChainPlugin, Network};
use kms_tests::daemon::Running;

use self::{
    report::{Report, Row},
    requests::Requests,
};
use crate::{
    cloud::Cloud,
    daemon::Settings,
    output,
    place::Place,
    plugins, program,
    scene::{Kind, Scene, Wallets},
    usage::Usage,
};

/// How long nothing may happen before a run is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the daemon has to write down what it was answered last.
const AFTERMATH: Duration = Duration::from_millis(500);
/// How many faults are shown.
const SHOWN: usize = 10;

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The chain, by its code.
    #[arg(long, default_value = "ETH")]
    chain: String,
    /// How many transactions are pending when the daemon starts.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// How long the cloud takes for each answer: 20ms, 1s.
    #[arg(long, default_value = "0ms", value_parser = humantime::parse_duration)]
    latency: Duration,
    /// How many wallets sign in turn; a run for each of these numbers.
    #[arg(long, value_delimiter = ',', default_value = "1,100,10000")]
    signers: Vec<usize>,
    /// What the wallets hold.
    #[arg(long, value_enum, default_value = "key")]
    wallets: Kind,
    /// How many wallets are in the vault, if more than sign.
    #[arg(long, default_value_t = 0)]
    keys: usize,
    /// The main network, where each transaction is put to a 4-eye server.
    #[arg(long)]
    mainnet: bool,
    /// Seconds between two polls, if not the daemon's own choice.
    #[arg(long)]
    period: Option<u32>,
    /// The folder for vault and journal, if not beside this program.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The results as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the daemon as often as asked, and prints what came of it.
///
/// # Errors
/// When a run does not come to its end, or a transaction is not as it should be.
pub(crate) fn run(args: &Args) -> Result<()> {
    let chains = plugins::chains(&args.chain)?;
    let [plugin] = chains[..] else {
        bail!("one chain at a time");
    };
    ensure!(args.count > 0, "nothing to sign");
    let program = program::find()?;
    let network = Network::from_testnet_flag(!args.mainnet);
    let mut report = Report::new(plugin, network, args, &program)?;
    for signers in &args.signers {
        let run = Run {
            args,
            plugin,
            network,
            program: &program,
            signers: *signers,
        };
        output::tell(&format!("{signers} signers …"));
        report.add(run.measure()?);
    }
    output::result(&report.text(args.json));
    ensure!(
        report.is_well(),
        "not all transactions are as they should be"
    );
    Ok(())
}

/// One run of the daemon on a new vault.
struct Run<'a> {
    args: &'a Args,
    plugin: &'static dyn ChainPlugin,
    network: Network,
    program: &'a Path,
    signers: usize,
}

impl Run<'_> {
    fn measure(&self) -> Result<Row> {
        let place = Place::make(self.args.folder.as_deref())?;
        let chains = [self.plugin];
        let scene = Scene::make(
            place.path(),
            Wallets {
                network: self.network,
                chains: &chains,
                signers: self.signers.max(1),
                kind: self.args.wallets,
                keys: self.args.keys,
            },
        )?;
        let count = self.args.count;
        let requests = Requests::make(self.plugin, self.network, &scene.signers, count)?;
        let pending = requests.pending.clone();
        let cloud = Cloud::start(self.network, &chains, self.args.latency, pending)?;
        let settings = Settings {
            program: self.program,
            vault: &scene.vault,
            network: self.network,
            chains: &chains,
            period: self.args.period,
        };
        let ours = Usage::of(std::process::id())?.cpu;
        let (daemon, began) = settings.start(&cloud);
        let first = until_listed(&cloud, &daemon)?;
        let before = Usage::of(daemon.id())?.cpu;
        until_sent(&cloud, &daemon, count)?;
        thread::sleep(AFTERMATH);
        let usage = Usage::of(daemon.id())?;
        let ours = Usage::of(std::process::id())?.cpu.saturating_sub(ours);
        let ended = daemon.stop();
        ensure!(
            ended.status.success(),
            "the daemon failed:\n{}",
            ended.stderr
        );

        let plugin = self.plugin;
        let mut row = cloud.look(|state| {
            let faults = check::faults(plugin, self.network, &scene.signers, &requests, state);
            Row::new(self.signers, state, faults)
        });
        row.origin = requests.origin;
        row.file_system = place.file_system();
        row.start = first.saturating_duration_since(began);
        row.cpu = usage.cpu.saturating_sub(before);
        row.cloud_cpu = ours;
        row.peak = usage.peak;
        row.signature = yardstick::signature()?;
        for fault in row.faults.iter().take(SHOWN) {
            output::tell(fault);
        }
        Ok(row)
    }
}

/// Waits for the first poll; gives when it came.
fn until_listed(cloud: &Cloud, daemon: &Running) -> Result<Instant> {
    let began = Instant::now();
    loop {
        let poll = cloud.look_later(Duration::from_millis(20), |state| {
            state.polls.first().map(|poll| poll.at)
        });
        if let Some(at) = poll {
            return Ok(at);
        }
        alive(daemon)?;
        if began.elapsed() > PATIENCE {
            bail!("no poll within {PATIENCE:?}:\n{}", daemon.stderr());
        }
    }
}

/// Waits until as many transactions came, or were reported as failed.
fn until_sent(cloud: &Cloud, daemon: &Running, count: usize) -> Result<()> {
    let bar = output::bar("signed", count);
    let (mut last, mut at) = (0, Instant::now());
    loop {
        let done = cloud.look_later(Duration::from_millis(50), |state| {
            state.broadcasts.len().saturating_add(state.failures.len())
        });
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        if done >= count {
            bar.finish_and_clear();
            return Ok(());
        }
        if done > last {
            (last, at) = (done, Instant::now());
        }
        alive(daemon)?;
        if at.elapsed() > PATIENCE {
            let stderr = daemon.stderr();
            let lines: Vec<&str> = stderr.lines().rev().take(SHOWN).collect();
            bail!("{done} of {count}, and then nothing:\n{}", lines.join("\n"));
        }
        // To be woken by each request would be work of its own.
        thread::sleep(Duration::from_millis(20));
    }
}

fn alive(daemon: &Running) -> Result<()> {
    Usage::of(daemon.id())
        .map(|_| ())
        .with_context(|| format!("the daemon has ended:\n{}", daemon.stderr()))
}
