//! What people are told, computed from the bytes that are signed.

mod asked;

use asked::{SENDER, account, address, prepare, public_key, request, typed_array};
use kms_algorand::ALGORAND;
use kms_core::prelude::*;
use serde_json::{Value, json};

const BOB: [u8; 32] = [0xb0; 32];
const CAROL: [u8; 32] = [0xca; 32];

fn summary(members: Value) -> Summary {
    let unsigned = prepare(&request(members).to_string()).unwrap();
    ALGORAND.summarize(Network::Testnet, &unsigned).unwrap()
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

fn pay(members: Value) -> Value {
    let mut all = json!({"type": "pay", "to": account(&BOB), "amount": 1_250_000});
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

#[test]
fn transactions_are_told_exactly() {
    let (bob, me) = (address(&BOB), public_key());
    let axfer = |to: &[u8], amount: Value| json!({"type": "axfer", "to": account(to), "amount": amount, "assetIndex": 10_458_941});
    let most = json!("18446744073709551615");
    for (members, told) in [
        (
            pay(json!({})),
            format!("payment: 1.25 ALGO to {bob}, fee 0.001 ALGO"),
        ),
        (
            pay(json!({"amount": 9_007_199_254_740_993_u64, "fee": 2001})),
            format!("payment: 9007199254.740993 ALGO to {bob}, fee 0.002001 ALGO"),
        ),
        (
            pay(json!({"amount": 0})),
            format!("payment: 0 ALGO to {bob}, fee 0.001 ALGO"),
        ),
        (
            axfer(&BOB, most),
            format!(
                "asset transfer: 18446744073709551615 base units of asset 10458941 to {bob}, fee 0.001 ALGO"
            ),
        ),
        (
            axfer(&me, json!(0)),
            "opt-in to asset 10458941, fee 0.001 ALGO".to_owned(),
        ),
        (
            axfer(&me, json!(5)),
            format!("asset transfer: 5 base units of asset 10458941 to {SENDER}, fee 0.001 ALGO"),
        ),
    ] {
        let summary = summary(members);
        assert_eq!(summary.to_string(), told);
        assert_eq!(summary.from, [SENDER]);
        assert!(!summary.fee.unwrap().ceiling);
    }
}

#[test]
fn terms_are_told() {
    let plain = summary(pay(json!({})));
    assert_eq!(
        plain.details,
        [(
            "valid in rounds".to_owned(),
            "30000000 to 30001000".to_owned()
        )]
    );
    let terms = summary(pay(json!({
        "note": typed_array("invoice 7 \u{1b}[2J\u{202e}".as_bytes()),
        "lease": typed_array(&[7; 32]),
        "group": typed_array(&[8; 32]),
    })));
    assert_eq!(
        detail(&terms, "note"),
        Some(r#""invoice 7 \u{1b}[2J\u{202e}""#)
    );
    assert_eq!(detail(&terms, "lease"), Some("07".repeat(32).as_str()));
    assert_eq!(detail(&terms, "group"), Some("08".repeat(32).as_str()));
    assert!(terms.warnings[0].contains("one of a group"));

    let binary = summary(pay(json!({"note": typed_array(&[0xff; 3])})));
    assert_eq!(detail(&binary, "note"), Some("0xffffff"));
    let long = summary(pay(json!({"note": typed_array(&[b'a'; 1024])})));
    let shown = detail(&long, "note").unwrap();
    assert!(shown.ends_with("\"… (1024 bytes)"), "{shown}");
    let long = summary(pay(json!({"note": typed_array(&[0xff; 1024])})));
    let shown = detail(&long, "note").unwrap();
    assert!(
        shown.len() < 240 && shown.ends_with("ff… (1024 bytes)"),
        "{shown}"
    );
    let whole = summary(pay(json!({"note": typed_array(&[0xff; 100])})));
    let shown = detail(&whole, "note").unwrap();
    assert_eq!(
        shown,
        format!("0x{}", "ff".repeat(100)),
        "as much as is shown"
    );
}

#[test]
fn what_should_be_looked_at_twice_is_warned_of() {
    let (bob, carol) = (address(&BOB), address(&CAROL));
    let rekeyed = json!({"reKeyTo": account(&CAROL)});
    for (members, warning) in [
        (
            pay(json!({"closeRemainderTo": account(&CAROL)})),
            format!("IT CLOSES THE ACCOUNT: all ALGO that is left goes to {carol}"),
        ),
        (
            pay(rekeyed),
            format!("IT REKEYS THE ACCOUNT: from then on only the key of {carol} signs for it"),
        ),
        (
            pay(json!({"reKeyTo": account(&public_key())})),
            "IT REKEYS THE ACCOUNT: from then on its own key signs for it again".to_owned(),
        ),
        (
            json!({
                "type": "axfer", "to": account(&BOB), "amount": 0, "assetIndex": 7,
                "closeRemainderTo": account(&CAROL),
            }),
            format!("IT CLOSES THE HOLDING: all that is left of asset 7 goes to {carol}"),
        ),
        (
            json!({
                "type": "axfer", "to": account(&CAROL), "amount": 9, "assetIndex": 7,
                "assetRevocationTarget": account(&BOB),
            }),
            format!("it takes the asset away from {bob}"),
        ),
        (
            json!({"type": "acfg", "assetIndex": 77}),
            "it destroys asset 77 for good".to_owned(),
        ),
        (
            pay(json!({"to": account(&[0; 32])})),
            "the recipient is the zero address, nobody has its key".to_owned(),
        ),
        (
            pay(json!({"from": account(&BOB)})),
            "the key is not the sender's: it is taken only if the account was rekeyed to it"
                .to_owned(),
        ),
        (
            pay(json!({"fee": 999})),
            "the fee is below the least that the network takes, 0.001 ALGO".to_owned(),
        ),
        (
            pay(json!({"fee": 100_000})),
            "the fee is a hundred times the usual one, or more".to_owned(),
        ),
        (
            pay(json!({"genesisHash": typed_array(&[9; 32]), "genesisID": "dockernet-v1"})),
            "it is for a network that is not one of the public ones".to_owned(),
        ),
    ] {
        let summary = summary(members);
        assert_eq!(summary.warnings, [warning]);
    }
    // Others of the group may pay.
    let grouped = summary(pay(json!({"fee": 0, "group": typed_array(&[8; 32])})));
    assert_eq!(grouped.warnings.len(), 1);
}

#[test]
fn assets_are_told_with_everybody_who_controls_them() {
    let me = account(&public_key());
    let creation = summary(json!({
        "type": "acfg", "assetTotal": 1_000_050, "assetDecimals": 2, "assetName": "Coin",
        "assetUnitName": "C", "assetURL": "https://example.org", "assetManager": me,
        "assetMetadataHash": typed_array(&[5; 32]), "assetDefaultFrozen": true,
    }));
    assert_eq!(creation.to_string(), "creation of an asset, fee 0.001 ALGO");
    assert_eq!(detail(&creation, "total"), Some("10000.5 units"));
    for (name, told) in [
        ("decimals", "2"),
        ("name", "\"Coin\""),
        ("unit name", "\"C\""),
        ("URL", "\"https://example.org\""),
        ("metadata hash", &"05".repeat(32)),
        ("holdings", "frozen until they are thawed"),
        ("manager", SENDER),
        ("reserve", "nobody, for good"),
        ("freeze", "nobody, for good"),
        ("clawback", "nobody, for good"),
    ] {
        assert_eq!(detail(&creation, name), Some(told), "{name}");
    }
    let change = summary(json!({"type": "acfg", "assetIndex": 77, "assetClawback": me}));
    assert_eq!(change.action, "configuration of asset 77");
    assert_eq!(detail(&change, "manager"), Some("nobody, for good"));
    assert_eq!(detail(&change, "clawback"), Some(SENDER));
    assert_eq!(change.warnings.len(), 1);
    let vain = summary(json!({"type": "acfg", "assetIndex": 77, "assetTotal": 5}));
    assert!(vain.warnings[1].contains("the network ignores the rest"));
    for member in [
        "assetManager",
        "assetReserve",
        "assetFreeze",
        "assetClawback",
    ] {
        let change = summary(json!({"type": "acfg", "assetIndex": 77, member: me}));
        assert_eq!(change.warnings.len(), 1, "{member}: {:?}", change.warnings);
    }
}
