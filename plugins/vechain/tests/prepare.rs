//! What is completed, from where, and what is refused.

use kms_core::{
    chain::{KeyRequest, KeySet, NodeError, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_vechain::VECHAIN;
use serde_json::{Value, json, value::RawValue};

const SENDER: &str = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";
const RECIPIENT: &str = "0x3535353535353535353535353535353535353535";
const GENESIS: &str = "0x000000000b2bce3c70bc649a02749e8687721b09ed2e15997f466536b20bb127";
const BEST: &str = "0x00fb2c3a9d4be5c3b3d1c9f7e3a70bd1a9d4be5c3b3d1c9f7e3a70bd1a9d4be5";

/// Takes `request` all the way on `network`, with a node that answers `calls`; says what was
/// asked as well.
fn run(
    network: Network,
    request: &str,
    calls: &[Value],
) -> (Result<(Summary, Assembled), TransactionError>, Vec<String>) {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "VET", "hashes": ["wallet"],
        "serializedTransaction": request,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    let signers = keys.signers(&VECHAIN, network).unwrap();
    let node = ScriptedNode::new(network, calls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let result = runtime
        .block_on(VECHAIN.prepare(&pending, signers, &node))
        .and_then(|unsigned| {
            let summary = VECHAIN.summarize(network, &unsigned)?;
            let assembled = sign(&VECHAIN, &unsigned, &keys)?;
            Ok((summary, assembled))
        });
    let asked = node.seen().into_iter().map(|call| call.path).collect();
    (result, asked)
}

fn simulation(outcome: Value) -> Value {
    json!({"method": "POST", "path": "/accounts/*?revision=best", "response": [outcome]})
}

fn success(gas_used: u64) -> Value {
    simulation(json!({"data": "0x", "gasUsed": gas_used, "reverted": false, "vmError": ""}))
}

fn block(path: &str, id: &str) -> Value {
    json!({"method": "GET", "path": path, "response": {"id": id}})
}

fn refusal(network: Network, request: &str, calls: &[Value]) -> TransactionError {
    match run(network, request, calls).0 {
        Ok((summary, _)) => panic!("signed: {summary}"),
        Err(error) => error,
    }
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn what_is_missing_is_asked_for_in_its_order() {
    let all = ["/accounts/*?revision=best", "/blocks/0", "/blocks/best"];
    for (members, asked) in [
        ("", &all[..]),
        (r#","chainTag":0"#, &all[..]),
        (r#","chainTag":39"#, &[all[0], all[2]][..]),
        (r#","blockRef":"0x00fb2c3a1122aabb""#, &all[..2]),
        (
            r#","chainTag":"0x27","blockRef":"0x00fb2c3a1122aabb""#,
            &all[..1],
        ),
    ] {
        let request = format!(r#"{{"to":"{RECIPIENT}","nonce":1{members}}}"#);
        let calls = [
            success(0),
            block("/blocks/0", GENESIS),
            block("/blocks/best", BEST),
        ];
        let (result, seen) = run(Network::Testnet, &request, &calls);
        let (summary, assembled) = result.unwrap();
        assert_eq!(seen, asked, "{members}");
        assert_eq!(detail(&summary, "chain tag"), Some("0x27"));
        assert_eq!(
            detail(&summary, "valid"),
            Some("for 720 blocks after block 16460858")
        );
        let judge = VECHAIN.rehearsal().unwrap();
        let verdict = judge.verify(Network::Testnet, &assembled.tx_data).unwrap();
        assert_eq!(verdict.signers[0].as_str(), SENDER);
        assert_eq!(verdict.transaction_id, assembled.transaction_id);
    }
}

#[test]
fn the_estimate_replaces_a_given_limit() {
    let request = format!(
        r#"{{"to":"{RECIPIENT}","nonce":0,"gas":9000000,"chainTag":39,"blockRef":"0x00fb2c3a1122aabb"}}"#
    );
    let (result, _) = run(Network::Testnet, &request, &[success(100)]);
    let (summary, _) = result.unwrap();
    assert_eq!(detail(&summary, "gas limit"), Some("36100"));
    assert_eq!(summary.nonce, Some(0));
}

#[test]
fn a_chain_tag_of_another_network_is_refused() {
    let request = |tag: u8| {
        format!(
            r#"{{"to":"{RECIPIENT}","nonce":1,"chainTag":{tag},"blockRef":"0x00fb2c3a1122aabb"}}"#
        )
    };
    for (network, tag) in [(Network::Mainnet, 0x27), (Network::Testnet, 0x4a)] {
        let error = refusal(network, &request(tag), &[success(0)]);
        assert!(
            error.to_string().starts_with("refused: chain tag"),
            "{error}"
        );
    }
    // From the node as well.
    let request = format!(r#"{{"to":"{RECIPIENT}"}}"#);
    let calls = [success(0), block("/blocks/0", GENESIS)];
    let error = refusal(Network::Mainnet, &request, &calls);
    assert!(
        error.to_string().starts_with("refused: chain tag"),
        "{error}"
    );
}

#[test]
fn answers_that_make_no_sense_are_told() {
    let request = format!(r#"{{"to":"{RECIPIENT}"}}"#);
    for (calls, told) in [
        (
            vec![json!({"method": "POST", "path": "/accounts/*?revision=best", "response": []})],
            "asked for the outcome of one clause, the node answered []",
        ),
        (
            vec![simulation(json!({"reverted": false}))],
            "asked for the outcome of one clause",
        ),
        (
            vec![simulation(json!({"reverted": true}))],
            "Returned error: Gas estimation failed: ",
        ),
        (
            vec![success(0), block("/blocks/0", "0x27")],
            "asked for the block id of /blocks/0",
        ),
        (
            vec![
                success(0),
                block("/blocks/0", GENESIS),
                block("/blocks/best", &BEST[2..]),
            ],
            "asked for the block id of /blocks/best",
        ),
    ] {
        let error = refusal(Network::Testnet, &request, &calls);
        assert!(error.to_string().starts_with(told), "{error}");
        assert!(!error.is_transient());
    }
}

#[test]
fn a_node_in_trouble_is_no_refusal() {
    let busy = json!({
        "method": "POST", "path": "/accounts/*?revision=best", "status": 503, "response": "busy",
    });
    let error = refusal(Network::Testnet, r#"{"to":null}"#, &[busy]);
    assert!(error.is_transient());
    assert!(matches!(
        error,
        TransactionError::Node(NodeError::Status { status: 503, .. })
    ));
}
