//! Help, and what is no command.

use insta::assert_snapshot;
use kms_tests::program::User;
use serde_json::json;

use crate::{owner, transcript};

const COMMANDS: [&str; 19] = [
    "daemon",
    "generatewallet",
    "generatemanagedwallet",
    "storemanagedwallet",
    "storemanagedprivatekey",
    "generatemanagedprivatekeybatch",
    "getaddress",
    "getprivatekey",
    "getmanagedwallet",
    "removewallet",
    "export",
    "report",
    "checkconfig",
    "migrate",
    "changepassword",
    "chains",
    "sandbox",
    "completions",
    "help",
];

#[test]
fn help_lists_the_commands() {
    let user = User::new();
    assert_snapshot!(transcript(&user, ["--help"]));
    for flag in ["--help", "help"] {
        let help = user.run(flag).finish().stdout;
        for command in COMMANDS {
            let heading = format!("\n  {command} ");
            assert!(help.contains(&heading), "{flag}: no {command}");
        }
    }
}

#[test]
fn each_command_has_help() {
    let user = User::new();
    for command in COMMANDS.into_iter().filter(|command| *command != "help") {
        let text = transcript(&user, [format!("{command} --help").as_str()]);
        assert_snapshot!(format!("help_{command}"), text);
    }
}

#[test]
fn no_command_shows_the_help() {
    let user = User::new();
    let none = user.run("").finish();
    assert_eq!(none.code(), Some(0));
    assert_eq!(none.stderr, "");
    assert_eq!(
        none.stdout.trim_end(),
        user.run("-h").finish().stdout.trim_end()
    );
}

#[test]
fn the_version_is_printed_alone() {
    let user = User::new();
    for flag in ["--version", "-V"] {
        let done = user.run(flag).finish();
        assert_eq!(done.code(), Some(0), "{done:?}");
        assert_eq!(done.stdout, env!("CARGO_PKG_VERSION"));
        assert_eq!(done.stderr, "");
    }
}

#[test]
fn what_is_no_command_is_refused() {
    let user = owner();
    let text = transcript(
        &user,
        [
            "nosuchcommand",
            "genratewallet BTC",
            "generatewallet",
            "generatewallet BTC surplus",
            "generatewallet BTC --nosuchflag",
            "generatewallet BTC --envfile=x",
            "generatewallet BTC --testnet=maybe",
            "--testnet",
            "--nosuchflag generatewallet BTC",
            "getaddress",
            "removewallet",
            "export surplus",
            "export --path",
            "storemanagedwallet BTC word word",
            "report id1 id2",
            "daemon --testnet --period=soon",
            "daemon --testnet --period=0",
            "daemon --testnet --external-url-method=PATCH",
            "daemon --external-url=nonsense",
        ],
    );
    assert_snapshot!(text);
}

#[test]
fn the_daemon_of_the_main_network_wants_its_external_url() {
    let done = owner().run("daemon").env("TATUM_API_KEY", "k").finish();
    assert_eq!(done.code(), Some(2));
    assert_eq!(done.stdout, "");
    assert_eq!(done.stderr, "Missing required flag\n\t--external-url");
}

#[test]
fn misspelt_chains_are_refused() {
    let user = owner();
    let before = user.vault_bytes();
    for line in [
        "generatewallet btc",
        "generatewallet NOSUCH",
        "generatemanagedwallet eth",
        "storemanagedwallet Eth",
        "storemanagedprivatekey NOSUCH",
        "generatemanagedprivatekeybatch BITCOIN 2",
        "daemon --testnet --chain=ETH,NOSUCH",
        "daemon --testnet --chain=eth",
    ] {
        let (code, message) = user.run(line).env("TATUM_API_KEY", "k").failure();
        assert_eq!(code, 2, "{line}: {message}");
        assert!(
            message.contains("BTC") && message.contains("ETH"),
            "{message}"
        );
    }
    assert_eq!(user.vault_bytes(), before);
}

#[test]
fn the_spellings_of_the_original_are_understood() {
    let user = owner();
    let env_file = user.file(
        "my.env",
        "TATUM_KMS_PASSWORD=correct horse battery staple\n",
    );
    let moved = user.home().join("moved.dat");
    std::fs::rename(user.vault(), &moved).unwrap();
    for flag in ["--envFile", "--env-file"] {
        for separator in [" ", "="] {
            let line = format!(
                "export {flag}{separator}{} --path{separator}{}",
                env_file.display(),
                moved.display()
            );
            let vault = user.run(&line).without_password().json();
            assert_eq!(vault.as_object().unwrap().len(), 2, "{line}");
        }
    }
    for line in [
        "report --apiKey=k",
        "report --api-key k",
        "--apiKey k report",
    ] {
        assert_eq!(user.run(line).json()["apiKey"], "set", "{line}");
    }
    // Nobody listens there: that the daemon tries to poll shows that the line was understood.
    let done = user
        .run("--runOnce daemon --testnet --chain=ETH --externalUrl=http://127.0.0.1:1/x --externalUrlMethod=POST --transactionIds=a,b --wallets=c --period=7 --apiKey=k")
        .arg(format!("--path={}", moved.display()))
        .env("TATUM_API_URL", "http://127.0.0.1:1")
        .env("TATUM_RETRIES", "0")
        .finish();
    assert_ne!(done.code(), Some(2), "{done:?}");
}

#[test]
fn flags_may_stand_before_the_command() {
    let user = owner();
    let moved = user.home().join("moved.dat");
    std::fs::rename(user.vault(), &moved).unwrap();
    let path = format!("--path {}", moved.display());
    let address = user
        .run(&format!("{path} getaddress {} 3", crate::BTC))
        .json();
    assert_eq!(address, json!({"address": crate::ADDRESS_3}));
    let wallet = user.run("--testnet generatewallet BTC").json();
    assert!(wallet["xpub"].as_str().unwrap().starts_with("tpub"));
}

#[test]
fn switches_can_be_switched_off() {
    let user = User::new();
    for (line, prefix) in [
        ("generatewallet BTC", "xpub"),
        ("generatewallet BTC --testnet", "tpub"),
        ("generatewallet BTC --testnet=true", "tpub"),
        ("generatewallet BTC --testnet=false", "xpub"),
        ("generatewallet BTC --testnet false", "xpub"),
        ("generatewallet --testnet true BTC", "tpub"),
    ] {
        let wallet = user.run(line).json();
        let xpub = wallet["xpub"].as_str().unwrap();
        assert!(xpub.starts_with(prefix), "{line}: {xpub}");
    }
}

#[test]
fn chains_are_listed_as_a_table_and_as_json() {
    let user = User::new();
    let table = user.run("chains").finish();
    assert_eq!((table.code(), table.stderr.as_str()), (Some(0), ""));
    let json = user.run("chains --json").json();
    let chains = json.as_array().unwrap();
    let rows = table.stdout.lines().take_while(|line| !line.is_empty());
    assert_eq!(rows.count(), 1 + chains.len());
    for chain in chains {
        let code = chain["code"].as_str().unwrap();
        let start = format!("{code} ");
        let row = table.stdout.lines().find(|line| line.starts_with(&start));
        assert!(row.is_some(), "{code} is not in the table");
        assert_eq!(chain["networks"], json!(["mainnet", "testnet"]), "{code}");
        for option in chain["options"].as_array().unwrap() {
            let line = format!("  {code}.{}  ", option["name"].as_str().unwrap());
            assert!(table.stdout.contains(&line), "{line}");
        }
    }
    let two: Vec<_> = chains
        .iter()
        .filter(|chain| chain["code"] == "BTC" || chain["code"] == "ETH")
        .collect();
    assert_snapshot!(serde_json::to_string_pretty(&two).unwrap());
}

#[test]
fn a_closed_standard_output_is_a_failure() {
    // What nobody got is not a success: the caller would believe that there is nothing.
    let user = owner();
    for line in ["export", "--help", "chains", "generatewallet BTC"] {
        let done = user.run(line).after("exec >/dev/full").finish();
        assert_eq!(done.code(), Some(1), "{line}: {done:?}");
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let user = owner();
    // A pipe whose reader is gone before anything is written.
    let pipe = "rm -f pipe; mkfifo pipe; exec 3<>pipe; exec >pipe; exec 3<&-";
    for line in ["export", "--help", "chains", "generatewallet BTC"] {
        let done = user.run(line).after(pipe).finish();
        assert_eq!(done.code(), Some(141), "{line}: {done:?}");
        assert_eq!(done.stderr, "", "{line}");
    }
}
