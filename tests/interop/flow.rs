//! Flow, in the eyes of its SDK, of Cadence's parser and of another secp256k1. The mock plays the
//! platform and the access node, and what the access node was sent is what is looked at.

use std::collections::{BTreeMap, HashMap};

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
const TRANSACTIONS: u64 = 120;
/// What a request can be: the built-in types, and the custom one.
const TYPES: [u64; 8] = [0, 1, 2, 4, 5, 6, 7, 8];
const PAYER: &str = "80c8683c3e00e93b";
const PAYER_KEY: u64 = 3;
const PROPOSER: &str = "479028c39f63dced";
const REFERENCE_BLOCK: &str = "f2885948e040536fc2e80548cc203c11bdc101e92203360d75b2574c68a05d16";
/// The sequence number of the platform's key n is this and n.
const SEQUENCE: u64 = 4000;

#[test]
fn the_sdk_of_flow_reads_what_is_signed() {
    let Some(library) = Library::of("flow") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 540 } else { 539 });
        let user = session::user();
        let keys = wallets(&library, &mut random, network, &user);
        let cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| Case::random(&mut random, number, &keys))
            .collect();

        let cloud = Cloud::start();
        play(&cloud);
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let ids = session::sign(&user, network, &cloud, "", &pending);

        let posted = Posted::to(&cloud);
        let asked: Vec<Value> = ids
            .iter()
            .zip(&cases)
            .map(|(id, case)| {
                let sent = &posted.transactions[id];
                json!({
                    "sent": sent,
                    "messages": posted.messages_of(sent),
                    "publicKey": case.public_key,
                })
            })
            .collect();
        let found = library.ask("transactions", &json!(asked));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((id, case), found) in ids.iter().zip(&cases).zip(found) {
            case.check(network, id, found);
        }
        posted.every_lent_key_came_back(found);

        session::tally_transactions("FLOW", cases.len());

        // Each script was written for the parameters that it gets.
        let sources: Vec<&Value> = found.iter().map(|one| &one["cadence"]).collect();
        let scripts = library.ask("scripts", &json!(sources));
        for (found, script) in found.iter().zip(scripts.as_array().expect("a list")) {
            assert!(script["error"].is_null(), "{}: {script}", found["cadence"]);
            assert_eq!(
                list(&script["parameters"]).len(),
                list(&found["arguments"]).len(),
                "{}",
                found["cadence"]
            );
        }
    }
}

fn wallets(library: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            // One key in 16 has leading zeros, which are not written.
            let mut indexes: Vec<u64> = (0..10).collect();
            indexes.push(random.within(10..=0x7fff_ffff));
            json!({"entropy": random.hex(bytes), "path": "m/44'/539'/0'/0", "indexes": indexes})
        })
        .collect();
    let wallets = library.ask("wallets", &json!(asked));
    session::store(user, "FLOW", network, &wallets)
}

/// Platform and access node.
fn play(cloud: &Cloud) {
    cloud.route("GET", "/v3/flow/proposal/true", |_| {
        Answer::ok(&json!({"address": format!("0x{PAYER}"), "keyId": PAYER_KEY}))
    });
    // Each time another key, as none is lent twice at a time.
    let lent = std::sync::atomic::AtomicU64::new(0);
    cloud.route("GET", "/v3/flow/proposal/false", move |_| {
        let key = lent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Answer::ok(&json!({"address": format!("0x{PROPOSER}"), "keyId": key}))
    });
    cloud.route("GET", "/v1/blocks", |_| {
        Answer::ok(&json!([{"header": {"id": REFERENCE_BLOCK, "height": "90000000"}}]))
    });
    cloud.route("GET", &format!("/v1/accounts/{PROPOSER}"), |_| {
        let keys: Vec<Value> = (0..TRANSACTIONS + 10)
            .map(|key| {
                let sequence_number = SEQUENCE + key;
                json!({
                    "index": key.to_string(), "sequence_number": sequence_number.to_string(),
                    "revoked": false,
                })
            })
            .collect();
        Answer::ok(&json!({"address": PROPOSER, "keys": keys}))
    });
    cloud.route("POST", "/v3/flow/sign", |request| {
        Answer::ok(&json!({"signature": signature_of(&request.json())}))
    });
    cloud.route("POST", "/v1/transactions", |_| Answer::ok(&json!({})));
    cloud.route("GET", "/v1/transaction_results/*", |_| {
        Answer::ok(&json!({"status": "Sealed", "status_code": 0, "error_message": ""}))
    });
}

/// What the platform answers to a message: not a signature, but another text for each.
fn signature_of(body: &Value) -> String {
    let message = hex::decode(text(&body["data"])).expect("hexadecimal");
    let mut signature = [u8::from(body["isPayer"] == true); 64];
    for (position, byte) in message.iter().enumerate() {
        let place = &mut signature[1 + position % 63];
        *place = place.wrapping_mul(31).wrapping_add(*byte);
    }
    hex::encode(signature)
}

/// What platform and access node were sent.
struct Posted {
    /// By id: the node did not name it, so that it is the one the program told the cloud.
    transactions: HashMap<String, Value>,
    /// By the signature that was answered.
    messages: HashMap<String, String>,
    /// Id and key of each call that gave one back.
    given_back: Vec<(String, u64)>,
}

impl Posted {
    fn to(cloud: &Cloud) -> Self {
        let requests = cloud.requests();
        let posted = |path: &'static str| {
            let fits = move |one: &&Request| one.method == "POST" && one.path == path;
            requests.iter().filter(fits).map(Request::json)
        };
        let given_back: Vec<(String, u64)> = posted("/v3/flow/broadcast")
            .filter(|body| body.get("signatureId").is_none())
            .map(|body| {
                let key = body["proposalKey"].as_u64().expect("a key id");
                (text(&body["txData"]).to_owned(), key)
            })
            .collect();
        let by_key: HashMap<u64, &String> = given_back.iter().map(|(id, key)| (*key, id)).collect();
        let transactions = posted("/v1/transactions").map(|sent| {
            let key = text(&sent["proposal_key"]["key_index"]).parse::<u64>();
            (by_key[&key.expect("a key id")].clone(), sent)
        });
        Self {
            transactions: transactions.collect(),
            messages: posted("/v3/flow/sign")
                .map(|body| (signature_of(&body), text(&body["data"]).to_owned()))
                .collect(),
            given_back,
        }
    }

    /// What was to be signed by proposer and payer of `sent`.
    fn messages_of(&self, sent: &Value) -> [Option<&String>; 2] {
        let message = |list: &Value| {
            use base64::{Engine as _, prelude::BASE64_STANDARD};
            let signature = BASE64_STANDARD.decode(text(&list[0]["signature"]));
            self.messages.get(&hex::encode(signature.expect("base64")))
        };
        [
            message(&sent["payload_signatures"]),
            message(&sent["envelope_signatures"]),
        ]
    }

    fn every_lent_key_came_back(&self, found: &[Value]) {
        let lent: BTreeMap<u64, &str> = found
            .iter()
            .map(|one| {
                let key = one["proposalKey"]["keyId"].as_u64();
                (key.expect("a key id"), text(&one["id"]))
            })
            .collect();
        let back: BTreeMap<u64, &str> = self
            .given_back
            .iter()
            .map(|(id, key)| (*key, id.as_str()))
            .collect();
        assert_eq!(lent, back, "keys that were lent, and that were given back");
        assert_eq!(self.given_back.len(), back.len(), "none of them twice");
    }
}

/// A transaction that is asked for, and what must come of it.
struct Case {
    pending: Value,
    public_key: String,
    account: String,
    arguments: Value,
    /// The source, where it is not the program's own.
    source: Option<String>,
}

impl Case {
    fn random(random: &mut Random, number: u64, keys: &[Key]) -> Self {
        let key = random.one_of(keys).clone();
        let account = address(random);
        let kind = *random.one_of(&TYPES);
        let (mut body, arguments) = match kind {
            0 | 1 => {
                let public_key = text(&random.one_of(keys).known["address"]).to_owned();
                let (head, tail) = if kind == 0 {
                    ("f847b840", "03038203e8")
                } else {
                    ("f845b840", "030380")
                };
                let record = value("String", format!("{head}{public_key}{tail}"));
                (json!({"publicKey": public_key}), json!([record]))
            }
            2 => {
                let (short, whole) = amount(random);
                let (currency, to) = (*random.one_of(&["FLOW", "FUSD"]), address(random));
                (
                    json!({"currency": currency, "to": to, "amount": short}),
                    json!([value("UFix64", whole), value("Address", to)]),
                )
            }
            4 => {
                let (to, url) = (address(random), url(random));
                (
                    json!({"to": to, "url": url, "contractAddress": TOKEN, "chain": "FLOW"}),
                    json!([value("Address", to), value("String", url), token()]),
                )
            }
            5 => {
                let count = random.within(1..=4);
                let to: Vec<String> = (0..count).map(|_| address(random)).collect();
                let urls: Vec<String> = (0..count).map(|_| url(random)).collect();
                let list = |kind: &str, values: &[String]| {
                    let values = values.iter().map(|one| value(kind, one.clone()));
                    json!({"type": "Array", "value": values.collect::<Vec<_>>()})
                };
                (
                    json!({"to": to, "url": urls, "contractAddress": TOKEN, "chain": "FLOW"}),
                    json!([list("Address", &to), list("String", &urls), token()]),
                )
            }
            6 => {
                let id = random.magnitude(64).to_string();
                (
                    json!({"tokenId": id, "contractAddress": TOKEN, "chain": "FLOW"}),
                    json!([value("UInt64", id), token()]),
                )
            }
            7 => {
                let (to, id) = (address(random), random.magnitude(64).to_string());
                (
                    json!({
                        "to": to, "tokenId": id, "contractAddress": TOKEN, "chain": "FLOW",
                    }),
                    json!([value("Address", to), value("UInt64", id)]),
                )
            }
            _ => {
                let (id, said) = (random.magnitude(64).to_string(), url(random));
                let arguments = json!([value("String", said), value("UInt64", id)]);
                (
                    json!({"transaction": CUSTOM, "args": arguments}),
                    arguments.clone(),
                )
            }
        };
        body["account"] = json!(account);
        let request = json!({"type": kind, "body": body, "apiManagedProposal": true});
        Self {
            pending: key.pending(number, "FLOW", &request.to_string()),
            public_key: key.address.clone(),
            account,
            arguments,
            source: (kind == 8).then(|| CUSTOM.to_owned()),
        }
    }

    fn check(&self, network: Network, id: &str, found: &Value) {
        let asked = &self.pending;
        let account = self.account.trim_start_matches("0x");
        let lent = found["proposalKey"]["keyId"].as_u64().expect("a key id");
        let expected = json!({
            "id": id,
            "arguments": self.arguments,
            "refBlock": REFERENCE_BLOCK,
            "computeLimit": 9999,
            "proposalKey": {
                "address": PROPOSER, "keyId": lent, "sequenceNum": SEQUENCE + lent,
            },
            "payer": PAYER,
            "authorizers": [account],
            "payloadKeys": [[PROPOSER, lent], [account, 0]],
            "envelopeKeys": [[PAYER, PAYER_KEY]],
            "sameMessages": true,
            "signed": [true],
        });
        for (member, expected) in expected.as_object().expect("an object") {
            assert_eq!(found[member], *expected, "{network:?}: {member} of {asked}");
        }
        if let Some(source) = &self.source {
            assert_eq!(found["cadence"], **source, "{network:?}: {asked}");
        }
    }
}

const TOKEN: &str = "0d938d15-d23d-4818-9791-71c99d267896";
const CUSTOM: &str = "transaction(said: String, n: UInt64) {\n\tprepare(signer: &Account) { /* é \
    漢 */ }\r\n  execute { log(said); log(n) }\n}\n";

fn value(kind: &str, value: String) -> Value {
    json!({"type": kind, "value": value})
}

fn token() -> Value {
    value("String", TOKEN.to_owned())
}

fn address(random: &mut Random) -> String {
    // Leading zeros are part of an address.
    let zeros = random.index(3);
    format!("0x{}{}", "00".repeat(zeros), random.hex(8 - zeros))
}

fn url(random: &mut Random) -> String {
    let letters = [
        'a', 'Z', '/', ' ', '"', '\\', '\n', '\u{1}', '<', 'é', '漢', '🦀',
    ];
    let len = random.within(1..=60);
    (0..len).map(|_| *random.one_of(&letters)).collect()
}

/// An amount as it may be asked for, and with its eight places.
fn amount(random: &mut Random) -> (String, String) {
    let smallest = random.magnitude(64);
    let whole = format!("{}.{:08}", smallest / 100_000_000, smallest % 100_000_000);
    let short = if random.coin() {
        whole.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        whole.clone()
    };
    (short, whole)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}
