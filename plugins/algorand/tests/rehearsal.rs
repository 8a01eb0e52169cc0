//! The judge of the sandbox is strict.

use kms_algorand::ALGORAND;
use kms_core::prelude::*;
use serde_json::Value;

/// Signed transaction, id and signer, from the recorded vectors.
fn recorded(name: &str) -> (String, String, String) {
    let vectors: Value = serde_json::from_str(include_str!("vectors/ALGO.json")).unwrap();
    let cases = vectors["transactions"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    (text("signed"), text("txId"), text("recovered"))
}

fn verify(tx_data: &str) -> Result<(String, String), String> {
    let judge = ALGORAND.rehearsal().unwrap();
    let verdict = judge.verify(Network::Testnet, tx_data)?;
    Ok((verdict.transaction_id, verdict.signers[0].to_string()))
}

#[test]
fn recorded_transactions_are_attributed_to_their_signers() {
    for name in [
        "payment",
        "payment-zero-amount",
        "signer-is-not-the-sender",
        "asset-transfer-nft",
    ] {
        let (signed, id, signer) = recorded(name);
        assert_eq!(verify(&signed), Ok((id, signer)), "{name}");
    }
}

#[test]
fn what_is_not_right_is_refused_with_the_reason() {
    let (signed, _, _) = recorded("payment");
    let (mainnet, _, _) = recorded("payment-with-note-mainnet");
    let (rekeyed, _, _) = recorded("signer-is-not-the-sender");
    let changed = |from: &str, to: &str| {
        assert!(signed.contains(from));
        signed.replacen(from, to, 1)
    };
    // Names in hexadecimal: sig, txn, snd, gh.
    for (tx_data, reason) in [
        ("xyz".to_owned(), "not hexadecimal"),
        (signed[..200].to_owned(), "no map"),
        (format!("{signed}00"), "no map"),
        (changed("a3736967", "a3736968"), "no map of sig and txn"),
        (changed("a3736e64c420", "a3736e65c420"), "snd"),
        (changed("a26768c4204863", "a26768c4204864"), "genesis hash"),
        (
            changed("a3616d74ce0016e360", "a3616d74ce0016e361"),
            "not signed it",
        ),
        (
            changed("a3736967c4402390", "a3736967c4402391"),
            "not signed it",
        ),
        (mainnet, "genesis hash"),
        (
            rekeyed.replacen("83a473676e72c420e5", "83a473676e72c420e6", 1),
            "sign",
        ),
    ] {
        let error = verify(&tx_data).unwrap_err();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}
