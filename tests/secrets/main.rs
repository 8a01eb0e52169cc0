//! No secret is anywhere but where it was asked for. Every command and a daemon run with canaries
//! (keys, mnemonics, passwords, an API key), at the finest log level and into every error that can
//! be reached from outside; what they write, what they send, and what the system shows of them is
//! searched for any way to write a canary.
//!
//! What is searched, and by which module:
//!
//! | Surface | |
//! |---|---|
//! | standard output and error, both log formats; every file in the home, its folder for temporary files included: vault, backups, journal | `commands`, `errors`, `daemon` |
//! | requests: paths, queries, headers, bodies; the metrics; what panics say | `daemon` |
//! | arguments, environment, children, core files | `process` |
//! | the memory of a daemon that has signed and rests | `memory` |
//!
//! What services that keep the password send and are sent is looked at by their own tests,
//! `password_*`, in each of their errors.

mod canary;
mod commands;
mod daemon;
mod errors;
mod memory;
mod process;
mod search;

use kms_tests::{
    program::{Invocation, User},
    samples,
};
use serde_json::{Value, json};

use crate::search::Search;

const PASSWORD: &str = "canary-password-7f3kq9zx";
const NEW_PASSWORD: &str = "canary-new-password-m2v8r";
const API_KEY: &str = "t-canaryapikey-5d1c8e-9w4u";
const MNEMONIC: &str =
    "mandate sausage whisper imitate utility action glare follow response night clinic vault";
const BTC_KEY: &str = "KxNWiDShg98pCVZeWakKy9drrnboawcZcoKPVVkKaqPuBiicpPJU";
const TRACE: &str = "--log-level=trace";

/// A user with a vault of all canaries.
fn owner(search: &mut Search) -> User {
    let user = User::new();
    for (line, input) in [
        ("storemanagedwallet BTC", MNEMONIC),
        ("storemanagedprivatekey BTC", BTC_KEY),
        ("storemanagedprivatekey ETH --testnet", samples::ETH_KEY),
    ] {
        let run = run(&user, &format!("{line} {TRACE}")).stdin(&format!("{input}\n"));
        let done = search.watch(&run, false);
        assert_eq!(done.code(), Some(0), "{done:?}");
    }
    user
}

/// A run with the canaries for password and API key.
fn run(user: &User, line: &str) -> Invocation {
    user.run(line)
        .without_password()
        .password(PASSWORD)
        .env("TATUM_API_KEY", API_KEY)
}

/// The signature ids of the owner's vault, newest first.
fn user_ids(user: &User) -> Vec<String> {
    let vault: Value = run(user, "export").json();
    vault.as_object().unwrap().keys().cloned().collect()
}

fn complete_transaction() -> Value {
    let mut transaction = samples::eth_transaction();
    transaction["nonce"] = json!(1);
    transaction
}
