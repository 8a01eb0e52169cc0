//! No secret is anywhere but where it was asked for: not in logs at the finest level, not in
//! errors, arguments, files, or core files.

use std::{fs, os::unix::process::ExitStatusExt as _, path::Path};

use kms_tests::{
    cloud::{Answer, Cloud},
    daemon::Finished,
    program::{Invocation, User},
    samples::{self, ETH_WALLET},
    vectors,
};
use rustix::process::Signal;
use serde_json::{Value, json};

const PASSWORD: &str = "canary-password-7f3kq9zx";
const NEW_PASSWORD: &str = "canary-new-password-m2v8r";
const API_KEY: &str = "t-canaryapikey-5d1c8e-9w4u";
const MNEMONIC: &str =
    "mandate sausage whisper imitate utility action glare follow response night clinic vault";
const BTC_KEY: &str = "KxNWiDShg98pCVZeWakKy9drrnboawcZcoKPVVkKaqPuBiicpPJU";
const TRACE: &str = "--log-level=trace";

/// A text that must not be found, in all the ways it might be written.
struct Canary {
    name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    fn new(name: &'static str, text: &str) -> Self {
        use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};

        let mut forms = vec![text.as_bytes().to_vec(), text.bytes().rev().collect()];
        // The secret itself, and where it is hex the bytes it stands for.
        let hex = text.strip_prefix("0x").unwrap_or(text);
        let decoded = hex::decode(hex).unwrap_or_default();
        for bytes in [text.as_bytes(), hex.as_bytes(), &decoded] {
            if bytes.len() < 8 {
                continue;
            }
            let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
            for bytes in [bytes, &reversed] {
                forms.push(bytes.to_vec());
                forms.push(hex::encode(bytes).into_bytes());
                forms.push(hex::encode_upper(bytes).into_bytes());
                // Within longer base64 it stands at one of three offsets; the characters that
                // depend on what is around it are left out.
                for offset in 0..3 {
                    let padded = [vec![0; offset], bytes.to_vec()].concat();
                    let text = BASE64.encode(padded);
                    let start = (offset * 8).div_ceil(6);
                    let end = text.len().saturating_sub(1);
                    forms.push(text.as_bytes()[start..end].to_vec());
                }
                // As a list of numbers, the way Debug shows bytes.
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                forms.push(numbers.join(", ").into_bytes());
            }
        }
        Self { name, forms }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms
            .iter()
            .any(|form| bytes.windows(form.len()).any(|window| window == form))
    }
}

fn canaries() -> Vec<Canary> {
    vec![
        Canary::new("the password", PASSWORD),
        Canary::new("the new password", NEW_PASSWORD),
        Canary::new("the API key", API_KEY),
        Canary::new("the mnemonic", MNEMONIC),
        Canary::new("the mnemonic's start", "mandate sausage whisper"),
        Canary::new("the bitcoin key", BTC_KEY),
        Canary::new("the ethereum key", samples::ETH_KEY),
    ]
}

/// Fails if a secret is in these bytes.
fn assert_clean(place: &str, bytes: &[u8]) {
    for canary in canaries() {
        assert!(
            !canary.is_in(bytes),
            "{} is in {place}: {}",
            canary.name,
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Fails if a secret is in any file here.
fn assert_clean_folder(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_clean_folder(&path);
        } else {
            assert_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// Runs it; standard error and, unless the command is to show secrets, standard output are clean.
fn watch(run: &Invocation, shows: bool) -> Finished {
    let done = run.finish();
    let line = run.line();
    assert_clean(&format!("standard error of {line}"), done.stderr.as_bytes());
    if !shows {
        assert_clean(
            &format!("standard output of {line}"),
            done.stdout.as_bytes(),
        );
    }
    done
}

/// A user with a vault of all canaries, which is not written in clear anywhere in the home.
fn owner() -> User {
    let user = User::new();
    for (line, input) in [
        ("storemanagedwallet BTC", MNEMONIC),
        ("storemanagedprivatekey BTC", BTC_KEY),
        ("storemanagedprivatekey ETH --testnet", samples::ETH_KEY),
    ] {
        let run = run(&user, &format!("{line} {TRACE}")).stdin(&format!("{input}\n"));
        let done = watch(&run, false);
        assert_eq!(done.code(), Some(0), "{done:?}");
    }
    user
}

fn run(user: &User, line: &str) -> Invocation {
    user.run(line)
        .without_password()
        .password(PASSWORD)
        .env("TATUM_API_KEY", API_KEY)
}

#[test]
fn the_search_finds_what_it_is_to_find() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let key = hex::decode(samples::ETH_KEY.trim_start_matches("0x")).unwrap();
    for text in [
        format!("x{PASSWORD}x").into_bytes(),
        hex::encode(PASSWORD).into_bytes(),
        STANDARD.encode(format!("a{PASSWORD}b")).into_bytes(),
        STANDARD
            .encode(format!(r#"{{"k":"{MNEMONIC}"}}"#))
            .into_bytes(),
        [b"..".as_slice(), &key, b".."].concat(),
        samples::ETH_KEY.to_uppercase().into_bytes()[2..].to_vec(),
        STANDARD.encode(&key).into_bytes(),
        format!("{key:?}").into_bytes(),
        API_KEY.bytes().rev().collect(),
    ] {
        let found = canaries().iter().any(|canary| canary.is_in(&text));
        assert!(found, "{}", String::from_utf8_lossy(&text));
    }
    assert!(
        !canaries()
            .iter()
            .any(|canary| canary.is_in(b"nothing of it"))
    );
}

#[test]
fn commands_show_secrets_only_where_that_is_their_purpose() {
    let user = owner();
    let ids: Vec<String> = {
        let vault = run(&user, "export").json();
        vault.as_object().unwrap().keys().cloned().collect()
    };
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
            let done = watch(&run(&user, &line), shows);
            assert_eq!(done.code(), Some(0), "{line}: {done:?}");
        }
    }
    watch(&run(&user, &format!("checkconfig {TRACE}")), false);
    watch(&run(&user, "chains"), false);
    let change = run(&user, &format!("changepassword {TRACE}")).stdin(&format!("{NEW_PASSWORD}\n"));
    assert_eq!(watch(&change, false).code(), Some(0));
    assert_clean_folder(user.home());
}

#[test]
fn errors_repeat_no_secret() {
    let user = owner();
    let unknown = "00000000-0000-4000-8000-00000000ffff";
    let key = samples::ETH_KEY;
    for (line, input) in [
        // Secrets in the wrong place, or spoilt.
        ("storemanagedwallet BTC", format!("{MNEMONIC} zebra\n")),
        ("storemanagedwallet BTC", MNEMONIC.replace("vault", "zebra")),
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
        let done = watch(&run, false);
        assert_ne!(done.code(), Some(0), "{line}: {done:?}");
    }
    // Behind the command instead of at the prompt: it is too late for the list of processes, and
    // not for the log.
    for secret in [key, BTC_KEY, PASSWORD] {
        let done = run(&user, "storemanagedprivatekey ETH")
            .arg(secret)
            .finish();
        assert_eq!(done.code(), Some(2));
        assert_clean("the error", done.stderr.as_bytes());
        let flag = format!("--password={secret}");
        let done = run(&user, "export").arg(flag).finish();
        assert_eq!(done.code(), Some(2));
        assert_clean("the error", done.stderr.as_bytes());
    }
    // A vault that another password opens, and one that is damaged.
    let mut vault = user.vault_bytes();
    watch(
        &run(&user, &format!("export {TRACE}")).password(NEW_PASSWORD),
        false,
    );
    *vault.last_mut().unwrap() ^= 1;
    user.put_vault(&vault);
    watch(&run(&user, &format!("export {TRACE}")), false);
    // The original printed the whole content for this one.
    let wallets = json!({"mnemonic": MNEMONIC, "xpub": "x", "chain": "BTC", "testnet": false});
    let text = format!("{{\"{ETH_WALLET}\":{wallets}, broken");
    user.put_vault(kms_tests::legacy::encrypt(&text, PASSWORD, b"8 octets").as_bytes());
    let done = watch(&run(&user, &format!("export {TRACE}")), false);
    assert_ne!(done.code(), Some(0));
    assert_clean_folder(user.home());
}

#[test]
fn the_daemon_tells_no_secret() {
    let user = owner();
    let eth = user_ids(&user)[0].clone();
    let cloud = Cloud::start();
    let good = samples::pending_id(1);
    let bad = samples::pending_id(2);
    cloud.queue(&samples::eth_pending(&good, &eth, &complete_transaction()));
    cloud.queue(&samples::eth_pending(
        &bad,
        &eth,
        &json!({"from": MNEMONIC, "to": 5}),
    ));
    for format in ["human", "json"] {
        let line = format!("daemon --testnet --run-once {TRACE} --log-format={format}");
        let run = run(&user, &line)
            .env("TATUM_API_URL", cloud.url())
            .env("TATUM_RETRIES", "0");
        let done = run.finish();
        // What the cloud sends is no secret of the vault, so the mnemonic in it does not count.
        let stderr = done.stderr.replace(MNEMONIC, "");
        assert_clean("the log of the daemon", stderr.as_bytes());
        assert_clean("the output of the daemon", done.stdout.as_bytes());
        assert!(!done.stderr.is_empty());
    }
    // A cloud that is not there, and an API key in the address of one.
    let url = format!("http://127.0.0.1:1/{API_KEY}");
    let done = watch(
        &run(&user, &format!("daemon --testnet --run-once {TRACE}"))
            .env("TATUM_API_URL", url)
            .env("TATUM_RETRIES", "0"),
        false,
    );
    assert!(!done.stderr.is_empty());
    assert_clean_folder(user.home());
}

/// Cardano's node has the API key in the path of its calls, and may repeat it in its errors.
#[test]
fn the_api_key_in_a_path_stays_there() {
    let case = vectors::transaction("ADA", "private-key-wallet-one-input-with-change");
    let wallets = case["wallets"].as_object().unwrap();
    let key = wallets.values().next().unwrap()["privateKey"]
        .as_str()
        .unwrap();
    for step in ["preprocess", "payloads", "combine", "nothing"] {
        let user = User::new();
        let store = run(&user, "storemanagedprivatekey ADA --testnet");
        assert_eq!(store.stdin(&format!("{key}\n")).finish().code(), Some(0));
        let mut pending = case["pending"].clone();
        pending["hashes"] = json!([user_ids(&user)[0]]);

        let cloud = Cloud::start();
        cloud.queue(&pending);
        for call in case["calls"].as_array().unwrap() {
            let path = call["path"].as_str().unwrap().replace("API-KEY", API_KEY);
            let (answer, fails) = (call["response"].clone(), path.ends_with(step));
            cloud.route("POST", &path, move |request| {
                if fails {
                    let message = format!("no route {}", request.path);
                    let body = json!({"code": 1, "message": message, "retriable": false});
                    Answer::json(500, &body)
                } else {
                    Answer::ok(&answer)
                }
            });
        }
        let line = format!("daemon --testnet --run-once {TRACE}");
        let run = run(&user, &line).env("TATUM_API_URL", cloud.url());
        let done = watch(&run, false);
        let id = pending["id"].as_str().unwrap();
        let failures = cloud.failures(id);
        if step == "nothing" {
            assert_eq!(cloud.signed(id).len(), 1, "{done:?}");
        } else {
            let [failure] = &failures[..] else {
                panic!("one report: {failures:?}\n{}", done.stderr);
            };
            assert!(failure.starts_with("ApiError: {\"code\":1,\"message\":\"no route "));
            assert_clean("the report", failure.as_bytes());
        }
        assert_clean_folder(user.home());
    }
}

#[test]
fn a_running_daemon_shows_no_secret_in_its_arguments_and_leaves_no_core_file() {
    let user = owner();
    for signal in [Signal::ABORT, Signal::ILL] {
        let cloud = Cloud::start();
        let daemon = run(&user, "daemon --testnet --period=1 --chain=ETH")
            .env("TATUM_API_URL", cloud.url())
            // As much as the system allows: that there is none is the program's own doing.
            .after("ulimit -S -c $(ulimit -H -c)")
            .start();
        // It has the vault open once it polls.
        cloud.wait_for_requests(1, "POST", "/v3/kms/pending/ETH");
        let process = Path::new("/proc").join(daemon.id().to_string());
        assert_clean("the arguments", &fs::read(process.join("cmdline")).unwrap());
        let limits = fs::read_to_string(process.join("limits"));
        if let Ok(limits) = limits {
            let cores = limits
                .lines()
                .find(|line| line.starts_with("Max core file size"));
            let soft = cores.and_then(|line| line.split_whitespace().nth(4));
            assert_eq!(soft, Some("0"), "{limits}");
        }
        daemon.signal(signal);
        let done = daemon.finish();
        assert_eq!(done.status.signal(), Some(signal.as_raw()), "{done:?}");
        assert!(!done.status.core_dumped(), "{done:?}");
        assert_clean("the log", done.stderr.as_bytes());
        assert_clean_folder(user.home());
        let cores = fs::read_dir(user.home())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert!(
            cores
                .into_iter()
                .all(|name| !name.to_string_lossy().contains("core"))
        );
    }
}

#[test]
fn an_api_key_as_an_argument_is_warned_of_and_not_repeated() {
    let user = owner();
    let done = run(&user, "report")
        .arg(format!("--api-key={API_KEY}"))
        .finish();
    assert_eq!(done.code(), Some(0));
    assert!(done.stderr.starts_with("warning: --api-key"), "{done:?}");
    assert_clean("standard error", done.stderr.as_bytes());
    assert_clean("standard output", done.stdout.as_bytes());
}

fn user_ids(user: &User) -> Vec<String> {
    let vault: Value = run(user, "export").json();
    vault.as_object().unwrap().keys().cloned().collect()
}

fn complete_transaction() -> Value {
    let mut transaction = samples::eth_transaction();
    transaction["nonce"] = json!(1);
    transaction
}
