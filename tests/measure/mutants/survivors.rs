//! The mistakes of which it is known that no test of their package notices them, and why.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result};

use super::{findings::Findings, recorded::Recorded};

/// The lines of `survivors.txt` that are no comment.
#[derive(Debug)]
pub(super) struct Survivors(BTreeSet<String>);

impl Survivors {
    pub(super) fn read(top: &Path) -> Result<Self> {
        let path = super::file(top, "survivors.txt");
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.map(str::to_owned).collect())
    }

    /// What survived and is not known.
    pub(super) fn unknown(&self, findings: &Findings) -> Vec<String> {
        let survived = findings.survived.iter();
        survived
            .filter(|name| !self.0.contains(*name))
            .cloned()
            .collect()
    }

    /// What is named here, and is not recorded as a survivor of its file.
    pub(super) fn outdated(&self, recorded: &Recorded) -> Vec<&str> {
        let survived: BTreeSet<&str> = recorded.survived().collect();
        let names = self.0.iter().map(String::as_str);
        names
            .filter(|name| !survived.contains(name))
            .filter(|name| {
                let file = name.split_once(": ").map_or(*name, |it| it.0);
                recorded.knows(file)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_unknown_and_what_is_killed_is_outdated() {
        let survivors = Survivors::parse("# why\na.rs: b\na.rs: c\n\nother.rs: d\n");
        let findings = Findings {
            survived: vec!["a.rs: b".to_owned(), "a.rs: new".to_owned()],
            ..Findings::default()
        };
        assert_eq!(survivors.unknown(&findings), ["a.rs: new"]);
        let mut recorded = Recorded::default();
        recorded.replace("a.rs", "", &findings);
        assert_eq!(survivors.outdated(&recorded), ["a.rs: c"]);
    }
}
