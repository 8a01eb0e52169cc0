//! What is signed is what was asked for, all of it, and nothing that comes from outside makes the
//! plugin panic.

mod asked;

use asked::{account, keys, prepare, prepare_at, public_key, request, typed_array};
use kms_algorand::ALGORAND;
use kms_core::{chain::sign, prelude::*, testkit::ScriptedNode};
use proptest::prelude::*;
use serde_json::{Value, json};

fn pay(members: Value) -> Value {
    let mut all = json!({"type": "pay", "to": account(&[0xb0; 32]), "amount": 7});
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    request(all)
}

#[test]
fn all_notations_of_bytes_are_the_same() {
    let bytes = [1_u8, 0, 255];
    let typed = prepare(&pay(json!({"note": typed_array(&bytes)})).to_string()).unwrap();
    for note in [
        json!({"type": "Buffer", "data": bytes}),
        json!(bytes),
        json!({"2": 255, "0": 1, "1": 0}),
    ] {
        let other = prepare(&pay(json!({"note": note})).to_string()).unwrap();
        assert_eq!(other, typed);
    }
    let empty = prepare(&pay(json!({})).to_string()).unwrap();
    for note in [
        json!({}),
        json!([]),
        json!(null),
        json!({"type": "Buffer", "data": []}),
    ] {
        let other = prepare(&pay(json!({"note": note})).to_string()).unwrap();
        assert_eq!(other, empty);
    }
}

#[test]
fn what_is_wrong_or_unknown_is_refused_with_the_reason() {
    let zero = account(&[0; 32]);
    for (members, reason) in [
        (json!({"type": "send"}), "none of pay, axfer and acfg"),
        (json!({"type": null}), "none of pay, axfer and acfg"),
        (json!({"type": "keyreg"}), "type keyreg are not supported"),
        (json!({"type": "appl"}), "type appl are not supported"),
        (json!({"type": "axfer"}), "assetIndex is missing"),
        (
            json!({"type": "axfer", "assetIndex": 0}),
            "without an index",
        ),
        (json!({"to": null}), "to is missing"),
        (json!({"to": "ABC"}), "to is no account"),
        (
            json!({"to": {"publicKey": typed_array(&[1; 31])}}),
            "to is no account",
        ),
        (json!({"to": {"checksum": {}}}), "to is no account"),
        (json!({"amount": null}), "amount is missing"),
        (json!({"amount": -1}), "amount is no integer"),
        (json!({"amount": 1.5}), "amount is no integer"),
        (json!({"amount": 1e30}), "amount is no integer"),
        (
            json!({"amount": "18446744073709551616"}),
            "amount is no integer",
        ),
        (json!({"amount": ""}), "amount is no integer"),
        (json!({"amount": "+1"}), "amount is no integer"),
        (json!({"fee": null}), "fee is missing"),
        (json!({"fee": -1}), "fee is no integer"),
        (json!({"from": zero}), "the sender is the zero address"),
        (json!({"from": null}), "from is missing"),
        (json!({"genesisHash": null}), "genesisHash is missing"),
        (
            json!({"genesisHash": [1, 2]}),
            "genesisHash has not 32 bytes",
        ),
        (json!({"genesisID": 5}), "genesisID is no text"),
        (
            json!({"genesisID": "mainnet-v1.0"}),
            "has the genesis hash of testnet-v1.0",
        ),
        (json!({"firstRound": 30_001_001}), "at most 1000 rounds"),
        (json!({"lastRound": 30_001_001}), "at most 1000 rounds"),
        (
            json!({"firstRound": 0, "lastRound": 0}),
            "at most 1000 rounds",
        ),
        (json!({"note": "text"}), "note is neither a Buffer"),
        (
            json!({"note": {"0": 1, "2": 1}}),
            "note is neither a Buffer",
        ),
        (json!({"note": {"0": 256}}), "note is neither a Buffer"),
        (
            json!({"note": {"type": "Other", "data": []}}),
            "note is neither a Buffer",
        ),
        (
            json!({"note": typed_array(&[0; 1025])}),
            "the note has 1025 bytes",
        ),
        (
            json!({"lease": typed_array(&[1; 31])}),
            "lease has not 32 bytes",
        ),
        (
            json!({"group": typed_array(&[1; 33])}),
            "group has not 32 bytes",
        ),
        (json!({"reKeyTo": {}}), "reKeyTo is no account"),
        (
            json!({"closeRemainderTo": account(&public_key())}),
            "closed to itself",
        ),
        (json!({"assetIndex": 5}), "\"assetIndex\" has no place"),
        (
            json!({"assetReserve": account(&[1; 32])}),
            "\"assetReserve\" has no place",
        ),
        (
            json!({"assetRevocationTarget": account(&[1; 32])}),
            "has no place",
        ),
        (json!({"appArgs": [[1]]}), "\"appArgs\" has no place"),
        (
            json!({"nonParticipation": true}),
            "\"nonParticipation\" has no place",
        ),
        (json!({"somethingNew": 1}), "\"somethingNew\" has no place"),
        (
            json!({
                "type": "axfer", "assetIndex": 5, "closeRemainderTo": account(&[1; 32]),
                "assetRevocationTarget": account(&[2; 32]),
            }),
            "a clawback cannot close",
        ),
    ] {
        let error = prepare(&pay(members.clone()).to_string()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(reason), "{members}: {error}");
    }
    let acfg = |members: Value| {
        let mut request = request(members);
        request["type"] = json!("acfg");
        prepare(&request.to_string())
    };
    for (members, reason) in [
        (json!({}), "neither an asset nor the parameters"),
        (json!({"assetTotal": 1, "assetDecimals": 20}), "20 decimals"),
        (
            json!({"assetName": "é".repeat(17)}),
            "the name of the asset has 34 bytes",
        ),
        (
            json!({"assetUnitName": "123456789"}),
            "the unit name of the asset has 9",
        ),
        (
            json!({"assetURL": "u".repeat(97)}),
            "the URL of the asset has 97",
        ),
        (
            json!({"assetTotal": 1, "assetDefaultFrozen": 1}),
            "neither true nor false",
        ),
        (
            json!({"assetTotal": 1, "assetMetadataHash": "0".repeat(32)}),
            "neither a Buffer",
        ),
        (
            json!({"assetTotal": 1, "to": account(&[1; 32])}),
            "\"to\" has no place",
        ),
    ] {
        let error = acfg(members.clone()).unwrap_err().to_string();
        assert!(error.contains(reason), "{members}: {error}");
    }
    for (text, reason) in [("[]", "no JSON object"), ("hello", "JSON: expected value")] {
        let error = prepare(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let twice = pay(json!({})).to_string();
    let twice = twice.replacen("{", "{\"amount\":8,", 1);
    let error = prepare(&twice).unwrap_err().to_string();
    assert!(error.contains("\"amount\" is there twice"), "{error}");
}

#[test]
fn each_network_takes_only_its_own() {
    let request = pay(json!({})).to_string();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let error = prepare_at(&node, &request).unwrap_err().to_string();
    assert!(error.contains("for a testnet"), "{error}");
    let unsigned = prepare(&request).unwrap();
    assert!(ALGORAND.summarize(Network::Testnet, &unsigned).is_ok());
    assert!(ALGORAND.summarize(Network::Mainnet, &unsigned).is_err());
}

#[test]
fn all_missing_permits_are_named_with_those_that_were_given() {
    let request = pay(json!({
        "reKeyTo": account(&[1; 32]), "closeRemainderTo": account(&[2; 32]),
    }));
    let node = ScriptedNode::new(Network::Testnet, &[]).with_option("permit", "assets");
    let error = prepare_at(&node, &request.to_string()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: it gives away all that is left, closing the account or holding, and hands the account over to another key; to permit this, add --chain-option ALGO.permit=assets+close-out+rekey"
    );
}

fn member_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({})),
        any::<u64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        ".{0,40}".prop_map(|text| json!(text)),
        any::<[u8; 32]>().prop_map(|bytes| account(&bytes)),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| typed_array(&bytes)),
        prop::collection::vec(any::<u8>(), 30..34)
            .prop_map(|bytes| json!({"type": "Buffer", "data": bytes})),
    ]
}

fn member_names() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "type",
        "to",
        "from",
        "amount",
        "fee",
        "note",
        "lease",
        "group",
        "reKeyTo",
        "closeRemainderTo",
        "assetIndex",
        "assetTotal",
        "assetName",
        "assetManager",
        "assetRevocationTarget",
        "firstRound",
        "lastRound",
        "genesisID",
        "genesisHash",
        "flatFee",
    ])
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        prop_assert!(prepare(&text).is_err());
    }

    /// Whatever the members, what is accepted is told and signed, and the judge takes it.
    #[test]
    fn what_is_accepted_is_told_and_signed(
        kind in prop::sample::select(vec!["pay", "axfer", "acfg"]),
        members in prop::collection::btree_map(member_names(), member_values(), 0..4),
    ) {
        let mut request = pay(json!({"type": kind}));
        if kind == "axfer" {
            request["assetIndex"] = json!(5);
        }
        for (name, value) in members {
            request[name] = value;
        }
        if let Ok(unsigned) = prepare(&request.to_string()) {
            let summary = ALGORAND.summarize(Network::Testnet, &unsigned).unwrap();
            prop_assert!(!summary.action.is_empty());
            let signed = sign(&ALGORAND, &unsigned, &keys()).unwrap();
            if summary.warnings.iter().all(|warning| !warning.contains("public ones")) {
                let judge = ALGORAND.rehearsal().unwrap();
                let verdict = judge.verify(Network::Testnet, &signed.tx_data).unwrap();
                prop_assert_eq!(verdict.transaction_id, signed.transaction_id);
            }
        }
    }

    /// Numbers are exact in all 64 bits, as numbers and as text.
    #[test]
    fn amounts_and_fees_come_through_exactly(
        amount: u64,
        shift in 0..64_u32,
        fee: u64,
        asset in 1..=u64::MAX,
        as_text: bool,
    ) {
        let amount = amount >> shift;
        let value = |number: u64| if as_text { json!(number.to_string()) } else { json!(number) };
        let request = pay(json!({
            "type": "axfer", "amount": value(amount), "fee": value(fee), "assetIndex": value(asset),
        }));
        let unsigned = prepare(&request.to_string()).unwrap();
        let summary = ALGORAND.summarize(Network::Testnet, &unsigned).unwrap();
        let told = summary.transfers.first().map(|one| one.amount.to_string());
        prop_assert_eq!(told, Some(format!("{amount} base units of asset {asset}")));
        let told = summary.fee.unwrap().amount.base_units;
        prop_assert_eq!(told, ruint::aliases::U256::from(fee));
    }

    /// Of all changes of one byte of the frozen value, those that are read are signed as they
    /// are; most are not read.
    #[test]
    fn a_changed_body_is_signed_as_it_is_or_refused(position: prop::sample::Index, byte: u8) {
        let request = pay(json!({
            "note": typed_array(b"hello"), "lease": typed_array(&[3; 32]),
            "reKeyTo": account(&[4; 32]), "group": typed_array(&[5; 32]),
        }));
        let unsigned = prepare(&request.to_string()).unwrap();
        let mut body = unsigned.body().to_vec();
        *position.get_mut(&mut body) = byte;
        let unsigned = Unsigned::new(unsigned.signers().to_vec(), body);
        if let Ok(preimages) = ALGORAND.preimages(&unsigned) {
            prop_assert_eq!(&preimages[0].payload, &[b"TX".as_slice(), unsigned.body()].concat());
            let _ = ALGORAND.summarize(Network::Testnet, &unsigned);
        }
    }

    #[test]
    fn no_body_and_no_broadcast_panics(body: Vec<u8>) {
        let judge = ALGORAND.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Testnet, &hex::encode(&body)).is_err());
        let signers = keys().signers(&ALGORAND, Network::Testnet).unwrap();
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(ALGORAND.summarize(Network::Testnet, &unsigned).is_err());
        prop_assert!(ALGORAND.preimages(&unsigned).is_err());
        prop_assert!(ALGORAND.assemble(&unsigned, &[]).is_err());
    }

    /// Changed or cut in one place, nothing passes the judge.
    #[test]
    fn the_judge_takes_nothing_but_what_was_signed(position: prop::sample::Index, byte: u8) {
        let unsigned = prepare(&pay(json!({})).to_string()).unwrap();
        let signed = sign(&ALGORAND, &unsigned, &keys()).unwrap();
        let mut bytes = hex::decode(signed.tx_data).unwrap();
        let judge = ALGORAND.rehearsal().unwrap();
        let original = bytes.clone();
        *position.get_mut(&mut bytes) = byte;
        let verdict = judge.verify(Network::Testnet, &hex::encode(&bytes));
        prop_assert_eq!(verdict.is_ok(), bytes == original);
        let cut = &original[..position.index(original.len())];
        prop_assert!(judge.verify(Network::Testnet, &hex::encode(cut)).is_err());
    }
}
