//! Sending: once, with a proof before anything is signed anew, and the lent key given back.

use std::sync::Mutex;

use kms_core::{
    chain::{NodeMethod, PendingTransaction, SubmitError},
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_flow::FLOW;
use serde_json::{Value, json, value::RawValue};

const HEIGHT: u64 = 90_000_000;
const LENT_KEY: u64 = 30;
const SEQUENCE_NUMBER: u64 = 4013;

/// The platform and an access node, as far as sending goes.
#[derive(Default)]
struct FakeNetwork {
    /// What the access node says of the transaction, in order; the last one is repeated.
    statuses: Vec<Result<&'static str, u16>>,
    /// How the access node takes a transaction.
    refusal: Option<u16>,
    height: u64,
    /// By how much the sequence number of the lent key has grown.
    used: u64,
    calls: Mutex<Vec<(String, Value)>>,
}

impl FakeNetwork {
    fn saying(statuses: &[Result<&'static str, u16>]) -> Self {
        Self {
            statuses: statuses.to_vec(),
            height: HEIGHT,
            ..Self::default()
        }
    }

    fn count(&self, path: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|(called, _)| called.starts_with(path))
            .count()
    }

    fn sent(&self) -> usize {
        self.count("/v1/transactions")
    }

    /// The ids with which the key was given back.
    fn given_back(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|(path, _)| path == "/v3/flow/broadcast")
            .map(|(_, body)| {
                assert_eq!(body["proposalKey"], LENT_KEY);
                body["txData"].as_str().unwrap().to_owned()
            })
            .collect()
    }
}

#[async_trait]
impl NodeApi for FakeNetwork {
    fn network(&self) -> Network {
        Network::Testnet
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        let body = request.body.clone().unwrap_or_default();
        self.calls
            .lock()
            .unwrap()
            .push((request.path.clone(), body));
        let status = |status| {
            Err(NodeError::Status {
                status,
                body: json!({"message": "no"}),
            })
        };
        match request.path.as_str() {
            "/v1/transactions" => match self.refusal {
                Some(code) => status(code),
                None => Ok(json!({})),
            },
            path if path.starts_with("/v1/transaction_results/") => {
                let asked = self.count("/v1/transaction_results/");
                let said = self.statuses.get(asked - 1).or(self.statuses.last());
                match said.copied().unwrap_or(Ok("Sealed")) {
                    Ok("Failed") => Ok(
                        json!({"status": "Sealed", "error_message": "[Error Code: 1101] no vault"}),
                    ),
                    Ok(name) => Ok(json!({"status": name, "error_message": ""})),
                    Err(code) => status(code),
                }
            }
            path if path.starts_with("/v1/blocks") => {
                Ok(json!([{"header": {"id": "5b".repeat(32), "height": self.height.to_string()}}]))
            }
            path if path.starts_with("/v1/accounts/") => {
                assert!(path.contains(&format!("block_height={}&", self.height)));
                let number = SEQUENCE_NUMBER + self.used;
                Ok(json!({"keys": [
                    {"index": LENT_KEY.to_string(), "sequence_number": number.to_string()},
                ]}))
            }
            "/v3/flow/broadcast" => Ok(json!({})),
            "/v3/flow/sign" => match self.refusal {
                Some(code) => status(code),
                None => Ok(json!({"signature": "11".repeat(64)})),
            },
            other => panic!("{:?} {other}", request.method == NodeMethod::Get),
        }
    }
}

/// A recorded transaction, signed by us and not by the platform. It brings a runtime of its own,
/// for which a thread that has one is no place.
fn signed() -> Pipeline {
    let signing = std::thread::spawn(sign_recorded);
    signing.join().unwrap()
}

fn sign_recorded() -> Pipeline {
    let vectors: Value = serde_json::from_str(include_str!("vectors/FLOW.json")).unwrap();
    let case = &vectors["transactions"][0];
    let node = ScriptedNode::new(Network::Testnet, case["calls"].as_array().unwrap());
    let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    Pipeline::run(&FLOW, &pending, &wallets, &node).unwrap()
}

async fn completed() -> Assembled {
    let signed = signed();
    FLOW.cosign(&signed.unsigned, signed.assembled, &FakeNetwork::default())
        .await
        .unwrap()
}

async fn submit(attempt: Attempt, network: &FakeNetwork) -> Result<Broadcast, SubmitError> {
    FLOW.submit(&completed().await, attempt, network).await
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

#[test]
fn the_platform_signs_what_the_original_had_it_sign() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/FLOW.json")).unwrap();
    let asked_for = |calls: Vec<(&str, &Value)>| -> Vec<Value> {
        let of_signatures = calls
            .into_iter()
            .filter(|(path, _)| *path == "/v3/flow/sign");
        of_signatures.map(|(_, body)| body.clone()).collect()
    };
    for case in vectors["transactions"].as_array().unwrap() {
        let calls = case["calls"].as_array().unwrap();
        let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
        let node = ScriptedNode::new(network, calls);
        let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
        let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let signed = Pipeline::run(&FLOW, &pending, &wallets, &node).unwrap();
        let completed = runtime()
            .block_on(FLOW.cosign(&signed.unsigned, signed.assembled, &node))
            .unwrap();
        assert_eq!(completed.transaction_id, case["txId"], "{}", case["name"]);
        let seen = node.seen();
        let asked = seen
            .iter()
            .filter_map(|call| Some((call.path.as_str(), call.body.as_ref()?)));
        let recorded = calls
            .iter()
            .filter_map(|call| Some((call["path"].as_str()?, &call["body"])));
        assert_eq!(
            asked_for(asked.collect()),
            asked_for(recorded.collect()),
            "{}",
            case["name"]
        );
    }
}

#[test]
fn a_sealed_transaction_is_executed_and_its_key_given_back() {
    runtime().block_on(async {
        let network = FakeNetwork::saying(&[
            Err(404),
            Ok("Pending"),
            Err(500),
            Ok("Executed"),
            Ok("Sealed"),
        ]);
        let broadcast = submit(Attempt::First, &network).await.unwrap();
        let id = completed().await.transaction_id;
        assert_eq!(broadcast, Broadcast::executed(id.as_str()));
        assert_eq!(network.sent(), 1);
        assert_eq!(network.given_back(), [id]);
    });
}

#[test]
fn a_failure_on_chain_is_definite_and_gives_the_key_back() {
    runtime().block_on(async {
        for attempt in [Attempt::First, Attempt::Repeat] {
            let network = FakeNetwork::saying(&[Ok("Failed")]);
            let error = submit(attempt, &network).await.unwrap_err();
            assert!(matches!(error, SubmitError::Reverted(_)), "{error}");
            assert!(error.to_string().contains("no vault"), "{error}");
            assert_eq!(network.given_back().len(), 1);
        }
    });
}

#[test]
fn a_missing_seal_leaves_the_outcome_and_the_key_open() {
    runtime().block_on(async {
        let network = FakeNetwork::saying(&[Ok("Pending")]);
        let error = submit(Attempt::First, &network).await.unwrap_err();
        assert!(matches!(error, SubmitError::Unknown(_)), "{error}");
        assert!(network.given_back().is_empty());
    });
}

#[test]
fn a_repetition_looks_before_it_sends() {
    runtime().block_on(async {
        for known in ["Sealed", "Pending", "Executed"] {
            let network = FakeNetwork::saying(&[Ok(known), Ok("Sealed")]);
            submit(Attempt::Repeat, &network).await.unwrap();
            assert_eq!(network.sent(), 0, "{known}");
        }
        // Unknown, and it can still be taken: the same bytes.
        let network = FakeNetwork {
            height: HEIGHT + 600,
            ..FakeNetwork::saying(&[Err(404), Ok("Sealed")])
        };
        submit(Attempt::Repeat, &network).await.unwrap();
        assert_eq!(network.sent(), 1);
    });
}

#[test]
fn expired_is_what_is_unknown_after_its_time() {
    runtime().block_on(async {
        let network = FakeNetwork {
            height: HEIGHT + 601,
            ..FakeNetwork::saying(&[Err(404)])
        };
        let error = submit(Attempt::Repeat, &network).await.unwrap_err();
        assert!(matches!(error, SubmitError::Expired(_)), "{error}");
        assert_eq!(network.sent(), 0);
        assert!(
            network.given_back().is_empty(),
            "whoever abandons it gives it back"
        );

        // It came into one of the last blocks between the two looks.
        let network = FakeNetwork {
            height: HEIGHT + 601,
            ..FakeNetwork::saying(&[Err(404), Ok("Sealed")])
        };
        submit(Attempt::Repeat, &network).await.unwrap();
        // A node that does not answer proves nothing.
        let network = FakeNetwork {
            height: HEIGHT + 601,
            ..FakeNetwork::saying(&[Err(503)])
        };
        let error = submit(Attempt::Repeat, &network).await.unwrap_err();
        assert!(matches!(error, SubmitError::Unknown(_)), "{error}");
    });
}

#[test]
fn what_a_node_does_not_know_is_not_expired_when_the_lent_key_was_used() {
    runtime().block_on(async {
        for status in [Err(404), Ok("Unknown"), Ok("Expired")] {
            let network = |used, height| FakeNetwork {
                used,
                height: HEIGHT + height,
                ..FakeNetwork::saying(&[status])
            };
            let error = submit(Attempt::Repeat, &network(1, 601)).await.unwrap_err();
            assert!(matches!(error, SubmitError::Unknown(_)), "{error}");
            let error = submit(Attempt::Repeat, &network(0, 601)).await.unwrap_err();
            assert!(matches!(error, SubmitError::Expired(_)), "{error}");
        }
        // Said too early: a sealed block could still take it.
        let network = FakeNetwork {
            height: HEIGHT + 600,
            ..FakeNetwork::saying(&[Ok("Expired")])
        };
        let error = submit(Attempt::Repeat, &network).await.unwrap_err();
        assert!(matches!(error, SubmitError::Unknown(_)), "{error}");
        assert_eq!(network.sent(), 0);
    });
}

#[test]
fn what_waited_too_long_for_the_platform_is_signed_anew() {
    runtime().block_on(async {
        let network = FakeNetwork {
            refusal: Some(400),
            height: HEIGHT + 601,
            ..FakeNetwork::saying(&[Err(404)])
        };
        let error = submit(Attempt::First, &network).await.unwrap_err();
        assert!(matches!(error, SubmitError::Expired(_)), "{error}");
        assert_eq!(network.sent(), 1);
    });
}

#[test]
fn a_refusal_is_definite_only_the_first_time() {
    runtime().block_on(async {
        for (attempt, definite) in [(Attempt::First, true), (Attempt::Repeat, false)] {
            let network = FakeNetwork {
                refusal: Some(400),
                ..FakeNetwork::saying(&[Err(404)])
            };
            let error = submit(attempt, &network).await.unwrap_err();
            assert_eq!(error.is_definite(), definite, "{error}");
        }
    });
}

#[test]
fn a_refused_signature_of_the_platform_is_definite_and_a_silent_platform_is_asked_again() {
    runtime().block_on(async {
        for (code, definite) in [(403, true), (500, false), (429, false)] {
            let signed = signed();
            let network = FakeNetwork {
                refusal: Some(code),
                ..FakeNetwork::default()
            };
            let error = FLOW
                .cosign(&signed.unsigned, signed.assembled, &network)
                .await
                .unwrap_err();
            assert_eq!(error.is_definite(), definite, "{error}");
            assert!(definite || matches!(error, SubmitError::NotSent(_)));
        }
    });
}

#[test]
fn abandoning_gives_the_key_back_with_nothing() {
    runtime().block_on(async {
        let network = FakeNetwork::default();
        FLOW.abandon(&signed().unsigned, &network).await;
        assert_eq!(network.given_back(), [""]);
    });
}

#[test]
fn a_preparation_that_fails_half_way_gives_back_what_it_borrowed_and_only_that() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/FLOW.json")).unwrap();
    let case = &vectors["transactions"][0];
    let wallets = serde_json::from_value(case["wallets"].clone()).unwrap();
    let raw = RawValue::from_string(case["pending"].to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let calls = case["calls"].as_array().unwrap();
    for (missing, lent) in [
        ("proposal/true", 0),
        ("/v1/blocks", 0),
        ("proposal/false", 0),
        ("/v1/accounts", 1),
    ] {
        let left: Vec<Value> = calls
            .iter()
            .filter(|call| !call.to_string().contains(missing))
            .cloned()
            .collect();
        let node = ScriptedNode::new(Network::Testnet, &left);
        assert!(Pipeline::run(&FLOW, &pending, &wallets, &node).is_err());
        let given_back = node
            .seen()
            .into_iter()
            .filter(|call| call.path == "/v3/flow/broadcast")
            .count();
        assert_eq!(given_back, lent, "without {missing}");
    }
}
