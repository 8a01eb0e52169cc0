//! Ethereum and its relatives: anvil takes what is signed, and it does what it should. For Ethereum
//! at length, for each relative in each type of transaction, on a private network with that chain's
//! id.

mod setting;

use kms_tests::{
    node::{Anvil, token_creation},
    samples::{RECIPIENT, SEPOLIA, pending_id},
};
use serde_json::{Value, json};

use self::setting::{Chain, ETHEREUM, GWEI, Setting, mainnet, quantity, transfer};

#[test]
fn transfers_of_ether_are_mined() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };

    // The daemon finds out gas, nonce, price and chain id.
    let (mined, _) = setting.mine(
        1,
        &json!({"from": 0, "to": RECIPIENT, "value": "1000000000000000001"}),
    );
    assert_eq!(mined["type"], "0x0");
    assert_eq!(mined["nonce"], "0x0");
    assert_eq!(mined["chainId"], "0xaa36a7");
    assert_eq!(setting.balance(RECIPIENT), 1_000_000_000_000_000_001);

    // Everything given, and the fee that was given is the fee that is paid.
    let before = setting.balance(&setting.address);
    let (_, receipt) = setting.mine(
        2,
        &json!({
            "from": 0, "to": RECIPIENT, "value": "41", "data": "0x6d656d6f", "gas": "30000",
            "gasPrice": (20 * GWEI).to_string(), "nonce": 1, "chainId": SEPOLIA,
        }),
    );
    let fee = quantity(&receipt["gasUsed"]) * u128::from(20 * GWEI);
    assert_eq!(setting.balance(&setting.address), before - fee - 41);
    assert_eq!(setting.balance(RECIPIENT), 1_000_000_000_000_000_042);
    setting.stop();
}

#[test]
fn transactions_listed_together_get_one_nonce_after_the_other() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };
    let ids: Vec<String> = (1..=5).map(pending_id).collect();

    for id in &ids {
        setting.queue(id, &json!({"to": RECIPIENT, "value": "1", "gas": "21000"}));
    }
    for id in &ids {
        setting.cloud.wait_for_broadcast(id);
    }

    assert_eq!(setting.balance(RECIPIENT), 5);
    let nonce = setting.node.result(
        "eth_getTransactionCount",
        &json!([setting.address, "latest"]),
    );
    assert_eq!(nonce, "0x5");
    setting.stop();
}

#[test]
fn contracts_are_created_and_called_in_every_type_of_transaction() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };
    let supply = 1_000_000_000_000;
    let (_, receipt) = setting.mine(1, &json!({"from": 0, "data": token_creation(supply)}));
    let token = receipt["contractAddress"].clone();
    assert!(token.is_string(), "{receipt}");
    assert_eq!(setting.token_balance(&token, &setting.address), supply);

    // ERC-20, legacy (EIP-155).
    let (mined, receipt) = setting.mine(
        2,
        &json!({"from": 0, "to": token, "value": "0", "data": transfer(1_500_000)}),
    );
    assert_eq!(mined["type"], "0x0");
    assert_eq!(
        receipt["logs"].as_array().map(Vec::len),
        Some(1),
        "the event of the transfer"
    );
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_000);
    assert_eq!(
        setting.token_balance(&token, &setting.address),
        supply - 1_500_000
    );

    // EIP-2930: an access list with the first slots of the contract.
    let list = json!([{"address": token, "storageKeys": [format!("0x{:064x}", 0), format!("0x{:064x}", 1)]}]);
    let (mined, _) = setting.mine(
        3,
        &json!({
            "to": token, "data": transfer(1), "type": 1, "accessList": list, "gas": "100000",
            "gasPrice": (20 * GWEI).to_string(),
        }),
    );
    assert_eq!(mined["type"], "0x1");
    assert_eq!(mined["accessList"].as_array().map(Vec::len), Some(1));
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_001);

    // EIP-1559.
    let (mined, _) = setting.mine(
        4,
        &json!({
            "to": token, "data": transfer(1), "gas": "100000",
            "maxFeePerGas": (30 * GWEI).to_string(), "maxPriorityFeePerGas": GWEI.to_string(),
        }),
    );
    assert_eq!(mined["type"], "0x2");
    assert_eq!(quantity(&mined["maxFeePerGas"]), u128::from(30 * GWEI));
    assert_eq!(quantity(&mined["maxPriorityFeePerGas"]), u128::from(GWEI));
    assert_eq!(setting.token_balance(&token, RECIPIENT), 1_500_002);

    // More than there is: the node says so when the gas is estimated, and nothing is signed.
    let id = pending_id(5);
    setting.queue(&id, &json!({"to": token, "data": transfer(u64::MAX)}));
    let text = setting.cloud.wait_for_failure(&id);
    assert!(text.contains("revert"), "{text}");
    assert!(setting.cloud.signed(&id).is_empty());
    setting.stop();
}

/// With a changed byte a transaction is another signer's, who has nothing; and one with the id of
/// another chain is nobody's.
#[test]
fn what_is_changed_or_of_another_chain_is_refused() {
    let Some(setting) = Setting::start(&ETHEREUM) else {
        return;
    };
    let anew = |chain_id| {
        let anvil = Anvil::start(chain_id).expect("there was one");
        let funds = json!([setting.address, "0x56bc75e2d63100000"]);
        anvil.node().result("anvil_setBalance", &funds);
        anvil
    };
    // The same network, at its beginning, and another one.
    let (own, other) = (anew(SEPOLIA), anew(1));
    let types = [
        json!({}),
        json!({"accessList": []}),
        json!({"maxFeePerGas": (30 * GWEI).to_string(), "maxPriorityFeePerGas": "1"}),
    ];
    for (nonce, members) in (0..).zip(&types) {
        let payment = with(members, &json!({"to": RECIPIENT, "value": "1"}));
        setting.mine(nonce, &payment);
        let sent = setting.cloud.signed(&pending_id(nonce));
        let signed = sent.first().expect("a broadcast");
        let send = |anvil: &Anvil, signed: &str| {
            let node = anvil.node();
            node.call("eth_sendRawTransaction", &json!([signed]))
        };
        // The last byte of the signature.
        let (rest, last) = signed.split_at(signed.len() - 1);
        let changed = format!("{rest}{}", if last == "0" { "1" } else { "0" });
        let refusal = send(&own, &changed).expect_err("another signer");
        assert!(refusal.contains("Insufficient funds"), "{refusal}");
        // Of a legacy transaction, anvil does not look at the chain id (EIP-155).
        if nonce > 0 {
            let refusal = send(&other, signed).expect_err("another chain");
            assert!(refusal.contains("invalid chain id"), "{refusal}");
        }
        send(&own, signed).expect("nothing else is against it");
    }
    setting.stop();
}

/// Native coin, the creation of a contract and a call of it, in every type of transaction, with
/// as little given as possible: what is missing, the daemon finds out.
fn check_every_type(chain: &'static Chain) {
    let Some(setting) = Setting::start(chain) else {
        return;
    };
    let types = [
        ("0x0", json!({})),
        ("0x1", json!({"accessList": []})),
        (
            "0x2",
            json!({
                "maxFeePerGas": (30 * GWEI).to_string(),
                "maxPriorityFeePerGas": GWEI.to_string(),
            }),
        ),
    ];
    // In one poll what needs nothing before it, in another what does.
    let first: Vec<_> = types
        .iter()
        .flat_map(|(kind, members)| {
            let pay = json!({"to": RECIPIENT, "value": "1000000000000000001"});
            let create = json!({"data": token_creation(1_000_000)});
            [
                (*kind, with(members, &pay)),
                (*kind, with(members, &create)),
            ]
        })
        .collect();
    let receipts = mine_in_order(&setting, 0, &first);
    assert_eq!(setting.balance(RECIPIENT), 3_000_000_000_000_000_003);
    let tokens = receipts
        .iter()
        .map(|receipt| &receipt["contractAddress"])
        .filter(|address| address.is_string());
    let tokens: Vec<&Value> = tokens.collect();
    assert_eq!(tokens.len(), types.len());

    let calls: Vec<_> = types
        .iter()
        .zip(&tokens)
        .map(|((kind, members), token)| {
            assert_eq!(setting.token_balance(token, &setting.address), 1_000_000);
            let mut call = json!({"to": token, "data": transfer(400_000), "value": "0"});
            if *kind == "0x1" {
                let slots = [format!("0x{:064x}", 0), format!("0x{:064x}", 1)];
                call["accessList"] = json!([{"address": token, "storageKeys": slots}]);
                call[chain.gas] = json!("100000");
            }
            (*kind, with(members, &call))
        })
        .collect();
    mine_in_order(&setting, first.len(), &calls);
    for token in tokens {
        assert_eq!(setting.token_balance(token, RECIPIENT), 400_000);
        assert_eq!(setting.token_balance(token, &setting.address), 600_000);
    }
    setting.stop();
}

/// Has transactions of these types mined, after this many others; gives their receipts.
fn mine_in_order(setting: &Setting, before: usize, wanted: &[(&str, Value)]) -> Vec<Value> {
    let ids: Vec<String> = (u64::try_from(before).expect("few")..)
        .map(pending_id)
        .take(wanted.len())
        .collect();
    for (id, (_, transaction)) in ids.iter().zip(wanted) {
        setting.queue(id, transaction);
    }
    let chain_id = format!("{:#x}", setting.chain.chain_id);
    (before..)
        .zip(&ids)
        .zip(wanted)
        .map(|((nonce, id), (kind, transaction))| {
            let (mined, receipt) = setting.mined(id, transaction);
            assert_eq!(mined["type"], *kind, "{transaction}");
            assert_eq!(mined["nonce"], format!("{nonce:#x}"), "{transaction}");
            assert_eq!(mined["chainId"], chain_id, "{transaction}");
            receipt
        })
        .collect()
}

/// A request with these members and those.
fn with(members: &Value, more: &Value) -> Value {
    let mut request = json!({"from": 0});
    for (name, value) in [members, more]
        .into_iter()
        .flat_map(Value::as_object)
        .flatten()
    {
        request[name] = value.clone();
    }
    request
}

#[test]
fn every_type_is_mined_on_ethereum() {
    static CHAIN: Chain = mainnet("ETH", 1);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_bsc() {
    static CHAIN: Chain = mainnet("BSC", 56);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_polygon() {
    static CHAIN: Chain = mainnet("MATIC", 137);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_klaytn() {
    static CHAIN: Chain = mainnet("KLAY", 8217);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_kcs() {
    static CHAIN: Chain = mainnet("KCS", 321);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_harmony() {
    static CHAIN: Chain = mainnet("ONE", 1_666_600_000);
    check_every_type(&CHAIN);
}

#[test]
fn every_type_is_mined_on_xdc() {
    static CHAIN: Chain = mainnet("XDC", 50);
    check_every_type(&CHAIN);
}

/// In the layout of today; the older one is known to no node that still runs.
#[test]
fn every_type_is_mined_on_celo() {
    static CHAIN: Chain = Chain {
        gas: "gasLimit",
        arguments: &["--chain-option=CELO.layout=cip64"],
        ..mainnet("CELO", 42_220)
    };
    check_every_type(&CHAIN);
}
