//! What packages are made of: container, systemd unit, Debian package, manual, completions,
//! workflows. Each is checked by the tools of those who will use it.

mod debian;
mod docker;
mod manual;
mod shells;
mod systemd;
mod workflows;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The folder of the workspace.
fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("a workspace").to_owned()
}

/// `kms-bin/packaging`.
fn packaging() -> PathBuf {
    root().join("kms-bin").join("packaging")
}

/// Whether these programs are installed.
///
/// # Panics
/// When one is not and the variable `CI` is set: there, nothing may be left out.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn have(programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let missing = programs
        .iter()
        .find(|program| !env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    let Some(program) = missing else {
        return true;
    };
    let advice = format!("{program} is not installed: .ci/run shows how to");
    assert!(env::var_os("CI").is_none(), "{advice}");
    eprintln!("LEFT OUT: {advice}");
    false
}

/// Runs a command to its end; gives its standard output.
#[track_caller]
fn run(command: &mut Command) -> String {
    let done = output(command);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{command:?}: {}\n{text}{}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    text
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
