//! Where settings come from, and what is shown of them.

use std::os::unix::ffi::OsStrExt as _;

use insta::assert_snapshot;
use kms_tests::{program::User, transcript::Transcript};

use crate::{BTC, btc_wallet, owner};

const RIGHT: &str = "TATUM_KMS_PASSWORD='correct horse battery staple' # of the vault\n";
const WRONG: &str = "TATUM_KMS_PASSWORD=wrong\n";

#[test]
fn the_environment_goes_before_env_files_and_the_nearer_file_before_the_other() {
    let opens = |user: &User, line: &str, environment: Option<&str>| {
        let mut run = user.run(line).without_password();
        if let Some(password) = environment {
            run = run.password(password);
        }
        match run.finish().code() {
            Some(0) => true,
            Some(3) => false,
            other => panic!("{other:?}"),
        }
    };
    let right = "correct horse battery staple";

    let user = owner();
    assert!(!opens(&user, "export", None), "no password anywhere");
    user.file(".tatumrc/.env", RIGHT);
    assert!(opens(&user, "export", None));
    assert!(!opens(&user, "export", Some("wrong")));
    user.file(".env", WRONG);
    assert!(!opens(&user, "export", None));
    assert!(opens(&user, "export", Some(right)));

    // Of the two files outside the working folder only one is read.
    let user = owner();
    user.file(".tatumrc/.env", RIGHT);
    user.file("empty.env", "");
    user.file("wrong.env", WRONG);
    user.file("right.env", RIGHT);
    assert!(!opens(&user, "export --env-file=empty.env", None));
    assert!(!opens(&user, "export --env-file=wrong.env", None));
    assert!(opens(&user, "export --env-file=right.env", None));
    user.file(".env", RIGHT);
    assert!(opens(&user, "export --env-file=wrong.env", None));
}

#[test]
fn an_env_file_that_is_named_and_missing_is_told() {
    let done = owner().run("export --env-file=nowhere.env").finish();
    assert_eq!(done.code(), Some(0));
    assert_eq!(done.stderr, "warning: there is no env file nowhere.env");
}

#[test]
fn an_env_file_that_cannot_be_read_is_left_out_and_told() {
    let user = owner();
    user.file("latin-1.env", b"TATUM_KMS_PASSWORD=caf\xe9\n");
    std::fs::create_dir(user.home().join("folder.env")).unwrap();
    for (name, reason) in [
        ("latin-1.env", "it is not UTF-8"),
        ("folder.env", "Is a directory"),
    ] {
        let done = user.run(&format!("export --env-file={name}")).finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        let warning = format!("warning: the env file {name} is left out: {reason}");
        assert!(done.stderr.starts_with(&warning), "{done:?}");
    }
}

/// Nothing of them is quoted: they may be secrets.
#[test]
fn settings_that_cannot_be_read_are_errors() {
    let user = owner();
    user.file("latin-1/TATUM_API_KEY", b"caf\xe9");
    std::fs::create_dir_all(user.home().join("folder/TATUM_API_KEY")).unwrap();
    let not_utf_8 = std::ffi::OsStr::from_bytes(b"caf\xe9");
    for (line, name, value, code, said) in [
        (
            "export",
            "TATUM_KMS_PASSWORD",
            not_utf_8,
            2,
            "the environment variable TATUM_KMS_PASSWORD is not UTF-8",
        ),
        (
            "daemon --testnet --run-once",
            "CREDENTIALS_DIRECTORY",
            "latin-1".as_ref(),
            2,
            "the credential latin-1/TATUM_API_KEY is not UTF-8",
        ),
        (
            "daemon --testnet --run-once",
            "CREDENTIALS_DIRECTORY",
            "folder".as_ref(),
            1,
            "cannot read the credential folder/TATUM_API_KEY",
        ),
    ] {
        let run = user.run(line).without_password().env(name, value);
        let (found, error) = run.failure();
        assert_eq!(found, code, "{error}");
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("caf"), "{error}");
    }
    let service = user
        .run("export --vault")
        .without_password()
        .env("VAULT_ADDR", not_utf_8);
    let (code, error) = service.failure();
    assert_ne!(code, 0, "{error}");
    assert!(error.contains("VAULT_ADDR cannot be read"), "{error}");
    assert!(!error.contains("caf"), "{error}");
}

#[test]
fn the_configuration_is_shown_without_secrets() {
    let names = [
        "TATUM_API_KEY",
        "TATUM_KMS_PASSWORD",
        "TATUM_KMS_VGS_USERNAME",
        "TATUM_KMS_VGS_PASSWORD",
        "TATUM_KMS_VGS_ALIAS",
        "TATUM_KMS_AZURE_VAULTURL",
        "TATUM_KMS_AZURE_SECRETNAME",
        "TATUM_KMS_AZURE_SECRETVERSION",
        "TATUM_KMS_AWS_ACCESS_KEY_ID",
        "TATUM_KMS_AWS_SECRET_ACCESS_KEY",
        "TATUM_KMS_AWS_SECRET_NAME",
        "TATUM_KMS_AWS_SECRET_KEY",
    ];
    let secrets: Vec<(&str, String)> = names
        .iter()
        .enumerate()
        .map(|(number, name)| (*name, format!("q{number:02}Z-in-the-middle-Z{number:02}q")))
        .collect();
    let nobody = User::new();
    let mut transcript = Transcript::of(&nobody);
    transcript.run(&nobody.run("checkconfig").without_password());
    let mut run = nobody.run("checkconfig --path=elsewhere.dat --env-file=my.env");
    for (name, value) in &secrets {
        run = run.env(name, value);
    }
    run = run.env("TESTNET_TYPE", "ethereum-sepolia").env(
        "TATUM_API_URL",
        "https://cloud.example/v3?key=q99Z-url-Z99q",
    );
    transcript.run(&run);
    let owner = owner();
    owner.file(".env", "TATUM_API_KEY=k\n");
    let done = owner
        .run("checkconfig --api-key=q98Z-argument-Z98q")
        .finish();
    transcript.hide(&owner.home().display().to_string(), "owner");
    transcript.record("tatum-kms checkconfig --api-key=…", &done);

    let text = transcript.text();
    let values = secrets.iter().map(|(_, value)| value.as_str());
    for value in values.chain(["q98Z-argument-Z98q", "q99Z-url-Z99q"]) {
        // Not even how it begins or ends.
        for part in [&value[..4], &value[value.len() - 4..]] {
            assert!(!text.contains(part), "{part} of {value}: {text}");
        }
    }
    assert_snapshot!(text);
}

#[test]
fn a_secret_service_that_is_not_set_up_says_what_it_needs() {
    let user = owner();
    let lines = [
        "export --aws",
        "export --azure",
        "export --gcp",
        "export --vault",
        "export --vgs",
        "export --aws --vgs",
        "daemon --testnet --api-key=k --aws",
        "checkconfig --aws",
    ];
    assert_snapshot!(crate::transcript(&user, lines));
}

#[test]
fn without_a_home_the_files_must_be_named() {
    let user = owner();
    let done = user.run("export").after("unset HOME").finish();
    assert_eq!(done.code(), Some(2), "{done:?}");
    let line = format!(
        "getaddress {BTC} 3 --env-file=x --path={}",
        user.vault().display()
    );
    let done = user.run(&line).after("unset HOME").finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
}

#[test]
fn a_vault_may_be_anywhere() {
    let user = User::new();
    let line = "generatemanagedwallet BTC --path=new/folder/of/mine.dat";
    user.run(line).json();
    let path = user.home().join("new/folder/of/mine.dat");
    assert!(path.is_file());
    assert!(!user.vault().exists());

    let user = User::with_wallets([(BTC, &btc_wallet())]);
    let link = user.home().join("link.dat");
    std::os::unix::fs::symlink(user.vault(), &link).unwrap();
    user.run("generatemanagedwallet BTC --path=link.dat").json();
    assert!(link.is_symlink(), "the link stays");
    assert_eq!(user.ids().len(), 2);
}

#[test]
fn the_log_can_be_json() {
    let user = owner();
    for level in ["trace", "debug"] {
        let line = format!("getaddress {BTC} 3 --log-format=json --log-level={level}");
        let done = user.run(&line).finish();
        assert_eq!(done.code(), Some(0));
        assert!(!done.stderr.is_empty());
        for line in done.stderr.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value["level"].is_string(), "{line}");
        }
    }
    let quiet = user.run(&format!("getaddress {BTC} 3")).finish();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn options_of_chains_are_checked_before_anything_else() {
    let user = owner();
    for (option, said) in [
        ("BTC", "CODE.name=value"),
        ("BTC.fee", "CODE.name=value"),
        ("NOPE.layout=x", "NOPE"),
        ("CELO.nonsense=1", "it has: layout"),
        ("CELO.layout=third", "pre-l2"),
    ] {
        let flag = format!("daemon --testnet --run-once --chain-option={option}");
        let run = user.run(&flag).env("TATUM_API_KEY", "key");
        let (code, error) = run.without_password().failure();
        assert_eq!(code, 2, "{option}: {error}");
        assert!(error.contains(said), "{option}: {error}");

        let variable = format!("CELO.layout=cip64,{option}");
        let by_variable = user
            .run("daemon --testnet --run-once")
            .without_password()
            .env("TATUM_API_KEY", "key")
            .env("TATUM_KMS_CHAIN_OPTIONS", variable);
        assert_eq!(by_variable.failure(), (2, error));
    }
}
