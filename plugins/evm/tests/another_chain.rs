//! A chain is added with one row, from outside this crate.

use std::collections::BTreeMap;

use kms_core::{
    chain::{PendingTransaction, Registry},
    prelude::*,
    testkit::{Pipeline, ScriptedNode, contract},
};
use kms_evm::{ChainIds, EvmChain, wallet};
use serde_json::{Value, json, value::RawValue};

static EXAMPLE: EvmChain = EvmChain::new(
    &INFO,
    ChainIds {
        mainnet: &[7_001],
        testnet: &[7_002],
    },
    "/v3/example/web3/{apiKey}",
);

static INFO: ChainInfo = ChainInfo {
    code: "EXAMPLE",
    name: "Example Chain",
    unit: Unit::new("EXM", 18),
    curve: Curve::Secp256k1,
    wallet: wallet("m/44'/60'/0'/0"),
    entry_fields: &[EntryField::Xpub, EntryField::Mnemonic],
    broadcast_path: "/v3/example/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

inventory::submit! { ChainRegistration::new(&EXAMPLE) }

#[test]
fn it_is_registered_beside_the_others() {
    let registry = Registry::linked().unwrap();
    assert_eq!(
        registry.codes().collect::<Vec<_>>(),
        [
            "BSC", "CELO", "ETH", "EXAMPLE", "KCS", "KLAY", "MATIC", "ONE", "XDC"
        ]
    );
}

/// Wallets are generated, and what the sandbox plays is signed and passes the judge.
#[test]
fn it_keeps_the_contract() {
    contract(&EXAMPLE, r#"{"chain": "EXAMPLE"}"#);
}

/// The key is that of the example of EIP-155; the bytes are those of ethers 6.
#[test]
fn it_signs_what_the_cloud_asks_for() {
    let registry = Registry::linked().unwrap();
    let plugin = registry.require("EXAMPLE").unwrap();
    let request = r#"{"from":0,"to":"0x3535353535353535353535353535353535353535","value":"1000000000000000000"}"#;
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "EXAMPLE", "hashes": ["wallet"],
        "serializedTransaction": request,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallet = json!({"chain": "EXAMPLE", "testnet": false, "privateKey": "46".repeat(32)});
    let wallets = BTreeMap::from([("wallet".to_owned(), wallet)]);
    let answer = |method: &str, result: &str| -> Value {
        json!({
            "method": "POST", "path": "/v3/example/web3/{apiKey}",
            "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "id": 1, "result": result},
        })
    };
    let calls = [
        answer("eth_estimateGas", "0x5208"),
        answer("eth_getTransactionCount", "0x9"),
        answer("eth_gasPrice", "0x4a817c800"),
        answer("eth_chainId", "0x1b59"),
    ];
    let node = ScriptedNode::new(Network::Mainnet, &calls);
    let done = Pipeline::run(plugin, &pending, &wallets, &node).unwrap();
    assert_eq!(
        done.summary,
        "transfer: 1 EXM to 0x3535353535353535353535353535353535353535, fee at most 0.00042 EXM"
    );
    assert_eq!(
        done.assembled.tx_data,
        "0xf86e098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000808236d5a013ae19a16229f445c2bb02eb382fdc1854df5729e0633194773d390100c51ae8a01dca64542f1ea104018fbcfe4df51ea313c76001ec06e73ad617682bf64c789c"
    );
}
