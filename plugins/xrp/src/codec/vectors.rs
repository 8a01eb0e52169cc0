//! Transactions that others have published in both notations, and what must hold for all.

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value as SerdeValue, json};

use super::{
    Amount, Bridge, CodecError, Currency, Field, Issue, Issued, MptId, Object, Value,
    field::Kind,
    fields::FIELDS,
    number::Number,
    path::{Path, Step},
};
use crate::{account::AccountId, json::Json, transaction};

fn published(text: &str) -> SerdeValue {
    serde_json::from_str(text).unwrap()
}

static CODEC: LazyLock<SerdeValue> =
    LazyLock::new(|| published(include_str!("../../tests/vectors/xrpl/codec.json")));

fn list<'a>(value: &'a SerdeValue, name: &str) -> &'a [SerdeValue] {
    value[name].as_array().unwrap()
}

fn object(json: &SerdeValue) -> Result<Object, CodecError> {
    let Json::Object(members) = Json::parse(&json.to_string()).unwrap() else {
        panic!("no object: {json}");
    };
    Object::from_json(&members)
}

#[test]
fn published_transactions_are_written_and_read() {
    let cases = list(&CODEC, "transactions");
    assert_eq!(cases.len(), 72);
    kms_core::testkit::tally("published", cases.len(), "vectors of XRPL's libraries");
    for case in cases {
        let name = &case["name"];
        let object = object(&case["json"]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = object.encode().unwrap();
        assert_eq!(case["binary"], hex::encode_upper(&bytes), "{name}");
        assert_eq!(Object::decode(&bytes).as_ref(), Ok(&object), "{name}");
    }
}

/// Every transaction of a ledger of the main network, against the ids by which it is known there.
#[test]
fn the_transactions_of_a_ledger_have_their_ids() {
    let ledger = published(include_str!("../../tests/vectors/xrpl/ledger.json"));
    let cases = list(&ledger, "transactions");
    assert_eq!(cases.len(), 17);
    kms_core::testkit::tally("published", cases.len(), "vectors of XRPL's libraries");
    for case in cases {
        let object = object(&case["json"]).unwrap_or_else(|error| panic!("{case}: {error}"));
        let bytes = object.encode().unwrap();
        let id = hex::encode_upper(transaction::id(&bytes));
        assert_eq!(case["hash"], id);
        assert_eq!(Object::decode(&bytes), Ok(object));
    }
}

#[test]
fn published_amounts_are_written_or_refused() {
    let cases = list(&CODEC, "amounts");
    assert_eq!(cases.len(), 50);
    kms_core::testkit::tally("published", cases.len(), "vectors of XRPL's libraries");
    for case in cases {
        let json = &case["json"];
        let amount = object(&json!({"Amount": json}));
        // Taken there, and refused here: numbers in hexadecimal digits, and a zero with a sign.
        let odd = json["value"].as_str().is_some_and(|value| {
            json["mpt_issuance_id"].is_string() && (value.starts_with("0x") || value == "-0")
        });
        match case["binary"].as_str() {
            Some(binary) if !odd => {
                let bytes = amount.unwrap().encode().unwrap();
                assert_eq!(format!("61{binary}"), hex::encode_upper(bytes), "{json}");
            }
            _ => assert!(amount.is_err(), "{json}"),
        }
    }
}

#[test]
fn x_addresses_are_classic_ones_with_a_tag() {
    let cases = list(&CODEC, "x_addresses");
    assert_eq!(cases.len(), 7);
    kms_core::testkit::tally("published", cases.len(), "vectors of XRPL's libraries");
    for case in cases {
        assert_eq!(
            object(&case["xjson"]).unwrap(),
            object(&case["rjson"]).unwrap()
        );
    }
    let x_address = "XVYmGpJqHS95ir411XvanwY1xt5Z2314WsamHPVgUNABUGV";
    let twice = json!({"DestinationTag": 1010, "Destination": x_address});
    let error = object(&twice).unwrap_err().to_string();
    assert!(error.contains("there is one beside it"), "{error}");
    assert!(object(&json!({"Issuer": x_address})).is_err());
}

/// From `signing-data-encoding.test.ts` of ripple-binary-codec.
#[test]
fn signatures_are_not_signed() {
    let key = "ED5F5AC8B98974A3CA843326D9B88CEBD0560177B973EE0B149F782CFAA06DC66A";
    let payment = json!({
        "Account": "r9LqNeG6qHxjeUocjvVki2XR35weJ9mZgQ", "Amount": "1000",
        "Destination": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "Fee": "10", "Flags": 2_147_483_648_u32,
        "Sequence": 1, "TransactionType": "Payment", "TxnSignature": "3044", "Signature": "3044",
        "SigningPubKey": key, "Signers": [],
    });
    let signed = object(&payment).unwrap().encode_signed().unwrap();
    let expected = format!(
        "1200002280000000240000000161400000000000 03E868400000000000000A7321{key}\
         81145B812C9D57731E27A2DA8B1830195F88EF32A3B68314B5F762798A53D543A014CAF8B297CFF8F2F937E8"
    );
    assert_eq!(hex::encode_upper(signed), expected.replace(' ', ""));
}

#[test]
fn json_that_is_no_field_or_no_value_is_refused() {
    let issuer = "rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54";
    let deep = (0..11).fold(json!({}), |inner, _| json!({"Memo": inner}));
    for (json, reason) in [
        (json!({"Colour": 1}), "there is no field \"Colour\""),
        (json!({"sequence": 1}), "there is no field \"sequence\""),
        (json!({"ObjectEndMarker": {}}), "there is no field"),
        (json!({"hash": "00"}), "there is no field"),
        (
            json!({"Sequence": "1"}),
            "Sequence: it is not a whole number",
        ),
        (
            json!({"Sequence": 1.5}),
            "Sequence: it is not a whole number",
        ),
        (
            json!({"Sequence": -1}),
            "Sequence: it is not a whole number",
        ),
        (
            json!({"Sequence": 4_294_967_296_u64}),
            "Sequence: it is not a whole number",
        ),
        (
            json!({"TickSize": 256}),
            "TickSize: it is not a whole number",
        ),
        (json!({"Fee": 10}), "Fee: it is not an object"),
        (json!({"Fee": null}), "Fee: it is not an object"),
        (json!({"Fee": true}), "Fee: it is not an object"),
        (
            json!({"Amount": "1.5"}),
            "Amount: an amount of XRP is a whole number of drops",
        ),
        (
            json!({"Amount": {"currency": "USD", "issuer": issuer}}),
            "it is not an amount",
        ),
        (
            json!({"Amount": {"currency": "USD", "issuer": issuer, "value": "1", "x": 1}}),
            "it is not an amount",
        ),
        (
            json!({"Amount": {"currency": "USD", "issuer": issuer, "value": 1}}),
            "Amount: it is not text",
        ),
        (
            json!({"Amount": {"currency": "XRP", "issuer": issuer, "value": "1"}}),
            "XRP has no issuer",
        ),
        (json!({"Account": 5}), "Account: it is not text"),
        (
            json!({"Account": "rsH6XQLTiw1BpeETfwbgVf4UVYDwg2m9W8"}),
            "Account: not an address",
        ),
        (json!({"Destination": ""}), "Destination: not an address"),
        (
            json!({"Domain": "ABC"}),
            "Domain: it is not in pairs of hexadecimal digits",
        ),
        (
            json!({"Domain": "example"}),
            "Domain: it is not in pairs of hexadecimal digits",
        ),
        (
            json!({"InvoiceID": "AB"}),
            "InvoiceID: it has 1 bytes instead of 32",
        ),
        (json!({"Memos": {}}), "Memos: it is not a list"),
        (
            json!({"Memos": [{}]}),
            "Memos: it is not a list of objects with one name each",
        ),
        (
            json!({"Memos": [{"Memo": []}]}),
            "Memos: Memo: it is not an object",
        ),
        (
            json!({"Memos": [{"Fee": "1"}]}),
            "Memos: Fee: it is not an object",
        ),
        (
            json!({"Memos": [{"Memo": {"MemoData": "zz"}}]}),
            "Memos: Memo: MemoData: it is not in pairs of hexadecimal digits",
        ),
        (deep, "more than 10 objects are nested"),
        (json!({"Paths": []}), "Paths: it is empty"),
        (json!({"Paths": [[]]}), "Paths: it is empty"),
        (json!({"Paths": [[{}]]}), "Paths: it is empty"),
        (
            json!({"Paths": [[{"via": issuer}]]}),
            "there is no field \"via\"",
        ),
        (
            json!({"Asset": {"currency": "USD"}}),
            "its issuer is missing",
        ),
        (
            json!({"XChainClaimID": "11112222333344445"}),
            "64 bits in hexadecimal digits",
        ),
        (
            json!({"XChainClaimID": ""}),
            "64 bits in hexadecimal digits",
        ),
        (
            json!({"MPTAmount": "18446744073709551616"}),
            "64 bits in digits",
        ),
        (json!({"MPTAmount": "A"}), "64 bits, as text"),
        (
            json!({"PermissionValue": "Everything"}),
            "there is no permission",
        ),
        (
            json!({"NFTokenOffers": ["00"]}),
            "NFTokenOffers: it has 1 bytes instead of 32",
        ),
    ] {
        let error = object(&json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
}

/// The limits of what is refused above, and what is written in two ways.
#[test]
fn json_is_taken_up_to_its_limits() {
    let deep = (0..10).fold(json!({}), |inner, _| json!({"Memo": inner}));
    assert!(object(&deep).is_ok());
    for (json, bytes) in [
        (json!({"FeeAmountDelta": "-5"}), "0000000000000005"),
        (json!({"FeeAmountDelta": "5"}), "4000000000000005"),
        (json!({"MPTAmount": 10}), "000000000000000A"),
        (json!({"MPTAmount": "10"}), "000000000000000A"),
        (json!({"XChainClaimID": 10}), "000000000000000A"),
        (json!({"XChainClaimID": "10"}), "0000000000000010"),
        (
            json!({"XChainClaimID": "ffffffffffffffff"}),
            "FFFFFFFFFFFFFFFF",
        ),
        (json!({"Sequence": 4_294_967_295_u32}), "FFFFFFFF"),
    ] {
        let written = object(&json).unwrap().encode().unwrap();
        let written = hex::encode_upper(written);
        assert!(written.ends_with(bytes), "{json}: {written}");
    }
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    for (bytes, reason) in [
        ("24", "Sequence: the bytes end too early"),
        ("2400000001120000", "not in canonical form"),
        ("24000000012400000001", "not in canonical form"),
        // A short code in the long form.
        ("200400000001", "not in canonical form"),
        ("2D", "the bytes end too early"),
        ("202D00000001", "a field that does not exist (2, 45)"),
        ("E1", "a field that does not exist (14, 1)"),
        ("F9EA7C0161E1", "Memos: the bytes end too early"),
        ("F9240000000 1F1", "a list of objects"),
        ("77FF", "not in canonical form"),
        (
            "81150000000000000000000000000000000000000000FF",
            "not in canonical form",
        ),
        ("011200", "it is empty"),
        ("01120200", "not in canonical form"),
    ] {
        let bytes = hex::decode(bytes.replace(' ', "")).unwrap();
        let error = Object::decode(&bytes).unwrap_err().to_string();
        assert!(error.contains(reason), "{}: {error}", hex::encode(bytes));
    }
    // Far more objects than the stack would hold.
    let nested = Object::decode(&[0xea; 100_000]).unwrap_err().to_string();
    assert!(nested.contains("more than 10 objects"), "{:.60}", nested);
}

#[test]
fn blobs_of_every_length_are_written_and_read() {
    for length in [0, 1, 192, 193, 194, 12_480, 12_481, 12_482, 65_536, 918_744] {
        let digits = "5A".repeat(length);
        let object = object(&json!({"MemoData": digits})).unwrap();
        let bytes = object.encode().unwrap();
        let prefix = match length {
            0..=192 => 1,
            193..=12_480 => 2,
            _ => 3,
        };
        assert_eq!(bytes.len(), 1 + prefix + length);
        assert_eq!(Object::decode(&bytes), Ok(object));
    }
    let object = object(&json!({"MemoData": "5A".repeat(918_745)})).unwrap();
    let error = object.encode().unwrap_err().to_string();
    assert_eq!(error, "MemoData: it is too long");
}

#[test]
fn a_field_has_one_place() {
    let mut object = object(&json!({"Sequence": 1, "Fee": "1"})).unwrap();
    let fee = Field::by_name("Fee").unwrap();
    object.set(fee, Value::Amount(Amount::Xrp(2)));
    assert_eq!(object.iter().count(), 2);
    assert_eq!(object.amount("Fee"), Some(&Amount::Xrp(2)));
}

/// Objects with any fields, nested three deep.
fn objects() -> impl Strategy<Value = Object> {
    let empty = Just(Object::default()).boxed();
    (0..3).fold(empty, |inner, _| {
        let field = (0..FIELDS.len())
            .prop_flat_map(move |position| values(position, inner.clone()))
            .boxed();
        let fields = vec(field, 0..6).prop_map(|fields| {
            let mut object = Object::default();
            for (field, value) in fields {
                object.set(field, value);
            }
            object
        });
        fields.boxed()
    })
}

/// Any value of the field at this position of the table.
fn values(
    position: usize,
    inner: BoxedStrategy<Object>,
) -> impl Strategy<Value = (&'static Field, Value)> {
    let field = &FIELDS[position];
    let hash = |length| vec(any::<u8>(), length).prop_map(Value::Hash).boxed();
    let values = match field.kind() {
        Kind::UInt8 => any::<u8>().prop_map(Value::UInt8).boxed(),
        Kind::UInt16 => any::<u16>().prop_map(Value::UInt16).boxed(),
        Kind::UInt32 => any::<u32>().prop_map(Value::UInt32).boxed(),
        Kind::UInt64 => any::<u64>().prop_map(Value::UInt64).boxed(),
        Kind::Int32 => any::<i32>().prop_map(Value::Int32).boxed(),
        Kind::Hash128 => hash(16),
        Kind::Hash160 => hash(20),
        Kind::Hash192 => hash(24),
        Kind::Hash256 => hash(32),
        Kind::Blob => vec(any::<u8>(), 0..300).prop_map(Value::Blob).boxed(),
        Kind::AccountId => accounts().prop_map(Value::Account).boxed(),
        Kind::Amount => amounts().prop_map(Value::Amount).boxed(),
        Kind::Number => (any::<i64>(), any::<i32>())
            .prop_map(|(mantissa, exponent)| Value::Number(Number { mantissa, exponent }))
            .boxed(),
        Kind::StObject => inner.prop_map(Value::Object).boxed(),
        Kind::StArray => {
            let named: Vec<&'static Field> = FIELDS
                .iter()
                .filter(|field| field.kind() == Kind::StObject)
                .collect();
            vec((select(named), inner), 0..3)
                .prop_map(Value::Array)
                .boxed()
        }
        Kind::PathSet => vec(vec(steps(), 1..4).prop_map(Path), 1..4)
            .prop_map(Value::Paths)
            .boxed(),
        Kind::Vector256 => vec(any::<[u8; 32]>(), 0..9).prop_map(Value::Hashes).boxed(),
        Kind::Issue => issues().prop_map(Value::Issue).boxed(),
        Kind::Currency => currencies().prop_map(Value::Currency).boxed(),
        Kind::XChainBridge => (accounts(), issues(), accounts(), issues())
            .prop_map(
                |(locking_door, locking_issue, issuing_door, issuing_issue)| {
                    Value::Bridge(Box::new(Bridge {
                        locking_door,
                        locking_issue,
                        issuing_door,
                        issuing_issue,
                    }))
                },
            )
            .boxed(),
    };
    values.prop_map(move |value| (field, value))
}

fn accounts() -> impl Strategy<Value = AccountId> {
    any::<[u8; 20]>().prop_map(AccountId)
}

fn currencies() -> impl Strategy<Value = Currency> {
    prop_oneof![
        "[A-Za-z0-9?!@#$%^&*<>]{3}".prop_map(|code| Currency::parse(&code).unwrap()),
        any::<[u8; 20]>().prop_map(Currency),
    ]
}

fn amounts() -> impl Strategy<Value = Amount> {
    let issued = ("[1-9][0-9]{0,15}", -81_i32..75, currencies(), accounts());
    prop_oneof![
        (0..=100_000_000_000_000_000_i64).prop_map(Amount::Xrp),
        issued
            .prop_filter("XRP has no issuer", |(_, _, currency, _)| !currency
                .is_xrp())
            .prop_map(|(digits, exponent, currency, issuer)| Amount::Issued {
                value: Issued::parse(&format!("{digits}e{exponent}"))
                    .unwrap_or_else(|error| { panic!("{digits}e{exponent}: {error}") }),
                currency,
                issuer,
            }),
        (0..1_u64 << 63, any::<[u8; 24]>()).prop_map(|(value, id)| Amount::Mpt {
            value,
            id: MptId(id)
        }),
    ]
}

fn issues() -> impl Strategy<Value = Issue> {
    prop_oneof![
        Just(Issue::Xrp),
        (currencies(), accounts()).prop_filter_map("it is issued", |(currency, issuer)| {
            Issue::issued(currency, issuer).ok()
        }),
        any::<[u8; 24]>().prop_filter_map("it is issued", |id| Issue::mpt(MptId(id)).ok()),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let account = proptest::option::of(accounts());
    let currency = proptest::option::of(currencies());
    let issuer = proptest::option::of(accounts());
    (account, currency, issuer)
        .prop_map(|(account, currency, issuer)| Step {
            account,
            currency,
            issuer,
        })
        .prop_filter("one of the three", |step| *step != Step::default())
}

proptest! {
    #[test]
    fn what_is_written_is_read(object in objects()) {
        let bytes = object.encode().unwrap();
        prop_assert_eq!(Object::decode(&bytes), Ok(object));
    }

    #[test]
    fn bytes_are_refused_or_written_again(bytes: Vec<u8>) {
        if let Ok(object) = Object::decode(&bytes) {
            prop_assert_eq!(object.encode(), Ok(bytes));
        }
    }

    /// What others have published, with some bytes changed.
    #[test]
    fn changed_transactions_are_refused_or_written_again(
        case: prop::sample::Index,
        changes: Vec<(prop::sample::Index, u8)>,
    ) {
            let case = case.get(list(&CODEC, "transactions"));
        let mut bytes = hex::decode(case["binary"].as_str().unwrap()).unwrap();
        for (position, byte) in changes {
            *position.get_mut(&mut bytes) = byte;
        }
        if let Ok(object) = Object::decode(&bytes) {
            prop_assert_eq!(object.encode().unwrap(), bytes);
            for (field, value) in object.iter() {
                prop_assert!(value.describe(field).len() < 1_000_000);
            }
        }
    }
}
