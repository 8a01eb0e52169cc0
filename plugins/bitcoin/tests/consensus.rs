//! Bitcoin Core's own script interpreter judges what is signed. Litecoin's and Dogecoin's are
//! the same for these kinds of coins.

use std::collections::BTreeMap;

use bitcoin::{Transaction, TxOut, consensus::encode::deserialize_hex};
use kms_bitcoin::{BITCOIN, DOGECOIN, LITECOIN, UtxoChain};
use kms_core::{
    chain::{ChainPlugin as _, Network, PendingTransaction},
    keys::SecretKey,
    testkit::{Pipeline, ScriptedNode, Vectors},
};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// Each with the kinds of coins that it spends, as [`owned`] counts them.
static CHAINS: [(&UtxoChain, &[usize]); 3] = [
    (&BITCOIN, &[0, 1, 2, 3, 4, 5]),
    (&LITECOIN, &[0, 1, 2, 3, 4, 5]),
    (&DOGECOIN, &[0, 1, 4, 5]),
];

#[test]
fn recorded_bitcoin_transactions_are_valid_and_tampered_ones_are_not() {
    recorded(&BITCOIN, include_str!("vectors/BTC.json"));
}

#[test]
fn recorded_dogecoin_transactions_are_valid_and_tampered_ones_are_not() {
    recorded(&DOGECOIN, include_str!("vectors/DOGE.json"));
}

#[test]
fn recorded_litecoin_transactions_are_valid_and_tampered_ones_are_not() {
    recorded(&LITECOIN, include_str!("vectors/LTC.json"));
}

fn recorded(chain: &UtxoChain, vectors: &str) {
    let vectors = Vectors::parse(vectors);
    for case in &vectors.transactions {
        let pending = PendingTransaction::from_raw(&case.pending).unwrap();
        let network = Network::from_testnet_flag(case.testnet);
        let coins = coins(&pending.serialized_transaction);
        let signed = sign(chain, network, &pending, &case.wallets);
        assert_valid(&case.name, &signed, &coins);
        assert_tampered_invalid(&case.name, &signed, &coins);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Each coin is of a random kind and belongs to a random key.
    #[test]
    fn every_mix_of_input_types_is_valid(
        (chain, kinds) in prop::sample::select(&CHAINS[..]),
        inputs in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..5, any::<u32>(), 1_000_000_u64..1 << 50), 1..6),
        version in 1_i32..3,
    ) {
        let mut wallets = BTreeMap::new();
        let mut spent = Vec::new();
        let mut total = 0;
        for (vout, (kind, seed, sequence, satoshis)) in inputs.into_iter().enumerate() {
            // A relative lock time is no matter of the interpreter; keep to those without one.
            let sequence = sequence | 0x8000_0000;
            let (script, id, text) = owned(chain, kinds[kind.index(kinds.len())], seed);
            wallets.insert(id, json!({"privateKey": text, "chain": chain.info().code, "testnet": false}));
            total += satoshis;
            spent.push(json!({
                "prevTxId": "5f".repeat(32),
                "outputIndex": vout,
                "sequenceNumber": sequence,
                "output": {"satoshis": satoshis, "script": script},
            }));
        }
        let serialized = json!({
            "version": version,
            "nLockTime": 0,
            "inputs": spent,
            "outputs": [{"satoshis": total - 200_000, "script": "6a"}],
        })
        .to_string();
        let pending = json!({
            "id": "0123456789abcdef01234567",
            "chain": chain.info().code,
            "serializedTransaction": serialized,
            "hashes": wallets.keys().collect::<Vec<_>>(),
        });
        let raw = RawValue::from_string(pending.to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let signed = sign(chain, Network::Mainnet, &pending, &wallets);
        let coins = coins(&serialized);
        assert_valid("generated", &signed, &coins);
        assert_tampered_invalid("generated", &signed, &coins);
    }
}

/// The script of a coin of `kind`, and the wallet that owns it.
fn owned(chain: &UtxoChain, kind: usize, seed: u8) -> (String, String, String) {
    let mut key = SecretKey::secp256k1(&[seed; 32]).unwrap();
    if kind >= 4 {
        key = key.with_uncompressed_public_key();
    }
    let text = chain.format_private_key(Network::Mainnet, &key);
    let public = bitcoin::PublicKey::from_slice(key.public_key().encoded()).unwrap();
    let script = match kind {
        0 | 4 => bitcoin::ScriptBuf::new_p2pkh(&public.pubkey_hash()),
        1 | 5 => bitcoin::ScriptBuf::new_p2pk(&public),
        2 => bitcoin::ScriptBuf::new_p2wpkh(&public.wpubkey_hash().unwrap()),
        _ => {
            let program = bitcoin::ScriptBuf::new_p2wpkh(&public.wpubkey_hash().unwrap());
            bitcoin::ScriptBuf::new_p2sh(&program.script_hash())
        }
    };
    let id = format!("wallet {} {}", seed, kind >= 4);
    (hex::encode(script), id, text.expose().to_owned())
}

fn coins(serialized: &str) -> Vec<TxOut> {
    let value: Value = serde_json::from_str(serialized).unwrap();
    let coin = |input: &Value| TxOut {
        value: bitcoin::Amount::from_sat(input["output"]["satoshis"].as_u64().unwrap()),
        script_pubkey: hex::decode(input["output"]["script"].as_str().unwrap())
            .unwrap()
            .into(),
    };
    value["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(coin)
        .collect()
}

fn sign(
    chain: &UtxoChain,
    network: Network,
    pending: &PendingTransaction,
    wallets: &BTreeMap<String, Value>,
) -> Transaction {
    let node = ScriptedNode::new(network, &[]);
    let done = Pipeline::run(chain, pending, wallets, &node).unwrap();
    assert!(node.seen().is_empty(), "a node was asked");
    deserialize_hex(&done.assembled.tx_data).unwrap()
}

fn is_valid(signed: &Transaction, input: usize, coin: &TxOut) -> bool {
    bitcoinconsensus::verify(
        coin.script_pubkey.as_bytes(),
        coin.value.to_sat(),
        &bitcoin::consensus::serialize(signed),
        None,
        input,
    )
    .is_ok()
}

fn assert_valid(name: &str, signed: &Transaction, coins: &[TxOut]) {
    assert_eq!(signed.input.len(), coins.len(), "{name}");
    for (input, coin) in coins.iter().enumerate() {
        assert!(is_valid(signed, input, coin), "{name}: input {input}");
    }
}

/// What is changed by anybody else makes every input invalid.
fn assert_tampered_invalid(name: &str, signed: &Transaction, coins: &[TxOut]) {
    let mut dearer = signed.clone();
    dearer.output[0].value += bitcoin::Amount::from_sat(1);
    let mut later = signed.clone();
    later.lock_time = bitcoin::absolute::LockTime::from_consensus(77);
    let mut elsewhere = signed.clone();
    elsewhere.output[0].script_pubkey = bitcoin::ScriptBuf::from_bytes(vec![0x51]);
    for (input, coin) in coins.iter().enumerate() {
        let mut moved = signed.clone();
        moved.input[input].previous_output.vout ^= 1;
        let mut cut = signed.clone();
        cut.input[input].script_sig = bitcoin::ScriptBuf::new();
        cut.input[input].witness.clear();
        for tampered in [&dearer, &later, &elsewhere, &moved, &cut] {
            assert!(!is_valid(tampered, input, coin), "{name}: input {input}");
        }
        if !signed.input[input].witness.is_empty() {
            let mut richer = coin.clone();
            richer.value += bitcoin::Amount::from_sat(1);
            assert!(!is_valid(signed, input, &richer), "{name}: input {input}");
        }
    }
}
