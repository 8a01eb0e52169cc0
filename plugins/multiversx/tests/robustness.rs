//! Nothing that comes from outside makes the plugin panic, and what is signed is what was asked
//! for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_multiversx::MULTIVERSX;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

const TO: &str = "erd157y5yjjrurz2jmhztpexcxfgmfdxqzqydy77hd3ptaljw2sgaauqevpy26";

fn keys() -> KeySet {
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, SecretKey::ed25519(&[0x46; 32]).unwrap());
    keys
}

fn signers() -> Vec<Signer> {
    keys().signers(&MULTIVERSX, Network::Testnet).unwrap()
}

/// The recorded answers of a node.
fn answers(config: Value, nonce: Value, cost: Value) -> [Value; 3] {
    let sender = &signers()[0].address;
    let call = |method: &str, path: &str, data: Value| {
        json!({
            "method": method, "path": format!("/v3/egld/node/{{apiKey}}/{path}"),
            "response": {"data": data},
        })
    };
    [
        call("GET", "network/config", json!({"config": config})),
        call("GET", &format!("address/{sender}/nonce"), nonce),
        call("POST", "transaction/cost", cost),
    ]
}

fn usual_answers() -> [Value; 3] {
    answers(
        json!({"erd_chain_id": "T", "erd_min_gas_price": 1_000_000_000, "erd_min_transaction_version": 1}),
        json!({"nonce": 7}),
        json!({"txGasUnits": 50_000}),
    )
}

fn prepare(serialized: &str, node: &ScriptedNode) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "EGLD", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(MULTIVERSX.prepare(&pending, signers(), node))
}

/// Prepares `serialized` with a node that answers, and takes it through the pure steps.
fn drive(serialized: &str) -> Result<Value, TransactionError> {
    let unsigned = prepare(
        serialized,
        &ScriptedNode::new(Network::Testnet, &usual_answers()),
    )?;
    MULTIVERSX.summarize(Network::Testnet, &unsigned)?;
    let signed = sign(&MULTIVERSX, &unsigned, &keys())?;
    let verdict = MULTIVERSX
        .rehearsal()
        .unwrap()
        .verify(Network::Testnet, &signed.tx_data);
    // The sandbox plays amounts below 2^128 only.
    if let Ok(verdict) = verdict {
        assert_eq!(verdict.transaction_id, signed.transaction_id);
    }
    Ok(serde_json::from_str(&signed.tx_data).unwrap())
}

#[test]
fn an_absent_value_is_zero() {
    let signed = drive(&json!({"to": TO, "data": "pause@544f4b"}).to_string()).unwrap();
    assert_eq!(signed["value"], "0");
}

#[test]
fn another_sender_than_the_key_is_refused_before_a_node_is_asked() {
    let node = ScriptedNode::new(Network::Testnet, &usual_answers());
    let request = json!({"from": TO, "to": TO, "value": "1"}).to_string();
    let error = prepare(&request, &node).unwrap_err();
    assert!(matches!(error, TransactionError::Refused(_)), "{error}");
    assert!(node.seen().is_empty());
    // The key's own account, given in whatever case, is right.
    let own = signers()[0].address.to_string();
    for from in [own.to_uppercase(), own] {
        let request = json!({"from": from, "to": TO}).to_string();
        prepare(&request, &node).unwrap();
    }
}

#[test]
fn a_node_of_another_network_is_refused() {
    let config = |chain_id: &str| {
        answers(
            json!({"erd_chain_id": chain_id, "erd_min_transaction_version": 1}),
            json!({"nonce": 0}),
            json!({"txGasUnits": 1}),
        )
    };
    let request = json!({"to": TO}).to_string();
    for (network, chain_id, right) in [
        (Network::Mainnet, "1", true),
        (Network::Mainnet, "T", false),
        (Network::Mainnet, "D", false),
        (Network::Testnet, "1", false),
        (Network::Testnet, "T", true),
        (Network::Testnet, "D", true),
        (Network::Testnet, "2", false),
        (Network::Mainnet, "", false),
    ] {
        let node = ScriptedNode::new(network, &config(chain_id));
        let outcome = prepare(&request, &node);
        assert_eq!(
            outcome.is_ok(),
            right,
            "{network} {chain_id:?}: {outcome:?}"
        );
        if let Ok(unsigned) = outcome {
            let other = Network::from_testnet_flag(!network.is_testnet());
            MULTIVERSX.summarize(network, &unsigned).unwrap();
            MULTIVERSX.summarize(other, &unsigned).unwrap_err();
        }
    }
}

#[test]
fn answers_that_do_not_say_what_was_asked_are_refused() {
    let config = json!({"erd_chain_id": "T", "erd_min_transaction_version": 1});
    let nonce = json!({"nonce": 7});
    let cost = json!({"txGasUnits": 50_000});
    let request = json!({"to": TO}).to_string();
    let asked = |config: &Value, nonce: &Value, cost: &Value| {
        let answers = answers(config.clone(), nonce.clone(), cost.clone());
        prepare(&request, &ScriptedNode::new(Network::Testnet, &answers))
    };
    asked(&config, &nonce, &cost).unwrap();
    for (wrong, reason) in [
        (json!({"erd_min_transaction_version": 1}), "a chain id"),
        (json!({"erd_chain_id": "T"}), "a transaction version"),
        (
            json!({"erd_chain_id": "T", "erd_min_transaction_version": 0}),
            "a transaction version",
        ),
        (
            json!({"erd_chain_id": "T", "erd_min_transaction_version": 4_294_967_296_u64}),
            "a transaction version",
        ),
        (
            json!({"erd_chain_id": "T", "erd_min_transaction_version": 1, "erd_min_gas_price": -1}),
            "a gas price",
        ),
        (Value::Null, "a chain id"),
    ] {
        let error = asked(&wrong, &nonce, &cost).unwrap_err().to_string();
        assert!(error.contains(reason), "{wrong}: {error}");
    }
    for wrong in [
        json!({}),
        json!({"nonce": -1}),
        json!({"nonce": "7"}),
        json!({"nonce": 1.5}),
    ] {
        let error = asked(&config, &wrong, &cost).unwrap_err().to_string();
        assert!(error.contains("a nonce"), "{wrong}: {error}");
    }
    for (wrong, reason) in [
        (
            json!({"txGasUnits": 0, "returnMessage": "insufficient funds"}),
            "insufficient funds",
        ),
        (json!({"returnMessage": ""}), "egld.gasLimit.error"),
        (Value::Null, "egld.gasLimit.error"),
    ] {
        let error = asked(&config, &nonce, &wrong).unwrap_err();
        assert_eq!(error.report_text(), format!("Error: {reason}"), "{wrong}");
    }
}

/// JSON values of the right and of the wrong kind.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        Just("true".to_owned()),
        Just("[]".to_owned()),
        Just("0".to_owned()),
        Just(json!(TO).to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| json!(number).to_string()),
        "-?[0-9]{1,30}(\\.[0-9]{1,20})?".prop_map(|text| json!(text).to_string()),
        "[a-zA-Z]{1,20}(@([0-9a-f]{2}){0,40}){0,5}".prop_map(|text| json!(text).to_string()),
        ".{0,40}".prop_map(|text| json!(text).to_string()),
    ]
}

proptest! {
    #[test]
    fn no_request_panics(text in ".*") {
        prop_assert!(drive(&text).is_err());
    }

    #[test]
    fn no_member_panics(
        members in prop::collection::btree_map(
            prop::sample::select(vec![
                "from", "value", "data", "gasPrice", "gasLimit", "nonce", "guardian", "relayer",
                "options", "chainID",
            ]),
            values(),
            0..6,
        )
    ) {
        let members = members.iter().map(|(name, value)| format!(r#","{name}":{value}"#));
        let _ = drive(&format!(r#"{{"to":"{TO}"{}}}"#, members.collect::<String>()));
    }

    /// Amount, recipient and data come through exactly.
    #[test]
    fn what_is_signed_is_what_was_asked_for(
        units: u128,
        to in any::<[u8; 32]>(),
        data in ".*",
        number: bool,
    ) {
        let coin = Amount::new(ruint::aliases::U256::from(units), Unit::new("EGLD", 18)).to_decimal();
        let key = PublicKey::Ed25519(to);
        let to = MULTIVERSX.address(Network::Testnet, &key).unwrap().to_string();
        let value = if number { coin } else { json!(coin).to_string() };
        let data_json = json!(data).to_string();
        let signed = drive(&format!(r#"{{"to":"{to}","value":{value},"data":{data_json}}}"#)).unwrap();
        prop_assert_eq!(&signed["value"], &json!(units.to_string()));
        prop_assert_eq!(&signed["receiver"], &json!(to));
        let expected = match data.as_str() {
            "" => Value::Null,
            data => json!(BASE64_STANDARD.encode(data)),
        };
        prop_assert_eq!(&signed["data"], &expected);
    }

    /// Of all changes of one byte of the frozen value, those that are read are told as they are
    /// signed; most are not read.
    #[test]
    fn a_changed_body_is_signed_as_it_is_or_refused(position: prop::sample::Index, byte: u8) {
        let node = ScriptedNode::new(Network::Testnet, &usual_answers());
        let request = json!({"to": TO, "value": "1.5", "data": "hello"}).to_string();
        let unsigned = prepare(&request, &node).unwrap();
        let mut body = unsigned.body().to_vec();
        *position.get_mut(&mut body) = byte;
        let unsigned = Unsigned::new(unsigned.signers().to_vec(), body);
        if let Ok(preimages) = MULTIVERSX.preimages(&unsigned) {
            prop_assert_eq!(&preimages[0].payload, unsigned.body());
            let _ = MULTIVERSX.summarize(Network::Testnet, &unsigned);
        }
    }

    #[test]
    fn no_body_and_no_broadcast_panics(body: Vec<u8>, text in ".*", signature in "[0-9a-f]{128}") {
        let judge = MULTIVERSX.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Testnet, &text).is_err());
        let forged = format!(
            r#"{{"nonce":1,"value":"1","receiver":"{TO}","sender":"{TO}","gasPrice":1,"gasLimit":1,"chainID":"T","version":1,"signature":"{signature}"}}"#
        );
        prop_assert!(judge.verify(Network::Testnet, &forged).is_err());
        let unsigned = Unsigned::new(signers(), body);
        prop_assert!(MULTIVERSX.summarize(Network::Testnet, &unsigned).is_err());
        prop_assert!(MULTIVERSX.preimages(&unsigned).is_err());
        prop_assert!(MULTIVERSX.assemble(&unsigned, &[]).is_err());
    }
}
