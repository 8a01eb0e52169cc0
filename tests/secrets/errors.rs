//! Every error that a person can run into.

use std::{fs, os::unix::fs::PermissionsExt as _};

use kms_tests::{
    current,
    program::User,
    samples::{self, ETH_WALLET},
    terminal::Terminal,
};
use serde_json::json;

use crate::{
    API_KEY, BTC_KEY, MNEMONIC, NEW_PASSWORD, PASSWORD, TRACE, owner, run, search::Search, user_ids,
};

#[test]
fn what_is_typed_wrongly_is_not_repeated() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let unknown = "00000000-0000-4000-8000-00000000ffff";
    let key = samples::ETH_KEY;
    for (line, input) in [
        // Secrets in the wrong place, or spoilt.
        ("storemanagedwallet BTC", format!("{MNEMONIC} zebra\n")),
        ("storemanagedwallet BTC", MNEMONIC.replace("vault", "zebra")),
        (
            "storemanagedwallet BTC",
            MNEMONIC.replace("vault", "vaultt"),
        ),
        ("storemanagedwallet BTC", format!("{BTC_KEY}\n")),
        ("storemanagedwallet ETH", format!("{key}\n")),
        ("storemanagedprivatekey BTC", format!("{BTC_KEY}x\n")),
        ("storemanagedprivatekey BTC", format!("{key}\n")),
        (
            "storemanagedprivatekey BTC --testnet",
            format!("{BTC_KEY}\n"),
        ),
        ("storemanagedprivatekey ETH", format!("{BTC_KEY}\n")),
        ("storemanagedprivatekey ETH", format!("{key}00\n")),
        ("storemanagedprivatekey ETH", format!("{MNEMONIC}\n")),
        (&format!("getaddress {unknown} 0"), String::new()),
        (&format!("removewallet {unknown}"), String::new()),
        ("changepassword --new-password-file=nowhere", String::new()),
    ] {
        let run = run(&user, &format!("{line} {TRACE}")).stdin(&input);
        let done = search.watch(&run, false);
        assert_ne!(done.code(), Some(0), "{line}: {done:?}");
    }
    // A key of every chain, given to every other.
    for chain in samples_of_chains(&user) {
        for secret in [BTC_KEY, key, MNEMONIC] {
            let run = run(
                &user,
                &format!("storemanagedprivatekey {chain} --testnet {TRACE}"),
            );
            let done = run.stdin(&format!("{secret}x\n")).finish();
            assert_ne!(done.code(), Some(0), "{chain}");
            search.clean_output(&chain, &done, false);
        }
    }
    // Behind the command instead of at the prompt: it is too late for the list of processes, and
    // not for the log.
    for secret in [key, BTC_KEY, PASSWORD] {
        let done = run(&user, "storemanagedprivatekey ETH")
            .arg(secret)
            .finish();
        assert_eq!(done.code(), Some(2));
        search.clean_output("storemanagedprivatekey ETH SECRET", &done, false);
        let flag = format!("--password={secret}");
        let done = run(&user, "export").arg(flag).finish();
        assert_eq!(done.code(), Some(2));
        search.clean_output("export --password=SECRET", &done, false);
    }
    search.clean_folder(user.home());
}

#[test]
fn an_api_key_as_an_argument_is_warned_of_and_not_repeated() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let done = run(&user, "report")
        .arg(format!("--api-key={API_KEY}"))
        .finish();
    assert_eq!(done.code(), Some(0));
    assert!(done.stderr.starts_with("warning: --api-key"), "{done:?}");
    search.clean_output("report --api-key", &done, false);
}

#[test]
fn a_vault_that_does_not_open_shows_nothing() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let mut refuse = |user: &User, password: &str| {
        for format in ["human", "json"] {
            let line = format!("export {TRACE} --log-format={format}");
            let done = search.watch(&run(user, &line).password(password), false);
            assert_ne!(done.code(), Some(0), "{done:?}");
        }
    };
    // Another password: that of nothing, one that is nearly right, the new one.
    for password in ["", &PASSWORD[1..], NEW_PASSWORD] {
        refuse(&user, password);
    }
    let content = wallets().to_string();
    // A bit or the end of a file in the current format: header, checksum, text, tag.
    let whole = current::encrypt(&content, PASSWORD);
    for at in (0..whole.len()).step_by(23) {
        let mut vault = whole.clone();
        vault[at] ^= 0x10;
        user.put_vault(&vault);
        refuse(&user, PASSWORD);
        // With a header whose checksum fits it gets as far as the cipher.
        if (88..current::HEADER - 32).contains(&at) {
            current::put_checksum_right(&mut vault);
            user.put_vault(&vault);
            refuse(&user, PASSWORD);
        }
    }
    for len in [
        1,
        8,
        100,
        current::HEADER,
        whole.len() - 20,
        whole.len() - 1,
    ] {
        user.put_vault(&whole[..len]);
        refuse(&user, PASSWORD);
    }
    // The right key over what is no vault. The original printed the whole content for these.
    for text in [
        format!("{content}, broken"),
        content.replacen(':', ";", 1),
        content[..content.len() - 9].to_owned(),
        format!("[{content}]"),
        format!("\"{MNEMONIC}\""),
        MNEMONIC.to_owned(),
        format!("{{\"{MNEMONIC}\": {{\"privateKey\": }}}}"),
    ] {
        user.put_vault(kms_tests::legacy::encrypt(&text, PASSWORD, b"8 octets").as_bytes());
        refuse(&user, PASSWORD);
        user.put_vault(&current::encrypt(&text, PASSWORD));
        refuse(&user, PASSWORD);
    }
    // Not for this user's eyes, or not a file.
    user.put_vault(&whole);
    fs::set_permissions(user.vault(), fs::Permissions::from_mode(0o644)).unwrap();
    refuse(&user, PASSWORD);
    fs::remove_file(user.vault()).unwrap();
    fs::create_dir(user.vault()).unwrap();
    refuse(&user, PASSWORD);
    search.clean_folder(user.home());
}

/// Entries that the original never looked at, and that are looked at here.
#[test]
fn odd_entries_are_told_of_by_their_ids() {
    let mut search = Search::new();
    let user = User::new();
    let id = |last: u8| format!("00000000-0000-4000-8000-0000000000{last:02x}");
    let wallets = [
        json!({"mnemonic": format!("{MNEMONIC} zebra"), "chain": "BTC", "testnet": false}),
        json!({"mnemonic": MNEMONIC.to_uppercase(), "xpub": "xpub", "chain": "BTC", "testnet": false}),
        json!({"privateKey": format!("{BTC_KEY}x"), "chain": "BTC", "testnet": false}),
        json!({"privateKey": samples::ETH_KEY, "chain": "BTC", "testnet": true}),
        json!({"privateKey": BTC_KEY, "chain": "DASH", "testnet": 7}),
        json!({"secret": MNEMONIC, "privateKey": 5, "chain": "XRP", "testnet": false}),
        json!([MNEMONIC, samples::ETH_KEY]),
        json!(BTC_KEY),
    ];
    let ids: Vec<String> = (0..8).map(id).collect();
    let entries = ids.iter().map(String::as_str).zip(&wallets);
    user.put_vault(b"");
    kms_tests::legacy::write(&user.vault(), PASSWORD, entries);
    let mut lines = vec!["migrate".to_owned(), "checkconfig".to_owned()];
    for id in &ids {
        for line in ["getaddress", "getprivatekey", "report"] {
            lines.push(format!("{line} {id}"));
            lines.push(format!("{line} {id} 0"));
        }
    }
    for line in &lines {
        let run = run(&user, &format!("{line} {TRACE}"));
        let done = run.finish();
        // What is shown to who asks for a key is shown on standard output, if at all.
        let shows = line.starts_with("getprivatekey");
        search.clean_output(line, &done, shows);
    }
    search.clean_folder(user.home());
}

/// Settings whose values are secrets, broken in every way.
#[test]
fn broken_settings_are_not_repeated() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let broken = [
        format!("TATUM_KMS_PASSWORD {PASSWORD}\n"),
        format!("TATUM_KMS_PASSWORD=\"{PASSWORD}\nTATUM_API_KEY={API_KEY}"),
        format!("={PASSWORD}\n{API_KEY}\n"),
        format!("TATUM_RETRIES={API_KEY}\nTATUM_API_KEY=\0{API_KEY}\n"),
        format!("TATUM_API_URL={API_KEY}\n"),
        format!("TATUM_API_URL=http://{API_KEY}@127.0.0.1:1\n"),
        format!(
            "TATUM_API_URL=http://user:{API_KEY}@127.0.0.1:1/{API_KEY}?key={API_KEY}#{API_KEY}\n"
        ),
        format!("TATUM_API_URL=ftp://{API_KEY}\n"),
    ];
    for (number, text) in broken.iter().enumerate() {
        let file = user.file("settings", text);
        for line in [
            "checkconfig",
            "export",
            "daemon --testnet --run-once --chain=ETH",
        ] {
            // No other setting of the same name goes before it.
            let run = user
                .run(&format!("{line} {TRACE}"))
                .without_password()
                .env("TATUM_RETRY_DELAY", "1")
                .arg(format!("--env-file={}", file.display()));
            let done = run.finish();
            let shows = line == "export" && done.code() == Some(0);
            search.clean_output(&format!("{line} with settings {number}"), &done, shows);
        }
        fs::remove_file(file).unwrap();
    }
    for name in [
        "TATUM_RETRIES",
        "TATUM_RETRY_DELAY",
        "TATUM_TIMEOUT",
        "TATUM_API_URL",
    ] {
        let line = format!("daemon --testnet --run-once --chain=ETH {TRACE}");
        let done = search.watch(&run(&user, &line).env(name, API_KEY), false);
        let _ = done.code();
    }
    search.clean_folder(user.home());
}

/// What is typed at a terminal is not on it, nor anywhere else.
#[test]
fn a_terminal_shows_no_password() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let question = "Enter password";
    for password in [PASSWORD, NEW_PASSWORD] {
        let id = &user_ids(&user)[0];
        let run = run(&user, &format!("getaddress {id} {TRACE}")).without_password();
        let mut terminal = Terminal::start(&run);
        terminal.answer(question, 1, password);
        let (done, screen) = terminal.finish();
        search.clean("the screen", screen.as_bytes());
        search.clean_output("getaddress", &done, false);
        assert_eq!(done.code() == Some(0), password == PASSWORD, "{done:?}");
    }
}

fn wallets() -> serde_json::Value {
    json!({ETH_WALLET: {"mnemonic": MNEMONIC, "privateKey": BTC_KEY, "xpub": "x", "chain": "BTC", "testnet": false}})
}

/// The codes of all chains.
fn samples_of_chains(user: &User) -> Vec<String> {
    let done = user.run("chains --json").finish();
    let listed: Vec<String> = match serde_json::from_str::<serde_json::Value>(&done.stdout) {
        Ok(list) => list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|chain| chain["code"].as_str().map(str::to_owned))
            .collect(),
        Err(_) => Vec::new(),
    };
    assert!(listed.len() > 20, "{done:?}");
    listed
}
