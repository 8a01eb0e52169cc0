//! MultiversX, in the eyes of its own SDK.

use kms_tests::{
    cloud::{Answer, Cloud, Request},
    program::User,
};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each network.
const TRANSACTIONS: u64 = 150;
/// What the node says of the price of gas.
const GAS_PRICE: u64 = 1_234_567_890;

#[test]
fn the_sdk_reads_what_is_signed_for_multiversx() {
    let Some(sdk) = Library::of("multiversx") else {
        return;
    };
    for (network, chain_id) in Network::BOTH.into_iter().zip(["1", "T"]) {
        let mut random = Random::seeded(u64::from(network.is_testnet()));
        let user = session::user();
        let keys = wallets(&sdk, &mut random, network, &user);
        let cases = cases(&sdk, &mut random, &keys);

        let cloud = Cloud::start();
        let node = "/v3/egld/node/*";
        let config = json!({"data": {"config": {
            "erd_chain_id": chain_id, "erd_min_gas_price": GAS_PRICE,
            "erd_min_transaction_version": 2,
        }}});
        let config = Answer::ok(&config);
        cloud.route("GET", &format!("{node}/network/config"), move |_| {
            config.clone()
        });
        cloud.route("GET", &format!("{node}/nonce"), |request| {
            let nonce = nonce_of(sender_in(request));
            Answer::ok(&json!({"data": {"nonce": nonce}}))
        });
        cloud.route("POST", &format!("{node}/transaction/cost"), |request| {
            let body = request.json();
            assert!(body["gasLimit"] == 0 && body.get("signature").is_none());
            let gas = gas_of(body["data"].as_str().unwrap_or_default());
            Answer::ok(&json!({"data": {"txGasUnits": gas}}))
        });
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let signed = session::sign(&user, network, &cloud, "", &pending);
        let ids = session::ids(&user, &pending);

        let found = sdk.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for (((case, found), tx_data), id) in cases.iter().zip(found).zip(&signed).zip(&ids) {
            let base64 = serde_json::from_str::<Value>(tx_data).expect("JSON")["data"].clone();
            let expected = json!({
                "id": id,
                "nonce": nonce_of(&case.sender).to_string(),
                "value": case.value.to_string(),
                "receiver": case.receiver,
                "sender": case.sender,
                "gasPrice": GAS_PRICE.to_string(),
                "gasLimit": gas_of(base64.as_str().unwrap_or_default()).to_string(),
                "data": case.data,
                "chainID": chain_id,
                "version": 2,
                "options": 0,
                "bySender": true,
                "same": true,
            });
            assert_eq!(*found, expected, "{network:?}: {}", case.pending);
        }
        session::tally_transactions("EGLD", cases.len());
    }
}

/// The address in the path of a question about a nonce.
fn sender_in(request: &Request) -> &str {
    request.path.split('/').rev().nth(1).expect("an address")
}

/// What the node says of the account's nonce.
fn nonce_of(sender: &str) -> u64 {
    sender.bytes().map(u64::from).sum()
}

/// What the node says of the gas, given the data in base64.
fn gas_of(data: &str) -> u64 {
    50_000 + 1_500 * u64::try_from(data.len()).expect("a short text")
}

fn wallets(sdk: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "coinType": if network.is_testnet() { 1 } else { 508 },
                "indexes": [0, random.within(1..=0x7fff_ffff)],
            })
        })
        .collect();
    let wallets = sdk.ask("wallets", &json!(asked));
    session::store(user, "EGLD", network, &wallets)
}

/// A transaction that is asked for.
struct Case {
    pending: Value,
    sender: String,
    receiver: String,
    /// In units of 10^-18 EGLD.
    value: u128,
    data: String,
}

/// Transfers of EGLD, with messages and without, and of tokens, whose data the SDK writes.
fn cases(sdk: &Library, random: &mut Random, keys: &[Key]) -> Vec<Case> {
    let mut drafts: Vec<(Key, Key, Value)> = Vec::new();
    for _ in 0..TRANSACTIONS {
        let (from, to) = (random.one_of(keys).clone(), random.one_of(keys).clone());
        let tokens: Vec<Value> = (0..random.within(1..=3))
            .map(|_| {
                let nonce = random.one_of(&[0_u64, 1, 255, 256, 1 << 40]).to_string();
                let amount = random.magnitude(120).max(1).to_string();
                json!({"identifier": "TOK-1a2b3c", "nonce": nonce, "amount": amount})
            })
            .collect();
        let transfer = json!({"sender": from.address, "receiver": to.address, "tokens": tokens});
        drafts.push((from, to, transfer));
    }
    let asked: Vec<&Value> = drafts.iter().map(|(_, _, transfer)| transfer).collect();
    let written = sdk.ask("data", &json!(asked));
    let written = written.as_array().expect("a list");
    (0..)
        .zip(drafts.iter().zip(written))
        .map(|(number, ((from, to, _), written))| {
            let (receiver, data) = match random.within(0..=3) {
                0 => (&to.address, String::new()),
                1 => (&to.address, message(random)),
                _ => {
                    let receiver = from_either(&written["receiver"], from, to);
                    (receiver, text(&written["data"]).to_owned())
                }
            };
            let value = random.magnitude(110);
            let mut request = json!({"to": receiver, "value": notation(random, value)});
            if !data.is_empty() {
                request["data"] = json!(data);
            }
            match random.within(0..=2) {
                0 => request["from"] = json!(from.address),
                1 => request["from"] = json!(0),
                _ => {}
            }
            if value == 0 && random.coin() {
                request["value"] = Value::Null;
            }
            Case {
                pending: from.pending(number, "EGLD", &request.to_string()),
                sender: from.address.clone(),
                receiver: receiver.clone(),
                value,
                data,
            }
        })
        .collect()
}

/// Tokens are sent to the recipient, or to oneself with the recipient in the data.
fn from_either<'a>(receiver: &Value, from: &'a Key, to: &'a Key) -> &'a String {
    let own = text(receiver) == from.address;
    let receiver = if own { from } else { to };
    &receiver.address
}

fn message(random: &mut Random) -> String {
    let letters = [
        'a', 'Z', '0', ' ', '"', '\\', '\n', '@', '<', 'é', '漢', '🦀',
    ];
    let len = random.index(60) + 1;
    (0..len).map(|_| *random.one_of(&letters)).collect()
}

/// Units of 10^-18 EGLD as decimal EGLD, in text or as a number.
fn notation(random: &mut Random, units: u128) -> Value {
    let (whole, fraction) = (units / 10_u128.pow(18), units % 10_u128.pow(18));
    let mut decimal = format!("{whole}.{fraction:018}");
    if random.coin() {
        decimal = decimal
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned();
    }
    match (random.coin(), u64::try_from(whole)) {
        // A number of this test has to come out of its own JSON as it went in.
        (true, Ok(number)) if fraction == 0 => json!(number),
        _ => json!(decimal),
    }
}
