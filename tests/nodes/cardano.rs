//! Cardano: the ledger of Scalus takes payments of lovelace and tokens, of one key and of several.

use std::collections::BTreeMap;

use kms_tests::{cloud::Answer, node::JsonRpcNode, private_network::PrivateNetwork};
use serde_json::{Value, json};

use crate::{
    chains::executed,
    desk::{Desk, text},
};

/// What a transaction leaves for its fee, in lovelace.
const FEE: u64 = 250_000;
/// The first slot that is too late for a transaction. The ledger begins at slot 0.
const TTL: u64 = 1000;
const ADA: u64 = 1_000_000;
/// Tokens, by policy and name in hex.
const GOLD: (&str, &str) = (
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
    "676f6c64",
);
const SILVER: (&str, &str) = (GOLD.0, "73696c766572");
/// A token without a name.
const NAMELESS: (&str, &str) = (
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b",
    "",
);
/// Somebody else: a key that stakes, a script, one of the Byron era; and one of the main network.
const STRANGERS: [&str; 3] = [
    "addr_test1qqqqzqsrqszsvpcgpy9qkrqdpc83qygjzv2p29shrqv35xcqqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5z5tpwxqergdsgruudy",
    "addr_test1wqqqzqsrqszsvpcgpy9qkrqdpc83qygjzv2p29shrqv35xcqrypmd",
    "FHnt4NL7yPY4VGgJ6KTso7eyiTMAZXkeDxNEYY7rAZxo3G4pHDiRFuvpgGb2qtw",
];
const MAINNET_STRANGER: &str = "addr1vyqqzqsrqszsvpcgpy9qkrqdpc83qygjzv2p29shrqv35xcjrvarg";

/// Lovelace and tokens at an address.
#[derive(Clone, Debug)]
struct Output {
    address: String,
    lovelace: u64,
    tokens: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

impl Output {
    fn new(address: &str, lovelace: u64, tokens: &[((&'static str, &'static str), u64)]) -> Self {
        let mut bundles = BTreeMap::<_, BTreeMap<_, _>>::new();
        for ((policy, name), amount) in tokens {
            bundles.entry(*policy).or_default().insert(*name, *amount);
        }
        Self {
            address: address.to_owned(),
            lovelace,
            tokens: bundles,
        }
    }

    /// As a Rosetta node pays it; with a minus before the lovelace, as it spends it.
    fn operation(&self, kind: &str, minus: &str) -> Value {
        let tokens = |names: &BTreeMap<&str, u64>| -> Vec<Value> {
            let token = |(name, amount): (&&str, &u64)| {
                json!({
                    "value": amount.to_string(),
                    "currency": {"symbol": name, "decimals": 0},
                })
            };
            names.iter().map(token).collect()
        };
        let bundles: Vec<Value> = self
            .tokens
            .iter()
            .map(|(policy, names)| json!({"policyId": policy, "tokens": tokens(names)}))
            .collect();
        json!({
            "operation_identifier": {"index": 0},
            "related_operations": [],
            "type": kind,
            "status": "success",
            "account": {"address": self.address, "metadata": {}},
            "amount": {
                "value": format!("{minus}{}", self.lovelace),
                "currency": {"symbol": "ADA", "decimals": 6},
            },
            "metadata": {"tokenBundle": bundles},
        })
    }

    /// As the ledger has it.
    fn coin(&self) -> Value {
        let tokens = |names: &BTreeMap<&str, u64>| -> BTreeMap<String, String> {
            names
                .iter()
                .map(|(name, amount)| ((*name).to_owned(), amount.to_string()))
                .collect()
        };
        let tokens: BTreeMap<&str, _> = self
            .tokens
            .iter()
            .map(|(policy, names)| (*policy, tokens(names)))
            .collect();
        json!({"lovelace": self.lovelace.to_string(), "tokens": tokens})
    }
}

/// A coin of the ledger.
#[derive(Clone, Debug)]
struct Coin {
    /// The transaction that made it, and its number there.
    id: String,
    output: Output,
}

/// A wallet on a network, the daemon's cloud, and the ledger of the test network.
struct Setting {
    desk: Desk,
    node: JsonRpcNode,
    wallet: String,
    /// At the indexes 0 and 5.
    addresses: [String; 2],
}

impl Setting {
    /// The wallet of these words, on the main network or the test network.
    fn new(words: &str, network: &'static str, node: JsonRpcNode) -> Self {
        let desk = Desk::new();
        let testnet = network == "preprod";
        let line = format!("storemanagedwallet ADA --testnet={testnet}");
        let stored = desk.user.run(&line).stdin(words).json();
        let wallet = text(&stored["signatureId"]).to_owned();
        let addresses = [0, 5].map(|index| {
            let shown = desk.run(&format!("getaddress {wallet} {index}"));
            text(&shown["address"]).to_owned()
        });
        play_rosetta(&desk, network, node);
        desk.broadcast_to(node, "/v3/ada/broadcast", with_another_signature);
        Self {
            desk,
            node,
            wallet,
            addresses,
        }
    }

    /// What spends these coins, as it is pending in the cloud.
    fn pending(&self, coins: &[Coin], outputs: &[Output]) -> Value {
        let inputs = coins.iter().map(|coin| {
            let mut operation = coin.output.operation("input", "-");
            operation["coin_change"] = json!({
                "coin_identifier": {"identifier": coin.id},
                "coin_action": "coin_created",
            });
            operation
        });
        let outputs = outputs.iter().map(|output| output.operation("output", ""));
        let operations: Vec<Value> = inputs.chain(outputs).collect();
        json!({
            "chain": "ADA",
            "serializedTransaction": json!(operations).to_string(),
            "hashes": [self.wallet],
            "signatures": [
                {"id": self.wallet, "index": 0},
                {"id": self.wallet, "index": 5},
            ],
        })
    }

    /// Has it signed and taken, and looks at what became of it. Gives the new coins.
    fn send(&self, number: u64, coins: &[Coin], outputs: &[Output]) -> Vec<Coin> {
        self.desk.queue(number, &self.pending(coins, outputs));
        let id = text(&self.desk.sent(number)).to_owned();
        let mut made = Vec::new();
        for (index, output) in outputs.iter().enumerate() {
            let id = format!("{id}:{index}");
            let coins = self.node.result("coins", &json!([output.address]));
            assert_eq!(coins[&id], output.coin(), "{id}");
            made.push(Coin {
                id,
                output: output.clone(),
            });
        }
        for coin in coins {
            let left = self.node.result("coins", &json!([coin.output.address]));
            assert_eq!(left.get(&coin.id), None, "{coin:?} is not spent");
        }
        executed("ADA", 1);
        made
    }
}

#[test]
fn the_ledger_takes_lovelace_and_tokens_of_one_key_and_of_several() {
    let imports = ["interop/cardano"];
    let Some(network) = PrivateNetwork::of_package("cardano", &["preprod"], &imports) else {
        return;
    };
    let node = network.node();
    let words = Desk::new().run("generatewallet ADA --testnet");
    let words = text(&words["mnemonic"]);
    let setting = Setting::new(words, "preprod", node);
    let [first, second] = &setting.addresses;

    let outputs = [
        Output::new(first, 10 * ADA, &[]),
        Output::new(first, 5 * ADA, &[(GOLD, 1_000), (SILVER, u64::MAX / 2)]),
        Output::new(second, 20 * ADA, &[(GOLD, 1), (NAMELESS, 7)]),
        Output::new(second, 4 * ADA, &[]),
        Output::new(first, 6 * ADA, &[(GOLD, 50)]),
    ];
    let operations: Vec<Value> = outputs
        .iter()
        .map(|output| output.operation("output", ""))
        .collect();
    node.result("genesis", &json!([operations]));
    let coins: Vec<Coin> = outputs
        .into_iter()
        .enumerate()
        .map(|(index, output)| Coin {
            id: format!("{:064}:{index}", 0),
            output,
        })
        .collect();
    let daemon = setting.desk.daemon("--testnet");

    // Lovelace of one coin.
    let change = 10 * ADA - 2 * ADA - 1 - FEE;
    let paid = setting.send(
        1,
        &coins[..1],
        &[
            Output::new(STRANGERS[0], 2 * ADA + 1, &[]),
            Output::new(first, change, &[]),
        ],
    );
    // Tokens of two keys, all of one and some of another.
    setting.send(
        2,
        &coins[1..3],
        &[
            Output::new(STRANGERS[1], 3 * ADA, &[(GOLD, 600), (NAMELESS, 7)]),
            Output::new(
                first,
                22 * ADA - FEE,
                &[(GOLD, 401), (SILVER, u64::MAX / 2)],
            ),
        ],
    );
    // What came back, and a coin of another key, to the Byron era.
    let rest = [paid[1].clone(), coins[3].clone()];
    setting.send(
        3,
        &rest,
        &[Output::new(STRANGERS[2], change + 4 * ADA - FEE, &[])],
    );

    // Each of them was refused with another signature.
    let refusals = setting.desk.refusals();
    assert_eq!(refusals.len(), 3);
    for refusal in refusals {
        assert!(refusal.contains("Invalid verified signatures"), "{refusal}");
    }
    refuse(&setting, &coins);

    // With the same key somebody signs for the main network what would spend a coin.
    let other = Setting::new(words, "mainnet", node);
    // There, the daemon wants to ask somebody before it signs.
    let approvals = other.desk.cloud.approval_url();
    let others = other.desk.daemon(&format!("--external-url={approvals}"));
    let mut coin = coins[4].clone();
    coin.output.address.clone_from(&other.addresses[0]);
    let outputs = [Output::new(MAINNET_STRANGER, 6 * ADA - FEE, &[(GOLD, 50)])];
    other.desk.queue(1, &other.pending(&[coin], &outputs));
    let failure = other.desk.failure(1);
    assert!(failure.contains("Wrong network address"), "{failure}");
    other.desk.stop(others);

    // For its own network the coin is good.
    let outputs = [Output::new(STRANGERS[0], 6 * ADA - FEE, &[(GOLD, 50)])];
    setting.send(4, &coins[4..5], &outputs);
    setting.desk.stop(daemon);
}

/// What breaks a rule of the ledger is reported.
fn refuse(setting: &Setting, coins: &[Coin]) {
    let all = 6 * ADA;
    let gold = [(GOLD, 50)];
    let to = |lovelace, tokens: &[_]| Output::new(STRANGERS[0], lovelace, tokens);
    for (number, coin, outputs, refusal) in [
        (90, 0, vec![to(10 * ADA - FEE, &[])], "Missing inputs"),
        (91, 4, vec![to(all - 100_000, &gold)], "less than minimum"),
        (
            92,
            4,
            vec![to(all - FEE, &[(GOLD, 49)])],
            "Value not conserved",
        ),
        (
            93,
            4,
            vec![to(100_000, &[]), to(all - 100_000 - FEE, &gold)],
            "too small",
        ),
    ] {
        let coins = &coins[coin..=coin];
        setting
            .desk
            .queue(number, &setting.pending(coins, &outputs));
        let failure = setting.desk.failure(number);
        assert!(failure.contains(refusal), "{failure}");
    }
    // Too late.
    let right = [to(all - FEE, &gold)];
    setting.node.result("slot", &json!([TTL]));
    setting
        .desk
        .queue(94, &setting.pending(&coins[4..5], &right));
    let failure = setting.desk.failure(94);
    assert!(
        failure.contains("outside the validity interval"),
        "{failure}"
    );
    setting.node.result("slot", &json!([TTL - 1]));
}

/// Lets the cloud answer as a Rosetta node does, which is in front of the ledger.
fn play_rosetta(desk: &Desk, network: &'static str, node: JsonRpcNode) {
    let step = |step: &str, answer: fn(JsonRpcNode, &Value) -> Result<Value, String>| {
        let identifier = json!({"blockchain": "cardano", "network": network});
        let path = format!("/v3/blockchain/node/cardano-{network}/*/construction/{step}");
        desk.cloud.route("POST", &path, move |request| {
            let body = request.json();
            assert_eq!(body["network_identifier"], identifier);
            match answer(node, &body) {
                Ok(answer) => Answer::ok(&answer),
                Err(message) => {
                    let error = json!({"code": 1, "message": message, "retriable": false});
                    Answer::json(500, &error)
                }
            }
        });
    };
    step("preprocess", |_, body| {
        Ok(json!({"options": body["metadata"]}))
    });
    step("metadata", |_, _| {
        Ok(json!({"metadata": {"ttl": TTL.to_string()}}))
    });
    step("payloads", |node, body| {
        let parts = json!([body["operations"], body["metadata"]["ttl"]]);
        node.call("payloads", &parts)
    });
    step("combine", |node, body| {
        let parts = json!([body["unsigned_transaction"], body["signatures"]]);
        node.call("combine", &parts)
    });
}

/// The same signed transaction, with a changed byte in its last signature.
fn with_another_signature(signed: &str) -> String {
    let mut envelope = hex::decode(signed).expect("hex");
    // `82 79 <length> <hex of the transaction> a0`, in which the transaction ends with the last
    // signature and `f5 f6`.
    let end = envelope.len() - 1;
    let mut transaction = hex::decode(&envelope[4..end]).expect("hex");
    let in_signature = transaction.len() - 2 - 64;
    transaction[in_signature] ^= 1;
    envelope[4..end].copy_from_slice(hex::encode(transaction).as_bytes());
    hex::encode(envelope)
}
