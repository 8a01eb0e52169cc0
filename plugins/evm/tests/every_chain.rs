//! What holds for every row.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_evm::{BSC, CELO, ETHEREUM, EvmChain, KCS, KLAY, MATIC, ONE, XDC};
use serde_json::{Value, json, value::RawValue};

const ROWS: [&EvmChain; 8] = [&ETHEREUM, &BSC, &MATIC, &KLAY, &KCS, &ONE, &XDC, &CELO];
const RECIPIENT: &str = "0x3535353535353535353535353535353535353535";

/// Signs a transfer with `members` besides, where the node is of chain `chain_id`.
fn sign(
    chain: &EvmChain,
    network: Network,
    chain_id: u64,
    members: Value,
) -> Result<Pipeline, TransactionError> {
    // `gas` is no member on Celo; all others read `gasLimit` too.
    let mut request =
        json!({"to": RECIPIENT, "value": "0x5", "nonce": "0x3", "gasLimit": "0xc350"});
    if members.get("maxFeePerGas").is_none() {
        request["gasPrice"] = "9".into();
    }
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    let code = chain.info().code;
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": code, "hashes": ["wallet"],
        "serializedTransaction": request.to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let key = "46".repeat(32);
    let wallet = json!({"chain": code, "testnet": network.is_testnet(), "privateKey": key});
    let wallets = BTreeMap::from([("wallet".to_owned(), wallet)]);
    let answer = |method: String, result: &str| {
        json!({
            "method": "POST", "path": "/", "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "id": 1, "result": result},
        })
    };
    let chain_id = format!("{chain_id:#x}");
    let mut calls = vec![answer("klay_chainID".to_owned(), &chain_id)];
    for (method, result) in [
        ("chainId", chain_id.as_str()),
        ("gasPrice", "0x7"),
        ("getTransactionCount", "0x11"),
        ("estimateGas", "0xc350"),
    ] {
        calls.extend(["eth", "klay"].map(|prefix| answer(format!("{prefix}_{method}"), result)));
    }
    let node = ScriptedNode::new(network, &calls);
    let done = Pipeline::run(chain, &pending, &wallets, &node)?;
    let verdict = chain
        .rehearsal()
        .unwrap()
        .verify(network, &done.assembled.tx_data)
        .unwrap();
    let address = "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";
    assert!(verdict.signers[0].as_str().ends_with(address));
    assert_eq!(verdict.transaction_id, done.assembled.transaction_id);
    Ok(done)
}

#[test]
fn types_0_1_and_2_are_signed_on_every_network() {
    for chain in ROWS {
        for network in [Network::Mainnet, Network::Testnet] {
            for chain_id in chain.chain_ids().of(network) {
                for (members, start) in [
                    (json!({"type": 0}), "0xf8"),
                    (json!({"accessList": []}), "0x01"),
                    (
                        json!({"maxFeePerGas": "9", "maxPriorityFeePerGas": "0x8"}),
                        "0x02",
                    ),
                ] {
                    let code = chain.info().code;
                    let done = sign(chain, network, *chain_id, members.clone())
                        .unwrap_or_else(|error| panic!("{code} {members}: {error}"));
                    let raw = done.assembled.tx_data;
                    assert!(raw.starts_with(start), "{code} {members}: {raw}");
                    let symbol = &chain.info().unit.symbol;
                    assert!(
                        done.summary
                            .contains(&format!("0.000000000000000005 {symbol} to")),
                        "{}",
                        done.summary
                    );
                }
            }
        }
    }
}

#[test]
fn no_chain_signs_for_another_or_for_its_other_network() {
    for chain in ROWS {
        for network in [Network::Mainnet, Network::Testnet] {
            for other in ROWS {
                for other_network in [Network::Mainnet, Network::Testnet] {
                    let same = other.info().code == chain.info().code;
                    if same && network == other_network {
                        continue;
                    }
                    for chain_id in other.chain_ids().of(other_network) {
                        let outcome = sign(chain, network, *chain_id, json!({}));
                        assert!(
                            matches!(outcome, Err(TransactionError::Refused(_))),
                            "{} {network} signs for {chain_id}",
                            chain.info().code
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn corrupt_requests_are_refused_on_every_chain() {
    for chain in ROWS {
        let chain_id = chain.chain_ids().mainnet[0];
        for corrupt in [
            json!({"data": "0xzz"}),
            json!({"data": "hello"}),
            json!({"data": 5}),
            json!({"value": "-5"}),
            json!({"value": -5}),
            json!({"value": 0.5}),
            json!({"value": "1e3"}),
            json!({"chainId": 0}),
            json!({"chainId": -1}),
            json!({"nonce": -1}),
            json!({"gasPrice": "-1"}),
            json!({"gasLimit": "0xzz"}),
            json!({"to": "0x3535"}),
            json!({"to": "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}),
            json!({"type": 4}),
            json!({"gasPrice": "9", "maxFeePerGas": "9"}),
        ] {
            let outcome = sign(chain, Network::Mainnet, chain_id, corrupt.clone());
            let code = chain.info().code;
            assert!(
                matches!(
                    outcome,
                    Err(TransactionError::Malformed(_) | TransactionError::Refused(_))
                ),
                "{code} {corrupt}: {outcome:?}"
            );
        }
    }
}

#[test]
fn half_a_byte_of_data_is_refused_where_the_original_signs_corrupt_bytes() {
    for chain in ROWS {
        let chain_id = chain.chain_ids().mainnet[0];
        let members = json!({"data": "0xabc"});
        let outcome = sign(chain, Network::Mainnet, chain_id, members);
        let refused = ["KLAY", "CELO"].contains(&chain.info().code);
        assert_eq!(outcome.is_err(), refused, "{}", chain.info().code);
    }
}

#[test]
fn recipients_are_read_as_the_chain_writes_them() {
    for (chain, recipient) in [
        (&XDC, "xdced1ebe4fd1f73f86388f231997859ca42c07da5d"),
        (&ONE, "one1a50tun737ulcvwy0yvve0pvu5skq0kjargvhwe"),
    ] {
        let chain_id = chain.chain_ids().mainnet[0];
        let to = |to: &str| {
            let members = json!({"to": to});
            sign(chain, Network::Mainnet, chain_id, members)
        };
        let signed = to(recipient).unwrap().assembled;
        let usual = to("0xed1ebe4fd1f73f86388f231997859ca42c07da5d").unwrap();
        assert_eq!(signed, usual.assembled);
        let shown = match chain.info().code {
            "XDC" => "0.000000000000000005 XDC to xdced1ebE4Fd1f73f86388F231997859ca42c07DA5d,",
            _ => "0.000000000000000005 ONE to 0xed1ebE4Fd1f73f86388F231997859ca42c07DA5d,",
        };
        assert!(usual.summary.contains(shown), "{}", usual.summary);
        assert!(sign(&ETHEREUM, Network::Mainnet, 1, json!({"to": recipient})).is_err());
    }
}
