//! Signed transactions against a real Litecoin node: it takes and mines them, and whom they pay is
//! paid. One transaction of each kind of input, one of all of them together.

use std::sync::{Arc, Mutex, PoisonError};

use kms_tests::{
    cloud::{Answer, Cloud},
    daemon::{Home, Running},
    litecoin::Litecoind,
    samples::pending_id,
};
use serde_json::{Value, json};

use crate::{chains::executed, utxo::with_another_locktime};

/// What mining a block of a new `regtest` network earns, in litoshi.
const REWARD: u64 = 50_0000_0000;
const FEE: u64 = 10_000;
/// Somebody else: P2WPKH.
const STRANGER: &str = "0014000102030405060708090a0b0c0d0e0f10111213";
/// Coins can be spent after this many blocks.
const MATURITY: u32 = 100;

/// A coin of the wallet.
struct Coin {
    transaction: Value,
    script: Value,
}

/// What is asked for: coins into these outputs, in the cloud's JSON.
fn request(coins: &[&Coin], outputs: &[(u64, &str)]) -> Value {
    let inputs = coins.iter().map(|coin| {
        json!({
            "prevTxId": coin.transaction, "outputIndex": 0, "sequenceNumber": 0xffff_ffff_u32,
            "script": "", "scriptString": "",
            "output": {"satoshis": REWARD, "script": coin.script},
        })
    });
    let outputs = outputs
        .iter()
        .map(|(satoshis, script)| json!({"satoshis": satoshis, "script": script}));
    json!({
        "version": 2, "nLockTime": 0,
        "inputs": inputs.collect::<Vec<_>>(), "outputs": outputs.collect::<Vec<_>>(),
    })
}

#[test]
fn a_node_mines_transactions_of_every_kind_of_input() {
    let Some(litecoind) = Litecoind::start() else {
        return;
    };
    let node = litecoind.node();

    // The wallet, and its key as the node sees it: without a descriptor's checksum.
    let home = Home::new();
    let stored = home.run_json(&["generatemanagedwallet", "LTC", "--testnet"]);
    let wallet = stored["signatureId"].as_str().unwrap();
    let secret = home.run_json(&["getprivatekey", wallet, "3"]);
    let secret = secret["privateKey"].as_str().unwrap();
    let described = node.result("getdescriptorinfo", &json!([format!("pk({secret})")]));
    let public_key = described["descriptor"].as_str().unwrap();
    let public_key = &public_key["pk(".len()..public_key.find(')').unwrap()];
    let descriptor = |form: &str| {
        let text = json!([form.replace("KEY", public_key)]);
        let info = node.result("getdescriptorinfo", &text);
        info["descriptor"].as_str().unwrap().to_owned()
    };
    let shown = home.run_json(&["getaddress", wallet, "3"]);
    let p2pkh = node.result("deriveaddresses", &json!([descriptor("pkh(KEY)")]));
    assert_eq!(p2pkh, json!([shown["address"]]));

    // Two coins of each kind, and others on top so that they can be spent.
    let descriptors = ["pkh(KEY)", "wpkh(KEY)", "sh(wpkh(KEY))", "pk(KEY)"].map(descriptor);
    let mut coins = Vec::new();
    for descriptor in &descriptors {
        for block in litecoind.mine(2, descriptor) {
            let block = node.result("getblock", &json!([block, 2]));
            let reward = &block["tx"][0];
            coins.push(Coin {
                transaction: reward["txid"].clone(),
                script: reward["vout"][0]["scriptPubKey"]["hex"].clone(),
            });
        }
    }
    let nobody = descriptor(&format!("raw({STRANGER})"));
    let miner = descriptor("raw(51)");
    litecoind.mine(MATURITY, &miner);

    let cloud = Cloud::start();
    let refusals = Arc::new(Mutex::new(Vec::new()));
    let refused = Arc::clone(&refusals);
    cloud.route("POST", "/v3/litecoin/broadcast", move |request| {
        let send = |signed: &str| node.call("sendrawtransaction", &json!([signed]));
        let body = request.json();
        let signed = body["txData"].as_str().unwrap();
        let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.push(send(&with_another_locktime(signed)));
        match send(signed) {
            Ok(id) => Answer::ok(&json!({"txId": id})),
            Err(error) => Answer::error(403, "broadcast.failed", &error),
        }
    });
    let mut command = home.daemon(&cloud);
    command.arg("--testnet");
    let daemon = Running::start(command);

    let own: Vec<&str> = coins
        .iter()
        .map(|coin| coin.script.as_str().unwrap())
        .collect();
    // 12.34567891 LTC, the rest back to the same script.
    let mut asked: Vec<Value> = (0..coins.len())
        .step_by(2)
        .map(|coin| {
            let outputs = [
                (12_3456_7891, STRANGER),
                (REWARD - 12_3456_7891 - FEE, own[coin]),
            ];
            request(&[&coins[coin]], &outputs)
        })
        .collect();
    // One of each kind: everything to one script.
    let rest: Vec<&Coin> = coins.iter().skip(1).step_by(2).collect();
    asked.push(request(&rest, &[(4 * REWARD - FEE, STRANGER)]));

    for (number, asked) in (1..).zip(&asked) {
        cloud.queue(&json!({
            "id": pending_id(number),
            "chain": "LTC",
            "serializedTransaction": asked.to_string(),
            "hashes": [wallet],
            "signatures": [{"id": wallet, "index": 3}],
        }));
    }
    let mut sent = Vec::new();
    for (number, asked) in (1..).zip(&asked) {
        let id = pending_id(number);
        let broadcast = cloud.wait_for("a broadcast or a report", |state| {
            if let Some(text) = state.failures_of(&id).next() {
                panic!("{asked}: {text}");
            }
            state.broadcasts_of(&id).next().cloned()
        });
        let decoded = node.result("decoderawtransaction", &json!([broadcast.tx_data]));
        sent.push(decoded["txid"].clone());
    }

    // Mined, all in the next block.
    let block = litecoind.mine(1, &miner).remove(0);
    let mined = node.result("getblock", &json!([block, 1]));
    for id in &sent {
        let all = mined["tx"].as_array().unwrap();
        assert!(all.contains(id), "{id} is not in {all:?}");
    }
    executed("LTC", sent.len());

    // And seen: four payments and four coins less a fee; of each kind, what was left.
    let balance = |descriptor: &str| {
        let found = node.result("scantxoutset", &json!(["start", [descriptor]]));
        found["total_amount"].clone()
    };
    let amount = |decimal: &str| serde_json::from_str::<Value>(decimal).unwrap();
    assert_eq!(balance(&nobody), amount("249.38261564"));
    for descriptor in &descriptors {
        // 50 - 12.34567891 - 0.0001
        assert_eq!(balance(descriptor), amount("37.65422109"), "{descriptor}");
    }

    // Each of them was refused for another locktime, for the signature.
    let refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(refusals.len(), sent.len());
    for refusal in refusals.iter() {
        let refusal = refusal.as_ref().expect_err("a changed byte");
        assert!(
            refusal.contains("mandatory-script-verify-flag"),
            "{refusal}"
        );
    }
    drop(refusals);

    // What the node refuses is reported: a coin that is spent.
    let again = pending_id(99);
    cloud.queue(&json!({
        "id": again,
        "chain": "LTC",
        "serializedTransaction": asked[0].to_string().replace(&12_3456_7891_u64.to_string(), "1234567890"),
        "hashes": [wallet],
        "signatures": [{"id": wallet, "index": 3}],
    }));
    let text = cloud.wait_for_failure(&again);
    assert!(text.contains("bad-txns-inputs"), "{text}");

    let done = daemon.stop();
    assert_eq!(done.code(), Some(0), "{done:?}");
}
