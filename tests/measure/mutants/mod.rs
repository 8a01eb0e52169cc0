//! `mutants`: one mistake at a time where it would cost money, each of which some test must notice.
//!
//! `tests/mutants/files.txt` says in which files. What came of each is recorded with the
//! digest of the file, so that after a change only the files that it touched are gone through
//! again. A mistake that no test notices must stand in `tests/mutants/survivors.txt`, with the
//! reason; otherwise its file is not recorded, and the run fails.
//!
//! The program under test is a copy of the tree in the target folder, which is mutated in place
//! and built again and again: so the tree itself is never wrong, and little is compiled.

mod examination;
mod files;
mod findings;
mod recorded;
mod survivors;
mod tree;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use self::{
    examination::Examination,
    recorded::{Recorded, digest},
    survivors::Survivors,
    tree::Tree,
};
use crate::output;

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
    let survivors = Survivors::read(&top)?;
    let tree = Tree::copied(&top)?;
    let files = files::examined(tree.path())?;
    recorded.keep_only(&files);
    let mut unknown = Vec::new();
    let mut examination = Examination::of(tree.path())?;
    let wanted: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file, wanted(args, &recorded, &top, file)?)))
        .collect();
    for (number, (file, digest)) in (1..).zip(&wanted) {
        output::tell(&format!("{number}/{}: {file}", wanted.len()));
        let findings = examination.findings(file)?;
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

fn is_there(tool: &str) -> bool {
    let version = Command::new("cargo").args([tool, "--version"]).output();
    version.is_ok_and(|version| version.status.success())
}

/// A file of `tests/mutants`.
fn file(top: &Path, name: &str) -> PathBuf {
    top.join("tests/mutants").join(name)
}
