//! Measures the built program, and what it costs in instructions.
//!
//! ```sh
//! cargo run --release -p kms-tests -- load --chain ETH --count 10000 --latency 20ms
//! cargo run --release -p kms-tests -- poll --chain all --keys 25000
//! cargo run --release -p kms-tests -- instructions
//! cargo run -p kms-tests -- coverage
//! cargo run -p kms-tests -- mutants
//! cargo run -p kms-tests -- summary tally
//! ```
//!
//! `load` has the real daemon sign transactions of a cloud in this process, which checks each of
//! them. `poll` has it look at a quiet cloud. Both take times, so they are for quiet machines.
//! `instructions` counts instead, which comes out the same on a busy one: it is what CI runs.
//! `coverage` and `mutants` measure the tests, and `summary` adds up what they say they did.
//!
//! Results go to standard output, as a table or with `--json`; what happens, to standard error.

mod cloud;
mod coverage;
mod daemon;
mod instructions;
mod load;
mod mutants;
mod output;
mod place;
mod plugins;
mod poll;
mod program;
mod scene;
mod summary;
mod usage;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "kms-tests", about = "Measures the built tatum-kms", version)]
enum Command {
    /// How many transactions the daemon signs in a second, and at what cost.
    Load(load::Args),
    /// What it costs the daemon to start and to poll a cloud that has nothing for it.
    Poll(poll::Args),
    /// Counts the instructions of a few operations under valgrind, and compares with what they were.
    Instructions(instructions::Args),
    /// Which lines the tests reach, and compares with what they did.
    Coverage(coverage::Args),
    /// Makes mistakes one at a time, and tells which of them no test notices.
    Mutants(mutants::Args),
    /// What the suites have shown, in numbers.
    Summary(summary::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Load(args) => load::run(&args),
        Command::Poll(args) => poll::run(&args),
        Command::Instructions(args) => instructions::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Summary(args) => summary::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
