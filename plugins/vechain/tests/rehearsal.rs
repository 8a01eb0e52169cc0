//! The judge of the sandbox is strict.

use kms_core::{chain::rehearsal::RehearsalCall, prelude::*};
use kms_vechain::VECHAIN;
use serde_json::{Value, json};

/// Signed transaction, id and sender, from the recorded vectors.
fn recorded(name: &str) -> (String, String, String) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/VET.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    (text("signed"), text("txId"), text("recovered"))
}

fn verify(network: Network, tx_data: &str) -> Result<(String, String), String> {
    let verdict = VECHAIN.rehearsal().unwrap().verify(network, tx_data)?;
    Ok((verdict.transaction_id, verdict.signers[0].to_string()))
}

#[test]
fn recorded_transactions_are_attributed_to_their_senders() {
    for (name, network) in [
        ("transfer-all-fields-given", Network::Testnet),
        ("transfer-only-recipient-and-value", Network::Mainnet),
        ("contract-deploy-no-to", Network::Testnet),
        ("depends-on-and-zero-coefficient", Network::Mainnet),
        ("signature-r-with-leading-zero-byte", Network::Testnet),
    ] {
        let (signed, id, sender) = recorded(name);
        assert_eq!(verify(network, &signed), Ok((id, sender)), "{name}");
    }
}

#[test]
fn what_is_not_right_is_refused_with_the_reason() {
    let (signed, _, sender) = recorded("transfer-all-fields-given");
    let replaced = |from: &str, to: &str| {
        assert!(signed.contains(from), "{from}");
        signed.replace(from, to)
    };
    for (network, tx_data, reason) in [
        (Network::Testnet, signed[2..].to_owned(), "lacks its 0x"),
        (Network::Testnet, "0xzz".to_owned(), "not hexadecimal"),
        (Network::Testnet, "0x80".to_owned(), "no RLP list"),
        (Network::Testnet, "0xc0".to_owned(), "empty"),
        (Network::Testnet, "0xc3010203".to_owned(), "ten items"),
        (Network::Testnet, format!("{signed}00"), "1 bytes follow"),
        (Network::Mainnet, signed.clone(), "not 0x4a of mainnet"),
        (
            Network::Testnet,
            format!("{}02", &signed[..signed.len() - 2]),
            "the last is 0 or 1",
        ),
        (
            Network::Testnet,
            replaced(
                "6248d3a26cb30ac29ef112259acb6bc4e7f8eafa92916498fc2dfc04ec48d99f00",
                "9db72c5d934cf53d610eedda65349439d2b5f1ec1cb73ba2c3a46287e3ed67a201",
            ),
            "upper half",
        ),
    ] {
        let error = verify(network, &tx_data).unwrap_err();
        assert!(error.contains(reason), "{tx_data}: {error}");
    }
    // Another amount is another sender.
    let (_, other) = verify(
        Network::Testnet,
        &replaced("1111d67bb1bb0000", "1111d67bb1bb0001"),
    )
    .unwrap();
    assert_ne!(other, sender);
}

#[test]
fn only_calls_of_the_chain_are_answered() {
    let answer = |network, method: &str, path: &str, body: Option<Value>| {
        let call = RehearsalCall {
            method: method.to_owned(),
            path: path.to_owned(),
            body,
        };
        VECHAIN.rehearsal().unwrap().answer(network, &call)
    };
    for (network, tag) in [(Network::Mainnet, "4a"), (Network::Testnet, "27")] {
        let genesis = answer(network, "GET", "/blocks/0", None).unwrap();
        assert!(genesis["id"].as_str().unwrap().ends_with(tag));
        assert!(answer(network, "GET", "/blocks/best", None).is_some());
        let body = json!({"clauses": [{"data": "0x"}]});
        let path = "/accounts/*?revision=best";
        let outcome = answer(network, "POST", path, Some(body)).unwrap();
        assert_eq!(outcome[0]["gasUsed"], 0);
        assert_eq!(answer(network, "POST", path, None), None);
        assert_eq!(answer(network, "GET", "/blocks/1", None), None);
    }
}
