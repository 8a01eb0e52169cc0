//! `tatum-kms`: keeps keys and signs with them.
//!
//! This crate is arguments, output and wiring; what there is to know of vaults, the cloud and
//! blockchains is in `kms-core` and the plugins.

// Bytes from outside never panic; how tests fail is by a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod args;
mod argv;
mod columns;
mod commands;
mod env_file;
mod exit;
mod journal_text;
mod legacy_traps;
mod logging;
mod metrics;
mod output;
mod plugins;
mod progress;
mod sandbox;
mod service_manager;
mod settings;
mod traces;
mod usage;
mod vault_access;

use std::{env, process::ExitCode};

use clap::FromArgMatches as _;

use crate::{
    args::{Cli, Ignored},
    exit::Failure,
};

fn main() -> ExitCode {
    let hardening = kms_core::process::harden();
    let mut parser = args::parser();
    let args = argv::normalise(env::args_os(), &parser);
    let parsed = parser.try_get_matches_from_mut(args).and_then(|matches| {
        Ok((
            Cli::from_arg_matches(&matches)?,
            Ignored::of(&parser, &matches),
        ))
    });
    let (cli, ignored) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => match usage::failure(error) {
            Ok(failure) => return fail(&failure),
            Err(help) => return output::help(&help),
        },
    };
    let result = match cli.command {
        _ if cli.version => output::lines([env!("CARGO_PKG_VERSION")]),
        Some(command) => commands::run(command, ignored, &hardening),
        None => output::lines([parser.render_help()]),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    output::failure(failure);
    failure.status.into()
}
