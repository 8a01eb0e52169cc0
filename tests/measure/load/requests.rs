//! Transactions to sign: recorded ones or the sandbox's, each made another by its nonce.

use anyhow::{Context as _, Result, ensure};
use kms_core::chain::{
    ChainPlugin, Network,
    rehearsal::{RehearsalTransaction, RehearsalWallet},
};
use kms_tests::vectors;
use serde_json::{Value, json};

use crate::cloud::Pending;

/// The transactions of a run, by the number that the cloud knows them by.
#[derive(Debug)]
pub(crate) struct Requests {
    /// As the cloud lists them.
    pub(crate) pending: Vec<Pending>,
    /// What each asks to be signed.
    pub(crate) asked: Vec<Asked>,
    /// Where they come from, for people.
    pub(crate) origin: String,
}

/// What a transaction asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The `serializedTransaction` member.
    pub(crate) serialized: String,
    /// The number of the wallet that signs it.
    pub(crate) signer: usize,
    /// Whether its nonce makes it differ from all others of the same wallet.
    pub(crate) distinct: bool,
}

impl Requests {
    /// `count` transactions that the wallets take in turn.
    ///
    /// # Errors
    /// When neither a recorded transaction fits, nor the sandbox can play the chain.
    pub(crate) fn make(
        plugin: &'static dyn ChainPlugin,
        network: Network,
        signers: &[RehearsalWallet],
        count: usize,
    ) -> Result<Self> {
        ensure!(!signers.is_empty(), "there is nobody to sign");
        let code = plugin.info().code;
        let recorded = recorded(code, network);
        let origin = match &recorded {
            Some((name, _)) => format!("recorded transfer {name:?}, with nonces from 1 on"),
            None => "transactions of the sandbox".to_owned(),
        };
        let templates: Vec<Vec<RehearsalTransaction>> = signers
            .iter()
            .map(|wallet| match &recorded {
                Some((_, payload)) => Ok(vec![of_recorded(payload, wallet)]),
                None => played(plugin, network, wallet),
            })
            .collect::<Result<_>>()?;
        let (mut pending, mut asked) = (Vec::new(), Vec::new());
        for number in 0..count {
            let signer = number % signers.len();
            let round = number / signers.len();
            let templates = templates.get(signer).context("a wallet of the run")?;
            let template = templates
                .get(round % templates.len())
                .with_context(|| format!("the sandbox has no transaction of {code}"))?;
            let (serialized, distinct) = with_nonce(&template.serialized, round);
            let id = format!("{number:024x}");
            pending.push(Pending {
                json: listed(&id, code, template, &serialized).to_string(),
                id,
                chain: code,
                wallet: signers.get(signer).context("a wallet")?.id.clone(),
            });
            asked.push(Asked {
                serialized,
                signer,
                distinct,
            });
        }
        Ok(Self {
            pending,
            asked,
            origin,
        })
    }
}

/// A recorded transfer on `network` that names no wallet and is complete in itself: no node is
/// asked for anything.
fn recorded(code: &str, network: Network) -> Option<(String, Value)> {
    let files = vectors::files();
    let of_chain = files.iter().filter(|(_, file)| file["chain"] == code);
    let cases =
        of_chain.flat_map(|(_, file)| file["transactions"].as_array().into_iter().flatten());
    let complete = |case: &&Value| {
        let calls = case["calls"].as_array().map_or(0, Vec::len);
        calls == 0
            && case["testnet"] == network.is_testnet()
            && case["pending"]["signatures"].is_null()
    };
    cases.filter(complete).find_map(|case| {
        let text = case["pending"]["serializedTransaction"].as_str()?;
        let payload: Value = serde_json::from_str(text).ok()?;
        let anybody = payload["from"].is_null() || payload["from"] == 0;
        let name = case["name"].as_str()?.to_owned();
        (anybody && payload["nonce"].is_u64()).then_some((name, payload))
    })
}

fn of_recorded(payload: &Value, wallet: &RehearsalWallet) -> RehearsalTransaction {
    RehearsalTransaction {
        title: "recorded",
        serialized: payload.to_string(),
        hashes: vec![wallet.id.clone()],
        index: wallet.mnemonic.then_some(0),
        signatures: Vec::new(),
    }
}

fn played(
    plugin: &dyn ChainPlugin,
    network: Network,
    wallet: &RehearsalWallet,
) -> Result<Vec<RehearsalTransaction>> {
    let code = plugin.info().code;
    let rehearsal = plugin
        .rehearsal()
        .with_context(|| format!("the sandbox cannot play {code}"))?;
    let transactions = rehearsal.transactions(network, std::slice::from_ref(wallet));
    ensure!(
        !transactions.is_empty(),
        "the sandbox has no transaction of {code} for such a wallet"
    );
    Ok(transactions)
}

/// The same transaction of another round, where it says which one it is; whether it does.
fn with_nonce(serialized: &str, round: usize) -> (String, bool) {
    let Ok(Value::Object(mut members)) = serde_json::from_str(serialized) else {
        return (serialized.to_owned(), false);
    };
    // Nonce 0 given as a number counts as absent.
    let number = u64::try_from(round).unwrap_or(u64::MAX).saturating_add(1);
    let first = |value: &Value| value.as_u64().unwrap_or(0);
    let mut distinct = false;
    for name in ["nonce", "Sequence"] {
        if let Some(value) = members.get_mut(name) {
            let base = if name == "nonce" { 0 } else { first(value) };
            *value = json!(base.saturating_add(number));
            distinct = true;
        }
    }
    (Value::Object(members).to_string(), distinct)
}

fn listed(id: &str, chain: &str, template: &RehearsalTransaction, serialized: &str) -> Value {
    let signatures = template.signatures.iter();
    let signatures: Vec<Value> = signatures
        .map(|(id, index)| json!({"id": id, "index": index}))
        .collect();
    json!({
        "id": id,
        "chain": chain,
        "serializedTransaction": serialized,
        "hashes": template.hashes,
        "index": template.index,
        "signatures": if signatures.is_empty() { Value::Null } else { Value::Array(signatures) },
        "withdrawalId": null,
        "withdrawalResponses": null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_another_nonce_and_none_is_zero() {
        for (text, rounds) in [
            (r#"{"to":"0x1","nonce":21}"#, ["1", "2"]),
            (r#"{"nonce":"0x7"}"#, ["1", "2"]),
            (r#"{"Sequence":100}"#, ["101", "102"]),
        ] {
            for (round, expected) in (0..).zip(rounds) {
                let (text, distinct) = with_nonce(text, round);
                assert!(distinct && text.contains(expected), "{text}");
            }
        }
        for text in ["AAAA", "[1]", r#"{"a":1}"#, "0200:[1]"] {
            assert!(!with_nonce(text, 3).1);
        }
    }

    #[test]
    fn there_is_a_recorded_transfer_of_ether_that_asks_no_node() {
        let (_, payload) = recorded("ETH", Network::Testnet).unwrap();
        assert_eq!(payload["chainId"], kms_tests::samples::SEPOLIA);
        assert!(
            recorded("XRP", Network::Testnet).is_none(),
            "it names its account"
        );
    }
}
