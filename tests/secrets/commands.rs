//! Every command, where nothing goes wrong.

use std::collections::BTreeSet;

use kms_tests::{cloud::Cloud, program::User, samples};

use crate::{
    MNEMONIC, NEW_PASSWORD, TRACE, complete_transaction, owner, run, search::Search, user_ids,
};

#[test]
fn commands_show_secrets_only_where_that_is_their_purpose() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let ids = user_ids(&user);
    let [eth, btc_key, btc] = ids.as_slice() else {
        panic!("{ids:?}");
    };
    let cloud = Cloud::start();
    let (done, failed) = (samples::pending_id(1), samples::pending_id(2));
    let bad = serde_json::json!({"from": 0, "to": 5});
    cloud.queue(&samples::eth_pending(&failed, eth, &bad));
    let daemon = format!("daemon --testnet --run-once --chain=ETH {TRACE}");
    let daemon = run(&user, &daemon).env("TATUM_API_URL", cloud.url());
    assert_eq!(search.watch(&daemon, false).code(), Some(1));
    cloud.queue(&samples::eth_pending(&done, eth, &complete_transaction()));
    // What the owner was made with.
    let mut tried: BTreeSet<String> = ["storemanagedwallet", "storemanagedprivatekey"]
        .map(str::to_owned)
        .into();
    for (line, shows) in [
        ("daemon --testnet --run-once --chain=ETH".to_owned(), false),
        ("journal list".to_owned(), false),
        (format!("journal show {done}"), false),
        ("export".to_owned(), true),
        (format!("getmanagedwallet {btc}"), true),
        (format!("getprivatekey {eth}"), true),
        (format!("getprivatekey {btc} 0"), true),
        ("generatewallet ETH".to_owned(), true),
        (format!("getaddress {eth}"), false),
        (format!("getaddress {btc_key}"), false),
        (format!("getaddress {btc} 0"), false),
        (format!("report {}", ids.join(",")), false),
        ("migrate".to_owned(), false),
        ("generatemanagedwallet ETH".to_owned(), false),
        ("generatemanagedprivatekeybatch BTC 3".to_owned(), false),
    ] {
        for format in ["human", "json"] {
            let line = format!("{line} {TRACE} --log-format={format}");
            let run = run(&user, &line).env("TATUM_API_URL", cloud.url());
            let done = search.watch(&run, shows);
            assert_eq!(done.code(), Some(0), "{line}: {done:?}");
            if line.starts_with("getmanagedwallet") {
                assert!(done.stdout.contains(MNEMONIC), "{done:?}");
            }
        }
        search.clean_folder(user.home());
        tried.insert(name(&line));
    }
    for line in [
        &format!("journal retry {failed}"),
        &format!("journal forget {failed}"),
        "sandbox --chain=ETH",
        &format!("checkconfig {TRACE}"),
        "chains",
        "completions bash",
        "help",
        "help daemon",
        "--version",
    ] {
        let done = search.watch(&run(&user, line), false);
        assert_eq!(done.code(), Some(0), "{line}: {done:?}");
        tried.insert(name(line));
    }
    let change = run(&user, &format!("changepassword {TRACE}")).stdin(&format!("{NEW_PASSWORD}\n"));
    assert_eq!(search.watch(&change, false).code(), Some(0));
    let remove = run(&user, &format!("removewallet {btc_key} {TRACE}")).password(NEW_PASSWORD);
    assert_eq!(search.watch(&remove, false).code(), Some(0));
    search.clean_folder(user.home());

    tried.extend(["changepassword".to_owned(), "removewallet".to_owned()]);
    let missing: Vec<String> = all_commands(&user)
        .into_iter()
        .filter(|command| !tried.contains(command))
        .collect();
    assert!(missing.is_empty(), "not searched: {missing:?}");
}

/// The name of the command that this line runs.
fn name(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["journal", of_journal, ..] => format!("journal {of_journal}"),
        _ => words[0].to_owned(),
    }
}

/// The commands that the program says it has.
fn all_commands(user: &User) -> BTreeSet<String> {
    let listed = |line: &str| -> Vec<String> {
        let help = run(user, line).finish().stdout;
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let lines = lines.take_while(|line| !line.is_empty());
        // What a command is for goes on in lines that are further in.
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let names = names.filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let mut all: BTreeSet<String> = listed("--help").into_iter().collect();
    assert!(all.len() > 15, "{all:?}");
    assert!(all.remove("journal"), "{all:?}");
    let of_journal = listed("journal --help").into_iter();
    let of_journal = of_journal.filter(|name| name != "help");
    all.extend(of_journal.map(|name| format!("journal {name}")));
    all
}
