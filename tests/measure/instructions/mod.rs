//! `instructions`: counts what a few operations cost, and tells when one has come to cost more.
//!
//! Instructions, not time: valgrind counts the same on a busy machine. Each operation runs in a
//! process of its own, a few times and many times; the difference is the operation, without what
//! prepares it. Valgrind shows programs a processor of its own making (AVX2 and AES where the
//! machine has them, never SHA), so that machines of one architecture count nearly alike. What is
//! left is the compiler, the C library and the seeds of hash tables: the tolerance is for these.

mod operations;
mod recorded;

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use self::{
    operations::{OPERATIONS, Operation},
    recorded::Recorded,
};
use crate::output;

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Writes down what the operations cost now.
    #[arg(long)]
    record: bool,
    /// Runs this operation and counts nothing: what valgrind is given.
    #[arg(long, hide = true, requires = "times")]
    operation: Option<String>,
    /// How often.
    #[arg(long, hide = true)]
    times: Option<u32>,
}

/// Counts all operations and compares, or records.
///
/// # Errors
/// When an operation costs more than was recorded, by more than the tolerance, or cannot be
/// counted.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(name) = &args.operation {
        let operation = OPERATIONS.iter().find(|one| one.name == name);
        let operation = operation.with_context(|| format!("no operation {name}"))?;
        return (operation.run)(args.times.unwrap_or(1));
    }
    let Some(valgrind) = valgrind() else {
        if env::var_os("CI").is_some() {
            bail!("valgrind is missing");
        }
        output::tell("skipped: valgrind is not installed");
        return Ok(());
    };
    let path = Recorded::path();
    let mut recorded = Recorded::read(&path)?;
    if !args.record && recorded.architecture != env::consts::ARCH {
        output::tell(&format!(
            "skipped: recorded on {}, and this is {}",
            recorded.architecture,
            env::consts::ARCH
        ));
        return Ok(());
    }
    let mut counts = Vec::new();
    for operation in OPERATIONS {
        counts.push((operation.name, count(operation)?));
    }
    if args.record {
        recorded.replace(&counts, &valgrind, &version("rustc"));
        recorded.write(&path)?;
        output::tell(&format!("recorded in {}", path.display()));
        return Ok(());
    }
    let comparison = recorded.compare(&counts);
    output::result(&comparison.table());
    for name in comparison.cheaper() {
        output::tell(&format!(
            "{name} has become cheaper: record it with --record"
        ));
    }
    if comparison.is_well() {
        return Ok(());
    }
    bail!(
        "more instructions than recorded (by {} and {}; here {valgrind} and {}). \
         If the cost is wanted: cargo run --release -p kms-tests -- instructions --record",
        recorded.valgrind,
        recorded.rustc,
        version("rustc")
    )
}

/// The instructions of one run of the operation.
fn count(operation: &Operation) -> Result<u64> {
    let (few, many) = operation.times;
    let (less, more) = (total(operation, few)?, total(operation, many)?);
    let difference = more
        .checked_sub(less)
        .with_context(|| format!("{}: more runs took fewer instructions", operation.name))?;
    Ok(difference / u64::from(many - few))
}

/// The instructions of a process that runs the operation so many times.
fn total(operation: &Operation, times: u32) -> Result<u64> {
    let this = env::current_exe().context("the path of this program")?;
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["instructions", "--operation", operation.name])
        .args(["--times", &times.to_string()])
        // What the environment holds is on the stack, and moves it.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .context("cannot run valgrind")?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(
        done.status.success(),
        "{} under valgrind:\n{said}",
        operation.name
    );
    let collected = said.lines().find_map(|line| {
        let (_, count) = line.split_once("Collected : ")?;
        count.trim().parse().ok()
    });
    collected.with_context(|| format!("callgrind did not say what it collected:\n{said}"))
}

/// What valgrind says its version is, if there is one.
fn valgrind() -> Option<String> {
    let version = version("valgrind");
    (!version.is_empty()).then_some(version)
}

fn version(program: &str) -> String {
    let done = Command::new(program).arg("--version").output();
    let said = done.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned());
    said.unwrap_or_default()
}

/// The file with what was recorded.
fn file() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/measure/instructions/recorded.json"
    ))
}
