//! `tatum-kms`: keeps keys and signs with them.
//!
//! This crate is arguments, output and wiring; what there is to know of vaults, the cloud and
//! blockchains is in `kms-core` and the plugins.

mod args;
mod argv;
mod commands;
mod env_file;
mod exit;
mod legacy_traps;
mod logging;
mod output;
mod plugins;
mod progress;
mod sandbox;
mod settings;
mod vault_access;

use std::{env, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::Cli;

fn main() -> ExitCode {
    let hardening = kms_core::process::harden();
    let mut parser = Cli::command();
    let args = argv::normalise(env::args_os(), &parser);
    let parsed = parser
        .try_get_matches_from_mut(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return output::parser(error),
    };
    let result = match cli.command {
        _ if cli.version => output::lines([env!("CARGO_PKG_VERSION")]),
        Some(command) => commands::run(command, &hardening),
        None => output::lines([parser.render_help()]),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            failure.status.into()
        }
    }
}
