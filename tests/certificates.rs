//! Servers whose TLS certificate is not to be trusted are refused, in a plain sentence.

use kms_tests::{
    internet::{Internet, Reply},
    program::User,
    samples,
    tls::Flaw,
};
use serde_json::json;

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// What is said of each flaw.
const FLAWS: [(Flaw, &str); 4] = [
    (
        Flaw::UnknownAuthority,
        "its certificate is signed by an unknown authority",
    ),
    (Flaw::OtherName, "its certificate is for another name"),
    (Flaw::Expired, "its certificate has expired"),
    (Flaw::NotYetValid, "its certificate is not valid yet"),
];

fn owner() -> User {
    User::with_wallets([(ID, &samples::eth_wallet())])
}

#[test]
fn the_cloud_is_refused_before_a_key_is_sent() {
    let user = owner();
    for (flaw, reason) in FLAWS {
        let internet = Internet::start(|_| Reply::json(200, &json!([])));
        internet.flaw(flaw);
        let run = user
            .run("daemon --testnet --run-once --chain=ETH --log-format=json")
            .env("TATUM_API_KEY", "k")
            .env("TATUM_RETRIES", "0");
        let done = internet.connect(run, &user).finish();
        let text = format!("no secure connection to api.tatum.io: {reason}");
        assert!(done.stderr.contains(&text), "{done:?}");
        assert!(internet.requests().is_empty(), "{internet:?}");
    }
}

#[test]
fn an_authority_of_ones_own_is_trusted_for_the_cloud() {
    let user = owner();
    let internet = Internet::start(|_| Reply::json(200, &json!([])));
    let run = user
        .run("daemon --testnet --run-once --chain=ETH")
        .env("TATUM_API_KEY", "k");
    let done = internet.connect(run, &user).finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    let polls = internet.requests();
    assert!(!polls.is_empty());
    for poll in polls {
        assert!(poll.secure, "{poll:?}");
        assert_eq!(poll.header("x-api-key"), Some("k"));
        assert!(poll.target.starts_with("/v3/kms/pending/ETH"), "{poll:?}");
    }
}
