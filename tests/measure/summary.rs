//! `summary`: what the suites have shown, in numbers.
//!
//! Suites that find the variable `KMS_TALLY` write there how much they did: see
//! `kms_core::testkit::tally`. What takes hours, fuzzing and mutants, is run now and then, and
//! counted from its records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use crate::{mutants, output};

/// Has a table of how often each target was run.
const FUZZ_RECORD: &str = "tests/fuzz/README.md";

#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The file that the variable `KMS_TALLY` named while the suites ran.
    file: PathBuf,
}

/// Adds up, and prints a line for each suite and what it counts.
///
/// # Errors
/// When the file cannot be read, or has another form.
pub(crate) fn run(args: &Args) -> Result<()> {
    let path = &args.file;
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let sums = sums(&text).with_context(|| format!("{} has another form", path.display()))?;
    let recorded = recorded(&crate::top())?;
    let rows = sums.into_iter().chain(recorded);
    let rows = rows
        .map(|((suite, what), count)| vec![suite.to_owned(), count.to_string(), what.to_owned()]);
    let rows: Vec<_> = rows.collect();
    output::result(&output::table(&["suite", "count", "of"], &rows));
    Ok(())
}

/// What is on record of suites that are too long to be run each time.
fn recorded(top: &Path) -> Result<BTreeMap<(&'static str, &'static str), u64>> {
    let path = top.join(FUZZ_RECORD);
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let (targets, executions) = fuzzed(&text);
    ensure!(targets > 0, "{} has no table", path.display());
    let mutants = mutants::state(top)?;
    Ok([
        (("fuzz", "targets, on record"), targets),
        (("fuzz", "executions of targets, on record"), executions),
        (("mutants", "killed, on record"), mutants.killed),
        (
            ("mutants", "survive and it is known why, on record"),
            mutants.survived,
        ),
        (
            ("mutants", "files that are new or have changed since"),
            mutants.open,
        ),
    ]
    .into())
}

/// How many rows of the table name a target, and the sum of their executions.
fn fuzzed(text: &str) -> (u64, u64) {
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        // | `target` | for what it takes its bytes | executions | minutes |
        let ["", target, _, executions, _, ""] = cells[..] else {
            return None;
        };
        target.strip_prefix('`')?.strip_suffix('`')?;
        executions.replace(',', "").parse::<u64>().ok()
    });
    rows.fold((0, 0), |(targets, sum), executions| {
        (targets + 1, sum + executions)
    })
}

/// The sum for each suite and what it counts; nothing if a line is no count.
fn sums(text: &str) -> Option<BTreeMap<(&str, &str), u64>> {
    let mut sums = BTreeMap::<_, u64>::new();
    for line in text.lines() {
        let mut parts = line.split('\t');
        let (suite, count, what) = (parts.next()?, parts.next()?, parts.next()?);
        let sum = sums.entry((suite, what)).or_default();
        *sum = sum.saturating_add(count.parse().ok()?);
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_table() {
        let text = "| Target | For | Executions | Minutes |\n|---|---|--:|--:|\n\
                    | `a` | b | 10,000,001 | 3 |\n| `c` | d | 41 | 0 |\n\
                    | `e` | f |\n| g | h | 7 | 1 |\n";
        assert_eq!(fuzzed(text), (2, 10_000_042));
        let (targets, executions) = fuzzed(include_str!("../fuzz/README.md"));
        assert!(targets >= 30 && executions >= targets * 10_000_000);
    }

    #[test]
    fn counts_of_the_same_are_added_up() {
        let text = "a\t1\tvectors\nb\t5\truns\na\t41\tvectors\na\t2\truns\n";
        let expected = [
            (("a", "runs"), 2),
            (("a", "vectors"), 42),
            (("b", "runs"), 5),
        ];
        assert_eq!(sums(text), Some(expected.into()));
        assert_eq!(sums("a\tmany\tvectors\n"), None);
        assert_eq!(sums("a\t1\n"), None);
    }
}
