//! What came of the mistakes in each file, and which content the file had then.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{files, findings::Findings};
use crate::output;

const NAME: &str = "recorded.json";

/// For each file its digest and what was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recorded(BTreeMap<String, (String, Findings)>);

impl Recorded {
    pub(super) fn read(top: &Path) -> Result<Self> {
        let path = super::file(top, NAME);
        let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} has another form", path.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
        let entry = |(file, value): (&String, &Value)| {
            let survived = value["survived"].as_array()?.iter();
            let findings = Findings {
                killed: number(&value["killed"])?,
                unviable: number(&value["unviable"])?,
                survived: survived
                    .map(|name| Some(name.as_str()?.to_owned()))
                    .collect::<Option<_>>()?,
            };
            let digest = value["sha256"].as_str()?.to_owned();
            Some((file.clone(), (digest, findings)))
        };
        let files = value.as_object()?.iter().map(entry);
        files.collect::<Option<_>>().map(Self)
    }

    pub(super) fn write(&self, top: &Path) -> Result<()> {
        let files = self.0.iter().map(|(file, (digest, findings))| {
            let value = json!({
                "sha256": digest,
                "killed": findings.killed,
                "unviable": findings.unviable,
                "survived": findings.survived,
            });
            (file.clone(), value)
        });
        let value: Value = files.collect::<serde_json::Map<_, _>>().into();
        let path = super::file(top, NAME);
        fs::write(&path, format!("{value:#}\n")).with_context(|| format!("{}", path.display()))
    }

    /// Whether the file was gone through with this content.
    pub(super) fn has(&self, file: &str, digest: &str) -> bool {
        self.0.get(file).is_some_and(|(then, _)| then == digest)
    }

    /// Whether the file was gone through with any content.
    pub(super) fn knows(&self, file: &str) -> bool {
        self.0.contains_key(file)
    }

    pub(super) fn replace(&mut self, file: &str, digest: &str, findings: &Findings) {
        let entry = (digest.to_owned(), findings.clone());
        self.0.insert(file.to_owned(), entry);
    }

    /// Forgets files that are not gone through any more.
    pub(super) fn keep_only(&mut self, files: &[String]) {
        self.0.retain(|file, _| files.contains(file));
    }

    /// The files that are to be gone through, and are not recorded as they are.
    pub(super) fn open(&self, top: &Path) -> Result<Vec<String>> {
        let mut open = Vec::new();
        for file in files::examined(top)? {
            if !self.has(&file, &digest(&top.join(&file))?) {
                open.push(file);
            }
        }
        Ok(open)
    }

    /// The names of all that survived.
    pub(super) fn survived(&self) -> impl Iterator<Item = &str> {
        let files = self.0.values();
        files.flat_map(|(_, findings)| findings.survived.iter().map(String::as_str))
    }

    pub(super) fn total(&self) -> Findings {
        let findings = self.0.values().map(|(_, findings)| findings);
        findings.fold(Findings::default(), Findings::plus)
    }

    /// A row for each package, and the sum.
    pub(super) fn table(&self) -> String {
        let mut packages = BTreeMap::<&str, Findings>::new();
        for (file, (_, findings)) in &self.0 {
            let package = file.split_once("/src/").map_or(file.as_str(), |it| it.0);
            let sum = packages.remove(package).unwrap_or_default().plus(findings);
            packages.insert(package, sum);
        }
        let total = self.total();
        let rows = packages.iter().map(|(name, sum)| (*name, sum));
        let rows = rows.chain([("all", &total)]).map(|(name, sum)| {
            let numbers = [sum.killed, sum.survived.len(), sum.unviable];
            let numbers = numbers.map(|number| number.to_string());
            [name.to_owned()].into_iter().chain(numbers).collect()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let header = ["package", "killed", "survive, known why", "do not compile"];
        output::table(&header, &rows)
    }
}

/// SHA-256 of a file, in hex.
pub(super) fn digest(path: &Path) -> Result<String> {
    let content = fs::read(path).with_context(|| format!("{}", path.display()))?;
    let digits = Sha256::digest(content);
    Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(killed: usize, survived: &[&str]) -> Findings {
        Findings {
            killed,
            unviable: 1,
            survived: survived.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir_all(top.path().join("tests/mutants")).unwrap();
        let mut recorded = Recorded::default();
        recorded.replace("a/src/b.rs", "00ff", &findings(3, &["a/src/b.rs: c"]));
        recorded.write(top.path()).unwrap();
        assert_eq!(Recorded::read(top.path()).unwrap(), recorded);
    }

    #[test]
    fn a_file_that_is_new_or_has_another_content_is_open() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path();
        fs::create_dir_all(top.join("tests/mutants")).unwrap();
        fs::write(top.join("tests/mutants/files.txt"), "*.rs\n").unwrap();
        fs::write(top.join("a.rs"), "abc").unwrap();
        fs::write(top.join("b.rs"), "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(&top.join("a.rs")).unwrap(), abc);

        let mut recorded = Recorded::default();
        recorded.replace("a.rs", abc, &findings(1, &[]));
        assert!(recorded.has("a.rs", abc) && !recorded.has("a.rs", "00"));
        assert_eq!(recorded.open(top).unwrap(), ["b.rs"]);
        recorded.replace("b.rs", abc, &findings(1, &[]));
        assert!(recorded.open(top).unwrap().is_empty());
        fs::write(top.join("b.rs"), "abcd").unwrap();
        assert_eq!(recorded.open(top).unwrap(), ["b.rs"]);
        recorded.keep_only(&[]);
        assert_eq!(recorded, Recorded::default());
    }

    #[test]
    fn packages_are_summed() {
        let mut recorded = Recorded::default();
        recorded.replace("plugins/a/src/x.rs", "", &findings(3, &["s"]));
        recorded.replace("plugins/a/src/y.rs", "", &findings(4, &["t"]));
        recorded.replace("kms-core/src/z/z.rs", "", &findings(5, &[]));
        let table = recorded.table();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect())
            .collect();
        let expected = [
            ["kms-core", "5", "0", "1"],
            ["plugins/a", "7", "2", "2"],
            ["all", "12", "2", "3"],
        ];
        assert_eq!(rows, expected);
    }
}
