//! What a transaction costs to sign; `kms-core/benches/README.md` says what the figures mean.

use kms_bitcoin::{BITCOIN, BITCOIN_CASH, DOGECOIN, LITECOIN};
use kms_core::{
    chain::{KeyRequest, KeySet, Network, PendingTransaction},
    prelude::*,
    testkit::{Frozen, ScriptedNode, SignBench},
};
use serde_json::{json, value::RawValue};

fn main() {
    let mut bench = SignBench::from_args();
    for inputs in [1_u32, 10, 100] {
        for (kind, prefix, suffix) in [("P2WPKH", "0014", ""), ("P2PKH", "76a914", "88ac")] {
            let frozen = prepared(prefix, suffix, inputs);
            bench.run(&format!("BTC/{kind}-{inputs}"), &frozen);
        }
        bench.run(&format!("BCH/P2PKH-{inputs}"), &prepared_cash(inputs));
    }
    let litecoin = include_str!("../tests/vectors/LTC.json");
    let dogecoin = include_str!("../tests/vectors/DOGE.json");
    let name = "p2pkh-one-input-with-change";
    bench.run("LTC/P2PKH-1", &Frozen::recorded(&LITECOIN, litecoin, name));
    bench.run("DOGE/P2PKH-1", &Frozen::recorded(&DOGECOIN, dogecoin, name));
    bench.finish();
}

/// The public key hash of the key 1 (BIP-173).
const HASH: &str = "751e76e8199196d454941c45d1b3a323f1433bd6";

fn prepared(prefix: &str, suffix: &str, inputs: u32) -> Frozen {
    let coin = json!({"satoshis": 100_000, "script": format!("{prefix}{HASH}{suffix}")});
    let inputs = (0..inputs)
        .map(|index| json!({"prevTxId": "ab".repeat(32), "outputIndex": index, "output": coin}));
    let serialized = json!({
        "version": 2,
        "nLockTime": 0,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": [{"satoshis": 90_000, "script": format!("0014{HASH}")}],
    });
    prepare(&BITCOIN, &serialized.to_string())
}

fn prepared_cash(inputs: u32) -> Frozen {
    let coins = (0..inputs).map(|index| {
        let index = hex::encode(index.to_le_bytes());
        format!("{}{index}00ffffffff", "ab".repeat(32))
    });
    let transaction = format!(
        "02000000{inputs:02x}{}01905f0100000000001976a914{HASH}88ac00000000",
        coins.collect::<String>()
    );
    let amounts = vec![100_000_u64; inputs.try_into().expect("a hundred is few")];
    prepare(&BITCOIN_CASH, &format!("{transaction}:{amounts:?}"))
}

fn prepare(chain: &'static dyn ChainPlugin, serialized: &str) -> Frozen {
    let text = SecretText::new(format!("{:064x}", 1));
    let pending = json!({
        "id": "0123456789abcdef01234567",
        "chain": chain.info().code,
        "serializedTransaction": serialized,
        "hashes": ["wallet"],
    });
    let raw = RawValue::from_string(pending.to_string()).expect("it is JSON");
    let pending = PendingTransaction::from_raw(&raw).expect("it is a pending transaction");
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    let key = chain
        .parse_private_key(Network::Mainnet, &text)
        .expect("it is a key");
    let mut keys = KeySet::default();
    keys.push(request, key);
    let signers = keys
        .signers(chain, Network::Mainnet)
        .expect("it has an address");
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O needs nothing")
        .block_on(chain.prepare(&pending, signers, &node))
        .expect("it is a transaction");
    Frozen::new(chain, Network::Mainnet, unsigned, keys)
}
