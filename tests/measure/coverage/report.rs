//! What cargo-llvm-cov found, by part of the program.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

/// Lines of code, and how many of them some test reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) all: u64,
    pub(super) reached: u64,
}

impl Lines {
    /// How many of 10,000 lines are reached.
    pub(super) fn per_10_000(self) -> u64 {
        let reached = self.reached.saturating_mul(10_000);
        // What has no lines is reached as a whole.
        reached.checked_div(self.all).unwrap_or(10_000)
    }
}

/// The lines of each part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report(pub(super) BTreeMap<String, Lines>);

impl Report {
    /// Reads what `cargo llvm-cov --json` writes; nothing if it is something else.
    pub(super) fn parse(text: &str, top: &Path) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut parts = BTreeMap::<String, Lines>::new();
        for file in value["data"][0]["files"].as_array()? {
            let path = Path::new(file["filename"].as_str()?);
            let Some(part) = path.strip_prefix(top).ok().and_then(part) else {
                continue;
            };
            let lines = &file["summary"]["lines"];
            let sum = parts.entry(part).or_default();
            sum.all = sum.all.saturating_add(lines["count"].as_u64()?);
            sum.reached = sum.reached.saturating_add(lines["covered"].as_u64()?);
        }
        (!parts.is_empty()).then_some(Self(parts))
    }
}

/// The part that a file belongs to: a plugin, or a module of the core or the program.
fn part(path: &Path) -> Option<String> {
    let mut names = path.iter().map(|name| name.to_str());
    let first = names.next()??;
    let second = names.next()??;
    if first == "plugins" {
        return Some(format!("{first}/{second}"));
    }
    if second != "src" {
        return None;
    }
    let module = names.next()??;
    Some(format!("{first}/{}", module.trim_end_matches(".rs")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_summed_by_part() {
        let text = r#"{"data": [{"files": [
            {"filename": "/top/kms-core/src/vault/file.rs",
             "summary": {"lines": {"count": 10, "covered": 9}}},
            {"filename": "/top/kms-core/src/vault/store.rs",
             "summary": {"lines": {"count": 30, "covered": 30}}},
            {"filename": "/top/plugins/evm/src/fee.rs",
             "summary": {"lines": {"count": 4, "covered": 1}}},
            {"filename": "/top/kms-core/benches/vault.rs",
             "summary": {"lines": {"count": 4, "covered": 0}}},
            {"filename": "/elsewhere/src/lib.rs",
             "summary": {"lines": {"count": 4, "covered": 0}}}
        ]}]}"#;
        let report = Report::parse(text, Path::new("/top")).unwrap();
        let vault = Lines {
            all: 40,
            reached: 39,
        };
        let evm = Lines { all: 4, reached: 1 };
        let expected = [("kms-core/vault", vault), ("plugins/evm", evm)];
        let expected = expected.map(|(part, lines)| (part.to_owned(), lines));
        assert_eq!(report, Report(expected.into()));
        assert_eq!(vault.per_10_000(), 9750);
        assert_eq!(Lines::default().per_10_000(), 10_000);
    }

    #[test]
    fn what_is_something_else_is_no_report() {
        for text in ["", "{}", r#"{"data": [{"files": []}]}"#] {
            assert_eq!(Report::parse(text, Path::new("/top")), None, "{text}");
        }
    }
}
