//! A node, a cloud or a journal that lies is caught before anything is signed, or before anything
//! leaves; and nothing that comes from outside makes the plugin panic.

use std::{collections::BTreeMap, sync::LazyLock};

use kms_cardano::{CARDANO, Envelope, SignedTransaction, TransactionBody};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction, sign},
    prelude::*,
    testkit::{ScriptedNode, fuzz::Target},
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// A recorded case whose node can be made to lie.
#[derive(Clone)]
struct Case(Value);

impl Case {
    fn recorded(name: &str) -> Self {
        static VECTORS: LazyLock<Value> =
            LazyLock::new(|| serde_json::from_str(include_str!("vectors/ADA.json")).unwrap());
        let cases = VECTORS["transactions"].as_array().unwrap();
        Self(
            cases
                .iter()
                .find(|case| case["name"] == name)
                .unwrap()
                .clone(),
        )
    }

    fn network(&self) -> Network {
        Network::from_testnet_flag(self.0["testnet"].as_bool().unwrap())
    }

    /// The node's answer to a step.
    fn answer(&mut self, step: &str) -> &mut Value {
        let calls = self.0["calls"].as_array_mut().unwrap();
        let call = calls
            .iter_mut()
            .find(|call| call["path"].as_str().unwrap().ends_with(step))
            .unwrap();
        &mut call["response"]
    }

    /// The body that the node made.
    fn body(&mut self) -> Vec<u8> {
        let text = self.answer("payloads")["unsigned_transaction"].clone();
        content(text.as_str().unwrap())
    }

    /// A node that makes another body, and hashes it as it should.
    fn with_body(mut self, body: &[u8]) -> Self {
        let answer = self.answer("payloads");
        answer["unsigned_transaction"] = json!(envelope(body));
        let hash = blake2b(body);
        for payload in answer["payloads"].as_array_mut().unwrap() {
            payload["hex_bytes"] = json!(hash);
        }
        self
    }

    /// A node that makes this body: `from` replaced by `to`, in hexadecimal digits.
    fn with_body_changed(mut self, from: &str, to: &str) -> Self {
        let body = hex::encode(self.body());
        assert_eq!(body.matches(from).count(), 1, "{from} in {body}");
        self.with_body(&hex::decode(body.replace(from, to)).unwrap())
    }

    fn keys(&self) -> KeySet {
        let wallets: BTreeMap<String, Value> =
            serde_json::from_value(self.0["wallets"].clone()).unwrap();
        let mut keys = KeySet::default();
        for (id, entry) in wallets {
            let text = SecretText::new(entry["privateKey"].as_str().unwrap());
            let key = CARDANO.parse_private_key(self.network(), &text).unwrap();
            keys.push(KeyRequest { id, index: None }, key);
        }
        keys
    }

    fn node(&self) -> ScriptedNode {
        ScriptedNode::new(self.network(), self.0["calls"].as_array().unwrap())
    }

    fn prepare_with(&self, node: &ScriptedNode) -> Result<Unsigned, TransactionError> {
        let raw = RawValue::from_string(self.0["pending"].to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let signers = self.keys().signers(&CARDANO, self.network()).unwrap();
        block_on(CARDANO.prepare(&pending, signers, node))
    }

    fn prepare(&self) -> Result<Unsigned, TransactionError> {
        self.prepare_with(&self.node())
    }

    /// Why it is not signed.
    #[track_caller]
    fn refusal(&self) -> String {
        match self.prepare() {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it would have been signed"),
        }
    }

    fn cosign(&self) -> Result<Assembled, SubmitError> {
        let unsigned = self.prepare().unwrap();
        let assembled = sign(&CARDANO, &unsigned, &self.keys()).unwrap();
        block_on(CARDANO.cosign(&unsigned, assembled, &self.node()))
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn blake2b(bytes: &[u8]) -> String {
    use blake2::Digest as _;
    hex::encode(blake2::Blake2b256::digest(bytes))
}

/// `["<hex>", {}]`, for contents of 128 to 32767 bytes.
fn envelope(content: &[u8]) -> String {
    let text = hex::encode(content);
    let len = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![0x82, 0x79];
    bytes.extend(len.to_be_bytes());
    bytes.extend(text.bytes());
    bytes.push(0xa0);
    hex::encode(bytes)
}

/// What an envelope with a text of 24 to 65535 bytes holds.
fn content(envelope: &str) -> Vec<u8> {
    let bytes = hex::decode(envelope).unwrap();
    let (len, start) = match bytes[1] {
        0x78 => (usize::from(bytes[2]), 3),
        _ => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
    };
    hex::decode(&bytes[start..start + len]).unwrap()
}

/// One input, a payment, change.
const SIMPLE: &str = "private-key-wallet-one-input-with-change";
/// Two inputs of two keys, two payments, change.
const TWO_KEYS: &str = "two-inputs-two-keys-and-three-outputs";

#[test]
fn what_the_node_makes_is_signed_when_it_is_what_was_asked_for() {
    for name in [SIMPLE, TWO_KEYS] {
        let mut case = Case::recorded(name);
        let body = case.body();
        assert!(case.clone().with_body(&body).prepare().is_ok());
    }
}

/// The ledger's notation since the Conway era: a tagged set of inputs, outputs as maps.
#[test]
fn the_notation_of_newer_nodes_is_signed_as_it_is() {
    let mut case = Case::recorded(SIMPLE);
    let old = hex::encode(case.body());
    let new = old
        .replacen("a4008182", "a400d901028182", 1)
        .replacen("82581d60098123", "a200581d60098123", 1)
        .replacen("1a001e8480", "011a001e8480", 1)
        .replacen("82581d60bec9f8", "a200581d60bec9f8", 1)
        .replacen("1a0ff08da3", "011a0ff08da3", 1);
    assert_ne!(old, new);
    let body = hex::decode(&new).unwrap();
    let case = case.with_body(&body);
    let unsigned = case.prepare().unwrap();
    let signed = sign(&CARDANO, &unsigned, &case.keys()).unwrap();
    assert_eq!(signed.transaction_id, blake2b(&body));
    let transaction = content(&signed.tx_data);
    assert_eq!(&transaction[1..=body.len()], body.as_slice());
}

#[test]
fn another_body_than_was_asked_for_is_not_signed() {
    let case = Case::recorded(SIMPLE);
    let refusal = |from: &str, to: &str| case.clone().with_body_changed(from, to).refusal();
    // The coin's transaction and its output number.
    assert!(refusal("2ec4e516", "2ec4e517").contains("spends 2ec4e517"));
    assert!(refusal("c57b010182", "c57b020182").contains("c57b:2, which nobody asked for"));
    // Amounts, by one lovelace; the recipient; the fee.
    assert!(refusal("1a001e8480", "1a001e8481").contains(
        "output 0 of the node's transaction pays 2000001 lovelace to addr_test1vqyczglsptm79k8eser07sjh2h3u8ywswlxfqjtgh0udwagn7z3hl, asked for was 2000000 lovelace"
    ));
    assert!(refusal("1a0ff08da3", "1a0ff08da2").contains("output 1"));
    assert!(refusal("60098123", "60098124").contains("output 0"));
    assert!(
        refusal("021a00029810", "021a00029811")
            .contains("the fee of the node's transaction is 170001 lovelace, asked for was 170000")
    );
}

#[test]
fn more_than_was_asked_for_is_not_signed() {
    let mut case = Case::recorded(SIMPLE);
    let body = case.body();
    for (field, name) in [
        (4, "certificates"),
        (5, "withdrawals"),
        (9, "mint"),
        (99, "unknown"),
    ] {
        let mut more = body.clone();
        more[0] = 0xa5;
        more.extend(if field < 24 {
            vec![field]
        } else {
            vec![0x18, field]
        });
        more.push(0x80);
        let refusal = case.clone().with_body(&more).refusal();
        assert!(refusal.contains(name), "{refusal}");
    }
    // A field twice, bytes after the end, half a body.
    let mut twice = body.clone();
    twice[0] = 0xa5;
    twice.extend([0x02, 0x00]);
    assert!(case.clone().with_body(&twice).refusal().contains("twice"));
    let longer = [&body[..], &[0x00]].concat();
    assert!(
        case.clone()
            .with_body(&longer)
            .refusal()
            .contains("after its end")
    );
    let shorter = &body[..body.len() - 1];
    assert!(
        case.clone()
            .with_body(shorter)
            .refusal()
            .contains("not readable")
    );
}

#[test]
fn only_the_hash_of_the_body_is_signed() {
    for name in [SIMPLE, TWO_KEYS] {
        let mut case = Case::recorded(name);
        let last = case.answer("payloads")["payloads"]
            .as_array()
            .unwrap()
            .len()
            - 1;
        for hash in ["00".repeat(32), String::new(), "00".repeat(33)] {
            case.answer("payloads")["payloads"][last]["hex_bytes"] = json!(hash);
            let refusal = case.refusal();
            assert!(
                refusal.contains("is not the hash of the node's transaction"),
                "{refusal}"
            );
        }
        let mut case = Case::recorded(name);
        case.answer("payloads")["payloads"][last]["signature_type"] = json!("ecdsa");
        assert!(case.refusal().contains("no Ed25519 payload"));
    }
}

#[test]
fn every_owner_of_a_coin_signs_once_and_nobody_else() {
    let mut case = Case::recorded(TWO_KEYS);
    let payloads = case.answer("payloads")["payloads"].clone();
    let with = |list: Value| {
        let mut case = case.clone();
        case.answer("payloads")["payloads"] = list;
        case
    };
    let [one, two] = [&payloads[0], &payloads[1]];
    assert!(with(json!([two, one])).prepare().is_ok());
    assert!(
        with(json!([one]))
            .refusal()
            .contains("the node asks for no signature of addr1")
    );
    assert!(
        with(json!([]))
            .refusal()
            .contains("the node asks for no signature of addr1")
    );
    assert!(
        with(json!([one, two, one]))
            .refusal()
            .contains("none that is missing")
    );
    let mut stranger = one.clone();
    stranger["account_identifier"]["address"] =
        json!("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8");
    assert!(
        with(json!([one, two, stranger]))
            .refusal()
            .contains("none that is missing")
    );
    stranger["account_identifier"] = json!(null);
    assert!(
        with(json!([one, two, stranger]))
            .refusal()
            .contains("does not say whose")
    );
    assert!(with(json!("x")).refusal().contains("has no payloads"));
}

/// Whoever asks for a signature of a stranger's coin is refused before a node hears of it.
#[test]
fn a_coin_of_a_stranger_is_named_and_nobody_is_asked() {
    let mut case = Case::recorded(SIMPLE);
    let text = case.0["pending"]["serializedTransaction"].as_str().unwrap();
    let stranger = "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz";
    let own = "addr_test1vzlvn7z953u9htvuxxgwt7494lzyl4cm0sus3uyyxacmx0qd40ja8";
    case.0["pending"]["serializedTransaction"] = json!(text.replacen(own, stranger, 1));
    let node = case.node();
    let error = case.prepare_with(&node).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "refused: none of the named wallets has the key of {stranger}, whose coin is spent"
        )
    );
    assert!(node.seen().is_empty());
}

#[test]
fn the_calls_carry_the_key_only_as_a_placeholder() {
    let case = Case::recorded(SIMPLE);
    let node = case.node();
    let unsigned = case.prepare_with(&node).unwrap();
    let assembled = sign(&CARDANO, &unsigned, &case.keys()).unwrap();
    block_on(CARDANO.cosign(&unsigned, assembled, &node)).unwrap();
    let recorded = case.0["calls"].as_array().unwrap();
    let recorded: Vec<_> = recorded
        .iter()
        .filter(|call| !call["path"].as_str().unwrap().ends_with("derive"))
        .collect();
    let seen = node.seen();
    assert_eq!(seen.len(), recorded.len());
    for (seen, recorded) in seen.iter().zip(recorded) {
        assert_eq!(seen.auth, NodeAuth::HeaderAndPath);
        assert!(
            seen.path
                .contains("/cardano-preprod/{apiKey}/construction/")
        );
        assert_eq!(seen.body.as_ref(), Some(&recorded["body"]));
    }
}

#[test]
fn a_fee_that_can_only_be_a_mistake_needs_the_owners_word() {
    let mut case = Case::recorded(SIMPLE);
    let text = case.0["pending"]["serializedTransaction"].as_str().unwrap();
    // 5,000,001 lovelace in place of 170,000.
    let text = text.replace("\"267423139\"", "\"262593138\"");
    case.0["pending"]["serializedTransaction"] = json!(text);
    let body = hex::encode(case.body())
        .replace("1a0ff08da3", "1a0fa6da72")
        .replace("021a00029810", "021a004c4b41");
    let case = case.with_body(&hex::decode(body).unwrap());
    assert_eq!(
        case.refusal(),
        "refused: the fee of 5.000001 ADA is above 5 ADA, which can only be a mistake; --chain-option ADA.max-fee=5.000001 allows it"
    );
    let allowed = case.node().with_option("max-fee", "5.000001");
    assert!(case.prepare_with(&allowed).is_ok());
    let [option] = CARDANO.options() else {
        panic!("one option");
    };
    assert!((option.accepts)(option.default) && (option.accepts)("0.5"));
    assert!(!(option.accepts)("-1") && !(option.accepts)("0.0000001"));
}

#[test]
fn what_the_node_combines_must_be_what_was_signed() {
    let case = Case::recorded(TWO_KEYS);
    let recorded = case.clone().answer("combine")["signed_transaction"].clone();
    let done = case.cosign().unwrap();
    assert_eq!(json!(done.tx_data), recorded);
    let transaction = hex::encode(content(recorded.as_str().unwrap()));
    let combined = |transaction: &str| {
        let mut case = case.clone();
        let bytes = hex::decode(transaction).unwrap();
        case.answer("combine")["signed_transaction"] = json!(envelope(&bytes));
        case.cosign()
    };
    // Another extra beside it, and today's notation of the set of witnesses, are as good.
    assert!(combined(&transaction).is_ok());
    assert!(combined(&transaction.replacen("a1008282", "a100d901028282", 1)).is_ok());
    let (head, tail) = transaction.split_at(transaction.find("a1008282").unwrap());
    let witness = 2 * (3 + 32 + 2 + 64);
    let (first, second) = tail[6..tail.len() - 4].split_at(witness);
    let with = |witnesses: &str| format!("{head}a100{witnesses}f5f6");
    // Another last byte of the signature.
    let turned = |witness: &str| {
        let (rest, last) = witness.split_at(witness.len() - 2);
        format!("{rest}{}", if last == "00" { "01" } else { "00" })
    };
    assert!(combined(&with(&format!("82{second}{first}"))).is_ok());
    for (transaction, reason) in [
        (with(&format!("81{first}")), "other signatures"),
        (with(&format!("82{first}{first}")), "other signatures"),
        (
            with(&format!("83{first}{second}{second}")),
            "other signatures",
        ),
        (
            with(&format!("82{first}{}", turned(second))),
            "other signatures",
        ),
        (
            transaction.replacen("021a0003d090", "021a0003d091", 1),
            "another body",
        ),
        (transaction.replacen("f5f6", "f5a0", 1), "auxiliary data"),
        (transaction.replacen("f5f6", "f4f6", 1), "a script fails"),
    ] {
        let error = combined(&transaction).unwrap_err();
        assert!(matches!(error, SubmitError::Rejected(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains(reason), "{text}");
    }
    let mut mute = case.clone();
    *mute.answer("combine") = json!({});
    let error = mute.cosign().unwrap_err();
    assert!(matches!(error, SubmitError::Rejected(_)) && error.to_string().contains("none"));
    // An answer that is not even the node's decides nothing.
    *mute.answer("combine") = json!("gateway");
    assert!(matches!(mute.cosign(), Err(SubmitError::NotSent(_))));
}

/// Rosetta answers every error with status 500.
#[test]
fn a_node_that_has_decided_is_not_asked_again() {
    let refused = |step: &str, status: u16, retriable: Value| {
        let mut case = Case::recorded(SIMPLE);
        let calls = case.0["calls"].as_array_mut().unwrap();
        let call = calls
            .iter_mut()
            .find(|call| call["path"].as_str().unwrap().ends_with(step))
            .unwrap();
        call["status"] = json!(status);
        call["response"] = json!({"code": 4015, "message": "no", "retriable": retriable});
        case
    };
    for step in ["preprocess", "metadata", "payloads"] {
        let error = refused(step, 500, json!(false)).prepare().unwrap_err();
        assert!(!error.is_transient());
        assert_eq!(
            error.report_text(),
            r#"ApiError: {"code":4015,"message":"no","retriable":false}"#
        );
        let error = refused(step, 400, Value::Null).prepare().unwrap_err();
        assert!(!error.is_transient() && error.report_text().starts_with("ApiError: {"));
        assert!(
            refused(step, 500, json!(true))
                .prepare()
                .unwrap_err()
                .is_transient()
        );
        assert!(
            refused(step, 502, json!(false))
                .prepare()
                .unwrap_err()
                .is_transient()
        );
    }
    let error = refused("combine", 500, json!(false)).cosign().unwrap_err();
    assert_eq!(
        error.report_text(CARDANO.refusal_style()),
        r#"ApiError: {"code":4015,"message":"no","retriable":false}"#
    );
    let error = refused("combine", 500, json!(true)).cosign();
    assert!(matches!(error, Err(SubmitError::NotSent(_))));
}

#[test]
fn a_repeated_transaction_is_given_up_when_it_can_no_longer_land() {
    let case = Case::recorded(SIMPLE);
    let done = case.cosign().unwrap();
    assert_eq!(done.expiry, Some(112_233_445));
    let submit = |seconds_after_ttl: u64, coin: &str, attempt| {
        let path = |step: &str| format!("/v3/blockchain/node/cardano-preprod/API-KEY/{step}");
        let time = (1_655_769_600 + 112_233_445 - 86_400 + seconds_after_ttl) * 1000;
        let calls = [
            json!({"method": "POST", "path": path("network/status"), "response":
                {"current_block_timestamp": time}}),
            json!({"method": "POST", "path": path("account/coins"), "response":
                {"coins": [{"coin_identifier": {"identifier": coin}}]}}),
        ];
        let node = ScriptedNode::new(Network::Testnet, &calls);
        let outcome = block_on(CARDANO.submit(&done, attempt, &node));
        (outcome, node.seen().len())
    };
    let coin = "2ec4e5160c10b9123735d1b9dffef4af5e8f85ad511561279894decdeb8dc57b:1";
    let other = "2ec4e5160c10b9123735d1b9dffef4af5e8f85ad511561279894decdeb8dc57b:0";
    let (outcome, _) = submit(301, coin, Attempt::Repeat);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "expired: the ttl was slot 112233445, the chain is at slot 112233746"
    );
    // Spent already, perhaps by this very transaction; too early to tell; sent for the first time.
    for (seconds, coin, attempt, calls) in [
        (301, other, Attempt::Repeat, 2),
        (300, coin, Attempt::Repeat, 1),
        (301, coin, Attempt::First, 0),
    ] {
        let (outcome, seen) = submit(seconds, coin, attempt);
        assert_eq!(outcome.unwrap().tx_data, done.tx_data);
        assert_eq!(seen, calls);
    }
    // A node without such calls.
    let mute = ScriptedNode::new(Network::Testnet, &[]);
    let outcome = block_on(CARDANO.submit(&done, Attempt::Repeat, &mute));
    assert_eq!(outcome.unwrap().tx_data, done.tx_data);
}

#[test]
fn the_network_is_frozen_with_the_body() {
    let unsigned = Case::recorded(SIMPLE).prepare().unwrap();
    assert!(CARDANO.summarize(Network::Testnet, &unsigned).is_ok());
    assert!(CARDANO.summarize(Network::Mainnet, &unsigned).is_err());
}

#[test]
fn the_sandboxs_transactions_hold_their_properties_under_changes() {
    let target = Target::new(&CARDANO);
    let seeds = target.seeds();
    assert!(seeds.len() >= 3);
    for seed in seeds {
        let signed = target.serialized_transaction(seed.as_bytes()).unwrap();
        target.signed_transaction(signed.tx_data.as_bytes());
        for position in (0..seed.len()).step_by(seed.len() / 50) {
            let mut bytes = seed.clone().into_bytes();
            bytes[position] ^= 1;
            let _ = target.serialized_transaction(&bytes);
        }
    }
}

proptest! {
    /// Whatever byte of the body or of the envelope the node changes: nothing else is signed.
    #[test]
    fn no_changed_byte_of_the_body_is_signed(at: prop::sample::Index, byte: u8, two_keys: bool) {
        let mut case = Case::recorded(if two_keys { TWO_KEYS } else { SIMPLE });
        let body = case.body();
        let mut changed = body.clone();
        *at.get_mut(&mut changed) = byte;
        let outcome = case.with_body(&changed).prepare();
        // The ttl, which stands at the end, is the node's to choose.
        let is_same = changed[..body.len() - 5] == body[..body.len() - 5];
        prop_assert!(is_same || outcome.is_err(), "{}", hex::encode(changed));
    }

    #[test]
    fn no_changed_byte_of_the_combined_transaction_leaves(at: prop::sample::Index, byte: u8) {
        let mut case = Case::recorded(SIMPLE);
        let recorded = case.answer("combine")["signed_transaction"].clone();
        let mut changed = content(recorded.as_str().unwrap());
        let before = changed.clone();
        *at.get_mut(&mut changed) = byte;
        case.answer("combine")["signed_transaction"] = json!(envelope(&changed));
        prop_assert_eq!(case.cosign().is_ok(), changed == before);
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let mut case = Case::recorded(SIMPLE);
        case.0["pending"]["serializedTransaction"] = json!(text);
        prop_assert!(case.prepare().is_err());
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let unsigned = Unsigned::new(Vec::new(), bytes.clone());
        prop_assert!(CARDANO.summarize(Network::Mainnet, &unsigned).is_err());
        prop_assert!(CARDANO.preimages(&unsigned).is_err());
        prop_assert!(CARDANO.assemble(&unsigned, &[]).is_err());
        let judge = CARDANO.rehearsal().unwrap();
        prop_assert!(judge.verify(Network::Mainnet, &hex::encode(&bytes)).is_err());
        let _ = TransactionBody::decode(&bytes);
        let _ = SignedTransaction::decode(&bytes);
        let _ = Envelope::parse(&hex::encode(&bytes));
    }
}
