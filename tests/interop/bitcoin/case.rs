//! A random transaction, and what the library must find in it.

use kms_tests::samples::pending_id;
use serde_json::{Value, json};

use super::Chain;
use crate::{
    random::Random,
    session::{Key, text},
};

/// From so many on, a list's length takes three bytes.
const LONG: u64 = 0xfd;

/// A coin that is spent, and its owner.
struct Input {
    owner: Key,
    kind: &'static str,
    txid: String,
    index: u64,
    sequence: u64,
    satoshis: u64,
}

impl Input {
    fn script(&self) -> &str {
        text(&self.owner.known["scripts"][self.kind])
    }

    /// What has to stand where the kind of coin wants it.
    fn expected(&self) -> Value {
        let key = text(&self.owner.known["publicKey"]);
        let program = &self.owner.known["scripts"]["p2wpkh"];
        let (script_sig, witness) = match self.kind {
            "p2pkh" => (json!(["signature", key]), json!([])),
            "p2pk" => (json!(["signature"]), json!([])),
            "p2wpkh" => (json!([]), json!(["signature", key])),
            _ => (json!([program]), json!(["signature", key])),
        };
        json!({
            "txid": self.txid,
            "index": self.index,
            "sequence": self.sequence,
            "kind": self.kind,
            "hashType": SIGHASH_ALL,
            "highS": false,
            "scriptSig": script_sig,
            "witness": witness,
        })
    }
}

const SIGHASH_ALL: u8 = 1;
/// The sequence of an input that names none.
const FINAL: u64 = 0xffff_ffff;

/// A transaction that is asked for, and what must come back.
pub(super) struct Case {
    inputs: Vec<Input>,
    outputs: Value,
    version: i32,
    locktime: u64,
    /// The keys that are named: the owners, and now and then one that owns nothing.
    signers: Vec<Key>,
    /// What the cloud sends.
    pub(super) request: Value,
}

impl Case {
    pub(super) fn random(random: &mut Random, number: u64, chain: &Chain, keys: &[Key]) -> Self {
        // The first ones have long lists.
        let few = |random: &mut Random| random.within(1..=7);
        let (inputs, outputs) = match number {
            0 => (LONG + few(random), few(random)),
            1 => (few(random), LONG + few(random)),
            _ => (few(random), few(random)),
        };
        // Long lists of amounts have to fit as well.
        let bits = chain.amount_bits - if outputs < LONG { 0 } else { 8 };
        let outputs: Vec<(String, u64)> = (0..outputs)
            .map(|_| output(random, chain, keys, bits))
            .collect();
        let fee = random.within(chain.fees[0]..=chain.fees[1]);
        let spent = fee + outputs.iter().map(|(_, satoshis)| satoshis).sum::<u64>();
        let inputs = Self::inputs(random, chain, keys, inputs, spent);

        let mut signers: Vec<Key> = inputs.iter().map(|input| input.owner.clone()).collect();
        if random.within(0..=3) == 0 {
            signers.insert(0, random.one_of(keys).clone());
        }
        let outputs: Vec<Value> = outputs
            .iter()
            .map(|(script, satoshis)| json!({"script": script, "satoshis": satoshis}))
            .collect();
        let version = *random.one_of(&[1, 2, 2, 3, i32::MAX, i32::MIN, -1]);
        let locktime = match random.within(0..=2) {
            0 => 0,
            // A height or a time.
            _ => u64::try_from(random.magnitude(32)).expect("32 bits"),
        };
        let mut request = json!({
            "version": version,
            "nLockTime": locktime,
            "inputs": inputs.iter().map(|one| request_of(random, one)).collect::<Vec<_>>(),
            "outputs": outputs,
        });
        if random.coin() {
            request["fee"] = json!(fee);
            request["changeScript"] = json!("OP_DUP OP_HASH160");
            request["changeIndex"] = json!(outputs.len() - 1);
        }
        Self {
            inputs,
            outputs: json!(outputs),
            version,
            locktime,
            signers,
            request,
        }
    }

    /// Coins of any kind that are worth `spent` together: of one key, or of several.
    fn inputs(
        random: &mut Random,
        chain: &Chain,
        keys: &[Key],
        count: u64,
        spent: u64,
    ) -> Vec<Input> {
        let of_one = (random.within(0..=3) == 0).then(|| random.one_of(keys).clone());
        let mut rest = spent;
        (0..count)
            .map(|at| {
                let owner = match &of_one {
                    Some(key) => key.clone(),
                    None => random.one_of(keys).clone(),
                };
                let scripts = owner.known["scripts"].as_object().expect("an object");
                let kinds: Vec<&'static str> = chain
                    .inputs
                    .iter()
                    .copied()
                    .filter(|kind| scripts.contains_key(*kind))
                    .collect();
                let satoshis = if at == count - 1 {
                    rest
                } else {
                    u64::try_from(random.magnitude(63))
                        .expect("63 bits")
                        .min(rest)
                };
                rest -= satoshis;
                Input {
                    owner,
                    kind: kinds[random.index(kinds.len())],
                    txid: random.hex(32),
                    index: u64::try_from(random.magnitude(32)).expect("32 bits"),
                    sequence: match random.within(0..=3) {
                        0 => FINAL,
                        1 => FINAL - 2,
                        _ => random.within(0..=FINAL),
                    },
                    satoshis,
                }
            })
            .collect()
    }

    /// Single keys are named in `hashes`, those of mnemonics with their index in `signatures`.
    pub(super) fn pending(&self, number: u64, chain: &Chain) -> Value {
        let (mut hashes, mut signatures) = (Vec::new(), Vec::new());
        for key in &self.signers {
            match key.index {
                None => hashes.push(json!(key.wallet)),
                Some(index) => signatures.push(json!({"id": key.wallet, "index": index})),
            }
        }
        json!({
            "id": pending_id(number),
            "chain": chain.code,
            "serializedTransaction": self.request.to_string(),
            "hashes": hashes,
            "signatures": signatures,
            "withdrawalId": null,
            "withdrawalResponses": null,
        })
    }

    pub(super) fn unsigned(&self) -> Value {
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|one| json!({"txid": one.txid, "index": one.index, "sequence": one.sequence}))
            .collect();
        json!({
            "version": self.version,
            "locktime": self.locktime,
            "inputs": inputs,
            "outputs": in_decimal(&self.outputs),
        })
    }

    pub(super) fn coins(&self) -> Value {
        self.inputs
            .iter()
            .map(|one| json!({"script": one.script(), "satoshis": one.satoshis.to_string()}))
            .collect()
    }

    /// Whether the library found what was asked for, and the owners' signatures. Each signature
    /// is for the whole transaction as the library read it, and SegWit's for the amount as well:
    /// of anything else, another key would be recovered.
    pub(super) fn compare(&self, found: &Value, id: &str, name: &str) {
        let mut found = found.clone();
        let inputs = found["inputs"].as_array_mut().expect("a list");
        assert_eq!(inputs.len(), self.inputs.len(), "{name}");
        for (at, (input, found)) in self.inputs.iter().zip(inputs).enumerate() {
            let signers = found.as_object_mut().and_then(|one| one.remove("signers"));
            let signers = signers.expect("a list");
            let signers = signers.as_array().expect("a list");
            let owner = &input.owner.known["publicKey"];
            assert!(signers.contains(owner), "input {at} of {name}: {signers:?}");
        }
        let expected = json!({
            "id": id,
            "version": self.version,
            "locktime": self.locktime,
            "inputs": self.inputs.iter().map(Input::expected).collect::<Vec<_>>(),
            "outputs": in_decimal(&self.outputs),
            "same": true,
        });
        assert_eq!(found, expected, "{name}");
    }
}

/// An input in the words of the cloud.
fn request_of(random: &mut Random, input: &Input) -> Value {
    let mut request = json!({
        "prevTxId": input.txid,
        "outputIndex": input.index,
        "sequenceNumber": input.sequence,
        "script": "",
        "scriptString": "",
        "output": {"satoshis": input.satoshis, "script": input.script()},
    });
    if input.sequence == FINAL && random.coin() {
        request["sequenceNumber"] = Value::Null;
    }
    request
}

/// Amounts as text, which no reader rounds.
fn in_decimal(outputs: &Value) -> Value {
    let mut outputs = outputs.clone();
    for output in outputs.as_array_mut().expect("a list") {
        output["satoshis"] = json!(output["satoshis"].to_string());
    }
    outputs
}

/// Script and amount of a random output: of one that can be spent by somebody, by nobody, or of
/// bytes that mean nothing at all.
fn output(random: &mut Random, chain: &Chain, keys: &[Key], bits: u32) -> (String, u64) {
    let kind = *random.one_of(chain.outputs);
    // Back to an own key, now and then.
    let own = chain.inputs.contains(&kind) && random.coin();
    let script = match kind {
        _ if own => {
            let scripts = &random.one_of(keys).known["scripts"];
            text(scripts.get(kind).unwrap_or(&scripts["p2pkh"])).to_owned()
        }
        "p2pkh" => format!("76a914{}88ac", random.hex(20)),
        "p2sh" => format!("a914{}87", random.hex(20)),
        "p2pk" => format!("4104{}ac", random.hex(64)),
        "multisig" => {
            let key = |random: &mut Random| format!("2102{}", random.hex(32));
            format!("51{}{}52ae", key(random), key(random))
        }
        "return" => {
            let len = random.index(81);
            let push = match len {
                0..=75 => format!("{len:02x}"),
                _ => format!("4c{len:02x}"),
            };
            format!("6a{push}{}", random.hex(len))
        }
        "p2wpkh" => format!("0014{}", random.hex(20)),
        "p2wsh" => format!("0020{}", random.hex(32)),
        "p2tr" => format!("5120{}", random.hex(32)),
        // A version and a length that have no meaning yet.
        "witness" => {
            let (version, len) = (random.within(0x52..=0x60), random.within(2..=40));
            let len = usize::try_from(len).expect("40 at most");
            format!("{version:02x}{len:02x}{}", random.hex(len))
        }
        // A long script's length takes three bytes.
        _ => {
            let len = random.index(400);
            random.hex(len)
        }
    };
    let satoshis = match kind {
        "return" if random.coin() => 0,
        _ => chain.least_amount + u64::try_from(random.magnitude(bits)).expect("64 bits at most"),
    };
    (script, satoshis)
}
