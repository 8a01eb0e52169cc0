//! What a run of the suites has shown, in numbers.

use std::{env, fmt::Debug, fs::OpenOptions, io::Write as _};

/// The variable with the path of the file that numbers are added to.
const VARIABLE: &str = "KMS_TALLY";

/// Counts `count` more of `what` for `suite`, in the file that `KMS_TALLY` names; nothing where it
/// names none. `cargo run -p kms-tests -- summary` adds them up.
///
/// # Panics
/// When the file cannot be written.
pub fn tally(suite: &str, count: impl TryInto<u64, Error: Debug>, what: &str) {
    let count: u64 = count.try_into().expect("a small number");
    let Some(path) = env::var_os(VARIABLE) else {
        return;
    };
    let line = format!("{suite}\t{count}\t{what}\n");
    // One write for each line: tests of several processes write at a time.
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
}
