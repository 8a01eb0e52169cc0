//! `mutants`: one mistake at a time where it would cost money, each of which some test must notice.
//!
//! `tests/mutants/files.txt` says in which files. What came of each is recorded with the
//! digest of the file, so that after a change only the files that it touched are gone through
//! again. A mistake that no test notices must stand in `tests/mutants/survivors.txt`, with the
//! reason; otherwise its file is not recorded, and the run fails.
//!
//! The program under test is a copy of the tree in the target folder, which is mutated in place
//! and built again and again: so the tree itself is never wrong, and little is compiled.

mod files;
mod findings;
mod recorded;
mod survivors;
mod tree;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;
use rustix::process::{Resource, getrlimit, setrlimit};

use self::{
    findings::Findings,
    recorded::{Recorded, digest},
    survivors::Survivors,
    tree::Tree,
};
use crate::output;

const CONFIG: &str = "tests/mutants/mutants.toml";

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Go through these files only, recorded or not: paths from the top folder, or parts of them.
    files: Vec<String>,
    /// Go through all files again, also where nothing has changed.
    #[arg(long)]
    all: bool,
    /// Run nothing; say what is recorded, and which files have changed since.
    #[arg(long, conflicts_with_all = ["all", "files"])]
    list: bool,
    /// Go through this checkout, and record there: for instance a worktree, while there is work
    /// going on in this one.
    #[arg(long, value_name = "FOLDER")]
    checkout: Option<PathBuf>,
}

/// Goes through what was not recorded, and records it.
///
/// # Errors
/// When a mistake survives that is not known, the tests fail without any, or a tool is missing.
pub(crate) fn run(args: &Args) -> Result<()> {
    let top = args.checkout.clone().unwrap_or_else(crate::top);
    let mut recorded = Recorded::read(&top)?;
    if args.list {
        output::result(&recorded.table());
        for file in recorded.open(&top)? {
            output::tell(&format!("new or changed: {file}"));
        }
        return Ok(());
    }
    for tool in ["mutants", "nextest"] {
        ensure!(
            is_there(tool),
            "cargo-{tool} is missing: `cargo install --locked cargo-{tool}`"
        );
    }
    limit_memory()?;
    let survivors = Survivors::read(&top)?;
    let tree = Tree::copied(&top)?;
    let files = files::examined(tree.path())?;
    recorded.keep_only(&files);
    let mut unknown = Vec::new();
    let mut passed = BTreeSet::new();
    let wanted: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file, wanted(args, &recorded, &top, file)?)))
        .collect();
    for (number, (file, digest)) in (1..).zip(&wanted) {
        output::tell(&format!("{number}/{}: {file}", wanted.len()));
        let findings = examine(tree.path(), file, &mut passed)?;
        let new = survivors.unknown(&findings);
        if new.is_empty() {
            recorded.replace(file, digest, &findings);
            recorded.write(&top)?;
        }
        unknown.extend(new);
    }
    output::result(&recorded.table());
    for name in survivors.outdated(&recorded) {
        output::tell(&format!(
            "in survivors.txt, and does not survive any more: {name}"
        ));
    }
    if unknown.is_empty() {
        return Ok(());
    }
    bail!("no test notices:\n{}", unknown.join("\n"))
}

/// What is recorded, and how many files are not as they are recorded.
///
/// # Errors
/// When the record or a file cannot be read.
pub(crate) fn state(top: &Path) -> Result<State> {
    let recorded = Recorded::read(top)?;
    let open = recorded.open(top)?.len();
    let total = recorded.total();
    let count = |number: usize| u64::try_from(number).context("a large number");
    Ok(State {
        killed: count(total.killed)?,
        survived: count(total.survived.len())?,
        open: count(open)?,
    })
}

/// What is recorded, in numbers.
#[derive(Debug)]
pub(crate) struct State {
    /// Mistakes that a test noticed.
    pub(crate) killed: u64,
    /// Those that none did, and why is known.
    pub(crate) survived: u64,
    /// Files that are new, or not any more what was gone through.
    pub(crate) open: u64,
}

/// The digest of the file, if it is to be gone through.
fn wanted(args: &Args, recorded: &Recorded, top: &Path, file: &str) -> Option<String> {
    // What cannot be read now has no digest and is gone through: then it shows.
    let digest = digest(&top.join(file)).unwrap_or_default();
    let wanted = if args.files.is_empty() {
        args.all || !recorded.has(file, &digest)
    } else {
        args.files.iter().any(|part| file.contains(part.as_str()))
    };
    wanted.then_some(digest)
}

/// Makes each mistake in this file, and sees what the tests of its package say: first those that are
/// nearest, which are built and run in half the time, then, of what these do not notice, all.
fn examine(tree: &Path, file: &str, passed: &mut BTreeSet<String>) -> Result<Findings> {
    let folder = tempfile::tempdir()?;
    // To start a process for each test of a plugin takes longer than the test.
    let tool = match file.starts_with("plugins/") {
        true => &["--test-tool=cargo"],
        false => NEXTEST.as_slice(),
    };
    let nearest = format!("--cargo-arg={}", nearest(tree, file));
    let mut pass = |tool: &[&str], which: &str| {
        let package = file.split("/src/").next().unwrap_or_default();
        // That the tests pass without a mistake need not be seen for each file.
        let again = !passed.insert(format!("{package} {which}"));
        let baseline = match again {
            true => ["--baseline=skip", TIMEOUT].as_slice(),
            false => &["--baseline=run"],
        };
        let arguments = [tool, &[which], baseline].concat();
        pass(tree, file, folder.path(), &arguments)
    };
    let quick = pass(tool, &nearest)?;
    if quick.survived.is_empty() {
        return Ok(quick);
    }
    let thorough = pass(&NEXTEST, "--iterate")?;
    Ok(thorough.after(&quick))
}

/// In seconds, for the tests of a package.
const TIMEOUT: &str = "--timeout=150";

/// With a process for each test, of which the first that fails ends the run.
const NEXTEST: [&str; 3] = [
    "--test-tool=nextest",
    "--cargo-test-arg=--config-file",
    "--cargo-test-arg=tests/mutants/nextest.toml",
];

/// The option that names the package's test of the file's module, or else the tests in its library.
fn nearest(tree: &Path, file: &str) -> String {
    let test = file.split_once("/src/").and_then(|(package, rest)| {
        let module = rest.split(['/', '.']).next()?;
        let tests = tree.join(package).join("tests");
        let is_there = tests.join(module).join("main.rs").is_file()
            || tests.join(module).with_extension("rs").is_file();
        is_there.then(|| format!("--test={module}"))
    });
    test.unwrap_or_else(|| "--lib".to_owned())
}

/// What these arguments find in the file.
fn pass(tree: &Path, file: &str, folder: &Path, arguments: &[&str]) -> Result<Findings> {
    let status = mutants(tree)
        .args(["--in-place", "--file", file])
        .args(arguments)
        .arg("--output")
        .arg(folder)
        .stdin(Stdio::null())
        // Standard output is for the result.
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .context("cannot run cargo mutants")?;
    // 2 and 3 say that some survived or ran out of time; whether these may is decided elsewhere.
    ensure!(
        matches!(status.code(), Some(0 | 2 | 3)),
        "cargo mutants fails on {file}"
    );
    Findings::read(&folder.join("mutants.out/outcomes.json"))
        .with_context(|| format!("what cargo mutants found in {file}"))
}

fn mutants(tree: &Path) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(tree)
        .args(["mutants", "--workspace", "--config", CONFIG])
        // The same random cases each time.
        .env("PROPTEST_RNG_SEED", "20261122")
        .env_remove("KMS_TALLY");
    command
}

/// A loop that does not end, for that is what some mistakes are, must not take all memory there is
/// before its time is over. What is started from here has the same limit.
fn limit_memory() -> Result<()> {
    let mut limit = getrlimit(Resource::As);
    limit.current = Some(limit.current.map_or(MEMORY, |now| now.min(MEMORY)));
    setrlimit(Resource::As, limit).context("cannot limit the memory")
}

/// In bytes, for each process: what the compiler needs, and twice that.
const MEMORY: u64 = 4 << 30;

fn is_there(tool: &str) -> bool {
    let version = Command::new("cargo").args([tool, "--version"]).output();
    version.is_ok_and(|version| version.status.success())
}

/// A file of `tests/mutants`.
fn file(top: &Path, name: &str) -> PathBuf {
    top.join("tests/mutants").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_has_a_test_of_its_name_or_those_in_the_library() {
        let top = crate::top();
        assert_eq!(nearest(&top, "kms-core/src/vault/file.rs"), "--test=vault");
        assert_eq!(
            nearest(&top, "kms-core/src/journal/mod.rs"),
            "--test=journal"
        );
        assert_eq!(nearest(&top, "kms-core/src/beside.rs"), "--lib");
        assert_eq!(nearest(&top, "plugins/evm/src/quantity.rs"), "--lib");
    }
}
