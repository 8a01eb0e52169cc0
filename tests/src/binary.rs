//! The built program: where it is, and what it is told when it is measured.

use std::{env, path::PathBuf, process::Command};

/// The program under test: `TATUM_KMS_BIN`, or what cargo built beside this test.
///
/// # Panics
/// When it is not there.
pub fn path() -> PathBuf {
    let path = match env::var_os("TATUM_KMS_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let test = env::current_exe().expect("the path of this test");
            // target/debug/deps/<test>: the program is in target/debug.
            let folder = test.ancestors().nth(2).expect("cargo's target folder");
            folder.join("tatum-kms")
        }
    };
    assert!(
        path.is_file(),
        "there is no {}: `cargo build -p kms-bin` makes it",
        path.display()
    );
    path
}

/// Lets a program that has nothing else of this process's environment say which of its lines ran, if
/// that is being measured.
pub fn measure(command: &mut Command) -> &mut Command {
    const PROFILE: &str = "LLVM_PROFILE_FILE";
    command.envs(env::var_os(PROFILE).map(|file| (PROFILE, file)))
}
