//! What the tests of this crate share: a wallet, and transactions that spend its coins.

use std::collections::BTreeMap;

use kms_core::{
    chain::{
        Assembled, ChainPlugin, KeyRequest, KeySet, Network, PendingTransaction, TransactionError,
        Unsigned, sign,
    },
    keys::SecretKey,
    testkit::{Pipeline, ScriptedNode},
};
use serde_json::{Value, json, value::RawValue};

use crate::BITCOIN;

/// The public key hash of the private key 1 (BIP-173 §"Examples").
pub(crate) const HASH: &str = "751e76e8199196d454941c45d1b3a323f1433bd6";
/// The public key of the private key 1 (BIP-173 §"Examples").
pub(crate) const PUBLIC_KEY: &str =
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// The private key 1.
pub(crate) const KEY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
/// An address of somebody else, as a script.
pub(crate) const STRANGER: &str = "0014000102030405060708090a0b0c0d0e0f10111213";

/// A transaction that spends coins (amount and script) of the wallet into outputs.
pub(crate) fn spend(coins: &[(u64, &str)], outputs: &[(u64, &str)]) -> Value {
    let coins = coins.iter().zip(0_u32..).map(|((satoshis, script), vout)| {
        json!({
            "prevTxId": "5f".repeat(32),
            "outputIndex": vout,
            "sequenceNumber": 0xffff_ffff_u32,
            "script": "",
            "output": {"satoshis": satoshis, "script": script},
        })
    });
    let outputs = outputs
        .iter()
        .map(|(satoshis, script)| json!({"satoshis": satoshis, "script": script}));
    json!({
        "version": 2,
        "nLockTime": 0,
        "inputs": coins.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
    })
}

/// A pending transaction with the members `more` on top of the usual ones.
pub(crate) fn pending(serialized: &str, more: &Value) -> PendingTransaction {
    let mut json = json!({
        "id": "0123456789abcdef01234567",
        "chain": "BTC",
        "serializedTransaction": serialized,
        "hashes": ["wallet"],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        json[name] = value.clone();
    }
    let raw = RawValue::from_string(json.to_string()).unwrap();
    PendingTransaction::from_raw(&raw).unwrap()
}

/// Prepares and signs with the one key on another chain, however the wallet holds it.
pub(crate) fn sign_on(
    chain: &dyn ChainPlugin,
    serialized: &str,
    more: &Value,
) -> Result<Assembled, TransactionError> {
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = prepare_at(chain, &pending(serialized, more), &node)?;
    chain.summarize(Network::Mainnet, &unsigned)?;
    sign(chain, &unsigned, &key()?)
}

/// Prepares for the one key at a node, which has the owner's options.
pub(crate) fn prepare_at(
    chain: &dyn ChainPlugin,
    pending: &PendingTransaction,
    node: &ScriptedNode,
) -> Result<Unsigned, TransactionError> {
    let signers = key()?.signers(chain, Network::Mainnet)?;
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(chain.prepare(pending, signers, node))
}

fn key() -> Result<KeySet, TransactionError> {
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, SecretKey::secp256k1(&hex::decode(KEY).unwrap())?);
    Ok(keys)
}

/// Takes `serialized` all the way, with the one wallet.
pub(crate) fn run(serialized: &str) -> Result<Pipeline, TransactionError> {
    let wallet = json!({"privateKey": KEY, "chain": "BTC", "testnet": false});
    let wallets = BTreeMap::from([("wallet".to_owned(), wallet)]);
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    Pipeline::run(&BITCOIN, &pending(serialized, &json!({})), &wallets, &node)
}
