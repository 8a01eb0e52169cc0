//! What cargo-mutants found in a file.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What came of the mistakes in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// How many a test noticed; a test that does not end has noticed.
    pub(super) killed: usize,
    /// How many do not compile.
    pub(super) unviable: usize,
    /// Those that no test noticed, without the numbers of line and column, which change.
    pub(super) survived: Vec<String>,
}

impl Findings {
    /// Reads `outcomes.json`.
    ///
    /// # Errors
    /// When it is missing or has another form.
    pub(super) fn read(path: &Path) -> Result<Self> {
        // It writes none where there is nothing to be mistaken about.
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path)?;
        Self::parse(&text).context("it has another form")
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut findings = Self::default();
        for outcome in value["outcomes"].as_array()? {
            // The run without a mistake.
            if outcome["scenario"] == "Baseline" {
                continue;
            }
            match outcome["summary"].as_str()? {
                "CaughtMutant" | "Timeout" => findings.killed += 1,
                "Unviable" => findings.unviable += 1,
                "MissedMutant" => {
                    let name = outcome["scenario"]["Mutant"]["name"].as_str()?;
                    findings.survived.push(without_position(name)?);
                }
                _ => return None,
            }
        }
        findings.survived.sort();
        findings.survived.dedup();
        Some(findings)
    }

    /// What is known after this pass, which looked only at what survived the one before it.
    pub(super) fn after(mut self, before: &Self) -> Self {
        self.killed += before.killed;
        self.unviable += before.unviable;
        self
    }

    /// The sum of both.
    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.killed += other.killed;
        self.unviable += other.unviable;
        self.survived.extend(other.survived.iter().cloned());
        self
    }
}

/// `file:line:column: what` without line and column.
fn without_position(name: &str) -> Option<String> {
    let (file, rest) = name.split_once(':')?;
    let (_position, what) = rest.split_once(": ")?;
    Some(format!("{file}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_and_survivors_named() {
        let text = r#"{"outcomes": [
            {"scenario": "Baseline", "summary": "Success"},
            {"scenario": {"Mutant": {"name": "a/b.rs:1:2: replace + with -"}}, "summary": "CaughtMutant"},
            {"scenario": {"Mutant": {"name": "a/b.rs:1:2: replace + with *"}}, "summary": "Timeout"},
            {"scenario": {"Mutant": {"name": "a/b.rs:3:4: delete ! in f"}}, "summary": "Unviable"},
            {"scenario": {"Mutant": {"name": "a/b.rs:5:6: replace f -> A::B with ()"}}, "summary": "MissedMutant"}
        ]}"#;
        let expected = Findings {
            killed: 2,
            unviable: 1,
            survived: vec!["a/b.rs: replace f -> A::B with ()".to_owned()],
        };
        assert_eq!(Findings::parse(text), Some(expected));
    }

    #[test]
    fn a_second_pass_decides_what_survives() {
        let before = Findings {
            killed: 5,
            unviable: 1,
            survived: vec!["a.rs: b".to_owned(), "a.rs: c".to_owned()],
        };
        let second = Findings {
            killed: 1,
            unviable: 0,
            survived: vec!["a.rs: c".to_owned()],
        };
        let expected = Findings {
            killed: 6,
            unviable: 1,
            survived: vec!["a.rs: c".to_owned()],
        };
        assert_eq!(second.after(&before), expected);
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_noticed() {
        let text = r#"{"outcomes": [{"scenario": {"Mutant": {"name": "a:1:2: b"}}, "summary": "Failure"}]}"#;
        assert_eq!(Findings::parse(text), None);
        assert_eq!(Findings::parse("{}"), None);
    }
}
