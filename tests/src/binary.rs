//! Where the built program is.

use std::{env, path::PathBuf};

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
