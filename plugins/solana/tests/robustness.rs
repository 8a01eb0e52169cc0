//! Nothing that comes from outside makes the plugin panic, and only the block hash changes.

mod messages;

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_solana::SOLANA;
use messages::{Key, any_message, message};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// Every recorded message in bytes, and its keys.
static RECORDED: LazyLock<Vec<(Vec<u8>, KeySet)>> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = |case: &Value| {
        let request = case["pending"]["serializedTransaction"].as_str().unwrap();
        let request: Value = serde_json::from_str(request).unwrap();
        let bytes = hex::decode(request["txData"].as_str().unwrap()).unwrap();
        let wallets = case["wallets"].as_object().unwrap().values();
        let texts = wallets.map(|wallet| &wallet["privateKey"]);
        let texts = texts.chain(request.get("mintPK"));
        (bytes, keys(texts.map(|text| text.as_str().unwrap())))
    };
    cases.iter().map(case).collect()
});

fn keys<'a>(texts: impl Iterator<Item = &'a str>) -> KeySet {
    let mut keys = KeySet::default();
    for (number, text) in texts.enumerate() {
        let request = KeyRequest {
            id: format!("wallet {number}"),
            index: None,
        };
        let text = SecretText::new(text);
        keys.push(
            request,
            SOLANA.parse_private_key(Network::Mainnet, &text).unwrap(),
        );
    }
    keys
}

fn one_key() -> &'static KeySet {
    &RECORDED[0].1
}

fn block_hash() -> Value {
    json!({
        "method": "POST", "path": "/v3/blockchain/node/SOL/{apiKey}",
        "body": {"jsonrpc": "2.0", "method": "getLatestBlockhash"},
        "response": {"result": {"value": {
            "blockhash": "2gWuEmdPgpWiKyj8u58oQmqM5dzjZf5qqictiNPX7BMW",
            "lastValidBlockHeight": 900,
        }}},
    })
}

fn prepare_text(serialized: &str, keys: &KeySet) -> Result<(Unsigned, usize), TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "SOL", "hashes": ["wallet 0"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[block_hash()]);
    let signers = keys.signers(&SOLANA, Network::Mainnet).unwrap();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(SOLANA.prepare(&pending, signers, &node));
    let calls = node.seen().len();
    match outcome {
        Ok(unsigned) => Ok((unsigned, calls)),
        Err(error) => {
            assert_eq!(calls, 0, "a node was asked in vain: {error}");
            Err(error)
        }
    }
}

fn prepare(message: &[u8], keys: &KeySet) -> Result<Unsigned, TransactionError> {
    let text = json!({"txData": hex::encode(message)}).to_string();
    prepare_text(&text, keys).map(|(unsigned, calls)| {
        assert_eq!(calls, 1);
        unsigned
    })
}

/// Where the block hash stands in a message that is one.
fn hash_place(message: &[u8]) -> usize {
    4 + 32 * usize::from(message[3])
}

#[test]
fn missing_signers_are_named_before_a_node_is_asked() {
    let cases = &*RECORDED;
    let (message, keys) = &cases[1];
    let all = keys.signers(&SOLANA, Network::Mainnet).unwrap();
    let [first, second] = &all[..] else { panic!() };
    let only = |which: usize| {
        let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
        let wallets = vectors["transactions"][1]["wallets"].as_object().unwrap();
        let text = wallets.values().nth(which).unwrap()["privateKey"]
            .as_str()
            .unwrap()
            .to_owned();
        self::keys([text.as_str()].into_iter())
    };
    for (which, missing) in [(0, second), (1, first)] {
        let error = prepare(message, &only(which)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "refused: the transaction must also be signed by {}",
                missing.address
            )
        );
    }
}

#[test]
fn a_key_that_does_not_belong_is_named_before_a_node_is_asked() {
    let cases = &*RECORDED;
    let error = prepare(&cases[2].0, one_key()).unwrap_err();
    let address = &one_key().signers(&SOLANA, Network::Mainnet).unwrap()[0].address;
    assert_eq!(
        error.to_string(),
        format!("refused: no signer of the transaction has the address {address}")
    );
}

/// The same wallet may be named in both lists.
#[test]
fn a_key_that_is_there_twice_counts_once() {
    let cases = &*RECORDED;
    let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
    let wallet = vectors["transactions"][0]["wallets"].as_object().unwrap();
    let text = wallet.values().next().unwrap()["privateKey"]
        .as_str()
        .unwrap();
    let twice = keys([text, text].into_iter());
    let once = sign(
        &SOLANA,
        &prepare(&cases[0].0, one_key()).unwrap(),
        one_key(),
    )
    .unwrap();
    let unsigned = prepare(&cases[0].0, &twice).unwrap();
    assert_eq!(sign(&SOLANA, &unsigned, &twice).unwrap(), once);
}

#[test]
fn the_lent_key_enters_neither_the_body_nor_a_printed_value() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let with_key = cases.iter().filter_map(|case| {
        let text = case["pending"]["serializedTransaction"].as_str()?;
        let request: Value = serde_json::from_str(text).unwrap();
        let key = request["mintPK"].as_str()?.to_owned();
        Some((text.to_owned(), key))
    });
    let mut count = 0;
    for ((text, key), (_, keys)) in with_key.zip(
        RECORDED
            .iter()
            .filter(|(_, keys)| keys.signers(&SOLANA, Network::Mainnet).unwrap().len() == 2)
            .skip(2),
    ) {
        count += 1;
        let (unsigned, _) = prepare_text(&text, keys).unwrap();
        let seed = match key.len() {
            128 => hex::decode(&key).unwrap(),
            _ => bs58::decode(&key).into_vec().unwrap(),
        };
        assert!(
            !unsigned
                .body()
                .windows(16)
                .any(|part| seed[..32].windows(16).any(|it| it == part))
        );
        let shown = format!("{unsigned:?} {}", serde_json::to_string(&unsigned).unwrap());
        assert!(!shown.contains(&key) && !shown.contains(&hex::encode(&seed[..32])));
    }
    assert_eq!(count, 2);
}

#[test]
fn the_wire_form_is_signatures_and_then_the_frozen_message() {
    for (bytes, keys) in &*RECORDED {
        let unsigned = prepare(bytes, keys).unwrap();
        let signed = sign(&SOLANA, &unsigned, keys).unwrap();
        assert_eq!(signed.expiry, Some(900));
        let wire = BASE64_STANDARD.decode(&signed.tx_data).unwrap();
        let message = &wire[1 + 64 * usize::from(wire[0])..];
        assert_eq!(message, &unsigned.body()[8..]);
        let id = bs58::encode(&wire[1..65]).into_string();
        assert_eq!(id, signed.transaction_id);

        let place = hash_place(bytes);
        assert_eq!(message[..place], bytes[..place]);
        assert_eq!(message[place + 32..], bytes[place + 32..]);
        let hash = bs58::encode(&message[place..place + 32]).into_string();
        assert_eq!(hash, "2gWuEmdPgpWiKyj8u58oQmqM5dzjZf5qqictiNPX7BMW");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        prop_assert!(prepare_text(&text, one_key()).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        prop_assert!(prepare(&bytes, one_key()).is_err());
    }

    /// What is read is signed as it came, save the block hash.
    #[test]
    fn changed_bytes_are_kept_or_refused(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte: u8,
    ) {
        let cases = &*RECORDED;
        let (mut bytes, keys) = (case.get(cases).0.clone(), &case.get(cases).1);
        *position.get_mut(&mut bytes) = byte;
        if let Ok(unsigned) = prepare(&bytes, keys) {
            prop_assert!(SOLANA.summarize(Network::Mainnet, &unsigned).is_ok());
            prop_assert!(sign(&SOLANA, &unsigned, keys).is_ok());
            let place = hash_place(&bytes);
            let body = &unsigned.body()[8..];
            prop_assert_eq!(&body[..place], &bytes[..place]);
            prop_assert_eq!(&body[place + 32..], &bytes[place + 32..]);
        }
    }

    #[test]
    fn no_body_and_no_sent_bytes_panic(body: Vec<u8>) {
        let keys = one_key();
        let judge = SOLANA.rehearsal().unwrap();
        let sent = BASE64_STANDARD.encode(&body);
        prop_assert!(judge.verify(Network::Mainnet, &sent).is_err());
        let signers = keys.signers(&SOLANA, Network::Mainnet).unwrap();
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(SOLANA.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(SOLANA.preimages(&unsigned).is_err());
        prop_assert!(SOLANA.assemble(&unsigned, &[]).is_err());
    }

    #[test]
    fn changed_bodies_do_not_panic(
        case: prop::sample::Index,
        position: prop::sample::Index,
        byte: u8,
        len: prop::sample::Index,
    ) {
        let cases = &*RECORDED;
        let (bytes, keys) = case.get(cases);
        let unsigned = prepare(bytes, keys).unwrap();
        let mut body = unsigned.body().to_vec();
        *position.get_mut(&mut body) = byte;
        let signers = unsigned.signers().to_vec();
        let unsigned = Unsigned::new(signers.clone(), body.clone());
        let _ = SOLANA.summarize(Network::Mainnet, &unsigned);
        let _ = sign(&SOLANA, &unsigned, keys);
        body.truncate(len.index(body.len()));
        let unsigned = Unsigned::new(signers, body);
        prop_assert!(SOLANA.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(SOLANA.preimages(&unsigned).is_err());
        prop_assert!(SOLANA.assemble(&unsigned, &[]).is_err());
    }

    /// Every well-formed message is read, told and signed, whatever its instructions say.
    #[test]
    fn any_instructions_are_told_and_signed(parts in any_message()) {
        let keys = one_key();
        let payer = keys.signers(&SOLANA, Network::Mainnet).unwrap().swap_remove(0);
        let payer: Key = *payer.public_key.ed25519().unwrap();
        let Some(bytes) = message(payer, &parts) else { return Ok(()) };
        let unsigned = prepare(&bytes, keys).unwrap();
        let summary = SOLANA.summarize(Network::Mainnet, &unsigned).unwrap();
        prop_assert!(!summary.action.is_empty());
        prop_assert!(!summary.to_string().contains('\n'));
        prop_assert!(sign(&SOLANA, &unsigned, keys).is_ok());
    }
}
