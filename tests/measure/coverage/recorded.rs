//! What was reached when it was written down. It only rises.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::report::Report;
use crate::output;

/// By how many of 10,000 lines a part may fall: a line that is reached only when two threads meet
/// is reached in one run and not in another.
const TOLERANCE: u64 = 50;

/// How many of 10,000 lines of each part were reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recorded(BTreeMap<String, u64>);

impl Recorded {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} has another form", path.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let parts = value["reachedOf10000"].as_object()?.iter();
        let parts = parts.map(|(part, reached)| Some((part.clone(), reached.as_u64()?)));
        parts.collect::<Option<_>>().map(Self)
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let value = json!({ "reachedOf10000": self.0 });
        fs::write(path, format!("{value:#}\n")).with_context(|| format!("{}", path.display()))
    }

    /// The parts that are reached less than before. A new one must be written down first.
    pub(super) fn fallen(&self, report: &Report) -> Vec<String> {
        let parts = report.0.iter().filter(|(part, lines)| {
            let before = self.0.get(*part);
            before.is_none_or(|before| lines.per_10_000().saturating_add(TOLERANCE) < *before)
        });
        parts.map(|(part, _)| part.clone()).collect()
    }

    /// Takes over what is reached more than before; forgets the parts that are gone.
    pub(super) fn rise(&mut self, report: &Report) {
        self.0.retain(|part, _| report.0.contains_key(part));
        for (part, lines) in &report.0 {
            let reached = self.0.entry(part.clone()).or_default();
            *reached = lines.per_10_000().max(*reached);
        }
    }

    pub(super) fn table(&self, report: &Report) -> String {
        let percent = |reached: u64| format!("{}.{:02} %", reached / 100, reached % 100);
        let rows = report.0.iter().map(|(part, lines)| {
            vec![
                part.clone(),
                lines.all.to_string(),
                percent(lines.per_10_000()),
                self.0
                    .get(part)
                    .map_or("-".to_owned(), |before| percent(*before)),
            ]
        });
        let rows: Vec<_> = rows.collect();
        output::table(&["part", "lines", "reached", "recorded"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::report::Lines, *};

    fn report(reached: u64) -> Report {
        let lines = Lines {
            all: 10_000,
            reached,
        };
        Report([("a".to_owned(), lines)].into())
    }

    fn recorded(reached: u64) -> Recorded {
        Recorded([("a".to_owned(), reached)].into())
    }

    #[test]
    fn less_than_before_is_a_failure() {
        assert!(recorded(9000).fallen(&report(8950)).is_empty());
        assert_eq!(recorded(9000).fallen(&report(8949)), ["a"]);
        assert_eq!(Recorded([].into()).fallen(&report(9999)), ["a"]);
    }

    #[test]
    fn what_is_recorded_only_rises() {
        let mut rising = recorded(9000);
        rising.rise(&report(8000));
        assert_eq!(rising, recorded(9000));
        rising.rise(&report(9500));
        assert_eq!(rising, recorded(9500));
    }
}
