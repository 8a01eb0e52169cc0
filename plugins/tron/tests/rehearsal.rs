//! The judge of the sandbox is strict.

use kms_core::prelude::*;
use kms_tron::TRON;
use serde_json::Value;

/// Signed transaction, id and signer, from the recorded vectors.
fn recorded(name: &str) -> (String, String, String) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/TRON.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    (text("signed"), text("txId"), text("recovered"))
}

fn verify(tx_data: &str) -> Result<(String, String), String> {
    let verdict = TRON
        .rehearsal()
        .unwrap()
        .verify(Network::Testnet, tx_data)?;
    Ok((verdict.transaction_id, verdict.signers[0].to_string()))
}

#[test]
fn recorded_transactions_are_attributed_to_their_signers() {
    for name in [
        "trx-transfer",
        "trc20-transfer",
        "trc10-transfer",
        "contract-deploy-with-abi",
        "signature-r-with-leading-zero-byte",
    ] {
        let (signed, id, signer) = recorded(name);
        assert_eq!(verify(&signed), Ok((id, signer)), "{name}");
    }
}

#[test]
fn what_is_not_right_is_refused_with_the_reason() {
    let (signed, _, _) = recorded("trx-transfer");
    let replaced = |from: &str, to: &str| {
        assert!(signed.contains(from), "{from}");
        signed.replace(from, to)
    };
    let (unsigned, _) = signed.split_once(",\"signature\"").unwrap();
    for (tx_data, reason) in [
        (String::new(), "no JSON"),
        ("null".to_owned(), "is no text"),
        (format!("{unsigned}}}"), "not one signature"),
        (replaced("\"txID\":\"f", "\"txID\":\"e"), "not the SHA-256"),
        (replaced("d28be39cf331", "d28be39cf332"), "not the SHA-256"),
        (replaced("fbb1B\"", "fbb1b\""), "1B or 1C"),
        (replaced("fbb1B\"", "fbb1C\""), "not the signer"),
        (replaced("fbb1B\"", "fbc1B\""), "not the signer"),
        (replaced("fbb1B\"", "fb1B\""), "1B or 1C"),
        (replaced("fbb1B\"", "\""), "130 hexadecimal digits"),
        // The other S, with which the signature is as valid.
        (
            replaced(
                "154462bd09fad54accafe92aa3518438fab8685ca938c0964aa8fd8e80b17fbb1B",
                "eabb9d42f6052ab5335016d55cae7bc5bff6748a060fdfa5752960fe4f84c1861C",
            ),
            "upper half",
        ),
    ] {
        let error = verify(&tx_data).unwrap_err();
        assert!(error.contains(reason), "{tx_data}: {error}");
    }
}
