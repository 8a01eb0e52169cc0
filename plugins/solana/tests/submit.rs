//! A transaction is paid once: sent to a network that is slow, forgetful and unreliable, on a
//! clock that the test moves.

mod network;

use std::{sync::atomic::Ordering, time::Duration};

use kms_core::{
    chain::{Assembled, KeyRequest, KeySet, PendingTransaction, sign},
    journal::{Journal as _, MemoryJournal, PayloadDigest, Standing, Step, TransactionKey},
    prelude::*,
};
use kms_solana::SOLANA;
use network::{Chain, Fault, Landing};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

/// A desk of the daemon: it takes one pending transaction from where its journal has it as far as
/// it goes, in the order of the daemon's own steps.
struct Desk {
    journal: MemoryJournal,
    key: TransactionKey,
    keys: KeySet,
    pending: PendingTransaction,
    /// How often the cloud was told the id, and did not take it.
    cloud_refuses: u32,
    told: Vec<String>,
}

#[derive(Debug)]
enum Outcome {
    Done,
    Failed(String),
    Expired,
    Later(String),
}

impl Desk {
    fn new() -> Self {
        let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
        let case = vectors["transactions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|case| case["name"] == "native-transfer")
            .unwrap();
        let wallet = case["wallets"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap();
        let text = SecretText::new(wallet["privateKey"].as_str().unwrap());
        let id = KeyRequest {
            id: "wallet".to_owned(),
            index: None,
        };
        let mut keys = KeySet::default();
        keys.push(
            id,
            SOLANA.parse_private_key(Network::Testnet, &text).unwrap(),
        );
        let pending = json!({
            "id": "0123456789abcdef01234567", "chain": "SOL", "hashes": ["wallet"],
            "serializedTransaction": case["pending"]["serializedTransaction"],
        });
        let raw = RawValue::from_string(pending.to_string()).unwrap();
        Self {
            journal: MemoryJournal::new(),
            key: TransactionKey {
                chain: "SOL".to_owned(),
                network: Network::Testnet,
                id: "0123456789abcdef01234567".to_owned(),
            },
            keys,
            pending: PendingTransaction::from_raw(&raw).unwrap(),
            cloud_refuses: 0,
            told: Vec::new(),
        }
    }

    /// The same pending transaction is offered once more.
    async fn work(&mut self, chain: &Chain) -> Outcome {
        let digest = PayloadDigest::of(&self.pending);
        match self.journal.receive(&self.key, digest).await.unwrap() {
            Standing::Open => self.begin(chain).await,
            Standing::Signed {
                assembled,
                maybe_sent,
                ..
            } => {
                let attempt = if maybe_sent {
                    Attempt::Repeat
                } else {
                    Attempt::First
                };
                self.send(chain, &assembled, attempt).await
            }
            Standing::Done => Outcome::Done,
            Standing::Failed(reason) => Outcome::Failed(reason),
            other => panic!("{other:?}"),
        }
    }

    async fn begin(&mut self, chain: &Chain) -> Outcome {
        let signers = self.keys.signers(&SOLANA, Network::Testnet).unwrap();
        let unsigned = match SOLANA.prepare(&self.pending, signers, chain).await {
            Ok(unsigned) => unsigned,
            Err(error) => return Outcome::Later(error.to_string()),
        };
        let summary = SOLANA.summarize(Network::Testnet, &unsigned).unwrap();
        let frozen = Step::Frozen {
            unsigned: unsigned.clone(),
            summary: summary.to_string(),
        };
        self.advance(frozen).await;
        let assembled = sign(&SOLANA, &unsigned, &self.keys).unwrap();
        self.advance(Step::Signed(assembled.clone())).await;
        self.send(chain, &assembled, Attempt::First).await
    }

    async fn send(&mut self, chain: &Chain, assembled: &Assembled, attempt: Attempt) -> Outcome {
        self.advance(Step::Sending).await;
        let first = attempt == Attempt::First;
        match SOLANA.submit(assembled, attempt, chain).await {
            Ok(broadcast) => {
                assert!(broadcast.on_chain);
                assert_eq!(broadcast.tx_data, assembled.transaction_id);
                if self.cloud_refuses > 0 {
                    self.cloud_refuses -= 1;
                    return Outcome::Later("the cloud did not answer".to_owned());
                }
                self.told.push(broadcast.tx_data);
                self.advance(Step::Done).await;
                Outcome::Done
            }
            Err(SubmitError::Expired(_)) => {
                self.advance(Step::Expired).await;
                Outcome::Expired
            }
            Err(error) if error.is_final() || (first && error.is_definite()) => {
                let reason = error.report_text(RefusalStyle::Indented);
                let executed = error.is_final();
                let failed = Step::Failed {
                    reason: reason.clone(),
                    executed,
                };
                self.advance(failed).await;
                Outcome::Failed(reason)
            }
            Err(SubmitError::NotSent(error)) if first => {
                self.advance(Step::NotSent).await;
                Outcome::Later(error.to_string())
            }
            Err(error) => Outcome::Later(error.to_string()),
        }
    }

    async fn advance(&self, step: Step) {
        self.journal.advance(&self.key, step).await.unwrap();
    }
}

fn on_a_paused_clock<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

#[test]
fn a_transaction_is_sent_confirmed_and_told() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.executed(), desk.told);
        let prepared_and_sent = ["getLatestBlockhash", "sendTransaction"];
        let waited = ["getTransaction"; 3];
        assert_eq!(chain.methods(), [&prepared_and_sent[..], &waited].concat());
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(desk.told.len(), 1);
    });
}

/// What the original pays twice for.
#[test]
fn after_a_confirmation_timeout_nothing_new_is_sent_while_the_old_can_land() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        // In the last block that can take it: about a minute after it was sent.
        chain.lands(Landing::InItsLastBlock);
        let mut desk = Desk::new();
        let outcome = desk.work(&chain).await;
        assert!(
            matches!(&outcome, Outcome::Later(why) if why.contains("not confirmed yet")),
            "{outcome:?}"
        );
        assert_eq!(chain.executed(), [""; 0]);

        // Offered again at once, and again, and again.
        while !matches!(desk.work(&chain).await, Outcome::Done) {
            assert_eq!(
                chain.sent().len(),
                1,
                "the same bytes, whenever they are sent"
            );
        }
        assert_eq!(chain.sent().len(), 1);
        assert_eq!(chain.executed(), desk.told);
        let prepared = chain
            .methods()
            .iter()
            .filter(|it| **it == "getLatestBlockhash")
            .count();
        assert_eq!(prepared, 1);
    });
}

#[test]
fn what_was_dropped_is_signed_anew_only_when_its_time_is_over_for_good() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.lands(Landing::Never);
        let mut desk = Desk::new();
        let mut expired = false;
        for _ in 0..20 {
            match desk.work(&chain).await {
                Outcome::Expired => {
                    expired = true;
                    break;
                }
                Outcome::Later(_) => assert_eq!(chain.sent().len(), 1),
                other => panic!("{other:?}"),
            }
        }
        assert!(expired);
        let (height, last_valid) = chain.finalized_height_and_last_valid();
        assert!(height > last_valid, "{height} {last_valid}");

        chain.lands(Landing::After(Duration::from_secs(1)));
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.sent().len(), 2);
        assert_eq!(chain.executed(), desk.told);
    });
}

#[test]
fn a_lost_answer_to_the_sending_is_no_reason_to_send_other_bytes() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.fault("sendTransaction", Fault::LostAnswer);
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
        seconds(5).await;
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.count("sendTransaction"), 1);
        assert_eq!(chain.executed(), desk.told);
    });
}

#[test]
fn a_retry_of_the_last_call_alone_never_sends_again() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        let mut desk = Desk::new();
        desk.cloud_refuses = 3;
        for pause in [0, 60, 100_000] {
            assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
            assert_eq!(chain.count("sendTransaction"), 1);
            seconds(pause).await;
        }
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.count("sendTransaction"), 1);
        assert_eq!(chain.executed(), desk.told);
    });
}

#[test]
fn a_node_that_has_forgotten_the_old_blocks_proves_nothing() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        let mut desk = Desk::new();
        desk.cloud_refuses = 1;
        assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
        // The daemon is down for a day; the node keeps blocks for an hour.
        seconds(86_400).await;
        chain.forgets_after(Duration::from_secs(3600));
        for _ in 0..3 {
            let outcome = desk.work(&chain).await;
            assert!(
                matches!(&outcome, Outcome::Later(why) if why.contains("history")),
                "{outcome:?}"
            );
        }
        assert_eq!(chain.sent().len(), 1);
        // Another node remembers.
        chain.forgets_after(Duration::MAX);
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.executed(), desk.told);
    });
}

#[test]
fn a_node_that_lags_behind_proves_nothing() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.lands(Landing::InItsLastBlock);
        chain.fault("sendTransaction", Fault::LostAnswer);
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
        seconds(200).await;
        // It has been executed; the node that is asked for signatures has not come so far.
        chain.statuses_lag(Duration::from_secs(190));
        let outcome = desk.work(&chain).await;
        assert!(
            matches!(&outcome, Outcome::Later(why) if why.contains("behind")),
            "{outcome:?}"
        );
        chain.statuses_lag(Duration::ZERO);
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.executed(), desk.told);
    });
}

#[test]
fn a_failure_on_chain_is_told_at_once_with_its_reason() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.fails(json!({"InstructionError": [0, {"Custom": 1}]}));
        let mut desk = Desk::new();
        let begun = tokio::time::Instant::now();
        let outcome = desk.work(&chain).await;
        assert!(
            matches!(&outcome, Outcome::Failed(why)
                if why.contains(r#"{"InstructionError":[0,{"Custom":1}]}"#)),
            "{outcome:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(matches!(desk.work(&chain).await, Outcome::Failed(_)));
        assert_eq!(chain.sent().len(), 1);
    });
}

#[test]
fn a_failure_on_chain_is_found_by_the_look_up_too() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.fails(json!("AccountInUse"));
        chain.fault("sendTransaction", Fault::LostAnswer);
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
        seconds(5).await;
        let outcome = desk.work(&chain).await;
        assert!(
            matches!(&outcome, Outcome::Failed(why) if why.contains("AccountInUse")),
            "{outcome:?}"
        );
    });
}

/// A block that is not confirmed may be dropped, and the same bytes succeed in another.
#[test]
fn a_failure_in_a_block_that_is_not_confirmed_is_not_believed() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        chain.fails(json!("AccountInUse"));
        chain.fault("sendTransaction", Fault::LostAnswer);
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Later(_)));
        // In a block, which is not confirmed: the look-up must wait, and then see the failure.
        tokio::time::sleep(Duration::from_millis(1300)).await;
        let before = chain.count("sendTransaction");
        let outcome = desk.work(&chain).await;
        assert!(matches!(&outcome, Outcome::Failed(_)), "{outcome:?}");
        assert_eq!(chain.count("sendTransaction"), before);
        assert!(chain.count("getTransaction") > 0);
    });
}

#[test]
fn a_refusal_before_anything_was_sent_is_definite_and_a_busy_node_is_not() {
    let refusal = |code, message: &str| {
        Fault::Error(NodeError::Rpc {
            code: Some(code),
            message: message.to_owned(),
        })
    };
    let status = |status, body: Value| Fault::Error(NodeError::Status { status, body });
    let simulation = "Transaction simulation failed: Attempt to debit an account but found no record of a prior credit.";
    let wrapped = json!({"error": {"code": -32002, "message": simulation}});
    let cases = [
        (refusal(-32002, simulation), true),
        (refusal(-32602, "base64 encoded too large"), true),
        (
            refusal(-32003, "Transaction signature verification failure"),
            true,
        ),
        (status(400, wrapped.clone()), true),
        (status(500, wrapped), true),
        (status(403, json!("no")), true),
        (
            refusal(-32002, "Transaction simulation failed: Blockhash not found"),
            false,
        ),
        (refusal(-32005, "Node is behind by 42 slots"), false),
        (refusal(-32603, "Internal error"), false),
        (status(429, json!("slow down")), false),
        (status(503, json!("overloaded")), false),
        (Fault::Error(NodeError::Timeout(30)), false),
        (
            Fault::Error(NodeError::Unreachable("no route".to_owned())),
            false,
        ),
    ];
    for (fault, definite) in cases {
        on_a_paused_clock(async {
            let chain = Chain::new();
            let name = format!("{fault:?}");
            chain.fault("sendTransaction", fault);
            let mut desk = Desk::new();
            let outcome = desk.work(&chain).await;
            assert_eq!(
                matches!(outcome, Outcome::Failed(_)),
                definite,
                "{name}: {outcome:?}"
            );
            if !definite {
                assert!(matches!(desk.work(&chain).await, Outcome::Done), "{name}");
                assert_eq!(chain.executed(), desk.told);
                assert_eq!(chain.sent().len(), 1);
            }
        });
    }
}

#[test]
fn a_node_that_stumbles_while_it_is_asked_for_the_confirmation_is_asked_again() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        for _ in 0..3 {
            chain.fault("getTransaction", Fault::Error(NodeError::Timeout(30)));
        }
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.count("getTransaction"), 4);
    });
}

#[test]
fn a_processed_transaction_that_is_sent_once_more_is_not_refused() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        let refusal = NodeError::Rpc {
            code: Some(-32002),
            message: "Transaction simulation failed: This transaction has already been processed"
                .to_owned(),
        };
        chain.fault("sendTransaction", Fault::AnsweredWith(refusal));
        let mut desk = Desk::new();
        assert!(matches!(desk.work(&chain).await, Outcome::Done));
        assert_eq!(chain.executed(), desk.told);
    });
}

/// Something that goes wrong.
fn fault() -> impl Strategy<Value = (&'static str, Fault)> {
    let method = prop::sample::select(vec![
        "getLatestBlockhash",
        "sendTransaction",
        "sendTransaction",
        "getTransaction",
        "getSignatureStatuses",
        "getEpochInfo",
        "getFirstAvailableBlock",
    ]);
    let rpc = |code| NodeError::Rpc {
        code: Some(code),
        message: "trouble".to_owned(),
    };
    let fault = prop::sample::select(vec![
        Fault::LostAnswer,
        Fault::Error(NodeError::Timeout(30)),
        Fault::Error(rpc(-32005)),
        Fault::Error(rpc(-32603)),
        Fault::Error(NodeError::Status {
            status: 429,
            body: json!("slow down"),
        }),
    ]);
    (method, fault)
}

fn landing() -> impl Strategy<Value = Landing> {
    prop_oneof![
        2 => Just(Landing::Never),
        1 => Just(Landing::InItsLastBlock),
        4 => (0..90_u64).prop_map(|seconds| Landing::After(Duration::from_secs(seconds))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is lost, late, dropped or forgotten: it is executed at most once, and told as
    /// executed only when it was.
    #[test]
    fn nothing_makes_it_pay_twice(
        rounds in prop::collection::vec(
            (landing(), prop::collection::vec(fault(), 0..4), 0..120_u64, 0..3_u32, 0..60_u64),
            1..12,
        ),
    ) {
        on_a_paused_clock(async {
            let chain = Chain::new();
            let mut desk = Desk::new();
            for (landing, faults, pause, cloud_refuses, lag) in rounds {
                chain.lands(landing);
                chain.clear_faults();
                for (method, fault) in faults {
                    chain.fault(method, fault);
                }
                chain.statuses_lag(Duration::from_secs(lag));
                desk.cloud_refuses = cloud_refuses;
                desk.work(&chain).await;
                prop_assert!(chain.executed_at_most_once());
                seconds(pause).await;
            }
            // Everything that can still land does.
            seconds(600).await;
            prop_assert!(chain.executed_at_most_once());
            prop_assert!(desk.told.len() <= 1);
            prop_assert!(desk.told.iter().all(|id| chain.executed().contains(id)));

            // And with a network that works, it comes to an end.
            chain.lands(Landing::After(Duration::from_secs(1)));
            chain.clear_faults();
            chain.statuses_lag(Duration::ZERO);
            desk.cloud_refuses = 0;
            // Bytes too old to be sent are refused, found to be dead, and signed anew.
            let mut last = desk.work(&chain).await;
            for _ in 0..2 {
                if !matches!(last, Outcome::Done) {
                    last = desk.work(&chain).await;
                }
            }
            prop_assert!(matches!(last, Outcome::Done), "{:?}", last);
            prop_assert_eq!(chain.executed(), desk.told);
            Ok(())
        })?;
    }
}

#[test]
fn the_key_is_asked_for_in_the_path_only() {
    on_a_paused_clock(async {
        let chain = Chain::new();
        Desk::new().work(&chain).await;
        assert!(chain.only_in_path.load(Ordering::Relaxed));
    });
}
