//! Nothing that comes from outside makes the plugin panic, and nothing is lost on the way.

use std::sync::OnceLock;

use kms_core::{
    chain::{ChainPlugin as _, KeyRequest, KeySet, Network, PendingTransaction, Signer, Unsigned},
    keys::SecretKey,
    testkit::ScriptedNode,
};
use kms_flow::FLOW;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

struct Recorded {
    texts: Vec<String>,
    calls: Vec<Value>,
    signers: Vec<Signer>,
    body: Vec<u8>,
}

fn recorded() -> &'static Recorded {
    static RECORDED: OnceLock<Recorded> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let vectors: Value = serde_json::from_str(include_str!("vectors/FLOW.json")).unwrap();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let case = vectors["transactions"][0].clone();
        let semantic = list(&vectors["semantic"]["transactions"]);
        let texts = list(&vectors["transactions"])
            .iter()
            .chain(&semantic)
            .map(|case| {
                let text = case["pending"]["serializedTransaction"].as_str();
                text.unwrap().to_owned()
            })
            .collect();
        let mut keys = KeySet::default();
        keys.push(
            KeyRequest {
                id: "a".to_owned(),
                index: None,
            },
            SecretKey::secp256k1(&[7; 32]).unwrap(),
        );
        let mut recorded = Recorded {
            texts,
            calls: list(&case["calls"]),
            signers: keys.signers(&FLOW, Network::Testnet).unwrap(),
            body: Vec::new(),
        };
        let unsigned = prepare(&recorded, &recorded.texts[0]).unwrap();
        recorded.body = unsigned.body().to_vec();
        recorded
    })
}

fn prepare(recorded: &Recorded, text: &str) -> Result<Unsigned, String> {
    let json = json!({
        "id": "1", "chain": "FLOW", "serializedTransaction": text, "hashes": ["a"],
    });
    let raw = RawValue::from_string(json.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).map_err(|error| error.to_string())?;
    let node = ScriptedNode::new(Network::Testnet, &recorded.calls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let prepared = FLOW.prepare(&pending, recorded.signers.clone(), &node);
    runtime
        .block_on(prepared)
        .map_err(|error| error.to_string())
}

/// What is prepared is summarised and signed; nothing else is asked of it.
fn survive(unsigned: &Unsigned) {
    let _ = FLOW
        .summarize(Network::Testnet, unsigned)
        .map(|it| it.to_string());
    let _ = FLOW.preimages(unsigned);
    let _ = FLOW.assemble(unsigned, &[]);
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        prop_assert!(prepare(recorded(), &text).is_err());
    }

    #[test]
    fn changed_requests_are_refused_or_prepared(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte in 0x20_u8..0x7f,
    ) {
        let mut bytes = case.get(&recorded().texts).clone().into_bytes();
        *position.get_mut(&mut bytes) = byte;
        if let Ok(unsigned) = prepare(recorded(), &String::from_utf8_lossy(&bytes)) {
            prop_assert!(FLOW.summarize(Network::Testnet, &unsigned).is_ok());
            prop_assert!(FLOW.preimages(&unsigned).is_ok());
        }
    }

    #[test]
    fn changed_bodies_are_refused_or_told(position: prop::sample::Index, byte: u8) {
        let recorded = recorded();
        let mut body = recorded.body.clone();
        *position.get_mut(&mut body) = byte;
        survive(&Unsigned::new(recorded.signers.clone(), body));
    }

    #[test]
    fn no_body_panics(body: Vec<u8>) {
        survive(&Unsigned::new(recorded().signers.clone(), body));
    }

    #[test]
    fn custom_texts_are_signed_as_they_are(script in "[^\\s].{0,40}", value in ".{0,40}") {
        let request = json!({"type": 8, "body": {
            "account": "0xa5712347b6b841e7",
            "transaction": script,
            "args": [{"type": "String", "value": value}],
        }});
        let unsigned = prepare(recorded(), &request.to_string()).unwrap();
        let argument = json!({"type": "String", "value": value}).to_string();
        for part in [script.as_bytes(), argument.as_bytes()] {
            prop_assert!(unsigned.body().windows(part.len()).any(|window| window == part));
        }
        prop_assert!(FLOW.summarize(Network::Testnet, &unsigned).is_ok());
        prop_assert!(FLOW.summarize(Network::Mainnet, &unsigned).is_err());
    }

    #[test]
    fn no_broadcast_panics_the_judge(text in ".*") {
        let judge = FLOW.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Testnet, &text).is_err());
    }
}
