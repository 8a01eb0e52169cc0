//! A Solana network in memory: blocks every 400 ms of the clock, and nodes that can lose answers,
//! lag and forget.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::prelude::{Network, NodeApi, NodeAuth, NodeError, NodeRequest, async_trait};
use serde_json::{Value, json};
use tokio::time::Instant;

const BLOCK: Duration = Duration::from_millis(400);
const FIRST_HEIGHT: u64 = 200_000_000;
/// How far behind the newest block the others stand.
const CONFIRMED: u64 = 2;
const FINALIZED: u64 = 32;
const LIFE: u64 = 150;

/// When a transaction gets into a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Landing {
    After(Duration),
    InItsLastBlock,
    Never,
}

/// What goes wrong with one call.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The node does nothing, and says this.
    Error(NodeError),
    /// It does what it is asked, and nobody learns of it.
    LostAnswer,
    /// It does what it is asked, and says this.
    AnsweredWith(NodeError),
}

pub(crate) struct Chain {
    begun: Instant,
    state: Mutex<State>,
    pub(crate) only_in_path: AtomicBool,
}

struct State {
    landing: Landing,
    failure: Value,
    faults: HashMap<&'static str, VecDeque<Fault>>,
    calls: Vec<String>,
    /// Different transactions, in the order of their arrival.
    sent: Vec<Sent>,
    statuses_lag: Duration,
    memory: Duration,
}

#[derive(Clone)]
struct Sent {
    id: String,
    last_valid: u64,
    /// The block that it gets into.
    block: Option<u64>,
    failure: Value,
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            state: Mutex::new(State {
                landing: Landing::After(Duration::from_secs(1)),
                failure: Value::Null,
                faults: HashMap::new(),
                calls: Vec::new(),
                sent: Vec::new(),
                statuses_lag: Duration::ZERO,
                memory: Duration::MAX,
            }),
            only_in_path: AtomicBool::new(true),
        }
    }

    pub(crate) fn lands(&self, landing: Landing) {
        self.state().landing = landing;
    }

    /// Transactions fail with this error.
    pub(crate) fn fails(&self, error: Value) {
        self.state().failure = error;
    }

    /// The next call of this method goes wrong.
    pub(crate) fn fault(&self, method: &'static str, fault: Fault) {
        let mut state = self.state();
        state.faults.entry(method).or_default().push_back(fault);
    }

    pub(crate) fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The node that is asked for signatures is behind the others.
    pub(crate) fn statuses_lag(&self, lag: Duration) {
        self.state().statuses_lag = lag;
    }

    /// Nodes keep no older blocks.
    pub(crate) fn forgets_after(&self, age: Duration) {
        self.state().memory = age;
    }

    /// The ids of the transactions in blocks.
    pub(crate) fn executed(&self) -> Vec<String> {
        let height = self.height(Duration::ZERO);
        let state = self.state();
        let landed = |sent: &&Sent| sent.block.is_some_and(|block| block <= height);
        state
            .sent
            .iter()
            .filter(landed)
            .map(|sent| sent.id.clone())
            .collect()
    }

    pub(crate) fn executed_at_most_once(&self) -> bool {
        self.executed().len() <= 1
    }

    /// The ids of the transactions that arrived.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.state()
            .sent
            .iter()
            .map(|sent| sent.id.clone())
            .collect()
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.state()
            .calls
            .iter()
            .filter(|call| *call == method)
            .count()
    }

    /// And the last height of the newest transaction.
    pub(crate) fn finalized_height_and_last_valid(&self) -> (u64, u64) {
        let last = self.state().sent.last().map_or(0, |sent| sent.last_valid);
        (self.height(Duration::ZERO) - FINALIZED, last)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The newest block, as a node sees it that is behind by `lag`.
    fn height(&self, lag: Duration) -> u64 {
        (FIRST_HEIGHT + blocks(self.begun.elapsed())).saturating_sub(blocks(lag))
    }

    /// Height and slot are not the same number: slots are skipped.
    fn slot(height: u64) -> u64 {
        height * 11 / 10
    }

    fn oldest(&self) -> u64 {
        let memory = self.state().memory;
        self.height(memory)
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, NodeError> {
        let height = self.height(Duration::ZERO);
        Ok(match method {
            "getLatestBlockhash" => {
                let height = height - FINALIZED;
                let mut hash = [7; 32];
                hash[..8].copy_from_slice(&height.to_be_bytes());
                json!({
                    "context": {"slot": Self::slot(height + FINALIZED)},
                    "value": {
                        "blockhash": bs58::encode(hash).into_string(),
                        "lastValidBlockHeight": height + LIFE,
                    },
                })
            }
            "sendTransaction" => json!(self.take(params[0].as_str().unwrap(), height)?),
            "getTransaction" => match self.landed(&params[0], height) {
                Some((sent, block)) if block + CONFIRMED <= height => {
                    json!({"slot": Self::slot(block), "meta": {"err": sent.failure}})
                }
                _ => Value::Null,
            },
            "getSignatureStatuses" => {
                assert_eq!(params[1], json!({"searchTransactionHistory": true}));
                let lag = self.state().statuses_lag;
                let height = self.height(lag);
                let status = self.landed(&params[0][0], height).map(|(sent, block)| {
                    let level = match height - block {
                        0..CONFIRMED => "processed",
                        CONFIRMED..FINALIZED => "confirmed",
                        _ => "finalized",
                    };
                    json!({
                        "slot": Self::slot(block),
                        "err": sent.failure,
                        "confirmationStatus": level,
                    })
                });
                json!({"context": {"slot": Self::slot(height)}, "value": [status]})
            }
            "getEpochInfo" => {
                assert_eq!(params[0], json!({"commitment": "finalized"}));
                let height = height - FINALIZED;
                json!({"absoluteSlot": Self::slot(height), "blockHeight": height})
            }
            "getFirstAvailableBlock" => json!(Self::slot(self.oldest())),
            "getBlock" => json!({"blockHeight": self.oldest()}),
            other => panic!("nobody asks for {other}"),
        })
    }

    /// A transaction in a block that this node has not forgotten.
    fn landed(&self, id: &Value, height: u64) -> Option<(Sent, u64)> {
        let oldest = self.oldest();
        let state = self.state();
        let sent = state.sent.iter().find(|sent| sent.id == *id)?;
        let block = sent
            .block
            .filter(|block| (oldest..=height).contains(block))?;
        Some((sent.clone(), block))
    }

    fn take(&self, wire: &str, height: u64) -> Result<String, NodeError> {
        let bytes = BASE64_STANDARD.decode(wire).unwrap();
        let id = bs58::encode(&bytes[1..65]).into_string();
        let message = &bytes[65..];
        let hash = 4 + 32 * usize::from(message[3]);
        let made = u64::from_be_bytes(message[hash..hash + 8].try_into().unwrap());
        let last_valid = made + LIFE;
        let refused = |reason: &str| {
            Err(NodeError::Rpc {
                code: Some(-32002),
                message: format!("Transaction simulation failed: {reason}"),
            })
        };
        let mut state = self.state();
        let landing = match state.landing {
            Landing::Never => None,
            Landing::InItsLastBlock => Some(last_valid),
            Landing::After(delay) => Some(height + 1 + blocks(delay)),
        };
        let landing = landing.filter(|block| *block <= last_valid);
        let failure = state.failure.clone();
        if let Some(known) = state.sent.iter_mut().find(|sent| sent.id == id) {
            if known.block.is_some_and(|block| block <= height) {
                return refused("This transaction has already been processed");
            }
            if height <= last_valid {
                known.block = known.block.or(landing);
            }
            return Ok(id);
        }
        if height > last_valid {
            return refused("Blockhash not found");
        }
        state.sent.push(Sent {
            id: id.clone(),
            last_valid,
            block: landing,
            failure,
        });
        Ok(id)
    }
}

fn blocks(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / BLOCK.as_millis()).unwrap_or(u64::MAX)
}

#[async_trait]
impl NodeApi for Chain {
    fn network(&self) -> Network {
        Network::Testnet
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        if request.auth != NodeAuth::InPath {
            self.only_in_path.store(false, Ordering::Relaxed);
        }
        let body = request.body.unwrap();
        let method = body["method"].as_str().unwrap();
        let fault = {
            let mut state = self.state();
            state.calls.push(method.to_owned());
            state.faults.get_mut(method).and_then(VecDeque::pop_front)
        };
        let answer = match fault {
            None => self.answer(method, &body["params"])?,
            Some(Fault::Error(error)) => return Err(error),
            Some(Fault::LostAnswer) => {
                let _ = self.answer(method, &body["params"]);
                return Err(NodeError::Timeout(30));
            }
            Some(Fault::AnsweredWith(error)) => {
                let _ = self.answer(method, &body["params"]);
                return Err(error);
            }
        };
        Ok(json!({"jsonrpc": "2.0", "id": body["id"], "result": answer}))
    }
}
