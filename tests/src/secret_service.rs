//! What every service that keeps the vault's password can do wrong, and what is said then.

use crate::{
    daemon::Finished,
    internet::{Internet, Reply},
    program::{Invocation, PASSWORD, User},
    samples,
    tls::Flaw,
};

/// The wallet in the vault of [`owner`].
pub const WALLET: &str = "00000000-0000-4000-8000-000000000001";

/// What the name or value of each secret contains that must never be seen.
pub const CANARY: &str = "canary";

/// Somebody with a vault.
pub fn owner() -> User {
    User::with_wallets([(WALLET, &samples::eth_wallet())])
}

/// A run of `user` that needs the vault and has the password from the service of this flag.
pub fn report(user: &User, flag: &str) -> Invocation {
    user.run(&format!("report {flag}"))
        .arg(WALLET)
        .without_password()
        .env("TATUM_KMS_PASSWORD_TIMEOUT", "2")
}

/// Checks that a run gets the right password.
///
/// # Panics
/// When it does not.
pub fn opens(run: &Invocation) {
    let done = run.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stderr, "");
    tells_no_secret(&done);
}

/// Checks that a run ends with this exit code and message, and tells no secret.
///
/// # Panics
/// When it does not.
pub fn fails(run: &Invocation, code: i32, message: &str) {
    let done = run.finish();
    let told = (done.code(), done.error());
    assert_eq!(
        told,
        (Some(code), message.to_owned()),
        "{}: {done:?}",
        run.line()
    );
    tells_no_secret(&done);
}

fn tells_no_secret(done: &Finished) {
    let text = format!("{}{}", done.stdout, done.stderr);
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains(PASSWORD), "{text}");
}

/// Checks what is said when a service cannot be reached, is out of order, too slow, or somebody
/// else who claims to be it. `first` is who is asked first, at `host`.
///
/// # Panics
/// When something else is said, or anything is sent to somebody else.
pub fn out_of_reach(
    user: &User,
    run: impl Fn() -> Invocation,
    world: impl Fn(Reply) -> Internet,
    service: &str,
    (first, host): (&str, &str),
) {
    let connected = |internet: &Internet| internet.connect(run(), user);
    let broken = world(Reply::Answer(503, CANARY.to_owned()));
    let message = format!("{service} is out of order: it answered 503");
    fails(&connected(&broken), 6, &message);

    let slow = world(Reply::Hang);
    let message = format!("{service} did not answer within 2 s");
    fails(&connected(&slow), 7, &message);

    let gone = world(Reply::Hang);
    gone.go_away();
    let message = format!(
        "cannot reach {first}: no connection to {host}: the proxy or the host turned it down"
    );
    fails(&connected(&gone), 6, &message);

    let stranger = world(Reply::Hang);
    stranger.flaw(Flaw::UnknownAuthority);
    let message = format!(
        "cannot reach {first}: no secure connection to {host}: its certificate is signed by an unknown authority"
    );
    fails(&connected(&stranger), 6, &message);
    assert!(stranger.requests().is_empty(), "{stranger:?}");
}

/// Checks that `checkconfig` names the source and no secret.
///
/// # Panics
/// When it does not.
pub fn is_shown(run: &Invocation, source: &str) {
    let done = run.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let line = format!("Password comes from              : {source}");
    assert!(done.stdout.lines().any(|found| found == line), "{done:?}");
    tells_no_secret(&done);
}
