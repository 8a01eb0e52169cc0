//! `--password-command`: the password as the output of a program.

use kms_tests::{
    program::{Invocation, PASSWORD, User},
    samples,
};

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// A user with a wallet, whose `say` prints what it is given.
fn owner() -> User {
    let user = User::with_wallets([(ID, &samples::eth_wallet())]);
    user.file("password", format!("{PASSWORD}\n"));
    user
}

fn run(user: &User, command: &str) -> Invocation {
    user.run("report")
        .arg(ID)
        .arg(format!("--password-command={command}"))
        .without_password()
}

#[test]
fn a_command_unlocks_the_vault() {
    let user = owner();
    for command in [
        "cat password".to_owned(),
        format!("printf '%s' '{PASSWORD}'"),
        "sh -c 'cat < password'".to_owned(),
    ] {
        let done = run(&user, &command).finish();
        assert_eq!(done.code(), Some(0), "{command}: {done:?}");
        assert_eq!(done.stderr, "", "{command}");
    }
}

#[test]
fn it_goes_before_the_environment_and_never_falls_through() {
    let user = owner();
    let done = run(&user, "cat password").password("wrong").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let (code, message) = run(&user, "echo wrong").password(PASSWORD).failure();
    assert_eq!((code, message.as_str()), (3, "Wrong password."));
    let (code, _) = run(&user, "false").password(PASSWORD).failure();
    assert_eq!(code, 3);
}

#[test]
fn what_the_command_says_to_people_is_passed_on() {
    let user = owner();
    let script = "sh -c 'echo touch your key >&2; cat password'";
    let done = run(&user, script).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stderr, "touch your key");
}

#[test]
fn the_command_gets_neither_our_secrets_nor_our_input() {
    let user = owner();
    let script = "sh -c 'env > environment; cat > input; cat password'";
    let done = run(&user, script)
        .env("TATUM_API_KEY", "canary-1")
        .env("TATUM_KMS_PASSWORD", "canary-2")
        .env("TATUM_KMS_AWS_SECRET_ACCESS_KEY", "canary-3")
        .env("TATUM_KMS_VGS_PASSWORD", "canary-4")
        .env("VAULT_TOKEN", "for a command such as `vault kv get`")
        .stdin("canary-5")
        .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let environment = std::fs::read_to_string(user.home().join("environment")).unwrap();
    assert!(!environment.contains("canary"), "{environment}");
    assert!(environment.contains("VAULT_TOKEN="), "{environment}");
    let input = std::fs::read_to_string(user.home().join("input")).unwrap();
    assert_eq!(input, "");
}

#[test]
fn each_failure_is_told_without_the_output() {
    let user = owner();
    let lost = |text: &str| format!("the password command {text}");
    for (command, code, message) in [
        ("echo wrong", 3, "Wrong password.".to_owned()),
        ("sh -c 'cat password; exit 9'", 3, lost("sh failed with exit status: 9")),
        ("sh -c 'cat password; kill -15 $$'", 3, lost("sh failed with signal: 15 (SIGTERM)")),
        ("true", 3, lost("true printed nothing")),
        (
            "/no/such/program",
            3,
            "cannot start the password command /no/such/program: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "./password",
            3,
            "cannot start the password command ./password: Permission denied (os error 13)".to_owned(),
        ),
        (
            "cat /dev/zero",
            3,
            "the output of the program cat holds more than 65536 bytes".to_owned(),
        ),
        (
            r"printf '\377'",
            3,
            "the output of the program printf does not hold UTF-8 text".to_owned(),
        ),
        ("", 2, lost("is empty")),
        ("'cat password", 2, lost("ends within quotes or after a backslash")),
    ] {
        let failure = run(&user, command).failure();
        assert_eq!(failure, (code, message), "{command}");
    }
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_it_started() {
    let user = owner();
    let script = "sh -c 'sleep 3600 & echo $! > child; wait; cat password'";
    let slow = run(&user, script).env("TATUM_KMS_PASSWORD_TIMEOUT", "1");
    let message = "the password command sh was not done within 1 s";
    assert_eq!(slow.failure(), (7, message.to_owned()));
    let child = std::fs::read_to_string(user.home().join("child")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.trim()));
    // Gone, or dead and not yet collected by the system.
    let is_dead = status.is_err() || status.is_ok_and(|text| text.contains("State:\tZ"));
    assert!(is_dead, "{child}");

    let wrong = run(&user, "cat password").env("TATUM_KMS_PASSWORD_TIMEOUT", "soon");
    let message = "TATUM_KMS_PASSWORD_TIMEOUT is no whole number from 1 to 3600";
    assert_eq!(wrong.failure(), (2, message.to_owned()));
}

#[test]
fn checkconfig_names_the_program_and_runs_nothing() {
    let user = owner();
    let line = "touch ran --secret=hunter2";
    let done = user
        .run("checkconfig")
        .arg(format!("--password-command={line}"))
        .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(
        done.stdout
            .contains("Password comes from              : the output of the program touch\n"),
        "{}",
        done.stdout
    );
    assert!(!done.stdout.contains("hunter2"), "{}", done.stdout);
    assert!(!user.home().join("ran").exists());
}
