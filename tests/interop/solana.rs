//! Solana, in the eyes of @solana/web3.js, and in a real VM: transfers, transfers of tokens and
//! new tokens, whose key signs as well, are executed as they were asked for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::testkit::tally;
use kms_tests::{
    cloud::{Answer, Cloud},
    program::User,
};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each kind and network.
const ROUNDS: usize = 35;
const KINDS: [&str; 3] = ["transfer", "token", "mint"];
/// What the network takes for a signature.
const LAMPORTS_PER_SIGNATURE: u64 = 5000;
/// The rent of a token, and of an account for one with either program.
const MINT_RENT: u64 = 1_461_600;
const ACCOUNT_RENT: [u64; 2] = [2_039_280, 2_074_080];

#[test]
fn a_solana_vm_executes_what_is_signed() {
    let Some(solana) = Library::of("solana") else {
        return;
    };
    let hash = solana.ask("blockhash", &Value::Null);
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 502 } else { 501 });
        let user = session::user();
        let keys = wallets(&solana, &mut random, network, &user);
        let cases: Vec<Case> = (0..ROUNDS * KINDS.len())
            .map(|round| Case::draw(&mut random, KINDS[round % KINDS.len()], &keys))
            .collect();
        let asked: Vec<&Value> = cases.iter().map(|case| &case.asked).collect();
        let messages = solana.ask("messages", &json!(asked));
        let messages = messages.as_array().expect("a list");
        let pending: Vec<Value> = (0..)
            .zip(cases.iter().zip(messages))
            .map(|(number, (case, message))| case.pending(number, message))
            .collect();

        let cloud = Cloud::start();
        let sent = node(&cloud, text(&hash["latest"]));
        let ids = session::sign(&user, network, &cloud, "", &pending);

        let sent = sent.lock().expect("no test thread panicked");
        let asked: Vec<Value> = cases
            .iter()
            .zip(&ids)
            .map(|(case, id)| json!({"case": case.asked, "wire": sent[id]}))
            .collect();
        let found = solana.ask("transactions", &json!(asked));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, message), found) in cases.iter().zip(messages).zip(found) {
            let name = format!("{network:?}: {}: {found}", case.asked);
            // Nothing but the block hash has changed.
            let message = text(&message["txData"]);
            let message = message.replace(text(&hash["placeholderHex"]), text(&hash["latestHex"]));
            assert_eq!(found["message"], message, "{name}");
            assert_eq!(found["same"], true, "{name}");
            assert_eq!(found["valid"], true, "{name}");
            case.compare(found, &name);
            tally("nodes", 1_u64, "transactions of SOL executed by a node");
            // Not with a changed byte, and the same bytes never twice.
            assert!(
                text(&found["refused"]).contains("SignatureFailure"),
                "{name}"
            );
            assert!(text(&found["again"]).contains("AlreadyProcessed"), "{name}");
        }
        session::tally_transactions("SOL", cases.len());
    }
}

/// A node behind the cloud, with this block hash. Gives what it is sent, by id.
fn node(cloud: &Cloud, blockhash: &str) -> Arc<Mutex<HashMap<String, String>>> {
    let sent = Arc::new(Mutex::new(HashMap::new()));
    let (took, blockhash) = (Arc::clone(&sent), blockhash.to_owned());
    cloud.route("POST", "/v3/blockchain/node/SOL/*", move |request| {
        let call = request.json();
        let params = &call["params"];
        let result = match text(&call["method"]) {
            "getLatestBlockhash" => {
                assert_eq!(*params, json!([{"commitment": "finalized"}]));
                json!({
                    "context": {"slot": 1000},
                    "value": {"blockhash": blockhash, "lastValidBlockHeight": 900},
                })
            }
            "sendTransaction" => {
                let wire = text(&params[0]);
                let bytes = BASE64_STANDARD.decode(wire).expect("base64");
                let id = bs58::encode(&bytes[1..65]).into_string();
                let mut took = took.lock().expect("no test thread panicked");
                let earlier = took.insert(id.clone(), wire.to_owned());
                assert_eq!(earlier, None, "sent twice");
                json!(id)
            }
            "getTransaction" => json!({"slot": 1001, "meta": {"err": null}}),
            other => panic!("nobody asks for {other}"),
        };
        Answer::ok(&json!({"jsonrpc": "2.0", "id": call["id"], "result": result}))
    });
    sent
}

fn wallets(solana: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "indexes": [0, random.within(1..=0x7fff_ffff)],
            })
        })
        .collect();
    let wallets = solana.ask("wallets", &json!(asked));
    session::store(user, "SOL", network, &wallets)
}

/// A transaction that is asked for.
struct Case {
    /// In the words of `verify.mjs`.
    asked: Value,
    /// Who pays the fee, and who spends: often the same.
    payer: Key,
    from: Key,
    amount: u64,
    /// The most that the network takes beyond the signatures.
    priority_fee: u64,
}

impl Case {
    fn draw(random: &mut Random, kind: &str, keys: &[Key]) -> Self {
        let from = random.one_of(keys).clone();
        let payer = if random.coin() {
            from.clone()
        } else {
            random.one_of(keys).clone()
        };
        let bits = if kind == "transfer" { 36 } else { 64 };
        // What an account needs to exist, at least.
        let amount = u64::try_from(random.magnitude(bits)).expect("at most 64 bits");
        let amount = amount.max(1_000_000);
        let recipient = bs58::encode(random.bytes(32)).into_string();
        let mut asked = json!({
            "kind": kind, "payer": payer.address, "from": from.address, "to": recipient,
            "amount": amount.to_string(),
        });
        let mut priority_fee = 0;
        if kind != "mint" && random.coin() {
            let (price, limit) = (
                random.within(0..=1_000_000),
                random.within(100_000..=1_400_000),
            );
            asked["unitPrice"] = json!(price);
            asked["unitLimit"] = json!(limit);
            priority_fee = (price * limit).div_ceil(1_000_000);
        }
        if kind != "transfer" {
            asked["mintSeed"] = json!(random.hex(32));
            asked["decimals"] = json!(random.within(0..=18));
            asked["token2022"] = json!(random.coin());
            asked["checked"] = json!(random.coin());
            asked["hexKey"] = json!(random.coin());
            asked["rent"] = json!(MINT_RENT);
        }
        Self {
            asked,
            payer,
            from,
            amount,
            priority_fee,
        }
    }

    fn kind(&self) -> &str {
        text(&self.asked["kind"])
    }

    /// Single keys are named in `hashes`, those of mnemonics with their index in `signatures`.
    fn pending(&self, number: u64, message: &Value) -> Value {
        let mut request = json!({"txData": message["txData"]});
        if !message["mintPK"].is_null() {
            request["mintPK"] = message["mintPK"].clone();
        }
        let mut pending = self.payer.pending(number, "SOL", &request.to_string());
        let (mut hashes, mut signatures) = (Vec::new(), Vec::new());
        for key in [&self.from, &self.payer] {
            match key.index {
                None => hashes.push(json!(key.wallet)),
                Some(index) => signatures.push(json!({"id": key.wallet, "index": index})),
            }
        }
        pending["hashes"] = json!(hashes);
        pending["signatures"] = json!(signatures);
        pending["index"] = Value::Null;
        pending
    }

    /// What the VM has made of it.
    fn compare(&self, found: &Value, name: &str) {
        assert_eq!(found["error"], Value::Null, "{name}");
        assert_eq!(found["received"], self.amount.to_string(), "{name}");

        let mut signers = vec![self.payer.address.as_str()];
        if self.from.address != self.payer.address {
            signers.push(&self.from.address);
        }
        let found_signers: Vec<&str> = found["signers"]
            .as_array()
            .expect("a list")
            .iter()
            .map(text)
            .collect();
        assert_eq!(found_signers[0], signers[0], "{name}");
        assert!(
            signers.iter().all(|one| found_signers.contains(one)),
            "{name}"
        );
        let lent = usize::from(self.kind() == "mint");
        assert_eq!(found_signers.len(), signers.len() + lent, "{name}");

        let signatures = u64::try_from(found_signers.len()).expect("64 bits");
        let mut paid = signatures * LAMPORTS_PER_SIGNATURE + self.priority_fee;
        if self.kind() == "transfer" {
            if self.from.address == self.payer.address {
                paid += self.amount;
            }
        } else {
            assert_eq!(found["owner"], self.asked["to"], "{name}");
            assert_eq!(found["decimals"], self.asked["decimals"], "{name}");
            assert_eq!(found["supply"], self.amount.to_string(), "{name}");
            paid += ACCOUNT_RENT[usize::from(self.asked["token2022"] == true)];
        }
        if self.kind() == "mint" {
            assert_eq!(found["authority"], self.from.address.as_str(), "{name}");
            paid += MINT_RENT;
        }
        assert_eq!(found["paid"], paid.to_string(), "{name}");
    }
}
