//! `sandbox`: the whole job on this machine, offline.

use std::io::{self, IsTerminal as _};

use clap::Args;
use kms_core::{
    chain::{Network, Registry},
    process::Hardening,
};

use crate::{
    args::{GeneralArgs, LogFormat, LogLevel},
    exit::{Failure, Status},
    logging, output,
    sandbox::{self, RunOptions, SandboxError, ServeOptions},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Without --serve: makes a throw-away vault, has the daemon sign a transaction of every kind, and
prints a table of what was signed. Fails unless all of them stood up to verification.

Examples:
  tatum-kms sandbox
  tatum-kms sandbox --chain ETH,BTC --json
  tatum-kms sandbox --serve")]
pub(crate) struct SandboxArgs {
    /// Only these blockchains, codes with commas between them
    #[arg(long, value_name = "CODES")]
    chain: Option<String>,
    /// Play the main network; the money is as little real as on the test network
    #[arg(long)]
    mainnet: bool,
    /// Print JSON instead of a table
    #[arg(long, conflicts_with = "serve")]
    json: bool,
    /// Keep the cloud up for your own KMS or tests, and sign nothing
    #[arg(long)]
    serve: bool,
    /// Port on the loopback interface, 0 for any free one [default: 7700 with --serve, else 0]
    #[arg(long)]
    port: Option<u16>,
    /// Form of the log on standard error
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
    /// Least important lines of the daemon's log to show beside the story
    #[arg(long, value_name = "LEVEL", default_value = "off")]
    log_level: LogLevel,
}

pub(super) fn run(args: &SandboxArgs, hardening: &Hardening) -> Result<(), Failure> {
    let log = GeneralArgs {
        env_file: None,
        log_format: args.log_format,
        log_level: Some(args.log_level),
    };
    logging::start(&log, args.log_level, hardening, None);
    let linked = Registry::linked()?;
    let registry = match &args.chain {
        Some(codes) => linked.select(codes)?,
        None => linked,
    };
    let network = Network::from_testnet_flag(!args.mainnet);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(Status::Failed, &error))?;
    if args.serve {
        let options = ServeOptions {
            registry,
            network,
            port: args.port.unwrap_or(ServeOptions::DEFAULT_PORT),
        };
        return runtime.block_on(sandbox::serve(options, |text| output::lines([text])));
    }
    let options = RunOptions {
        registry,
        network,
        port: args.port.unwrap_or(0),
    };
    let report = runtime.block_on(sandbox::run(options))?;
    if args.json {
        output::json(&report.json())?;
    } else {
        let table = report.table(terminal_width());
        output::lines(["", table.as_str(), report.closing_line().as_str()])?;
    }
    if report.is_good() {
        Ok(())
    } else {
        Err(Failure::new(Status::Failed, report.closing_line()))
    }
}

/// The width of standard output, if it is a terminal that says how wide it is.
fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let hint = error.hint();
        let mut failure = Self::of(Status::Failed, &error);
        failure.hint = hint.map(str::to_owned);
        failure
    }
}
