//! The writer, the state machine and SQLite under a model checker, which decides at each step
//! which thread goes on: whatever the schedule, one transaction is signed once.
//!
//! The writer's source is compiled a second time here, with the checker's threads and channels.
//! `MODEL_CHECKS=100000` is the number of schedules of each test.

mod concurrency {
    pub(super) use shuttle::{sync::mpsc, thread};
}
#[path = "writer.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same source on the model checker's threads"
)]
mod writer;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::Connection;
use shuttle::{
    future::block_on,
    rand::Rng as _,
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
    thread,
};

use self::writer::Writer;
use super::{JournalKey, Records, advance, receive, schema};
use crate::{
    chain::{Assembled, Network, Unsigned},
    journal::{JournalError, PayloadDigest, Standing, Step, TransactionKey},
};

fn schedules() -> usize {
    std::env::var("MODEL_CHECKS").map_or(1_000, |number| number.parse().expect("a number"))
}

/// Runs the scenario under very many schedules: half of them random, half such as find bugs that
/// take few, unlikely switches.
fn check(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    fn run(scheduler: impl Scheduler + 'static, scenario: impl Fn() + Send + Sync + 'static) {
        let runner = shuttle::Runner::new(scheduler, shuttle::Config::new());
        assert!(runner.run(scenario) > 0);
    }
    let half = schedules().div_ceil(2);
    run(RandomScheduler::new(half), scenario.clone());
    run(PctScheduler::new(3, half), scenario);
}

/// A journal and what left the machine.
struct World {
    writer: Writer,
    key: Arc<JournalKey>,
    sent: Mutex<BTreeSet<String>>,
}

impl World {
    fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        schema::create(&connection).unwrap();
        Self::with(connection)
    }

    fn with(connection: Connection) -> Self {
        Self {
            writer: Writer::start(connection).unwrap(),
            key: Arc::new(JournalKey::fresh().unwrap()),
            sent: Mutex::default(),
        }
    }

    async fn receive(&self) -> Result<Standing, JournalError> {
        let key = Arc::clone(&self.key);
        let payload = PayloadDigest::from_bytes([1; 32]);
        self.writer
            .run(move |records| receive(records, &key, &transaction(), payload))
            .await
    }

    async fn advance(&self, step: Step) -> Result<(), JournalError> {
        let key = Arc::clone(&self.key);
        self.writer
            .run(move |records| advance(records, &key, &transaction(), &step))
            .await
    }

    /// A poll that found the transaction, and takes it as far as the journal lets it. What it
    /// prepares is its own: nobody else's fees and nonce.
    async fn poll(&self, number: u8) -> Result<(), JournalError> {
        let unsigned = match self.receive().await? {
            Standing::Open => {
                let unsigned = Unsigned::new(Vec::new(), vec![number]);
                self.advance(Step::Frozen {
                    unsigned: unsigned.clone(),
                    summary: String::new(),
                })
                .await?;
                unsigned
            }
            Standing::Frozen(unsigned) => unsigned,
            Standing::Signed { assembled, .. } => return self.send(assembled).await,
            Standing::Done => return Ok(()),
            other => panic!("{other:?}"),
        };
        let assembled = Assembled::new(format!("signed {:?} by {number}", unsigned.body()), "id");
        self.advance(Step::Signed(assembled.clone())).await?;
        self.send(assembled).await
    }

    async fn send(&self, assembled: Assembled) -> Result<(), JournalError> {
        if let Standing::Signed { unsigned, .. } = self.receive().await? {
            let frozen = format!("signed {:?}", unsigned.body());
            assert!(
                assembled.tx_data.starts_with(&frozen),
                "other than was frozen was signed: {assembled:?}"
            );
        }
        self.advance(Step::Sending).await?;
        self.sent.lock().unwrap().insert(assembled.tx_data);
        self.advance(Step::Done).await
    }

    fn sent(&self) -> BTreeSet<String> {
        self.sent.lock().unwrap().clone()
    }
}

fn transaction() -> TransactionKey {
    TransactionKey {
        chain: "X".to_owned(),
        network: Network::Testnet,
        id: "1".to_owned(),
    }
}

/// Polls for the transaction from several threads at once, each so often.
fn poll_at_once(world: &Arc<World>, times: usize) {
    let polls: Vec<_> = (0..3)
        .map(|number| {
            let world = Arc::clone(world);
            thread::spawn(move || {
                for _ in 0..times {
                    // Who comes too late hears of it, and does nothing more.
                    let _ = block_on(world.poll(number));
                }
            })
        })
        .collect();
    for poll in polls {
        poll.join().unwrap();
    }
}

#[test]
fn polls_that_overlap_sign_once() {
    check(|| {
        let world = Arc::new(World::new());
        poll_at_once(&world, 1);
        assert_eq!(world.sent().len(), 1, "{:?}", world.sent());
        assert_eq!(block_on(world.receive()), Ok(Standing::Done));
    });
}

#[test]
fn polls_that_overlap_sign_once_where_commits_fail() {
    check(|| {
        let connection = Connection::open_in_memory().unwrap();
        schema::create(&connection).unwrap();
        let failing = Arc::new(AtomicUsize::new(usize::MAX));
        let counter = Arc::clone(&failing);
        connection
            .commit_hook(Some(move || counter.fetch_sub(1, Ordering::SeqCst) == 0))
            .unwrap();
        failing.store(
            shuttle::rand::thread_rng().gen_range(0..12),
            Ordering::SeqCst,
        );
        let world = Arc::new(World::with(connection));
        poll_at_once(&world, 2);
        assert!(world.sent().len() <= 1, "{:?}", world.sent());
        // Whatever failed: another poll brings it to its end, with the bytes that left before.
        failing.store(usize::MAX, Ordering::SeqCst);
        assert_eq!(block_on(world.poll(9)), Ok(()));
        assert_eq!(world.sent().len(), 1, "{:?}", world.sent());
        assert_eq!(block_on(world.receive()), Ok(Standing::Done));
    });
}

#[test]
fn a_writer_that_ends_has_answered_everybody() {
    check(|| {
        let world = World::new();
        let answered = Arc::new(AtomicUsize::new(0));
        let World { writer, key, .. } = world;
        let writer = Arc::new(writer);
        let askers: Vec<_> = (0..3)
            .map(|number: u8| {
                let (writer, key) = (Arc::clone(&writer), Arc::clone(&key));
                let answered = Arc::clone(&answered);
                thread::spawn(move || {
                    let payload = PayloadDigest::from_bytes([number; 32]);
                    let work = move |records: &mut Records| {
                        receive(records, &key, &transaction(), payload)
                    };
                    block_on(writer.run(work)).unwrap();
                    answered.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        // The last asker that ends drops the writer, which waits for its thread.
        drop(writer);
        for asker in askers {
            asker.join().unwrap();
        }
        assert_eq!(answered.load(Ordering::SeqCst), 3);
    });
}
