//! The judge of the sandbox is strict.

use kms_core::{
    chain::rehearsal::{Rehearsal as _, RehearsalCall},
    prelude::Network,
};
use kms_evm::ETHEREUM;
use serde_json::{Value, json};

/// Legacy, mainnet, from the recorded vectors.
fn recorded(name: &str) -> (String, String, String) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/ETH.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    (
        text("signed"),
        text("txId"),
        text("recovered").to_lowercase(),
    )
}

#[test]
fn recorded_transactions_are_attributed_to_their_senders() {
    for (name, network) in [
        ("store-data-value-zero", Network::Mainnet),
        ("access-list-type-1", Network::Testnet),
        ("signature-r-with-leading-zero-byte", Network::Testnet),
    ] {
        let (signed, id, sender) = recorded(name);
        let verdict = ETHEREUM.verify(network, &signed).unwrap();
        assert_eq!(verdict.transaction_id, id);
        assert_eq!(verdict.signers[0].as_str(), sender);
    }
}

#[test]
fn what_is_not_right_is_refused_with_the_reason() {
    let (signed, _, _) = recorded("store-data-value-zero");
    // The example of EIP-155, once with v = 27, once with the other S that also verifies.
    let unprotected = "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000801ba028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
    let high_s = "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008026a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a098341627668089e51348fccfb4c7ff31c55912f2d2e47ef09652acf665fad3be";
    for (network, tx_data, reason) in [
        (Network::Mainnet, signed[2..].to_owned(), "lacks its 0x"),
        (Network::Mainnet, "0xzz".to_owned(), "not hexadecimal"),
        (Network::Mainnet, format!("{signed}00"), "1 bytes follow"),
        (
            Network::Mainnet,
            signed[..signed.len() - 2].to_owned(),
            "no transaction",
        ),
        (
            Network::Testnet,
            signed.clone(),
            "chain id 1 is not one of Ethereum testnet",
        ),
        (Network::Mainnet, unprotected.to_owned(), "without chain id"),
        (Network::Mainnet, high_s.to_owned(), "upper half"),
    ] {
        let error = ETHEREUM.verify(network, &tx_data).unwrap_err();
        assert!(error.contains(reason), "{tx_data}: {error}");
    }
}

#[test]
fn only_calls_of_the_chain_are_answered() {
    let answer = |method: &str, path: &str, body: Option<Value>| {
        let call = RehearsalCall {
            method: method.to_owned(),
            path: path.to_owned(),
            body,
        };
        ETHEREUM.answer(Network::Testnet, &call)
    };
    let node = "/v3/ethereum/web3/{apiKey}";
    assert_eq!(
        answer(
            "POST",
            node,
            Some(json!({"id": 3, "method": "eth_chainId"}))
        ),
        Some(json!({"jsonrpc": "2.0", "id": 3, "result": "0xaa36a7"}))
    );
    assert!(answer("GET", "/v3/ethereum/transaction/count/0x1", None).is_some());
    assert!(answer("GET", "/v3/blockchain/fee/ETH", None).is_some());
    assert_eq!(
        answer("POST", node, Some(json!({"method": "eth_accounts"}))),
        None
    );
    assert_eq!(answer("POST", node, None), None);
    assert_eq!(answer("GET", "/v3/blockchain/fee/BTC", None), None);
    assert_eq!(answer("DELETE", "/v3/blockchain/fee/ETH", None), None);
}
