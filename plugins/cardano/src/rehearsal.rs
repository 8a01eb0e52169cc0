//! The sandbox's side: coins that never were, a node that builds transactions of them, and a
//! judge of what is broadcast.
//!
//! A coin's transaction id is a hash of its owner's address and its number, and what it holds
//! follows from its number. So the judge, who remembers nothing, rebuilds each coin from the
//! public keys that sign, and knows whether it was ever handed out. Nothing here is shared with
//! the side that signs.

use std::collections::BTreeMap;

use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
use blake2::{Blake2b, Blake2b256, Digest as _, digest::consts::U28};
use ed25519_dalek::{Signature, VerifyingKey};
use kms_core::chain::{
    Address, Network,
    rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
};
use minicbor::{
    Decoder, Encoder,
    data::{Tag, Type},
    decode,
};
use serde_json::{Value, json};

/// The sandbox's clock, which stands still: a slot.
const NOW: u64 = 120_000_000;
/// What every transaction of the sandbox costs, in lovelace.
const FEE: u64 = 180_000;
/// The policy of the sandbox's token.
const POLICY: [u8; 28] = [0x5a; 28];
/// The name of the sandbox's token.
const TOKEN: &[u8] = b"SANDBOX";

/// The sandbox's side.
#[derive(Debug)]
pub(crate) struct CardanoRehearsal;

impl Rehearsal for CardanoRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let mut transactions = Vec::new();
        let mut number = 0_u16;
        for wallet in wallets {
            let Some(own) = wallet.addresses.first() else {
                continue;
            };
            let several: Vec<_> = (0..).zip(&wallet.addresses).take(3).collect();
            let drafts = [
                ("payment with change", vec![(0, own)], 0),
                ("payment from several coins and addresses", several, 0),
                ("payment with a native token", vec![(0, own)], 7),
            ];
            for (title, owners, tokens) in drafts {
                let mut draft = Draft::default();
                for (index, owner) in owners {
                    number = number.saturating_add(2);
                    let number = number | u16::from(tokens > 0);
                    draft.spend(owner.as_str(), number, index);
                }
                transactions.push(draft.finish(title, wallet, own.as_str(), tokens));
            }
        }
        transactions
    }

    fn answer(&self, network: Network, call: &RehearsalCall) -> Option<Value> {
        let (_, step) = call.path.rsplit_once("/construction/")?;
        let body = call.body.as_ref()?;
        match step {
            "preprocess" => Some(json!({"options": {
                "relative_ttl": body.pointer("/metadata/relative_ttl"),
                "transaction_size": 300,
            }})),
            "metadata" => {
                let asked = body.pointer("/options/relative_ttl")?.as_u64()?;
                let ttl = asked.checked_add(NOW)?;
                Some(json!({
                    "metadata": {"ttl": ttl.to_string(), "protocol_parameters": {"protocol": 10}},
                    "suggested_fee": [{
                        "value": FEE.to_string(),
                        "currency": {"symbol": "ADA", "decimals": 6},
                    }],
                }))
            }
            "payloads" => {
                let asked = Asked::read(body.get("operations")?).ok()?;
                let ttl = body.pointer("/metadata/ttl")?.as_str()?.parse().ok()?;
                payloads(network, &asked, ttl)
            }
            "combine" => combine(body),
            _ => None,
        }
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let signed = Signed::read(tx_data)?;
        signed.judge(network, |input| {
            let owners = signed.keys.iter().map(|key| enterprise(network, key));
            for owner in owners {
                if coin_id(&owner, input.1) == input.0 {
                    return Ok(Money {
                        address: owner,
                        ..holds(input.1)
                    });
                }
            }
            Err(format!(
                "it spends {}:{}, a coin that was never handed out to who signs",
                hex::encode(input.0),
                input.1
            ))
        })
    }

    fn verify_against(
        &self,
        network: Network,
        serialized: &str,
        tx_data: &str,
    ) -> Result<Verdict, String> {
        let list = serde_json::from_str(serialized).map_err(|error| error.to_string())?;
        let asked = Asked::read(&list)?;
        let signed = Signed::read(tx_data)?;
        let mut wanted: Vec<_> = asked.inputs.iter().map(|(input, _)| *input).collect();
        let mut found = signed.inputs.clone();
        wanted.sort_unstable();
        found.sort_unstable();
        if wanted != found {
            return Err("it spends other coins than was asked for".to_owned());
        }
        if asked.outputs != signed.outputs {
            return Err("it pays otherwise than was asked for".to_owned());
        }
        signed.judge(network, |input| {
            let coin = asked.inputs.iter().find(|(one, _)| one == input);
            coin.map(|(_, coin)| coin.clone())
                .ok_or_else(|| "an input too many".to_owned())
        })
    }
}

/// A coin: transaction id and output number.
type Input = ([u8; 32], u16);

/// Money at an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Money {
    address: Vec<u8>,
    lovelace: u64,
    tokens: BTreeMap<(Vec<u8>, Vec<u8>), u64>,
}

/// What the coin of this number holds, whoever has it: those of odd numbers have tokens.
fn holds(number: u16) -> Money {
    let mut money = Money {
        lovelace: 1_234_567_u64
            .saturating_mul(number.into())
            .saturating_add(3_000_000),
        ..Money::default()
    };
    if !number.is_multiple_of(2) {
        money.tokens.insert((POLICY.to_vec(), TOKEN.to_vec()), 1000);
    }
    money
}

fn coin_id(owner: &[u8], number: u16) -> [u8; 32] {
    let parts = [b"a coin of the sandbox", owner, &number.to_be_bytes()];
    Blake2b256::digest(parts.concat()).into()
}

fn enterprise(network: Network, key: &[u8; 32]) -> Vec<u8> {
    let header = if network.is_testnet() { 0x60 } else { 0x61 };
    [&[header], Blake2b::<U28>::digest(key).as_slice()].concat()
}

fn address_text(network: Network, address: &[u8]) -> Result<String, String> {
    if address.first().is_some_and(|header| header >> 4 == 8) {
        return Ok(bs58::encode(address).into_string());
    }
    let hrp = if network.is_testnet() {
        "addr_test"
    } else {
        "addr"
    };
    let hrp = Hrp::parse(hrp).map_err(|error| error.to_string())?;
    bech32::encode::<Bech32>(hrp, address).map_err(|error| error.to_string())
}

fn address_bytes(text: &str) -> Option<Vec<u8>> {
    if let Ok(checked) = CheckedHrpstring::new::<Bech32>(text) {
        return Some(checked.byte_iter().collect());
    }
    let text = text.get(..text.len().min(200))?;
    bs58::decode(text).into_vec().ok()
}

/// Operations in the making.
#[derive(Default)]
struct Draft {
    operations: Vec<Value>,
    lovelace: u64,
    tokens: u64,
    indexes: Vec<u32>,
}

impl Draft {
    fn spend(&mut self, owner: &str, number: u16, index: u32) {
        let Some(address) = address_bytes(owner) else {
            return;
        };
        let money = holds(number);
        let tokens = money.tokens.values().sum::<u64>();
        self.lovelace = self.lovelace.saturating_add(money.lovelace);
        self.tokens = self.tokens.saturating_add(tokens);
        if !self.indexes.contains(&index) {
            self.indexes.push(index);
        }
        let identifier = format!("{}:{number}", hex::encode(coin_id(&address, number)));
        let mut operation = self.operation("input", number.into(), owner, money.lovelace, tokens);
        if let Some(value) = operation.pointer_mut("/amount/value") {
            *value = json!(format!("-{}", money.lovelace));
        }
        if let Some(members) = operation.as_object_mut() {
            let change = json!({
                "coin_identifier": {"identifier": identifier},
                "coin_action": "coin_created",
            });
            members.insert("coin_change".to_owned(), change);
        }
        self.operations.push(operation);
    }

    fn operation(
        &self,
        kind: &str,
        position: u64,
        owner: &str,
        lovelace: u64,
        tokens: u64,
    ) -> Value {
        let mut metadata = json!({});
        if tokens > 0 {
            metadata = json!({"tokenBundle": [{
                "policyId": hex::encode(POLICY),
                "tokens": [{
                    "value": tokens.to_string(),
                    "currency": {"symbol": hex::encode(TOKEN), "decimals": 0},
                }],
            }]});
        }
        json!({
            "operation_identifier": {"index": self.operations.len(), "network_index": position},
            "related_operations": [],
            "type": kind,
            "status": "success",
            "account": {"address": owner, "metadata": {}},
            "amount": {
                "value": lovelace.to_string(),
                "currency": {"symbol": "ADA", "decimals": 6},
            },
            "metadata": metadata,
        })
    }

    /// Pays two thirds to somebody, with so many tokens, and the rest back.
    fn finish(
        mut self,
        title: &'static str,
        wallet: &RehearsalWallet,
        own: &str,
        tokens: u64,
    ) -> RehearsalTransaction {
        let somebody = if own.starts_with("addr_test") {
            "addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz"
        } else {
            "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"
        };
        let paid = (self.lovelace / 3).saturating_mul(2);
        let change = self.lovelace.saturating_sub(paid).saturating_sub(FEE);
        let kept = self.tokens.saturating_sub(tokens);
        let payment = self.operation("output", 0, somebody, paid, tokens);
        self.operations.push(payment);
        let back = self.operation("output", 1, own, change, kept);
        self.operations.push(back);
        let id = &wallet.id;
        let (hashes, signatures) = if wallet.mnemonic {
            let named = self.indexes.iter().map(|index| (id.clone(), *index));
            (Vec::new(), named.collect())
        } else {
            (vec![id.clone()], Vec::new())
        };
        RehearsalTransaction {
            title,
            serialized: Value::Array(self.operations).to_string(),
            hashes,
            index: None,
            signatures,
        }
    }
}

/// What operations ask for.
struct Asked {
    inputs: Vec<(Input, Money)>,
    outputs: Vec<Money>,
}

impl Asked {
    fn read(list: &Value) -> Result<Self, String> {
        let mut asked = Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        for operation in list.as_array().ok_or("no list of operations")? {
            let one = asked.take(operation);
            one.ok_or_else(|| format!("an operation is not readable: {operation}"))?;
        }
        Ok(asked)
    }

    fn take(&mut self, operation: &Value) -> Option<()> {
        let number =
            |value: &Value| -> Option<u64> { value.as_str()?.trim_start_matches('-').parse().ok() };
        let mut money = Money {
            address: address_bytes(operation.pointer("/account/address")?.as_str()?)?,
            lovelace: number(operation.pointer("/amount/value")?)?,
            tokens: BTreeMap::new(),
        };
        let bundles = operation
            .pointer("/metadata/tokenBundle")
            .and_then(Value::as_array);
        for bundle in bundles.into_iter().flatten() {
            let policy = hex::decode(bundle.get("policyId")?.as_str()?).ok()?;
            for token in bundle.get("tokens")?.as_array()? {
                let symbol = token.pointer("/currency/symbol")?.as_str()?;
                let name = hex::decode(symbol.trim_start_matches("\\x")).ok()?;
                let value = number(token.get("value")?)?;
                money.tokens.insert((policy.clone(), name), value);
            }
        }
        if operation.get("type").is_some_and(|kind| kind == "output") {
            self.outputs.push(money);
            return Some(());
        }
        let coin = operation.pointer("/coin_change/coin_identifier/identifier");
        let coin = coin?.as_str()?;
        let (id, index) = coin.split_once(':')?;
        let mut transaction_id = [0; 32];
        hex::decode_to_slice(id, &mut transaction_id).ok()?;
        self.inputs
            .push(((transaction_id, index.parse().ok()?), money));
        Some(())
    }
}

type Cbor = Encoder<Vec<u8>>;
type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

/// The node: a body as nodes write it since the Conway era, and what is to be signed.
fn payloads(network: Network, asked: &Asked, ttl: u64) -> Option<Value> {
    let paid_in = sum(asked.inputs.iter().map(|(_, money)| money)).ok()?;
    let paid_out = sum(&asked.outputs).ok()?;
    let fee = paid_in.lovelace.checked_sub(paid_out.lovelace)?;
    let mut body = Cbor::new(Vec::new());
    write_body(&mut body, asked, fee, ttl).ok()?;
    let body = body.into_writer();
    let hash = hex::encode(Blake2b256::digest(&body));
    let mut envelope = Cbor::new(Vec::new());
    write_envelope(&mut envelope, &body).ok()?;
    let mut owners: Vec<&[u8]> = Vec::new();
    for (_, money) in &asked.inputs {
        if !owners.contains(&&*money.address) {
            owners.push(&money.address);
        }
    }
    let mut payloads = Vec::new();
    for owner in owners {
        payloads.push(json!({
            "account_identifier": {"address": address_text(network, owner).ok()?},
            "signature_type": "ed25519",
            "hex_bytes": hash,
        }));
    }
    Some(json!({
        "unsigned_transaction": hex::encode(envelope.into_writer()),
        "payloads": payloads,
    }))
}

fn write_body(to: &mut Cbor, asked: &Asked, fee: u64, ttl: u64) -> Written {
    to.map(4)?.u8(0)?.tag(Tag::new(258))?;
    to.array(count(asked.inputs.len()))?;
    for ((id, index), _) in &asked.inputs {
        to.array(2)?.bytes(id)?.u16(*index)?;
    }
    to.u8(1)?.array(count(asked.outputs.len()))?;
    for money in &asked.outputs {
        to.map(2)?.u8(0)?.bytes(&money.address)?.u8(1)?;
        if money.tokens.is_empty() {
            to.u64(money.lovelace)?;
            continue;
        }
        to.array(2)?.u64(money.lovelace)?;
        let mut policies: BTreeMap<&[u8], Vec<(&[u8], u64)>> = BTreeMap::new();
        for ((policy, name), amount) in &money.tokens {
            policies.entry(policy).or_default().push((name, *amount));
        }
        to.map(count(policies.len()))?;
        for (policy, names) in policies {
            to.bytes(policy)?.map(count(names.len()))?;
            for (name, amount) in names {
                to.bytes(name)?.u64(amount)?;
            }
        }
    }
    to.u8(2)?.u64(fee)?.u8(3)?.u64(ttl)?.ok()
}

fn write_envelope(to: &mut Cbor, content: &[u8]) -> Written {
    to.array(2)?.str(&hex::encode(content))?;
    to.map(1)?.str("operations")?.array(0)?.ok()
}

/// The node: puts the signatures into the transaction.
fn combine(body: &Value) -> Option<Value> {
    let content = open(body.get("unsigned_transaction")?.as_str()?).ok()?;
    let signatures = body.get("signatures")?.as_array()?;
    let mut signed = Cbor::new(vec![0x84]);
    signed.writer_mut().extend_from_slice(&content);
    signed.map(1).ok()?.u8(0).ok()?.tag(Tag::new(258)).ok()?;
    signed.array(count(signatures.len())).ok()?;
    for signature in signatures {
        let key = hex::decode(signature.pointer("/public_key/hex_bytes")?.as_str()?).ok()?;
        let bytes = hex::decode(signature.get("hex_bytes")?.as_str()?).ok()?;
        signed.array(2).ok()?.bytes(&key).ok()?.bytes(&bytes).ok()?;
    }
    signed.bool(true).ok()?.null().ok()?;
    let mut envelope = Cbor::new(Vec::new());
    write_envelope(&mut envelope, &signed.into_writer()).ok()?;
    Some(json!({"signed_transaction": hex::encode(envelope.into_writer())}))
}

/// The content of an envelope.
fn open(text: &str) -> Result<Vec<u8>, String> {
    let bytes = hex::decode(text).map_err(|_| "txData is not hexadecimal")?;
    let mut from = Decoder::new(&bytes);
    from.array().map_err(reason)?;
    let content = from.str().map_err(reason)?;
    hex::decode(content).map_err(|_| "the envelope holds no hexadecimal digits".to_owned())
}

/// A broadcast transaction.
struct Signed {
    id: [u8; 32],
    inputs: Vec<Input>,
    outputs: Vec<Money>,
    fee: u64,
    ttl: u64,
    keys: Vec<[u8; 32]>,
    signatures: Vec<[u8; 64]>,
}

impl Signed {
    fn read(tx_data: &str) -> Result<Self, String> {
        let bytes = open(tx_data)?;
        Self::decode(&bytes).map_err(reason)
    }

    fn decode(bytes: &[u8]) -> Result<Self, decode::Error> {
        let mut from = Decoder::new(bytes);
        exactly(from.array()?, 4)?;
        let start = from.position();
        let mut signed = Self::body(&mut from)?;
        let body = bytes.get(start..from.position()).unwrap_or_default();
        signed.id = Blake2b256::digest(body).into();
        exactly(from.map()?, 1)?;
        if from.u8()? != 0 {
            return Err(decode::Error::message("another witness than signatures"));
        }
        for _ in 0..set(&mut from)? {
            exactly(from.array()?, 2)?;
            signed.keys.push(fixed(from.bytes()?)?);
            signed.signatures.push(fixed(from.bytes()?)?);
        }
        if !from.bool()? {
            return Err(decode::Error::message("a script that fails"));
        }
        from.null()?;
        if from.position() == bytes.len() {
            Ok(signed)
        } else {
            Err(decode::Error::message("bytes after its end"))
        }
    }

    fn body(from: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        let mut signed = Self {
            id: [0; 32],
            inputs: Vec::new(),
            outputs: Vec::new(),
            fee: 0,
            ttl: 0,
            keys: Vec::new(),
            signatures: Vec::new(),
        };
        exactly(from.map()?, 4)?;
        for field in 0..4 {
            if from.u8()? != field {
                return Err(decode::Error::message("other fields than 0 to 3"));
            }
            match field {
                0 => {
                    for _ in 0..set(from)? {
                        exactly(from.array()?, 2)?;
                        signed.inputs.push((fixed(from.bytes()?)?, from.u16()?));
                    }
                }
                1 => {
                    for _ in 0..definite(from.array()?)? {
                        signed.outputs.push(money(from)?);
                    }
                }
                2 => signed.fee = from.u64()?,
                _ => signed.ttl = from.u64()?,
            }
        }
        Ok(signed)
    }

    /// Checks signatures and sums, where `coin_of` knows what an input holds.
    fn judge(
        &self,
        network: Network,
        coin_of: impl Fn(&Input) -> Result<Money, String>,
    ) -> Result<Verdict, String> {
        if self.ttl <= NOW {
            return Err(format!("it was valid until slot {}", self.ttl));
        }
        let mut signers: Vec<Vec<u8>> = Vec::new();
        for (key, signature) in self.keys.iter().zip(&self.signatures) {
            let owner = enterprise(network, key);
            VerifyingKey::from_bytes(key)
                .and_then(|key| key.verify_strict(&self.id, &Signature::from_bytes(signature)))
                .map_err(|_| format!("the signature of {} is wrong", hex::encode(key)))?;
            if signers.contains(&owner) {
                return Err("a key signed twice".to_owned());
            }
            signers.push(owner);
        }
        let mut coins = Vec::new();
        for input in &self.inputs {
            coins.push(coin_of(input)?);
        }
        if let Some(coin) = coins.iter().find(|coin| !signers.contains(&coin.address)) {
            let owner = address_text(network, &coin.address)?;
            return Err(format!("the signature of {owner} is missing"));
        }
        let is_owner = |signer: &&Vec<u8>| coins.iter().any(|coin| coin.address == **signer);
        if !signers.iter().all(|signer| is_owner(&signer)) {
            return Err("somebody signed who has no coin in it".to_owned());
        }
        let (paid_in, mut paid_out) = (sum(&coins)?, sum(&self.outputs)?);
        paid_out.lovelace = paid_out
            .lovelace
            .checked_add(self.fee)
            .ok_or("too much money")?;
        if paid_in != paid_out {
            return Err("inputs are not outputs and fee".to_owned());
        }
        let mut addresses = Vec::new();
        for signer in &signers {
            addresses.push(Address::new(address_text(network, signer)?));
        }
        Ok(Verdict {
            transaction_id: hex::encode(self.id),
            signers: addresses,
        })
    }
}

fn money(from: &mut Decoder<'_>) -> Result<Money, decode::Error> {
    exactly(from.map()?, 2)?;
    let mut money = Money::default();
    exactly(Some(from.u64()?), 0)?;
    money.address = from.bytes()?.to_vec();
    exactly(Some(from.u64()?), 1)?;
    if from.datatype()? != Type::Array {
        money.lovelace = from.u64()?;
        return Ok(money);
    }
    exactly(from.array()?, 2)?;
    money.lovelace = from.u64()?;
    for _ in 0..definite(from.map()?)? {
        let policy = from.bytes()?.to_vec();
        for _ in 0..definite(from.map()?)? {
            let name = from.bytes()?.to_vec();
            let amount = from.u64()?;
            money.tokens.insert((policy.clone(), name), amount);
        }
    }
    Ok(money)
}

/// All of it in one heap.
fn sum<'a>(all: impl IntoIterator<Item = &'a Money>) -> Result<Money, String> {
    let mut sum = Money::default();
    for money in all {
        let lovelace = sum.lovelace.checked_add(money.lovelace);
        sum.lovelace = lovelace.ok_or("too much money")?;
        for (token, amount) in &money.tokens {
            let total = sum.tokens.entry(token.clone()).or_default();
            *total = total.checked_add(*amount).ok_or("too many tokens")?;
        }
    }
    Ok(sum)
}

fn set(from: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    if from.tag()? != Tag::new(258) {
        return Err(decode::Error::message("a set without its tag"));
    }
    definite(from.array()?)
}

fn definite(len: Option<u64>) -> Result<u64, decode::Error> {
    len.ok_or_else(|| decode::Error::message("a list whose length is not told"))
}

fn exactly(found: Option<u64>, expected: u64) -> Result<(), decode::Error> {
    if found == Some(expected) {
        Ok(())
    } else {
        Err(decode::Error::message("another number than there must be"))
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], decode::Error> {
    bytes
        .try_into()
        .map_err(|_| decode::Error::message("another length than there must be"))
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

fn reason(error: impl std::fmt::Display) -> String {
    format!("it is not readable: {error}")
}
