//! `summary`: what the suites have shown, in numbers.
//!
//! Suites that find the variable `KMS_TALLY` write there how much they did: see
//! `kms_core::testkit::tally`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::output;

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
    let rows = sums.iter().map(|((suite, what), count)| {
        vec![(*suite).to_owned(), count.to_string(), (*what).to_owned()]
    });
    let rows: Vec<_> = rows.collect();
    output::result(&output::table(&["suite", "count", "of"], &rows));
    Ok(())
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
