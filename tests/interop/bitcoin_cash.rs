//! Bitcoin Cash, in the virtual machine of libauth.

use kms_tests::{cloud::Cloud, program::User, samples::pending_id};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each network.
const ROUNDS: u64 = 120;
const KEYS: usize = 12;

#[test]
fn libauth_runs_every_input_that_is_signed_for_bitcoin_cash() {
    let Some(libauth) = Library::of("bitcoin_cash") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 1451 } else { 1450 });
        let user = session::user();
        let wallets = wallets(&libauth, &mut random, network, &user);
        let singles = singles(&libauth, &mut random, network, &user);

        let cases: Vec<Case> = (0..ROUNDS)
            .map(|number| {
                let keys = if random.coin() { &wallets } else { &singles };
                Case::random(&mut random, number, keys)
            })
            .collect();
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let signed = session::sign(&user, network, &Cloud::start(), "", &pending);
        let ids = session::ids(&user, &pending);

        let question: Vec<Value> = cases
            .iter()
            .zip(&signed)
            .map(|(case, hex)| json!({"hex": hex, "coins": case.coins}))
            .collect();
        let found = libauth.ask("transactions", &json!(question));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            assert_eq!(*found, case.expected(id), "{network:?}: {}", case.pending);
        }
        session::tally_transactions("BCH", cases.len());
    }
}

/// The keys of random mnemonics of every length, at small and large indexes.
fn wallets(libauth: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "testnet": network.is_testnet(),
                "indexes": [0, 1, random.within(2..=0x7fff_ffff)],
            })
        })
        .collect();
    let wallets = libauth.ask("wallets", &json!(asked));
    let mut keys = session::store(user, "BCH", network, &wallets);
    keys.retain(|key| key.index.is_some());
    keys
}

/// Single keys, some of which are known by their long public key.
fn singles(libauth: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = (0..KEYS)
        .map(|number| {
            json!({
                "secret": random.hex(32),
                "testnet": network.is_testnet(),
                "compressed": number % 3 > 0,
            })
        })
        .collect();
    libauth
        .ask("keys", &json!(asked))
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| session::store_single(user, "BCH", network, key))
        .collect()
}

/// A transaction, as it is asked for and as it must come back.
struct Case {
    pending: Value,
    /// What is spent.
    coins: Vec<Value>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    locktime: u64,
}

impl Case {
    /// A key for each input, or one key for all of them.
    fn random(random: &mut Random, number: u64, keys: &[Key]) -> Self {
        let count = 1 + random.index(5);
        let first = random.index(keys.len());
        let owners: Vec<&Key> = if random.coin() {
            vec![&keys[first]; count]
        } else {
            keys.iter().cycle().skip(first).take(count).collect()
        };
        let mut coins = Vec::new();
        let mut inputs = Vec::new();
        let mut amounts = Vec::new();
        let mut spent = 0;
        for owner in &owners {
            // Up to 2^50, and never too little for the fee.
            let satoshis = 20_000 + u64::try_from(random.magnitude(50)).expect("50 bits");
            spent += satoshis;
            amounts.push(satoshis);
            coins.push(json!({"script": owner.known["script"], "satoshis": satoshis.to_string()}));
            let sequence = *random.one_of(&[0xffff_ffff_u64, 0xffff_fffe, 0xffff_fffd]);
            inputs.push(json!({
                "hash": random.hex(32),
                "index": random.within(0..=60_000),
                "sequence": sequence,
            }));
        }
        let mut left = spent - random.within(200..=10_000);
        let mut outputs = Vec::new();
        for _ in 0..random.within(1..=3) {
            let satoshis = random.within(1..=left / 4);
            left -= satoshis;
            let script = match random.within(0..=2) {
                0 => format!("76a914{}88ac", random.hex(20)),
                1 => format!("a914{}87", random.hex(20)),
                _ => format!("6a10{}", random.hex(16)),
            };
            outputs.push(json!({"script": script, "satoshis": satoshis.to_string()}));
        }
        outputs.push(json!({"script": owners[0].known["script"], "satoshis": left.to_string()}));
        let locktime = if random.coin() {
            0
        } else {
            random.within(1..=800_000)
        };

        // In the order of the inputs, which is what counts.
        let (mut hashes, mut signatures) = (Vec::new(), Vec::new());
        for owner in &owners {
            match owner.index {
                None => hashes.push(json!(owner.wallet)),
                Some(index) => signatures.push(json!({"id": owner.wallet, "index": index})),
            }
        }
        let unsigned = serialize(random.within(1..=2), &inputs, &outputs, locktime);
        let pending = json!({
            "id": pending_id(number),
            "chain": "BCH",
            "serializedTransaction": format!("{unsigned}:{}", json!(amounts)),
            "hashes": hashes,
            "signatures": signatures,
        });
        Self {
            pending,
            coins,
            inputs,
            outputs,
            locktime,
        }
    }

    /// What libauth must say: a change of anything makes every input invalid, as each signature
    /// is for all of the transaction.
    fn expected(&self, id: &str) -> Value {
        let every = |taken: bool| vec![taken; self.inputs.len()];
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|input| {
                let mut hash = hex::decode(text(&input["hash"])).expect("hex");
                hash.reverse();
                let mut input = input.clone();
                input["hash"] = json!(hex::encode(hash));
                input
            })
            .collect();
        json!({
            "id": id,
            "version": 2,
            "locktime": self.locktime,
            "inputs": inputs,
            "outputs": self.outputs,
            "same": true,
            "accepted": every(true),
            "tampered": {
                "payment": every(false),
                "recipient": every(false),
                "sequence": every(false),
                "locktime": every(false),
                "version": every(false),
                "outpoint": every(false),
                "signature": every(false),
                "amount": every(false),
            },
        })
    }
}

/// The transaction without signatures, as it goes over the wire.
fn serialize(version: u64, inputs: &[Value], outputs: &[Value], locktime: u64) -> String {
    let mut hex = word(version);
    hex += &byte(inputs.len());
    for input in inputs {
        let index = input["index"].as_u64().expect("a number");
        let sequence = input["sequence"].as_u64().expect("a number");
        hex += &format!(
            "{}{}00{}",
            text(&input["hash"]),
            word(index),
            word(sequence)
        );
    }
    hex += &byte(outputs.len());
    for output in outputs {
        let satoshis: u64 = text(&output["satoshis"]).parse().expect("a number");
        let script = text(&output["script"]);
        hex += &hex::encode(satoshis.to_le_bytes());
        hex += &byte(script.len() / 2);
        hex += script;
    }
    hex + &word(locktime)
}

fn word(number: u64) -> String {
    hex::encode(u32::try_from(number).expect("32 bits").to_le_bytes())
}

/// A count below 0xfd.
fn byte(count: usize) -> String {
    format!("{:02x}", u8::try_from(count).expect("a few"))
}
