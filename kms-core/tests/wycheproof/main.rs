//! Wycheproof: cases made to break careless implementations, run against the primitives as this
//! crate uses them. Where the vectors come from: `tests/vectors/wycheproof/README.md`.

mod aes;
mod derive;
mod ecdsa;
mod ed25519;

use std::{fs, path::Path};

use serde_json::Value;

/// What Wycheproof says of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Valid,
    Invalid,
}

/// One case, and the group whose parameters it has.
struct Case<'a> {
    group: &'a Value,
    test: &'a Value,
}

impl Case<'_> {
    fn verdict(&self) -> Verdict {
        match self.test["result"].as_str() {
            Some("valid") => Verdict::Valid,
            Some("invalid") => Verdict::Invalid,
            other => panic!("{}: an unknown result: {other:?}", self.name()),
        }
    }

    fn is_valid(&self) -> bool {
        self.verdict() == Verdict::Valid
    }

    /// A member of the case, in hex.
    fn bytes(&self, member: &str) -> Vec<u8> {
        let text = self.test[member].as_str();
        hex::decode(text.unwrap_or_else(|| panic!("{}: no {member}", self.name()))).unwrap()
    }

    /// A number of the group, or else of the case.
    fn number(&self, member: &str) -> usize {
        let number = self.group[member]
            .as_u64()
            .or_else(|| self.test[member].as_u64());
        let number = number.unwrap_or_else(|| panic!("{}: no {member}", self.name()));
        usize::try_from(number).unwrap()
    }

    fn name(&self) -> String {
        format!("case {}: {}", self.test["tcId"], self.test["comment"])
    }
}

/// How many cases of a file were run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    valid: usize,
    invalid: usize,
    /// Of parameters that cannot be expressed in this program.
    foreign: usize,
}

/// Runs all cases of a file; `run` gives whether the case was accepted, or nothing where its
/// parameters cannot be expressed. Prints what was run.
#[expect(clippy::print_stdout, reason = "the counts are for people to see")]
fn run(file: &str, mut run: impl FnMut(&Case) -> Option<bool>) -> Count {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wycheproof");
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let whole: Value = serde_json::from_str(&text).unwrap();
    let mut count = Count::default();
    let mut wrong = Vec::new();
    for group in whole["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let case = Case { group, test };
            match run(&case) {
                None => count.foreign += 1,
                Some(accepted) if accepted != case.is_valid() => wrong.push(case.name()),
                Some(true) => count.valid += 1,
                Some(false) => count.invalid += 1,
            }
        }
    }
    assert!(wrong.is_empty(), "{file}: {wrong:#?}");
    let Count {
        valid,
        invalid,
        foreign,
    } = count;
    assert_eq!(
        Some(u64::try_from(valid + invalid + foreign).unwrap()),
        whole["numberOfTests"].as_u64(),
        "{file}"
    );
    kms_core::testkit::tally("Wycheproof", valid + invalid, "vectors");
    println!(
        "wycheproof {file}: {valid} valid accepted, {invalid} invalid refused, {foreign} of \
         parameters that do not occur here"
    );
    count
}
