//! Solana, where the daemon sends by itself and waits: whenever it is stopped, and whatever gets
//! lost, the same bytes go out until they are dead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_tests::{
    cloud::{Answer, Cloud, Fault, FaultKind, State},
    daemon::{Finished, Home, Running},
    recorded::{self, text},
    vectors,
};
use rustix::process::Signal;
use serde_json::{Value, json};

const NODE: &str = "/v3/blockchain/node/SOL/*";
const BROADCAST: &str = "/v3/solana/broadcast";
const LAST_VALID: u64 = 900;

/// What a test has the node say.
#[derive(Debug, Default)]
struct Network {
    /// The transaction is in a confirmed block.
    confirmed: bool,
    /// The transaction arrives, and nobody says so.
    loses_answers: bool,
    /// How high the finalized chain is.
    block_height: u64,
    /// How many block hashes were given, all different.
    blockhashes: u8,
    /// What arrived.
    sent: Vec<String>,
}

struct Stage {
    cloud: Cloud,
    home: Home,
    case: Value,
    network: Arc<Mutex<Network>>,
}

impl Stage {
    /// A pending transfer, and a node behind the cloud.
    fn new() -> Self {
        let files = vectors::files();
        let (_, file) = files
            .iter()
            .find(|(_, file)| file["chain"] == "SOL")
            .expect("vectors of Solana");
        let case = recorded::list(&file["transactions"])
            .next()
            .expect("a transaction")
            .clone();
        let cloud = Cloud::start();
        cloud.queue_for("SOL", &case["pending"].to_string());
        let network = Arc::new(Mutex::new(Network::default()));
        let node = Arc::clone(&network);
        cloud.route("POST", NODE, move |request| {
            let mut node = node.lock().unwrap_or_else(PoisonError::into_inner);
            node.answer(&request.json())
        });
        Self {
            home: recorded::home(&case),
            cloud,
            case,
            network,
        }
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Running {
        let mut command = recorded::daemon(&self.home, &self.cloud, "SOL", &self.case);
        command.arg("--run-once");
        Running::start(command)
    }

    fn run(&self) -> Finished {
        self.start().finish()
    }

    /// Runs the daemon and kills it while it waits for the confirmation.
    fn kill_while_it_waits(&self) {
        let asked = |state: &State| {
            let calls = state.requests_to("POST", NODE);
            calls
                .filter(|request| request.json()["method"] == "getTransaction")
                .count()
        };
        let before = self.cloud.look(asked);
        let daemon = self.start();
        let what = "a question for the confirmation";
        self.cloud
            .wait_for(what, |state| (asked(state) > before).then_some(()));
        daemon.signal_if_alive(Signal::KILL);
        daemon.finish();
    }

    /// What the cloud was told.
    fn told(&self) -> Vec<String> {
        let id = text(&self.case["pending"]["id"]);
        self.cloud.look(|state| {
            state
                .broadcasts_of(id)
                .map(|one| one.tx_data.clone())
                .collect()
        })
    }
}

impl Network {
    fn answer(&mut self, call: &Value) -> Answer {
        let result = match text(&call["method"]) {
            "getLatestBlockhash" => {
                self.blockhashes += 1;
                let blockhash = bs58::encode([self.blockhashes; 32]).into_string();
                let value = json!({"blockhash": blockhash, "lastValidBlockHeight": LAST_VALID});
                json!({"context": {"slot": 1000}, "value": value})
            }
            "sendTransaction" => {
                let wire = text(&call["params"][0]).to_owned();
                let id = id_of(&wire);
                self.sent.push(wire);
                if self.loses_answers {
                    return Answer::error(504, "gateway.timeout", "no answer");
                }
                json!(id)
            }
            "getTransaction" if self.confirmed => json!({"slot": 1001, "meta": {"err": null}}),
            "getTransaction" => Value::Null,
            "getSignatureStatuses" => {
                let status = json!({"slot": 1001, "err": null, "confirmationStatus": "confirmed"});
                let status = if self.confirmed { status } else { Value::Null };
                json!({"context": {"slot": 5000}, "value": [status]})
            }
            "getEpochInfo" => json!({"absoluteSlot": 5000, "blockHeight": self.block_height}),
            "getFirstAvailableBlock" => json!(0),
            other => panic!("nobody asks for {other}"),
        };
        Answer::ok(&json!({"jsonrpc": "2.0", "id": call["id"], "result": result}))
    }

    fn different(&self) -> usize {
        let mut sent = self.sent.clone();
        sent.sort();
        sent.dedup();
        sent.len()
    }
}

fn id_of(wire: &str) -> String {
    let bytes = BASE64_STANDARD.decode(wire).expect("base64");
    bs58::encode(&bytes[1..65]).into_string()
}

#[test]
fn killed_while_it_waits_it_goes_on_with_the_same_bytes() {
    let stage = Stage::new();
    stage.kill_while_it_waits();
    stage.network().block_height = LAST_VALID;
    stage.kill_while_it_waits();
    assert_eq!(stage.told(), [""; 0]);
    {
        let network = stage.network();
        assert_eq!((network.sent.len(), network.different()), (2, 1));
        assert_eq!(network.blockhashes, 1);
    }

    stage.network().confirmed = true;
    let done = stage.run();
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    let network = stage.network();
    assert_eq!(network.sent.len(), 2, "it was found, not sent again");
    assert_eq!(stage.told(), [id_of(&network.sent[0])]);
}

/// Whether the cloud has an accident (500) or does not even look at the call (401, 402, 429): what
/// is executed is executed.
#[test]
fn when_only_the_cloud_has_to_be_told_nothing_is_sent_again() {
    for status in [500, 401, 402, 429] {
        let stage = Stage::new();
        stage.network().confirmed = true;
        let fault = Fault::on("POST", BROADCAST, FaultKind::Status(status));
        stage.cloud.fault(fault);
        for _ in 0..2 {
            assert_ne!(stage.run().code(), Some(0), "{status}");
        }
        assert_eq!(stage.told(), [""; 0], "{status}");
        stage.network().block_height = 1_000_000;
        stage.cloud.heal();
        let done = stage.run();
        assert_eq!(done.code(), Some(0), "{status}: {}", done.stderr);
        let network = stage.network();
        assert_eq!(network.sent.len(), 1, "{status}: sent again");
        assert_eq!(stage.told(), [id_of(&network.sent[0])], "{status}");
    }
}

#[test]
fn other_bytes_are_sent_only_when_the_first_are_dead() {
    let stage = Stage::new();
    stage.network().loses_answers = true;
    for height in [0, LAST_VALID - 1, LAST_VALID] {
        stage.network().block_height = height;
        assert_ne!(stage.run().code(), Some(0));
        let network = stage.network();
        assert_eq!((network.different(), network.blockhashes), (1, 1));
    }
    // The network has dropped them, and they are too old.
    stage.network().block_height = LAST_VALID + 1;
    let sent = stage.network().sent.len();
    assert_ne!(stage.run().code(), Some(0));
    assert_eq!(stage.network().sent.len(), sent);

    *stage.network() = Network {
        confirmed: true,
        blockhashes: 1,
        ..Network::default()
    };
    let done = stage.run();
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    let network = stage.network();
    assert_eq!((network.sent.len(), network.blockhashes), (1, 2));
    assert_eq!(stage.told(), [id_of(&network.sent[0])]);
}
