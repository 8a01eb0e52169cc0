//! The program at work: wallets that it stores, and a run of its daemon.

use std::collections::{BTreeMap, BTreeSet};

use kms_core::testkit::tally;
use kms_tests::{cloud::Cloud, daemon::API_KEY, program::User, samples::pending_id};
use serde_json::{Value, json};

/// Which network wallets and transactions are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Main,
    Test,
}

impl Network {
    pub(crate) const BOTH: [Self; 2] = [Self::Main, Self::Test];

    pub(crate) fn is_testnet(self) -> bool {
        self == Self::Test
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Test => "--testnet",
        }
    }
}

/// A key that the program keeps.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The signature id of its wallet.
    pub(crate) wallet: String,
    /// Its index there; none where the wallet is a single key.
    pub(crate) index: Option<u64>,
    /// Its address, as the other library says.
    pub(crate) address: String,
    /// What else the other library says of it, for instance its public key.
    pub(crate) known: Value,
}

impl Key {
    /// A pending transaction that this key has to sign. With `number`s it is told from others.
    pub(crate) fn pending(&self, number: u64, chain: &str, serialized: &str) -> Value {
        json!({
            "id": pending_id(number),
            "chain": chain,
            "serializedTransaction": serialized,
            "hashes": [self.wallet],
            "index": self.index,
            "signatures": null,
            "withdrawalId": null,
            "withdrawalResponses": null,
        })
    }
}

/// A user with an empty vault, which is quick to open.
pub(crate) fn user() -> User {
    User::with_wallets([])
}

/// Has the program store the wallets that another library made, and compares everything public
/// and secret that both derive. `wallets` is a list of
///
/// ```json
/// {"mnemonic": "…", "xpub": "…", "keys": [{"index": 0, "address": "…", "privateKey": "…"}]}
/// ```
///
/// in which `xpub` is left out where wallets have none. Gives all the keys; for each wallet the
/// first one twice, the second time as a wallet of a single key.
pub(crate) fn store(user: &User, chain: &str, network: Network, wallets: &Value) -> Vec<Key> {
    let wallets = wallets.as_array().expect("a list of wallets");
    assert!(!wallets.is_empty(), "{chain}: no wallets");
    let flag = network.flag();
    let mut stored_keys = Vec::new();
    for wallet in wallets {
        let stored = user
            .run(&format!("storemanagedwallet {chain} {flag}"))
            .stdin(text(&wallet["mnemonic"]))
            .json();
        let id = text(&stored["signatureId"]);
        if !wallet["xpub"].is_null() {
            assert_eq!(stored["xpub"], wallet["xpub"], "{chain} {network:?}: xpub");
        }
        for key in wallet["keys"].as_array().expect("a list of keys") {
            let index = key["index"].as_u64().expect("an index");
            let shown = user.run(&format!("getaddress {id} {index}")).json();
            assert_eq!(
                shown["address"], key["address"],
                "{chain} {network:?}: address {index}"
            );
            let shown = user.run(&format!("getprivatekey {id} {index}")).json();
            assert_eq!(
                shown["privateKey"], key["privateKey"],
                "{chain} {network:?}: private key {index}"
            );
            stored_keys.push(Key {
                wallet: id.to_owned(),
                index: Some(index),
                address: text(&key["address"]).to_owned(),
                known: key.clone(),
            });
        }
        stored_keys.push(store_single(user, chain, network, &wallet["keys"][0]));
        let what = format!("wallets of {chain} derived by another library");
        tally("interop", 1_u64, &what);
    }
    stored_keys
}

/// Has the program store a single key that another library made, and compares the address. `key`
/// is `{"address": "…", "privateKey": "…"}`.
pub(crate) fn store_single(user: &User, chain: &str, network: Network, key: &Value) -> Key {
    let stored = user
        .run(&format!(
            "storemanagedprivatekey {chain} {}",
            network.flag()
        ))
        .stdin(text(&key["privateKey"]))
        .json();
    assert_eq!(
        stored["address"], key["address"],
        "{chain} {network:?}: address of a private key"
    );
    let what = format!("single keys of {chain} derived by another library");
    tally("interop", 1_u64, &what);
    Key {
        wallet: text(&stored["signatureId"]).to_owned(),
        index: None,
        address: text(&key["address"]).to_owned(),
        known: key.clone(),
    }
}

/// Has the program make a wallet of a single key, and compares its address with the one that
/// another library reads from the key's text. `read` gives `{"address": "…", "privateKey": "…"}`.
pub(crate) fn make_single(
    user: &User,
    chain: &str,
    network: Network,
    read: impl Fn(&Value) -> Value,
) -> Key {
    let made = user
        .run(&format!("generatemanagedwallet {chain} {}", network.flag()))
        .json();
    let wallet = text(&made["signatureId"]).to_owned();
    let shown = user.run(&format!("getaddress {wallet} 0")).json();
    let address = text(&shown["address"]).to_owned();
    let shown = user.run(&format!("getprivatekey {wallet} 0")).json();
    let known = read(&shown["privateKey"]);
    assert_eq!(known["address"], *address, "{chain} {network:?}: {wallet}");
    assert_eq!(known["privateKey"], shown["privateKey"]);
    let what = format!("single keys of {chain} derived by another library");
    tally("interop", 1_u64, &what);
    Key {
        wallet,
        index: None,
        address,
        known,
    }
}

/// Puts pending transactions into a cloud, runs the daemon once with these further arguments and
/// gives the `txData` of each transaction, in their order. The cloud is also every node outside
/// of it.
///
/// # Panics
/// When one is not sent exactly once, or one is reported as failed.
pub(crate) fn sign(
    user: &User,
    network: Network,
    cloud: &Cloud,
    arguments: &str,
    pending: &[Value],
) -> Vec<String> {
    for one in pending {
        cloud.queue(one);
    }
    let approvals = format!("--external-url={}", cloud.approval_url());
    let line = format!(
        "daemon --run-once --log-level=warn {} {approvals} {arguments}",
        network.flag()
    );
    let mut run = user
        .run(&line)
        .env("TATUM_API_URL", cloud.url())
        .env("TATUM_API_KEY", API_KEY);
    let chains: BTreeSet<&str> = pending.iter().map(|one| text(&one["chain"])).collect();
    for chain in chains {
        run = run.env(&format!("TATUM_KMS_NODE_URL_{chain}"), cloud.url());
    }
    let done = run.finish();
    pending
        .iter()
        .map(|one| {
            let id = text(&one["id"]);
            let sent = cloud.look(|state| state.broadcasts_of(id).cloned().collect::<Vec<_>>());
            let [sent] = &sent[..] else {
                panic!(
                    "sent {} times: {one}\nreported: {:?}\n{}",
                    sent.len(),
                    cloud.failures(id),
                    done.stderr
                );
            };
            sent.tx_data.clone()
        })
        .collect()
}

/// The id of each of these transactions on its chain, as the program has it in its journal.
pub(crate) fn ids(user: &User, pending: &[Value]) -> Vec<String> {
    let rows = user.run("journal list --json --limit 1000000").json();
    let ids: BTreeMap<&str, &str> = rows
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (text(&row["id"]), text(&row["transactionId"])))
        .collect();
    pending
        .iter()
        .map(|one| ids[text(&one["id"])].to_owned())
        .collect()
}

/// Counts transactions of a chain and one of its networks that another library has read as they
/// were asked for.
///
/// # Panics
/// When there are too few of them.
pub(crate) fn tally_transactions(chain: &str, count: usize) {
    assert!(count >= 100, "{chain}: only {count} transactions");
    let what = format!("transactions of {chain} read by another library");
    tally("interop", count, &what);
}

/// The text that a value is.
///
/// # Panics
/// When it is none.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
