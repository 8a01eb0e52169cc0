//! Nothing that comes from outside makes the plugin panic, and only what was asked for twice, in
//! the message and in the document, is signed.

use std::sync::LazyLock;

use kms_bnb::BEACON_CHAIN;
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

fn keys() -> KeySet {
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    keys
}

fn signers() -> Vec<Signer> {
    keys().signers(&BEACON_CHAIN, Network::Testnet).unwrap()
}

fn node(cloud: Value, outside: Option<Value>) -> ScriptedNode {
    let address = &signers()[0].address;
    let mut calls = vec![json!({
        "method": "GET", "path": format!("/v3/bnb/account/{address}"), "response": cloud,
    })];
    calls.extend(outside.map(|answer| {
        json!({
            "method": "GET", "path": format!("/api/v1/account/{address}"), "response": answer,
        })
    }));
    ScriptedNode::new(Network::Testnet, &calls)
}

fn usual_node() -> ScriptedNode {
    node(json!({"account_number": 41, "sequence": 5}), None)
}

fn prepare(serialized: &str, node: &ScriptedNode) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "BNB", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(BEACON_CHAIN.prepare(&pending, signers(), node))
}

/// Prepares `serialized` and takes it through all steps up to the sandbox's judge.
fn drive(serialized: &str) -> Result<Unsigned, TransactionError> {
    let unsigned = prepare(serialized, &usual_node())?;
    BEACON_CHAIN.summarize(Network::Testnet, &unsigned)?;
    let signed = sign(&BEACON_CHAIN, &unsigned, &keys())?;
    let judge = BEACON_CHAIN.rehearsal().unwrap();
    let verdict = judge.verify(Network::Testnet, &signed.tx_data).unwrap();
    assert_eq!(verdict.transaction_id, signed.transaction_id);
    assert_eq!(verdict.signers, [signers()[0].address.clone()]);
    judge.verify(Network::Mainnet, &signed.tx_data).unwrap_err();
    Ok(unsigned)
}

/// The bytes of an account, and its address.
fn account(address: &str) -> Vec<u8> {
    let (_, bytes) = bech32::decode(address).unwrap();
    bytes
}

const TO: &str = "tbnb1fk8n77hmcal3hshc4drzgf4y7xwvlrmx35aam5";

/// A transfer of the key's own coins.
fn request() -> Value {
    let from = signers()[0].address.to_string();
    let coins = json!([{"denom": "BNB", "amount": 1_700_000}, {"denom": "TOK-1A2", "amount": 7}]);
    let bytes = |address: &str| json!([{"address": {"type": "Buffer", "data": account(address)}, "coins": coins}]);
    let text = |address: &str| json!([{"address": address, "coins": coins}]);
    json!({
        "msg": {"inputs": bytes(&from), "outputs": bytes(TO), "aminoPrefix": "2A2C87FA"},
        "signMsg": {"inputs": text(&from), "outputs": text(TO)},
        "memo": "109429545",
    })
}

/// The same, prepared and signed.
static PREPARED: LazyLock<Unsigned> = LazyLock::new(|| drive(&request().to_string()).unwrap());
static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let signed = sign(&BEACON_CHAIN, &PREPARED, &keys()).unwrap();
    hex::decode(signed.tx_data).unwrap()
});

#[test]
fn whatever_differs_between_message_and_document_is_refused_before_anyone_is_asked() {
    let request = request();
    drive(&request.to_string()).unwrap();
    let other = "tbnb1hm0dv33k5m66ppl5d67780vepgcq5svj7gnyfr";
    let mainnet = "bnb1fk8n77hmcal3hshc4drzgf4y7xwvlrmxlp5em9";
    for (place, value, reason) in [
        (
            "/signMsg/outputs/0/address",
            json!(other),
            "do not say the same",
        ),
        (
            "/signMsg/outputs/0/coins/0/amount",
            json!(1_700_001),
            "do not say the same",
        ),
        (
            "/signMsg/outputs/0/coins/1/denom",
            json!("TOK-1A3"),
            "do not say the same",
        ),
        ("/signMsg/outputs/0/coins", json!([]), "do not say the same"),
        (
            "/msg/outputs/0/address/data",
            json!(account(other)),
            "do not say the same",
        ),
        (
            "/msg/outputs/0/coins/0/amount",
            json!(1_699_999),
            "not as much as the inputs",
        ),
        (
            "/msg/outputs/0/coins/0/denom",
            json!("BTC"),
            "not as much as the inputs",
        ),
        (
            "/msg/inputs/0/address/data",
            json!(account(other)),
            "do not say the same",
        ),
        (
            "/msg/inputs/0/address/data",
            json!([1, 2, 3]),
            "has not 20 bytes",
        ),
        (
            "/msg/inputs/0/address/data",
            json!([256]),
            "not a transfer in JSON",
        ),
        (
            "/msg/inputs/0/address/type",
            json!("Array"),
            "not a transfer in JSON",
        ),
        (
            "/msg/inputs/0/coins/0/amount",
            json!(-1),
            "not a transfer in JSON",
        ),
        (
            "/msg/inputs/0/coins/0/amount",
            json!(1.5),
            "not a transfer in JSON",
        ),
        (
            "/msg/inputs/0/coins/0/amount",
            json!("5"),
            "not a transfer in JSON",
        ),
        (
            "/msg/inputs/0/coins/0/amount",
            json!(u64::MAX),
            "is too large",
        ),
        ("/msg/inputs/0/coins/0/denom", json!("B\"N"), "is no symbol"),
        ("/msg/inputs/0/coins/0/denom", json!(""), "is no symbol"),
        ("/msg/inputs", json!([]), "needs an input"),
        ("/msg/outputs", json!([]), "needs an input"),
        ("/msg/aminoPrefix", json!("166E681B"), "is no transfer"),
        (
            "/signMsg/outputs/0/address",
            json!(mainnet),
            "no address of testnet",
        ),
        (
            "/signMsg/outputs/0/address",
            json!(TO.to_uppercase()),
            "no address of testnet",
        ),
        (
            "/signMsg/outputs/0",
            json!({"address": TO, "coins": [], "x": 1}),
            "unknown field",
        ),
        ("/memo", json!(5), "not a transfer in JSON"),
    ] {
        let mut changed = request.clone();
        *changed.pointer_mut(place).unwrap() = value.clone();
        let node = usual_node();
        let error = prepare(&changed.to_string(), &node)
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{place} {value}: {error}");
        assert!(node.seen().is_empty(), "{place} {value}");
    }
    for (text, reason) in [
        (
            request
                .to_string()
                .replacen("\"memo\"", "\"source\":1,\"memo\"", 1),
            "unknown field",
        ),
        (
            request
                .to_string()
                .replacen("\"memo\"", "\"memo\":\"\",\"memo\"", 1),
            "duplicate field",
        ),
        (String::new(), "not a transfer in JSON"),
    ] {
        let error = prepare(&text, &usual_node()).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn coins_of_another_account_are_refused() {
    let other = "tbnb1hm0dv33k5m66ppl5d67780vepgcq5svj7gnyfr";
    let mut request = request();
    request["msg"]["inputs"][0]["address"]["data"] = json!(account(other));
    request["signMsg"]["inputs"][0]["address"] = json!(other);
    let node = usual_node();
    let error = prepare(&request.to_string(), &node).unwrap_err();
    assert!(matches!(error, TransactionError::Refused(_)), "{error}");
    assert!(node.seen().is_empty());
}

#[test]
fn a_missing_memo_is_an_empty_one() {
    let mut empty = request();
    empty["memo"] = json!("");
    let empty = drive(&empty.to_string()).unwrap();
    let mut null = request();
    null["memo"] = Value::Null;
    assert_eq!(drive(&null.to_string()).unwrap(), empty);
    let mut missing = request();
    missing.as_object_mut().unwrap().remove("memo");
    assert_eq!(drive(&missing.to_string()).unwrap(), empty);
}

#[test]
fn account_number_and_sequence_come_from_whoever_knows_them() {
    let request = request().to_string();
    let complete =
        |number: u64, sequence: u64| json!({"account_number": number, "sequence": sequence});
    for (cloud, outside, expected) in [
        (complete(41, 0), Some(complete(1, 1)), Ok((41, 0))),
        (complete(0, 2), Some(complete(0, 3)), Ok((0, 3))),
        (complete(0, 2), Some(complete(9, 4)), Ok((9, 4))),
        (complete(0, 0), None, Ok((0, 0))),
        (
            complete(0, 2),
            Some(json!({"account_number": null})),
            Ok((0, 2)),
        ),
        (json!({"sequence": 2}), Some(complete(9, 4)), Ok((9, 4))),
        (
            json!({"account_number": 41}),
            Some(complete(41, 4)),
            Ok((41, 4)),
        ),
        (
            json!({"account_number": 41}),
            Some(json!({})),
            Err("nobody says"),
        ),
        (json!({}), None, Err("nothing recorded")),
        (
            json!({"account_number": -1, "sequence": 1}),
            None,
            Err("account_number is no number"),
        ),
        (
            json!({"account_number": 1, "sequence": "1"}),
            None,
            Err("sequence is no number"),
        ),
        (complete(1, u64::MAX), None, Err("sequence is no number")),
    ] {
        let node = node(cloud.clone(), outside.clone());
        match (prepare(&request, &node), expected) {
            (Ok(unsigned), Ok((number, sequence))) => {
                let document: Value = serde_json::from_slice(unsigned.body()).unwrap();
                assert_eq!(
                    document["account_number"],
                    number.to_string(),
                    "{cloud} {outside:?}"
                );
                assert_eq!(
                    document["sequence"],
                    sequence.to_string(),
                    "{cloud} {outside:?}"
                );
            }
            (Err(error), Err(reason)) => {
                assert!(
                    error.to_string().contains(reason),
                    "{cloud} {outside:?}: {error}"
                );
            }
            (outcome, _) => panic!("{cloud} {outside:?}: {outcome:?}"),
        }
    }
}

#[test]
fn the_network_is_frozen_with_the_body() {
    let unsigned = drive(&request().to_string()).unwrap();
    let error = BEACON_CHAIN
        .summarize(Network::Mainnet, &unsigned)
        .unwrap_err();
    assert!(error.to_string().contains("other network"));
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        prop_assert!(drive(&text).is_err());
    }

    /// Of all changes of one byte, only those are signed that change the memo, or nothing.
    #[test]
    fn a_changed_byte_is_noticed(position: prop::sample::Index, byte in 0x20_u8..0x7f) {
        let request = request();
        let mut bytes = request.to_string().into_bytes();
        *position.get_mut(&mut bytes) = byte;
        if let Ok(unsigned) = drive(&String::from_utf8(bytes).unwrap()) {
            let document = |unsigned: &Unsigned| {
                let mut document: Value = serde_json::from_slice(unsigned.body()).unwrap();
                document["memo"] = Value::Null;
                document
            };
            prop_assert_eq!(document(&unsigned), document(&PREPARED));
        }
    }

    #[test]
    fn any_memo_and_any_amount_is_signed(memo in ".*", amount in 0..=i64::MAX) {
        let mut request = request();
        request["memo"] = json!(memo);
        for party in ["/msg/inputs", "/msg/outputs", "/signMsg/inputs", "/signMsg/outputs"] {
            *request.pointer_mut(&format!("{party}/0/coins/0/amount")).unwrap() = json!(amount);
        }
        let unsigned = drive(&request.to_string()).unwrap();
        let document: Value = serde_json::from_slice(unsigned.body()).unwrap();
        prop_assert_eq!(&document["memo"], &json!(memo));
        prop_assert_eq!(&document["msgs"][0], &request["signMsg"]);
    }

    #[test]
    fn a_changed_body_is_signed_as_it_is_or_refused(position: prop::sample::Index, byte: u8) {
        let unsigned = PREPARED.clone();
        let mut body = unsigned.body().to_vec();
        *position.get_mut(&mut body) = byte;
        let unsigned = Unsigned::new(unsigned.signers().to_vec(), body);
        if let Ok(preimages) = BEACON_CHAIN.preimages(&unsigned) {
            use sha2::Digest as _;
            prop_assert_eq!(&preimages[0].payload, &sha2::Sha256::digest(unsigned.body()).to_vec());
        }
    }

    /// A signed transaction holds in every byte: the judge takes none that was changed.
    #[test]
    fn a_changed_broadcast_is_noticed(position: prop::sample::Index, change in 1_u8..) {
        let mut bytes = SIGNED.clone();
        *position.get_mut(&mut bytes) ^= change;
        let judge = BEACON_CHAIN.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Testnet, &hex::encode(bytes)).is_err());
    }

    #[test]
    fn no_body_and_no_broadcast_panics(body: Vec<u8>, text in ".*") {
        let judge = BEACON_CHAIN.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Testnet, &text).is_err());
        prop_assert!(judge.verify(Network::Testnet, &hex::encode(&body)).is_err());
        let prefixed = [&[u8::try_from(body.len() + 4).unwrap_or(0), 0xf0, 0x62, 0x5d, 0xee][..], &body].concat();
        prop_assert!(judge.verify(Network::Testnet, &hex::encode(prefixed)).is_err());
        let unsigned = Unsigned::new(signers(), body);
        prop_assert!(BEACON_CHAIN.summarize(Network::Testnet, &unsigned).is_err());
        prop_assert!(BEACON_CHAIN.preimages(&unsigned).is_err());
        prop_assert!(BEACON_CHAIN.assemble(&unsigned, &[]).is_err());
    }
}
