//! What the tests say to the mistakes in a file.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};

use super::findings::Findings;

const CONFIG: &str = "tests/mutants/mutants.toml";

/// A process for each test, of which the first that fails ends the run.
const NEXTEST: [&str; 3] = [
    "--test-tool=nextest",
    "--cargo-test-arg=--config-file",
    "--cargo-test-arg=tests/mutants/nextest.toml",
];

/// All tests in one process.
const CARGO: [&str; 1] = ["--test-tool=cargo"];

/// In seconds, for the tests of a package.
const TIMEOUT: &str = "--timeout=150";

/// In bytes, for each process: what the compiler needs, and twice that.
const MEMORY: u64 = 4 << 30;

/// Goes through files of a tree, one after the other.
#[derive(Debug)]
pub(super) struct Examination<'a> {
    tree: &'a Path,
    /// Tests that were seen to pass without a mistake: a package, and which of its tests.
    passed: BTreeSet<(String, String)>,
}

impl<'a> Examination<'a> {
    /// # Errors
    /// When the memory cannot be limited.
    pub(super) fn of(tree: &'a Path) -> Result<Self> {
        limit_memory()?;
        Ok(Self {
            tree,
            passed: BTreeSet::new(),
        })
    }

    /// Makes each mistake in this file, and sees what the tests of its package say: first those that
    /// are nearest, which are built and run in half the time, then, of what these do not notice, all.
    ///
    /// # Errors
    /// When the tests fail without a mistake, or cargo-mutants does.
    pub(super) fn findings(&mut self, file: &str) -> Result<Findings> {
        let folder = tempfile::tempdir()?;
        // To start a process for each test of a plugin takes longer than the test.
        let tool = match file.starts_with("plugins/") {
            true => CARGO.as_slice(),
            false => &NEXTEST,
        };
        let nearest = format!("--cargo-arg={}", nearest(self.tree, file));
        let quick = self.pass(file, folder.path(), tool, &nearest)?;
        if quick.survived.is_empty() {
            return Ok(quick);
        }
        let thorough = self.pass(file, folder.path(), &NEXTEST, "--iterate")?;
        Ok(thorough.after(&quick))
    }

    /// What the tool finds with the tests, or of the mistakes, that `which` says.
    fn pass(&mut self, file: &str, folder: &Path, tool: &[&str], which: &str) -> Result<Findings> {
        let package = file.split("/src/").next().unwrap_or_default();
        let is_first = self.passed.insert((package.to_owned(), which.to_owned()));
        let baseline = match is_first {
            true => ["--baseline=run"].as_slice(),
            false => &["--baseline=skip", TIMEOUT],
        };
        let status = Command::new("cargo")
            .current_dir(self.tree)
            .args(["mutants", "--workspace", "--config", CONFIG])
            .args(["--in-place", "--file", file, which])
            .args(tool)
            .args(baseline)
            .arg("--output")
            .arg(folder)
            // The same random cases each time.
            .env("PROPTEST_RNG_SEED", "20261122")
            .env_remove("KMS_TALLY")
            .stdin(Stdio::null())
            // Standard output is for the result.
            .stdout(Stdio::from(std::io::stderr()))
            .status()
            .context("cannot run cargo mutants")?;
        // 2 and 3 say that some survived or ran out of time; whether these may is decided elsewhere.
        ensure!(
            matches!(status.code(), Some(0 | 2 | 3)),
            "cargo mutants fails on {file}"
        );
        Findings::read(&folder.join("mutants.out/outcomes.json"))
            .with_context(|| format!("what cargo mutants found in {file}"))
    }
}

/// The option that names the package's test of the file's module, or else the tests in its library.
fn nearest(tree: &Path, file: &str) -> String {
    let test = file.split_once("/src/").and_then(|(package, rest)| {
        let module = rest.split(['/', '.']).next()?;
        let tests = tree.join(package).join("tests");
        let is_there = tests.join(module).join("main.rs").is_file()
            || tests.join(module).with_extension("rs").is_file();
        is_there.then(|| format!("--test={module}"))
    });
    test.unwrap_or_else(|| "--lib".to_owned())
}

/// A loop that does not end, for that is what some mistakes are, must not take all memory there is
/// before its time is over. What is started from here has the same limit.
fn limit_memory() -> Result<()> {
    let mut limit = getrlimit(Resource::As);
    limit.current = Some(limit.current.map_or(MEMORY, |now| now.min(MEMORY)));
    setrlimit(Resource::As, limit).context("cannot limit the memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_has_a_test_of_its_name_or_those_in_the_library() {
        let top = crate::top();
        assert_eq!(nearest(&top, "kms-core/src/vault/file.rs"), "--test=vault");
        assert_eq!(
            nearest(&top, "kms-core/src/journal/mod.rs"),
            "--test=journal"
        );
        assert_eq!(nearest(&top, "kms-core/src/beside.rs"), "--lib");
        assert_eq!(nearest(&top, "plugins/evm/src/quantity.rs"), "--lib");
    }
}
