//! Where the password comes from, and how it is changed.

use std::os::unix::process::ExitStatusExt as _;

use insta::assert_snapshot;
use kms_tests::{
    program::{PASSWORD, User},
    terminal::Terminal,
    transcript::Transcript,
};
use rustix::process::Signal;

use crate::{ADDRESS_3, BTC, KEY_3, MNEMONIC, owner};

const QUESTION: &str = "Enter password to access wallet store (or set env var TATUM_KMS_PASSWORD):";
const AGAIN: &str = "Enter the new password once more:";
const NEW: &str = "Enter new password:";

#[test]
fn each_source_gives_the_password() {
    let user = owner();
    let line = format!("getaddress {BTC} 3");
    let run = |flags: &str| user.run(&format!("{line} {flags}")).without_password();
    let file = user.file("password", PASSWORD);
    let file_flag = format!("--password-file={}", file.display());
    user.file("with-newline", format!("{PASSWORD}\n"));
    user.file("credentials/tatum-kms-password", PASSWORD);
    let credentials = user.home().join("credentials");
    for (what, run) in [
        ("the environment", run("").password(PASSWORD)),
        ("a file", run(&file_flag)),
        (
            "a file with a line break",
            run("--password-file with-newline"),
        ),
        (
            "a descriptor",
            run("--password-fd=3").after("exec 3<password"),
        ),
        (
            "standard input by number",
            run("--password-fd=0").stdin(PASSWORD),
        ),
        (
            "a systemd credential",
            run("").env("CREDENTIALS_DIRECTORY", &credentials),
        ),
        ("standard input", run("").stdin(&format!("{PASSWORD}\n"))),
        (
            "standard input without a line break",
            run("").stdin(PASSWORD),
        ),
    ] {
        let done = run.finish();
        assert_eq!(done.code(), Some(0), "{what}: {done:?}");
        assert!(done.stdout.contains(ADDRESS_3), "{what}");
        assert_eq!(done.stderr, "", "{what}");
    }
}

#[test]
fn the_first_source_that_is_set_up_counts_even_if_it_is_wrong() {
    let user = owner();
    user.file("right", PASSWORD);
    user.file("wrong", "wrong");
    let line = format!("getaddress {BTC} 3");
    let run = |flags: &str| user.run(&format!("{line} {flags}"));
    for (run, opens) in [
        (run("--password-file=right").password("wrong"), true),
        (run("--password-file=wrong"), false),
        (
            run("--password-fd=3")
                .after("exec 3<right")
                .password("wrong"),
            true,
        ),
        (run("").password("wrong").stdin(PASSWORD), false),
        (run("").stdin("wrong\n"), true),
    ] {
        let code = run.finish().code();
        assert_eq!(code, Some(if opens { 0 } else { 3 }), "{}", run.line());
    }
}

#[test]
fn missing_passwords_are_errors() {
    let user = owner();
    user.file("latin-1", b"caf\xe9");
    user.file("empty", "");
    let mut transcript = Transcript::of(&user);
    for line in [
        "export",
        "export --password-file=nowhere",
        "export --password-file=latin-1",
        "export --password-file=empty",
        "export --password-file=.",
        "export --password-fd=77",
        "export --password-fd=x",
        "export --password-file=empty --password-fd=0",
        "export --password=secret",
    ] {
        let done = transcript.run(&user.run(line).without_password());
        assert_ne!(done.code(), Some(0), "{line}");
    }
    assert_snapshot!(transcript.text());
}

#[test]
fn an_empty_password_makes_no_vault() {
    let user = User::new();
    user.file("empty", "\n");
    for run in [
        user.run("generatemanagedwallet ETH --password-file=empty"),
        user.run("generatemanagedwallet ETH")
            .without_password()
            .stdin("\n"),
        user.run("generatemanagedwallet ETH").without_password(),
        user.run("generatemanagedwallet ETH").password(""),
    ] {
        let (code, message) = run.failure();
        assert_eq!(code, 3, "{}: {message}", run.line());
        assert!(!user.vault().exists());
    }
}

#[test]
fn piped_input_answers_the_questions_in_their_order() {
    let user = User::new();
    let input = format!("{PASSWORD}\n{MNEMONIC}\n");
    user.run("storemanagedwallet BTC")
        .without_password()
        .stdin(&input)
        .json();
    let input = format!("{PASSWORD}\n{KEY_3}\n");
    user.run("storemanagedprivatekey BTC")
        .without_password()
        .stdin(&input)
        .json();
    assert_eq!(user.ids().len(), 2);
}

#[test]
fn a_terminal_asks_once_for_the_password_of_a_vault() {
    let user = owner();
    let run = user.run(&format!("getaddress {BTC} 3")).without_password();
    let mut terminal = Terminal::start(&run);
    terminal.answer(QUESTION, 1, PASSWORD);
    let (done, screen) = terminal.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(done.stdout.contains(ADDRESS_3));
    assert!(!screen.contains(PASSWORD), "{screen}");
    assert!(!screen.contains(AGAIN), "{screen}");
}

#[test]
fn a_terminal_asks_twice_for_the_password_of_a_new_vault() {
    let user = User::new();
    let run = user.run("storemanagedwallet BTC").without_password();
    let mut terminal = Terminal::start(&run);
    terminal.answer(QUESTION, 1, PASSWORD);
    terminal.answer(AGAIN, 1, PASSWORD);
    terminal.answer("Enter mnemonic to store:", 1, MNEMONIC);
    let (done, screen) = terminal.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    for secret in [PASSWORD, MNEMONIC] {
        assert!(!screen.contains(secret), "{screen}");
    }
    assert_eq!(user.ids().len(), 1);

    // The other storing command asks in the same order.
    let run = user.run("storemanagedprivatekey BTC").without_password();
    let mut terminal = Terminal::start(&run);
    terminal.answer(QUESTION, 1, PASSWORD);
    terminal.answer("Enter private key to store:", 1, KEY_3);
    let (done, screen) = terminal.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(!screen.contains(KEY_3), "{screen}");
    assert_eq!(user.ids().len(), 2);
}

#[test]
fn two_different_new_passwords_make_no_vault() {
    let user = User::new();
    let run = user.run("generatemanagedwallet ETH").without_password();
    let mut terminal = Terminal::start(&run);
    terminal.answer(QUESTION, 1, "one password");
    terminal.answer(AGAIN, 1, "another password");
    let (done, _) = terminal.finish();
    assert_eq!(done.code(), Some(3), "{done:?}");
    assert!(!user.vault().exists());
}

#[test]
fn a_wrong_password_is_told_before_the_secret_is_asked_for() {
    let user = owner();
    for line in ["storemanagedwallet BTC", "storemanagedprivatekey BTC"] {
        let mut terminal = Terminal::start(&user.run(line).without_password());
        terminal.answer(QUESTION, 1, "wrong");
        let (done, screen) = terminal.finish();
        assert_eq!(done.code(), Some(3), "{done:?}");
        assert!(!screen.contains("to store"), "{screen}");
    }
}

#[test]
fn a_signal_at_a_question_ends_the_program_and_gives_the_terminal_back() {
    let user = owner();
    for signal in [Signal::INT, Signal::TERM, Signal::QUIT] {
        for line in ["export", "daemon --testnet --api-key=k"] {
            let terminal = Terminal::start(&user.run(line).without_password());
            let (done, shows_typing) = terminal.signal_at(QUESTION, signal);
            assert_eq!(done.status.signal(), Some(signal.as_raw()), "{done:?}");
            assert!(shows_typing, "{line}, {signal:?}");
        }
    }
}

#[test]
fn the_password_can_be_changed() {
    let user = owner();
    let before = user.export();
    user.file("new", "a new password\n");
    let run = user.run("changepassword --new-password-file=new");
    let done = run.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(done.stdout, "");
    let (code, _) = user.run("export").failure();
    assert_eq!(code, 3);
    let exported = user.run("export").password("a new password").json();
    assert_eq!(exported, before);
    // What is kept beside it opens with the old password, and that is told.
    assert!(done.stderr.contains("wallet.dat.bak"), "{done:?}");

    let run = user
        .run("changepassword --new-password-fd=3")
        .password("a new password")
        .after("exec 3<<END\nthird\nEND");
    assert_eq!(run.finish().code(), Some(0));
    assert_eq!(user.run("export").password("third").json(), before);
}

#[test]
fn a_new_password_is_asked_for_twice() {
    let user = owner();
    let mut terminal = Terminal::start(&user.run("changepassword").without_password());
    terminal.answer(QUESTION, 1, PASSWORD);
    terminal.answer(NEW, 1, "a new password");
    terminal.answer(AGAIN, 1, "a new password");
    let (done, _) = terminal.finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert_eq!(
        user.run("export")
            .password("a new password")
            .finish()
            .code(),
        Some(0)
    );
}

#[test]
fn the_password_stays_when_it_cannot_be_changed() {
    let user = owner();
    let before = user.vault_bytes();
    user.file("new", "a new password");
    user.file("empty", "");
    for (run, code) in [
        (
            user.run("changepassword --new-password-file=new")
                .password("wrong"),
            3,
        ),
        (user.run("changepassword --new-password-file=empty"), 3),
        (user.run("changepassword --new-password-file=nowhere"), 3),
        (user.run("changepassword"), 3),
        (user.run("changepassword").stdin("\n"), 3),
    ] {
        let (found, message) = run.failure();
        assert_eq!(found, code, "{}: {message}", run.line());
    }
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn a_secret_on_a_terminal_comes_with_a_warning() {
    let user = owner();
    for (line, warns) in [
        ("export".to_owned(), true),
        (format!("getmanagedwallet {BTC}"), true),
        (format!("getprivatekey {BTC} 3"), true),
        ("generatewallet BTC".to_owned(), true),
        (format!("getaddress {BTC} 3"), false),
    ] {
        let run = user.run(&line).after("exec >/dev/tty");
        let (done, screen) = Terminal::start(&run).finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        assert!(!screen.is_empty());
        assert_eq!(
            done.stderr.starts_with("warning:"),
            warns,
            "{line}: {done:?}"
        );
        let piped = user.run(&line).finish();
        assert_eq!(piped.stderr, "", "{line}");
    }
}
