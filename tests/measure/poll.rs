//! `poll`: what a daemon costs for which there is nothing to do.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use kms_core::chain::Network;
use serde_json::json;

use crate::{
    cloud::{Cloud, State},
    daemon::Settings,
    output,
    place::Place,
    plugins, program,
    scene::{Kind, Scene, Wallets},
    usage::{Usage, mib},
};

/// How long the polls may take beyond their periods.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The chains, by their codes with commas between, or `all`.
    #[arg(long, default_value = "ETH")]
    chain: String,
    /// How many wallets the vault has of each chain.
    #[arg(long, default_value_t = 25_000)]
    keys: usize,
    /// How many polls of each chain are measured, after the first.
    #[arg(long, default_value_t = 20)]
    polls: usize,
    /// Seconds between two polls.
    #[arg(long, default_value_t = 1)]
    period: u32,
    /// The folder for vault and journal, if not beside this program.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The results as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the daemon on a quiet cloud, and prints what it cost.
///
/// # Errors
/// When it does not poll as it should.
pub(crate) fn run(args: &Args) -> Result<()> {
    let chains = plugins::chains(&args.chain)?;
    let program = program::find()?;
    let network = Network::Testnet;
    let place = Place::make(args.folder.as_deref())?;
    output::tell("making the vault …");
    let scene = Scene::make(
        place.path(),
        Wallets {
            network,
            chains: &chains,
            signers: 0,
            kind: Kind::Key,
            keys: args.keys,
        },
    )?;
    let vault_bytes = fs::metadata(&scene.vault).context("the vault")?.len();
    let cloud = Cloud::start(network, &chains, Duration::ZERO, Vec::new())?;
    let settings = Settings {
        program: &program,
        vault: &scene.vault,
        network,
        chains: &chains,
        period: Some(args.period),
    };
    let (daemon, began) = settings.start(&cloud);
    let usage = || Usage::of(daemon.id()).with_context(|| daemon.stderr());
    let until = |polls: usize| -> Result<()> {
        let patience = PATIENCE.saturating_add(Duration::from_secs(
            u64::from(args.period).saturating_mul(u64::try_from(polls).unwrap_or(u64::MAX)),
        ));
        let deadline = Instant::now() + patience;
        loop {
            if cloud.look_later(Duration::from_millis(50), |state| {
                fewest(state, chains.len())
            }) >= polls
            {
                // What was answered is read yet.
                thread::sleep(Duration::from_millis(200));
                return Ok(());
            }
            usage()?;
            if Instant::now() > deadline {
                bail!("no {polls} polls of each chain:\n{}", daemon.stderr());
            }
        }
    };
    until(1)?;
    let (first, last) = cloud.look(|state| {
        let mut firsts: HashMap<&str, Instant> = HashMap::new();
        for poll in &state.polls {
            firsts.entry(poll.chain).or_insert(poll.at);
        }
        let firsts = || firsts.values().copied();
        (
            firsts().min().unwrap_or(began),
            firsts().max().unwrap_or(began),
        )
    });
    let before = usage()?.cpu;
    let counted = cloud.look(|state| state.polls.len());
    until(args.polls.saturating_add(1))?;
    let polls = cloud
        .look(|state| state.polls.len())
        .saturating_sub(counted);
    let after = usage()?;
    let asked = cloud.look(|state| state.polls.iter().all(|poll| poll.ids == args.keys));
    let ended = daemon.stop();
    ensure!(
        ended.status.success(),
        "the daemon failed:\n{}",
        ended.stderr
    );
    ensure!(asked, "not all polls asked for all wallets");

    let polls = u32::try_from(polls).unwrap_or(u32::MAX).max(1);
    let per_poll = after.cpu.saturating_sub(before) / polls;
    let first = first.saturating_duration_since(began);
    let last = last.saturating_duration_since(began);
    let version = program::version(&program)?;
    let text = if args.json {
        let report = json!({
            "version": version,
            "chains": chains.len(),
            "keysOfEach": args.keys,
            "vaultBytes": vault_bytes,
            "startToFirstPollMs": u64::try_from(first.as_millis())?,
            "startToLastFirstPollMs": u64::try_from(last.as_millis())?,
            "startCpuMs": u64::try_from(before.as_millis())?,
            "cpuPerPollUs": u64::try_from(per_poll.as_micros())?,
            "polls": polls,
            "residentBytes": after.resident,
            "peakBytes": after.peak,
            "fileSystem": place.file_system(),
        });
        format!("{report:#}")
    } else {
        let header = [
            "chains",
            "keys each",
            "vault MiB",
            "first poll ms",
            "all polled ms",
            "start CPU ms",
            "CPU µs/poll",
            "resident MiB",
            "peak MiB",
        ];
        let cells = vec![
            chains.len().to_string(),
            args.keys.to_string(),
            mib(vault_bytes),
            first.as_millis().to_string(),
            last.as_millis().to_string(),
            before.as_millis().to_string(),
            per_poll.as_micros().to_string(),
            mib(after.resident),
            mib(after.peak),
        ];
        format!(
            "tatum-kms {version}: {polls} polls; vault on {}\n\n{}",
            place.file_system(),
            output::table(&header, &[cells])
        )
    };
    output::result(&text);
    Ok(())
}

/// How often the chain that was polled least was polled; none while not all of them were.
fn fewest(state: &State, chains: usize) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for poll in &state.polls {
        let count = counts.entry(poll.chain).or_default();
        *count = count.saturating_add(1);
    }
    if counts.len() < chains {
        return 0;
    }
    counts.values().copied().min().unwrap_or(0)
}
