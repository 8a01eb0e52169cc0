//! Nothing that comes from outside makes the plugin panic, and what is told is what is signed.

use std::sync::LazyLock;

use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_xrp::XRP;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

const SECP256K1: &str = "ssMChA4xcVtmr26PW9aoRLDwkpcWC";
const ED25519: &str = "sEdSiRsV9K5Nr6CztEY8AfF45Cmtyzu";

fn keys(seed: &str) -> KeySet {
    let key = XRP
        .parse_private_key(Network::Mainnet, &SecretText::new(seed))
        .unwrap();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(request, key);
    keys
}

static PUBLISHED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("vectors/xrpl/codec.json")).unwrap());

/// Every recorded `serializedTransaction`, and those that others have published.
static TRANSACTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let recorded: Value = serde_json::from_str(include_str!("vectors/XRP.json")).unwrap();
    let recorded = recorded["transactions"].as_array().unwrap().iter();
    let recorded = recorded.map(|case| {
        let text = &case["pending"]["serializedTransaction"];
        text.as_str().unwrap().to_owned()
    });
    let published = PUBLISHED["transactions"].as_array().unwrap().iter();
    recorded
        .chain(published.map(|case| unsigned(case["json"].clone())))
        .collect()
});

/// The transaction without a signature and with the fields that every one needs.
fn unsigned(mut json: Value) -> String {
    let members = json.as_object_mut().unwrap();
    members.remove("TxnSignature");
    for (name, value) in [("Fee", json!("10")), ("Sequence", json!(1))] {
        members.entry(name).or_insert(value);
    }
    json.to_string()
}

fn prepare(serialized: &str, keys: &KeySet) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "XRP", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let signers = keys.signers(&XRP, Network::Mainnet).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(XRP.prepare(&pending, signers, &node))
}

/// Takes a transaction all the way, and has the judge look at it.
fn drive(serialized: &str, keys: &KeySet) -> Result<Summary, TransactionError> {
    let unsigned = prepare(serialized, keys)?;
    let summary = XRP.summarize(Network::Mainnet, &unsigned)?;
    let signed = sign(&XRP, &unsigned, keys)?;
    let judge = XRP.rehearsal().unwrap();
    let verdict = judge.verify(Network::Mainnet, &signed.tx_data).unwrap();
    assert_eq!(verdict.transaction_id, signed.transaction_id);
    assert_eq!(verdict.signers, [unsigned.signers()[0].address.clone()]);
    Ok(summary)
}

/// Those that a template of theirs does not fit are examples of the notation only.
#[test]
fn published_transactions_are_signed_with_both_kinds_of_keys() {
    let mut signed = 0;
    for text in TRANSACTIONS.iter() {
        for seed in [SECP256K1, ED25519] {
            match drive(text, &keys(seed)) {
                Ok(_) => signed += 1,
                Err(error) => assert!(error.to_string().contains("is missing"), "{text}: {error}"),
            }
        }
    }
    assert!(signed > 150, "{signed}");
}

#[test]
fn what_must_not_be_signed_is_refused() {
    let recorded = &*TRANSACTIONS;
    let payment: Value = serde_json::from_str(&recorded[0]).unwrap();
    let changed = |name: &str, value: Value| {
        let mut payment = payment.clone();
        payment[name] = value;
        payment.to_string()
    };
    let issuer = "rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54";
    let issued = |value: &str| json!({"currency": "USD", "issuer": issuer, "value": value});
    for (text, reason) in [
        ("[]".to_owned(), "no JSON object"),
        ("{}".to_owned(), "no TransactionType"),
        (
            recorded[0].replace('}', ",\"Fee\":\"1\"}"),
            "\"Fee\" is there twice",
        ),
        (
            changed("TxnSignature", json!("AB")),
            "carries a signature already",
        ),
        (changed("Signers", json!([])), "carries a signature already"),
        (
            changed("TransactionType", json!(0)),
            "TransactionType: it is not text",
        ),
        (
            changed("TransactionType", json!("payment")),
            "no transaction of type \"payment\"",
        ),
        (
            changed("TransactionType", json!("SetFee")),
            "no transaction of type \"SetFee\"",
        ),
        (
            changed("TransactionType", Value::Null),
            "no TransactionType",
        ),
        (changed("Fee", Value::Null), "Payment: Fee is missing"),
        (changed("Fee", issued("1")), "a fee is paid in XRP"),
        (changed("Fee", json!("-1")), "whole number of drops"),
        (
            changed("Sequence", Value::Null),
            "Payment: Sequence is missing",
        ),
        (
            changed("Destination", Value::Null),
            "Payment: Destination is missing",
        ),
        (
            changed("Amount", issued("-1")),
            "Amount: an amount below zero",
        ),
        (
            changed("Amount", issued("1.0000000000000001")),
            "16 significant digits",
        ),
        (changed("SetFlag", json!(4)), "Payment: it has no SetFlag"),
        (
            changed("Comment", json!("hello")),
            "there is no field \"Comment\"",
        ),
        (
            changed("Flags", json!({"tfPartialPayment": true})),
            "Flags: it is not a whole number",
        ),
        (
            json!({
                "TransactionType": "Batch", "Account": issuer, "Fee": "1", "Sequence": 1,
                "RawTransactions": [{"RawTransaction": {
                    "TransactionType": "Batch", "Account": issuer, "Fee": "0", "Sequence": 2,
                    "SigningPubKey": "", "RawTransactions": [],
                }}],
            })
            .to_string(),
            "a batch within a batch",
        ),
        (
            json!({
                "TransactionType": "Batch", "Account": issuer, "Fee": "1", "Sequence": 1,
                "RawTransactions": [{"RawTransaction": {
                    "TransactionType": "Payment", "Account": issuer, "Fee": "0", "Sequence": 2,
                    "SigningPubKey": "", "Flags": 0x4000_0000, "Destination": issuer,
                    "Amount": issued("-1"),
                }}],
            })
            .to_string(),
            "Amount: an amount below zero",
        ),
        (changed("Flags", json!(0x4000_0000)), "part of a batch"),
    ] {
        let error = prepare(&text, &keys(SECP256K1)).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_body_is_for_its_own_key_and_unsigned() {
    let (one, other) = (keys(SECP256K1), keys(ED25519));
    let unsigned = prepare(&TRANSACTIONS[0], &one).unwrap();
    let foreign = Unsigned::new(
        other.signers(&XRP, Network::Mainnet).unwrap(),
        unsigned.body().to_vec(),
    );
    let error = XRP.preimages(&foreign).unwrap_err().to_string();
    assert!(error.contains("another key"), "{error}");
    let signed = sign(&XRP, &unsigned, &one).unwrap();
    let signed = Unsigned::new(
        unsigned.signers().to_vec(),
        hex::decode(signed.tx_data).unwrap(),
    );
    assert!(XRP.preimages(&signed).is_err());
}

#[test]
fn the_last_ledger_is_the_expiry() {
    let keys = keys(ED25519);
    let expiry = |serialized: &str| {
        let unsigned = prepare(serialized, &keys).unwrap();
        sign(&XRP, &unsigned, &keys).unwrap().expiry
    };
    let payment = &TRANSACTIONS[0];
    assert_eq!(expiry(payment), Some(83_210_500));
    let without = payment.replace("\"LastLedgerSequence\":83210500,", "");
    assert_eq!(expiry(&without), None);
}

#[test]
fn a_changed_broadcast_is_found_out() {
    let judge = XRP.rehearsal().unwrap();
    for seed in [SECP256K1, ED25519] {
        let keys = keys(seed);
        let unsigned = prepare(&TRANSACTIONS[0], &keys).unwrap();
        let blob = hex::decode(sign(&XRP, &unsigned, &keys).unwrap().tx_data).unwrap();
        for position in 0..blob.len() {
            let mut changed = blob.clone();
            changed[position] ^= 1;
            let verdict = judge.verify(Network::Mainnet, &hex::encode_upper(changed));
            assert!(verdict.is_err(), "byte {position}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        prop_assert!(prepare(&text, &keys(ED25519)).is_err());
    }

    /// Whatever can still be read is told, signed and found right by the judge.
    #[test]
    fn changed_text_is_refused_or_signed(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte in 0x20_u8..0x7f,
    ) {
        let mut bytes = case.get(TRANSACTIONS.as_slice()).clone().into_bytes();
        *position.get_mut(&mut bytes) = byte;
        let _ = drive(&String::from_utf8(bytes).unwrap(), &keys(ED25519));
    }

    #[test]
    fn a_changed_body_is_refused_or_signed_as_it_is(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte: u8,
    ) {
        let keys = keys(ED25519);
        let text: &String = case.get(TRANSACTIONS.as_slice());
        let Ok(unsigned) = prepare(text, &keys) else {
            return Ok(());
        };
        let mut body = unsigned.body().to_vec();
        *position.get_mut(&mut body) = byte;
        let unsigned = Unsigned::new(unsigned.signers().to_vec(), body);
        if XRP.summarize(Network::Mainnet, &unsigned).is_ok() {
            let signed = sign(&XRP, &unsigned, &keys).unwrap();
            let judge = XRP.rehearsal().unwrap();
            let verdict = judge.verify(Network::Mainnet, &signed.tx_data);
            prop_assert_eq!(verdict.unwrap().transaction_id, signed.transaction_id);
        }
    }

    #[test]
    fn no_body_and_no_broadcast_panics(body: Vec<u8>) {
        let signers = keys(ED25519).signers(&XRP, Network::Mainnet).unwrap();
        let judge = XRP.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Mainnet, &hex::encode(&body)).is_err());
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(XRP.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(XRP.preimages(&unsigned).is_err());
        prop_assert!(XRP.assemble(&unsigned, &[]).is_err());
    }

    /// The judge reads what begins like a transaction, too.
    #[test]
    fn no_mutilated_broadcast_panics(
        case: prop::sample::Index,
        length: prop::sample::Index,
        position: prop::sample::Index,
        byte: u8,
    ) {
        let case = case.get(PUBLISHED["transactions"].as_array().unwrap());
        let mut blob = hex::decode(case["binary"].as_str().unwrap()).unwrap();
        *position.get_mut(&mut blob) = byte;
        blob.truncate(length.index(blob.len()));
        let judge = XRP.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Mainnet, &hex::encode(blob)).is_err());
    }

    #[test]
    fn no_seed_panics_or_is_repeated(text in "s[a-zA-Z0-9]{20,40}") {
        if let Err(error) = XRP.parse_private_key(Network::Mainnet, &SecretText::new(text.as_str())) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(&text));
        }
    }
}
