//! The drills of the operator's handbook, run as they stand there.

use std::{env, os::unix::ffi::OsStrExt as _, process::Command};

use kms_tests::{
    binary,
    cloud::Cloud,
    daemon::API_KEY,
    markdown,
    program::{PASSWORD, User},
    samples::{ETH_WALLET, eth_pending, eth_transaction, eth_wallet, pending_id},
};
use serde_json::json;

use crate::text;

const HANDBOOK: &str = "kms-bin/docs/operating.md";

/// A user with a vault, and with a journal that has one transaction.
fn user() -> User {
    let user = User::with_wallets([(ETH_WALLET, &eth_wallet())]);
    let cloud = Cloud::start();
    cloud.route("GET", "/v3/ethereum/transaction/count/*", |_| {
        kms_tests::cloud::Answer::ok(&json!(7))
    });
    cloud.queue(&eth_pending(&pending_id(1), ETH_WALLET, &eth_transaction()));
    let done = user
        .run("daemon --testnet --run-once --chain=ETH")
        .env("TATUM_API_URL", cloud.url())
        .env("TATUM_API_KEY", API_KEY)
        .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    user
}

/// Runs all blocks of shell of a section, as one script in the user's home; gives what they print.
fn drill(user: &User, heading: &str) -> String {
    let handbook = text(HANDBOOK);
    let section = markdown::section(&handbook, heading).expect("the section");
    let blocks = markdown::fences(section).into_iter();
    let script: String = blocks
        .filter(|block| block.language == "sh")
        .map(|block| block.code)
        .collect();
    assert!(!script.is_empty(), "{heading} has no commands");
    let program = binary::path();
    let folder = program.parent().expect("a folder").as_os_str().as_bytes();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [folder, b":", path.as_bytes()].concat();
    let output = binary::measure(Command::new("sh").env_clear())
        .args(["-eu", "-c", &script])
        .current_dir(user.home())
        .env("HOME", user.home())
        .env("PATH", std::ffi::OsStr::from_bytes(&path))
        .env("TATUM_KMS_PASSWORD", PASSWORD)
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{heading}\n{stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_backup_can_be_opened_and_restored() {
    let user = user();
    let told = drill(&user, "## Backup");
    assert!(told.contains(&pending_id(1)), "{told}");

    // Vault and journal are lost.
    std::fs::remove_dir_all(user.home().join(".tatumrc")).expect("our folder");
    let told = drill(&user, "## Restore");
    assert!(told.contains("no transactions"), "{told}");
    let restored = user.home().join("restored/wallet.dat");
    let entries = user.run("export").arg("--path").arg(&restored).json();
    assert_eq!(entries[ETH_WALLET], eth_wallet());
}

#[test]
fn the_password_is_changed_for_vault_and_journal() {
    let user = user();
    drill(&user, "## Change of the password");
    let old = user.run("export").failure();
    assert_eq!(old, (3, "Wrong password.".to_owned()));
    let new = "a new, long password";
    let entries = user.run("export").password(new).json();
    assert_eq!(entries[ETH_WALLET], eth_wallet());
    // What opens the journal is its vault's password.
    let done = user
        .run("journal retry")
        .arg(pending_id(1))
        .password(new)
        .finish();
    assert!(!done.stderr.contains("another password"), "{done:?}");
    assert_eq!(done.code(), Some(1), "{done:?}");
    assert!(done.error().contains("done"), "{done:?}");
}
