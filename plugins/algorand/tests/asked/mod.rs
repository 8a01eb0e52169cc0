//! What the cloud asks for, as the JavaScript object of its kit, and a key that signs it.

#![allow(dead_code, reason = "not every test asks for everything")]

use kms_algorand::ALGORAND;
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use serde_json::{Value, json, value::RawValue};

/// The account of [`keys`].
pub(crate) const SENDER: &str = "4XCT65EZPCQSW223HMYXIC2SNO4KJG3OKJYGWQO46GJ2XL2H2IIBXLVW7Q";
const SECRET: &str = "LDC3RPNUTDKD52TL4IXT6Y77FRUU5EQXBOINPC3A4LO3SXOIVFKOLRJ7OSMXRIJLNNNTWMLUBNJGXOFETNXFE4DLIHOPDE5LV5D5EEA";

/// The key of [`SENDER`].
pub(crate) fn keys() -> KeySet {
    let key = ALGORAND
        .parse_private_key(Network::Testnet, &SecretText::new(SECRET))
        .unwrap();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let mut keys = KeySet::default();
    keys.push(request, key);
    keys
}

/// A transaction of the test network with these members, and of [`SENDER`] unless they say.
pub(crate) fn request(members: Value) -> Value {
    let mut request = json!({
        "name": "Transaction", "tag": {"type": "Buffer", "data": [84, 88]}, "appArgs": [],
        "from": account(&public_key()), "fee": 1000, "flatFee": true, "note": {}, "lease": {},
        "firstRound": 30_000_000, "lastRound": 30_001_000, "genesisID": "testnet-v1.0",
        "genesisHash": {"type": "Buffer", "data": [
            72, 99, 181, 24, 164, 179, 200, 78, 200, 16, 242, 45, 79, 16, 129, 203, 15, 113, 240,
            89, 167, 172, 32, 222, 198, 47, 127, 112, 229, 9, 58, 34,
        ]},
    });
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// The public key of [`SENDER`].
pub(crate) fn public_key() -> [u8; 32] {
    let signers = keys().signers(&ALGORAND, Network::Testnet).unwrap();
    *signers[0].public_key.ed25519().unwrap()
}

/// An account, as the kit writes it.
pub(crate) fn account(key: &[u8]) -> Value {
    json!({"publicKey": typed_array(key), "checksum": {}})
}

/// The address of an account.
pub(crate) fn address(key: &[u8; 32]) -> String {
    let key = PublicKey::Ed25519(*key);
    let address = ALGORAND.address(Network::Testnet, &key).unwrap();
    address.as_str().to_owned()
}

/// A `Uint8Array`.
pub(crate) fn typed_array(bytes: &[u8]) -> Value {
    let members = bytes
        .iter()
        .enumerate()
        .map(|(position, byte)| (position.to_string(), json!(byte)));
    Value::Object(members.collect())
}

/// Prepares it with all permits that there are.
pub(crate) fn prepare(serialized: &str) -> Result<Unsigned, TransactionError> {
    let node = ScriptedNode::new(Network::Testnet, &[]);
    prepare_at(
        &node.with_option("permit", "assets+close-out+rekey"),
        serialized,
    )
}

/// Prepares it where the owner has set what `node` says.
pub(crate) fn prepare_at(
    node: &ScriptedNode,
    serialized: &str,
) -> Result<Unsigned, TransactionError> {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "ALGO", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let signers = keys().signers(&ALGORAND, node.network()).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(ALGORAND.prepare(&pending, signers, node))
}
