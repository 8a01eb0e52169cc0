//! The daemon, with a cloud that answers as badly as it can.

use kms_tests::{
    cloud::{Answer, Cloud, Fault, FaultKind, Request},
    program::{Invocation, User},
    samples, vectors,
};
use serde_json::{Value, json};

use crate::{
    API_KEY, BTC_KEY, MNEMONIC, PASSWORD, TRACE, complete_transaction, owner, run, search::Search,
    user_ids,
};

fn once(user: &User, cloud: &Cloud, more: &str) -> Invocation {
    run(user, &format!("daemon --testnet --run-once {TRACE} {more}"))
        .env("TATUM_API_URL", cloud.url())
        .env("TATUM_RETRIES", "0")
        .env("TATUM_RETRY_DELAY", "1")
}

#[test]
fn the_daemon_tells_no_secret() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let eth = user_ids(&user)[0].clone();
    let cloud = Cloud::start();
    let good = samples::pending_id(1);
    cloud.queue(&samples::eth_pending(&good, &eth, &complete_transaction()));
    let bad = json!({"from": MNEMONIC, "to": 5});
    cloud.queue(&samples::eth_pending(&samples::pending_id(2), &eth, &bad));
    for format in ["human", "json"] {
        let done = once(&user, &cloud, &format!("--log-format={format}")).finish();
        // What the cloud sends is no secret of the vault, so the mnemonic in it does not count.
        let stderr = done.stderr.replace(MNEMONIC, "");
        search.clean("the log of the daemon", stderr.as_bytes());
        search.clean("the output of the daemon", done.stdout.as_bytes());
        assert!(!done.stderr.is_empty());
    }
    assert_eq!(cloud.signed(&good).len(), 1);
    search.clean_requests_but_for(&[MNEMONIC], &cloud);
    // A cloud that is not there, and an API key in the address of one.
    let url = format!("http://127.0.0.1:1/{API_KEY}");
    let run = once(&user, &cloud, "").env("TATUM_API_URL", url);
    let done = search.watch(&run, false);
    assert!(!done.stderr.is_empty());
    search.clean_folder(user.home());
    // The journal, which has the id of each.
    for line in [
        "list",
        "list --json",
        &format!("show {good}"),
        &format!("show {good} --json"),
    ] {
        let done = search.watch(
            &crate::run(&user, &format!("journal {line} {TRACE}")),
            false,
        );
        assert_eq!(done.code(), Some(0), "{done:?}");
    }
}

/// An answer that says back all it was told, as error pages do.
fn echo(request: &Request, status: u16) -> Answer {
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let text = format!(
        "{} {}?{}\n{}\n\n{}",
        request.method,
        request.path,
        request.query,
        headers.join("\n"),
        String::from_utf8_lossy(&request.body)
    );
    match status {
        // Also where success is told with something else than what was asked for.
        200 | 404 => Answer::raw(status, text),
        _ => Answer::json(
            status,
            &json!({"errorCode": API_KEY, "message": text, "data": [text], "statusCode": status}),
        ),
    }
}

#[test]
fn errors_of_the_cloud_that_say_back_what_was_sent_are_not_repeated() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let eth = user_ids(&user)[0].clone();
    for status in [200, 400, 401, 403, 404, 409, 429, 500, 502] {
        for path in [
            "/v3/kms/pending/*",
            "/v3/*/broadcast",
            "/v3/tatum/kms/batch",
            "/v3/*/web3/*",
        ] {
            let cloud = Cloud::start();
            let id = samples::pending_id(u64::from(status));
            // Without a nonce, which has to be asked for.
            let transaction = match path {
                "/v3/*/web3/*" => samples::eth_transaction(),
                "/v3/tatum/kms/batch" => json!({"from": 0, "to": 5}),
                _ => complete_transaction(),
            };
            cloud.queue(&samples::eth_pending(&id, &eth, &transaction));
            cloud.route("POST", path, move |request| echo(request, status));
            let done = search.watch(&once(&user, &cloud, "--chain=ETH"), false);
            assert!(!cloud.requests().is_empty(), "{done:?}");
            search.clean_requests(&cloud);
        }
    }
    // Answers that are none, and ones that send the program elsewhere.
    for kind in [
        FaultKind::Reset,
        FaultKind::Malformed,
        FaultKind::Html,
        FaultKind::Truncate,
    ] {
        let cloud = Cloud::start();
        cloud.fault(Fault::on("POST", "*", kind));
        search.watch(&once(&user, &cloud, "--chain=ETH"), false);
    }
    let cloud = Cloud::start();
    let other = Cloud::start();
    let elsewhere = format!("{}/{API_KEY}?key={API_KEY}", other.url());
    for status in [301, 302, 307, 308] {
        let elsewhere = elsewhere.clone();
        cloud.route("POST", "*", move |_| Answer::redirect(status, &elsewhere));
        search.watch(&once(&user, &cloud, "--chain=ETH"), false);
    }
    for request in other.requests() {
        assert!(!request.headers.contains_key("x-api-key"), "{request:?}");
    }
    search.clean_folder(user.home());
}

/// Pending transactions that hold canaries, which a cloud could have from elsewhere: what is said
/// of them may quote the cloud, so they are looked for in what else is written.
#[test]
fn pending_transactions_with_secrets_in_them_show_none_of_the_vault() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let eth = user_ids(&user)[0].clone();
    let cloud = Cloud::start();
    for (number, transaction) in [
        json!(MNEMONIC),
        json!({"to": BTC_KEY, "value": "1", "gas": "1", "gasPrice": "1", "nonce": 1}),
        json!({"to": samples::RECIPIENT, "data": samples::ETH_KEY, "nonce": PASSWORD}),
        json!({PASSWORD: MNEMONIC}),
        json!([BTC_KEY]),
    ]
    .iter()
    .enumerate()
    {
        let id = samples::pending_id(900 + u64::try_from(number).unwrap());
        cloud.queue(&samples::eth_pending(&id, &eth, transaction));
    }
    cloud.queue_for(
        "ETH",
        &json!({"id": MNEMONIC, "chain": PASSWORD}).to_string(),
    );
    cloud.queue_for(
        "ETH",
        &json!({"id": 7, "chain": "ETH", "hashes": [PASSWORD]}).to_string(),
    );
    let done = once(&user, &cloud, "--chain=ETH").finish();
    assert!(!done.stderr.is_empty());
    // Of what the cloud cannot have sent there is nothing: no bytes of a key, no entropy, no seed.
    let quoted = [
        "the password",
        "the mnemonic",
        "the bitcoin key",
        "the ethereum key",
        "the bytes of the ethereum key",
    ];
    search.clean_but_for(&quoted, "the log", done.stderr.as_bytes());
    search.clean("the output", done.stdout.as_bytes());
    // The journal keeps what the cloud sent encrypted, and in clear what was said of it, which the
    // cloud is told as well.
    search.clean_folder_but_for(&quoted, user.home());
    for file in ["wallet.dat", "wallet.dat.bak"] {
        let path = user.vault().with_file_name(file);
        search.clean(file, &std::fs::read(path).unwrap_or_default());
    }
}

/// Your own service, which approves on the main network.
#[test]
fn the_service_that_approves_learns_no_secret_and_its_errors_are_not_repeated() {
    let mut search = Search::new();
    let user = User::new();
    let store = run(&user, &format!("storemanagedprivatekey ETH {TRACE}"));
    let done = search.watch(&store.stdin(&format!("{}\n", samples::ETH_KEY)), false);
    assert_eq!(done.code(), Some(0), "{done:?}");
    let eth = user_ids(&user)[0].clone();
    for (number, status) in [200, 204, 302, 400, 401, 403, 404, 500]
        .into_iter()
        .enumerate()
    {
        for method in ["GET", "POST"] {
            let cloud = Cloud::start();
            let offset = u64::from(method == "POST");
            let id = samples::pending_id(2 * u64::try_from(number).unwrap() + offset);
            let mut transaction = complete_transaction();
            transaction["chainId"] = json!(1);
            cloud.queue(&samples::eth_pending(&id, &eth, &transaction));
            cloud.route(method, "/approve/*", move |request| echo(request, status));
            // A service may be told apart by a secret in its address.
            let secret = cloud
                .url()
                .replace("http://", &format!("http://user:{API_KEY}@"));
            let line = format!(
                "daemon --run-once --chain=ETH {TRACE} --external-url-method={method} \
                 --external-url={secret}/approve"
            );
            let run = run(&user, &line)
                .env("TATUM_API_URL", cloud.url())
                .env("TATUM_RETRIES", "0")
                .env("TATUM_RETRY_DELAY", "1");
            let done = run.finish();
            search.clean("the log", done.stderr.as_bytes());
            search.clean("the output", done.stdout.as_bytes());
            for request in cloud.requests() {
                if request.path.starts_with("/approve") {
                    assert!(!request.headers.contains_key("x-api-key"), "{request:?}");
                    // Its own secret comes as Basic authentication.
                    let place = format!("a question: {request:?}");
                    search.clean(&place, &request.body);
                    search.clean(&place, request.path.as_bytes());
                }
            }
        }
    }
    search.clean_folder(user.home());
}

/// A mistake of the program, at each step and with the key in hand at one of them: what a panic and
/// its backtrace say, and what is left in files.
#[test]
fn a_panic_tells_no_secret() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let eth = user_ids(&user)[0].clone();
    let places = [
        "polled",
        "received",
        "prepared",
        "approved",
        "frozen",
        "committing",
        "signing",
        "signed",
        "sending",
        "broadcast",
    ];
    for (number, place) in (1000..).zip(places) {
        let cloud = Cloud::start();
        let id = samples::pending_id(number);
        cloud.queue(&samples::eth_pending(&id, &eth, &complete_transaction()));
        let run = once(&user, &cloud, "--chain=ETH")
            .env("TATUM_KMS_FAILPOINT", format!("{place}:1:panic"))
            .env("RUST_BACKTRACE", "full");
        let done = search.watch(&run, false);
        let panicked = done.stderr.contains("wanted by TATUM_KMS_FAILPOINT");
        assert!(panicked, "{place}: {done:?}");
        search.clean_requests(&cloud);
    }
    search.clean_folder(user.home());
}

/// Cardano's node has the API key in the path of its calls, and may repeat it in its errors.
#[test]
fn the_api_key_in_a_path_stays_there() {
    let mut search = Search::new();
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
            let (answer, fails): (Value, bool) = (call["response"].clone(), path.ends_with(step));
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
        let done = search.watch(&run, false);
        let id = pending["id"].as_str().unwrap();
        let failures = cloud.failures(id);
        if step == "nothing" {
            assert_eq!(cloud.signed(id).len(), 1, "{done:?}");
        } else {
            let [failure] = &failures[..] else {
                panic!("one report: {failures:?}\n{}", done.stderr);
            };
            assert!(failure.starts_with("ApiError: {\"code\":1,\"message\":\"no route "));
            search.clean("the report", failure.as_bytes());
        }
        search.clean_folder(user.home());
    }
}
