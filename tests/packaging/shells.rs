//! Completions, loaded by the shells themselves.

use std::process::Command;

use kms_tests::program::User;

use crate::{have, run};

/// What `shell` says when it runs this script, which finds the completions in `script`.
fn ask(shell: &str, flags: &[&str], script: &str) -> String {
    let user = User::new();
    let done = user.run(&format!("completions {shell}")).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let file = user.file("completions", &done.stdout);
    run(Command::new(shell)
        .args(flags)
        .arg("-c")
        .arg(script)
        .current_dir(user.home())
        .env("HOME", user.home())
        .env("COMPLETIONS", file))
}

#[test]
fn bash_completes_commands_and_flags() {
    if !have(&["bash"]) {
        return;
    }
    // What bash does when somebody presses the tabulator key.
    let script = r#"
        source "$COMPLETIONS"
        function=$(complete -p tatum-kms | sed 's/.* -F \([^ ]*\) .*/\1/')
        complete_line() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            "$function" tatum-kms "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}"
        }
        complete_line tatum-kms getp
        complete_line tatum-kms daemon --external-url-m
        complete_line tatum-kms daemon --external-url-method ''
    "#;
    let words = ask("bash", &["--norc"], script);
    assert_eq!(
        words.lines().collect::<Vec<_>>(),
        ["getprivatekey", "--external-url-method", "GET", "POST"]
    );
}

#[test]
fn fish_completes_commands_and_flags() {
    if !have(&["fish"]) {
        return;
    }
    let script = r#"
        source $COMPLETIONS
        complete --do-complete 'tatum-kms getp'
        complete --do-complete 'tatum-kms daemon --external-url-m'
    "#;
    let words = ask("fish", &["--no-config"], script);
    let words: Vec<_> = words
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(words, ["getprivatekey", "--external-url-method"]);
}

#[test]
fn zsh_takes_the_completions() {
    if !have(&["zsh"]) {
        return;
    }
    let script = r#"
        autoload -Uz compinit && compinit -u -D
        source "$COMPLETIONS"
        print ${_comps[tatum-kms]}
        functions _tatum-kms_commands
    "#;
    let words = ask("zsh", &["-f"], script);
    assert!(words.starts_with("_tatum-kms\n"), "{words}");
    assert!(
        words.contains("getprivatekey:Print a private key"),
        "{words}"
    );
}

#[test]
fn flags_that_are_not_shown_are_not_completed() {
    let user = User::new();
    let script = user.run("completions bash").finish().stdout;
    let export = script.split(" tatum__kms__subcmd__export)").nth(1);
    let flags = export.and_then(|text| text.split("opts=").nth(1));
    let flags = flags.and_then(|text| text.lines().next()).unwrap();
    assert!(flags.contains("--path"), "{flags}");
    assert!(!flags.contains("--testnet"), "{flags}");
}
