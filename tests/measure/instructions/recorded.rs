//! What the operations cost when it was written down, and what they cost now.

use std::{fs, path::Path, path::PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::file;
use crate::output;

/// What was written down.
#[derive(Debug)]
pub(super) struct Recorded {
    /// The architecture that it holds for.
    pub(super) architecture: String,
    /// What counted.
    pub(super) valgrind: String,
    /// What compiled.
    pub(super) rustc: String,
    /// By how many percent a count may differ.
    tolerance: u64,
    counts: Map<String, Value>,
}

impl Recorded {
    /// Where it is written.
    pub(super) fn path() -> PathBuf {
        file()
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} has another form", path.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self {
            architecture: text("architecture")?,
            valgrind: text("valgrind")?,
            rustc: text("rustc")?,
            tolerance: value["tolerancePercent"].as_u64()?,
            counts: value["instructions"].as_object()?.clone(),
        })
    }

    /// Puts other counts in place of these.
    pub(super) fn replace(&mut self, counts: &[(&str, u64)], valgrind: &str, rustc: &str) {
        std::env::consts::ARCH.clone_into(&mut self.architecture);
        valgrind.clone_into(&mut self.valgrind);
        rustc.clone_into(&mut self.rustc);
        let counts = counts.iter();
        self.counts = counts
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect();
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let value = json!({
            "architecture": self.architecture,
            "valgrind": self.valgrind,
            "rustc": self.rustc,
            "tolerancePercent": self.tolerance,
            "instructions": self.counts,
        });
        fs::write(path, format!("{value:#}\n")).with_context(|| format!("{}", path.display()))
    }

    pub(super) fn compare(&self, counts: &[(&'static str, u64)]) -> Comparison {
        let row = |(name, now): &(&'static str, u64)| Row {
            name,
            now: *now,
            then: self.counts.get(*name).and_then(Value::as_u64),
        };
        Comparison {
            tolerance: self.tolerance,
            rows: counts.iter().map(row).collect(),
        }
    }
}

/// The counts now beside those that were recorded.
#[derive(Debug)]
pub(super) struct Comparison {
    tolerance: u64,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    now: u64,
    /// Nothing for an operation that was never recorded.
    then: Option<u64>,
}

impl Comparison {
    /// Whether no operation costs more than it may. One that was not recorded may cost nothing.
    pub(super) fn is_well(&self) -> bool {
        self.rows.iter().all(|row| {
            let then = row.then.unwrap_or(0);
            row.now <= then.saturating_add(self.slack(then))
        })
    }

    /// The operations that cost less than recorded, by more than the tolerance: as long as that is
    /// not written down, they can become dearer again unseen.
    pub(super) fn cheaper(&self) -> impl Iterator<Item = &'static str> {
        let cheaper = self.rows.iter().filter(|row| {
            row.then
                .is_some_and(|then| row.now < then.saturating_sub(self.slack(then)))
        });
        cheaper.map(|row| row.name)
    }

    pub(super) fn table(&self) -> String {
        let rows = self.rows.iter().map(|row| {
            let then = row.then.map_or("-".to_owned(), |then| then.to_string());
            let percent = row.then.and_then(|then| {
                let percent = row.now.saturating_mul(1000).checked_div(then)?;
                Some(format!("{}.{} %", percent / 10, percent % 10))
            });
            vec![
                row.name.to_owned(),
                row.now.to_string(),
                then,
                percent.unwrap_or_default(),
            ]
        });
        let rows: Vec<_> = rows.collect();
        output::table(&["operation", "instructions", "recorded", "of it"], &rows)
    }

    fn slack(&self, count: u64) -> u64 {
        count.saturating_mul(self.tolerance) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(now: u64) -> Comparison {
        let recorded = Recorded::parse(
            r#"{"architecture": "x", "valgrind": "v", "rustc": "r", "tolerancePercent": 5,
                "instructions": {"a": 1000}}"#,
        );
        recorded.unwrap().compare(&[("a", now)])
    }

    #[test]
    fn more_than_the_tolerance_is_a_failure() {
        assert!(compare(1050).is_well());
        assert!(!compare(1051).is_well());
        assert!(compare(1).is_well());
    }

    #[test]
    fn what_has_become_cheaper_is_to_be_recorded() {
        assert_eq!(compare(950).cheaper().count(), 0);
        assert_eq!(compare(949).cheaper().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn what_was_never_recorded_is_a_failure() {
        let mut comparison = compare(1000);
        comparison.rows[0].then = None;
        assert!(!comparison.is_well());
        assert!(comparison.table().contains('-'));
    }

    #[test]
    fn the_file_in_the_tree_names_all_operations() {
        let recorded = Recorded::read(&Recorded::path()).unwrap();
        for operation in super::super::OPERATIONS {
            assert!(recorded.counts.contains_key(operation.name));
        }
        assert_eq!(recorded.counts.len(), super::super::OPERATIONS.len());
    }
}
