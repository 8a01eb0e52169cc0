//! Every command, where nothing goes wrong.

use crate::{MNEMONIC, NEW_PASSWORD, TRACE, owner, run, search::Search, user_ids};

#[test]
fn commands_show_secrets_only_where_that_is_their_purpose() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let ids = user_ids(&user);
    let [eth, btc_key, btc] = ids.as_slice() else {
        panic!("{ids:?}");
    };
    for (line, shows) in [
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
            let done = search.watch(&run(&user, &line), shows);
            assert_eq!(done.code(), Some(0), "{line}: {done:?}");
            if line.starts_with("getmanagedwallet") {
                assert!(done.stdout.contains(MNEMONIC), "{done:?}");
            }
        }
        search.clean_folder(user.home());
    }
    search.watch(&run(&user, &format!("checkconfig {TRACE}")), false);
    for line in ["chains", "--help", "daemon --help", "--version"] {
        search.watch(&run(&user, line), false);
    }
    let change = run(&user, &format!("changepassword {TRACE}")).stdin(&format!("{NEW_PASSWORD}\n"));
    assert_eq!(search.watch(&change, false).code(), Some(0));
    let remove = run(&user, &format!("removewallet {btc_key} {TRACE}")).password(NEW_PASSWORD);
    assert_eq!(search.watch(&remove, false).code(), Some(0));
    search.clean_folder(user.home());
}
