//! `coverage`: which lines the tests reach, and tells when a part has come to be tested less.
//!
//! The tests that the README runs, in a build of their own; a program that a test starts counts as
//! well, unless it is killed. The long suites are left out: what they find must have a short test.

mod recorded;
mod report;

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use self::{recorded::Recorded, report::Report};
use crate::output;

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Writes down what is reached now, where that is more than before.
    #[arg(long)]
    record: bool,
}

/// Measures and compares, or records.
///
/// # Errors
/// When a part is reached less than was recorded, by more than the tolerance, or a test fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    if !is_there() {
        if env::var_os("CI").is_some() {
            bail!("cargo-llvm-cov is missing");
        }
        output::tell(
            "skipped: needs `cargo install cargo-llvm-cov` and `rustup component add llvm-tools`",
        );
        return Ok(());
    }
    let top = crate::top();
    let report = measure(&top)?;
    let path = top.join("tests/measure/coverage/recorded.json");
    let mut recorded = Recorded::read(&path)?;
    output::result(&recorded.table(&report));
    if args.record {
        recorded.rise(&report);
        recorded.write(&path)?;
        output::tell(&format!("recorded in {}", path.display()));
        return Ok(());
    }
    let fallen = recorded.fallen(&report);
    ensure!(
        fallen.is_empty(),
        "tested less than before: {}. Test what was added",
        fallen.join(", ")
    );
    Ok(())
}

fn is_there() -> bool {
    let version = Command::new("cargo")
        .args(["llvm-cov", "--version"])
        .output();
    version.is_ok_and(|version| version.status.success())
}

fn measure(top: &Path) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("coverage.json");
    let status = Command::new("cargo")
        .current_dir(top)
        .args(["llvm-cov", "test", "--workspace"])
        .args(["--locked", "--json", "--summary-only", "--output-path"])
        .arg(&path)
        // The same random cases each time, so that the same lines are reached.
        .env("PROPTEST_RNG_SEED", "20261122")
        // Thousands of programs share eight files.
        .env("LLVM_PROFILE_FILE_NAME", "tatum-kms-%8m.profraw")
        .stdin(Stdio::null())
        // Standard output is for the result.
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .context("cannot run cargo llvm-cov")?;
    ensure!(status.success(), "the tests fail");
    let text = fs::read_to_string(&path).context("cargo llvm-cov wrote nothing")?;
    Report::parse(&text, top).context("cargo llvm-cov wrote something else than its JSON")
}
