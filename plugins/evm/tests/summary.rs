//! What people are told, computed from the frozen bytes.

use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_evm::ETHEREUM;
use serde_json::{json, value::RawValue};

const SENDER: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
const TOKEN: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const ALICE: &str = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";
const BOB: &str = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB";

/// The summary of a call of `to` with `data` that sends `value` wei.
fn summary(to: Option<&str>, value: &str, data: &str) -> Summary {
    let request = json!({
        "to": to, "value": value, "data": data,
        "gas": 100_000, "gasPrice": "20000000000", "nonce": 7, "chainId": 1,
    });
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "ETH", "hashes": ["wallet"],
        "serializedTransaction": request.to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    let signers = keys.signers(&ETHEREUM, Network::Mainnet).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(ETHEREUM.prepare(&pending, signers, &node))
        .unwrap();
    ETHEREUM.summarize(Network::Mainnet, &unsigned).unwrap()
}

/// Call data of 32-byte words: addresses and numbers as hexadecimal text.
fn call(selector: &str, words: &[&str]) -> String {
    let word = |word: &&str| format!("{:0>64}", word.trim_start_matches("0x").to_lowercase());
    format!("0x{selector}{}", words.iter().map(word).collect::<String>())
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn a_transfer_is_told_exactly() {
    let summary = summary(Some(&ALICE.to_lowercase()), "1000000000000000005", "");
    assert_eq!(
        summary.to_string(),
        format!("transfer: 1.000000000000000005 ETH to {ALICE}, fee at most 0.002 ETH")
    );
    assert_eq!(summary.chain, "ETH");
    assert_eq!(summary.network, Network::Mainnet);
    assert_eq!(summary.from, [SENDER]);
    assert_eq!(summary.nonce, Some(7));
    let details = [
        ("gas limit", "100000"),
        ("gas price", "20000000000 wei"),
        ("chain id", "1"),
        ("type", "legacy (EIP-155)"),
    ];
    let details = details.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(summary.details, details);
}

#[test]
fn data_that_is_text_is_shown_as_text() {
    let memo = summary(Some(ALICE), "1", &hex::encode("abc"));
    assert_eq!(memo.action, "transfer with data");
    assert_eq!(detail(&memo, "data"), Some("3 bytes"));
    assert_eq!(detail(&memo, "data as text"), Some("abc"));
    // Nothing that could move a terminal's cursor.
    let escape = summary(Some(ALICE), "1", &hex::encode("\u{1b}[2"));
    assert_eq!(detail(&escape, "data as text"), None);
}

#[test]
fn token_amounts_are_told_in_base_units() {
    let summary = summary(
        Some(TOKEN),
        "",
        &call("a9059cbb", &[ALICE, "33b2e3c9fd0803ce8000000"]),
    );
    assert_eq!(
        summary.to_string(),
        format!(
            "ERC-20 transfer: 1000000000000000000000000000 base units of token {TOKEN} to {ALICE}, fee at most 0.002 ETH"
        )
    );
    assert_eq!(summary.transfers[0].amount.unit.decimals, 0);
    assert_eq!(detail(&summary, "contract"), Some(TOKEN));
    assert_eq!(detail(&summary, "data"), Some("68 bytes"));
}

#[test]
fn coins_that_go_along_with_a_call_are_told() {
    let summary = summary(Some(TOKEN), "3", &call("a9059cbb", &[ALICE, "5"]));
    let told = summary.transfers.iter().map(|transfer| {
        let amount = transfer.amount.to_decimal();
        (transfer.to.as_str(), amount)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (TOKEN, "0.000000000000000003".to_owned()),
            (ALICE, "5".to_owned())
        ]
    );
}

#[test]
fn tokens_of_others_are_told_with_their_owner() {
    let data = call("23b872dd", &[BOB, ALICE, "5"]);
    let summary = summary(Some(TOKEN), "0", &data);
    assert_eq!(
        summary.action,
        "transferFrom (ERC-20 amount or ERC-721 token id)"
    );
    assert_eq!(summary.transfers[0].to, ALICE);
    assert_eq!(detail(&summary, "token owner"), Some(BOB));
}

#[test]
fn unlimited_approvals_are_warned_of() {
    for (amount, unlimited) in [
        ("f".repeat(64), true),
        // The largest amount of tokens that count in 96 bits.
        ("f".repeat(24), true),
        ("fffffffffffffffffffffffe".to_owned(), false),
        ("0".to_owned(), false),
    ] {
        let data = call("095ea7b3", &[ALICE, &amount]);
        let summary = summary(Some(TOKEN), "0", &data);
        assert!(summary.transfers.is_empty());
        assert_eq!(detail(&summary, "spender"), Some(ALICE));
        assert_eq!(!summary.warnings.is_empty(), unlimited, "{amount}");
        if unlimited {
            assert_eq!(
                summary.warnings[0],
                format!(
                    "unlimited approval: {ALICE} may spend all tokens of {TOKEN} that the sender has or will have"
                )
            );
        }
    }
}

#[test]
fn more_of_an_approval_is_told_and_warned_of() {
    for selector in ["39509351", "d73dd623"] {
        let some = summary(Some(TOKEN), "0", &call(selector, &[ALICE, "7"]));
        assert_eq!(some.action, "increase of an ERC-20 approval");
        assert_eq!(detail(&some, "spender"), Some(ALICE));
        assert_eq!(detail(&some, "additional amount"), Some("7"));
        assert!(some.warnings.is_empty());
        let all = summary(Some(TOKEN), "0", &call(selector, &[ALICE, &"f".repeat(64)]));
        assert!(all.warnings[0].contains("unlimited approval"));
    }
}

#[test]
fn operators_are_warned_of() {
    let grant = summary(Some(TOKEN), "0", &call("a22cb465", &[BOB, "1"]));
    assert_eq!(detail(&grant, "operator"), Some(BOB));
    assert!(grant.warnings[0].contains("may move every token"));
    let revoke = summary(Some(TOKEN), "0", &call("a22cb465", &[BOB, "0"]));
    assert_eq!(detail(&revoke, "approved"), Some("false"));
    assert!(revoke.warnings.is_empty());
}

#[test]
fn single_tokens_are_told_by_their_id() {
    let erc721 = summary(Some(TOKEN), "0", &call("42842e0e", &[SENDER, ALICE, "2a"]));
    assert_eq!(
        erc721.to_string(),
        format!(
            "ERC-721 transfer: 1 token with id 42 of {TOKEN} to {ALICE}, fee at most 0.002 ETH"
        )
    );
    let erc1155 = call("f242432a", &[SENDER, ALICE, "2a", "7", "a0", "0"]);
    let erc1155 = summary(Some(TOKEN), "0", &erc1155);
    assert_eq!(
        erc1155.to_string(),
        format!(
            "ERC-1155 transfer: 7 tokens with id 42 of {TOKEN} to {ALICE}, fee at most 0.002 ETH"
        )
    );
    assert_eq!(detail(&erc1155, "token owner"), None);
}

#[test]
fn lost_tokens_are_warned_of() {
    let zero = "0x0000000000000000000000000000000000000000";
    let burnt = summary(Some(zero), "1", "");
    assert!(burnt.warnings[0].contains("zero address"));
    let stuck = summary(Some(TOKEN), "0", &call("a9059cbb", &[TOKEN, "5"]));
    assert!(stuck.warnings[0].contains("token contract itself"));
}

#[test]
fn what_is_not_understood_is_said_to_be() {
    let unknown = summary(Some(TOKEN), "0", "0xdeadbeef00");
    assert_eq!(unknown.action, "call of the unknown method 0xdeadbeef");
    assert!(unknown.transfers.is_empty());
    let irregular = summary(Some(TOKEN), "0", &call("a9059cbb", &[ALICE]));
    assert_eq!(
        irregular.action,
        "call that resembles transfer(address,uint256)"
    );
    assert!(irregular.warnings[0].contains("what it does is not known"));
}

#[test]
fn a_new_contract_is_told_with_its_address() {
    let creation = summary(None, "2", "0x600a600c600039600a6000f3602a60005260206000f3");
    assert_eq!(creation.action, "contract creation");
    let address = detail(&creation, "new contract").unwrap();
    assert_eq!(creation.transfers[0].to, address);
    assert_eq!(address.len(), 42);
}
