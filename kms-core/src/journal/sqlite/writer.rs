//! The thread that writes: what several tasks ask for at a time shares one commit.
//!
//! A commit costs one wait for the disk, whatever it holds. Nobody is answered before the commit
//! that holds their step is on the disk.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use rusqlite::Connection;
use tokio::{runtime::Handle, sync::oneshot};

use super::concurrency::{
    mpsc::{self, Receiver, Sender},
    thread,
};
use crate::{
    failpoint::{Place, reach},
    journal::{JournalError, sqlite::records::Records},
};

/// The most steps of one commit.
const BATCH: usize = 512;

/// A commit of at least so many steps shows that many transactions are under way: the next one
/// waits a moment for more of them, since waking the disk costs more than to write.
const CROWD: usize = 4;
/// That moment: no longer than a disk takes.
const GATHERING: Duration = Duration::from_millis(1);

/// Does its work inside the open transaction, or nothing where there is none, and gives what tells
/// the caller once it is known whether the commit is on the disk.
type Job = Box<dyn FnOnce(Option<&mut Records>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), JournalError>) + Send>;

/// Hands work to the thread. When it is dropped, the thread finishes and closes the file.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, JournalError> {
        let (jobs, queue) = mpsc::channel();
        let runtime = Handle::try_current().ok();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || work(connection, &queue, runtime.as_ref()))
            .map_err(|error| JournalError::Storage(error.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs `job` in the next commit. An error of the job undoes nothing of what others do in the
    /// same commit, so it must not have written anything then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Records) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |records| {
            let work = || records.map_or_else(|| Err(stopped()), job);
            let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                Err(JournalError::Storage(
                    "an internal error, please report it".to_owned(),
                ))
            });
            Box::new(move |committed| {
                // Whoever does not wait any more will find out by asking anew.
                let _ = tell.send(committed.and(result));
            })
        });
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(stopped());
        }
        told.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn stopped() -> JournalError {
    JournalError::Storage(
        "writing failed before, and it is unknown what is on the disk: restart the daemon"
            .to_owned(),
    )
}

fn work(connection: Connection, queue: &Receiver<Job>, runtime: Option<&Handle>) {
    let mut records = Records::new(connection);
    let mut crowded = false;
    while let Ok(first) = queue.recv() {
        if crowded {
            thread::sleep(GATHERING);
        }
        let batch: Vec<Job> = std::iter::once(first)
            .chain(queue.try_iter().take(BATCH - 1))
            .collect();
        crowded = batch.len() >= CROWD;
        let mut answers = Vec::with_capacity(batch.len());
        let committed = commit(&mut records, batch, &mut answers);
        if committed.is_err() {
            records.forget();
        }
        // What the system did not write may be in its cache still and look written. Only a new
        // start, which reads the disk, can tell.
        let doubtful = committed.as_ref().is_err_and(|error| error.doubtful);
        let result = committed.map_err(|error| error.error);
        reach(Place::Committing);
        if let Err(error) = &result {
            tracing::error!(%error, doubtful, "the journal could not be written");
        }
        tell(answers, result, runtime);
        if doubtful {
            return;
        }
    }
}

/// Tells the callers how it ended: where they wait, if that is known. From here, each would be a
/// thread to wake.
fn tell(answers: Vec<Answer>, result: Result<(), JournalError>, runtime: Option<&Handle>) {
    let tell = move || {
        for answer in answers {
            answer(result.clone());
        }
    };
    match runtime {
        Some(runtime) => drop(runtime.spawn(async move { tell() })),
        None => tell(),
    }
}

struct CommitError {
    error: JournalError,
    doubtful: bool,
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        let doubtful = matches!(
            error.sqlite_error_code(),
            Some(
                rusqlite::ErrorCode::SystemIoFailure
                    | rusqlite::ErrorCode::DatabaseCorrupt
                    | rusqlite::ErrorCode::NotADatabase
            )
        );
        Self {
            error: error.into(),
            doubtful,
        }
    }
}

fn commit(
    records: &mut Records,
    batch: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), CommitError> {
    let began = records.begin();
    for job in batch {
        // Without a transaction nothing is done, and each caller gets the error.
        let open = began.is_ok() && !records.connection().is_autocommit();
        answers.push(job(open.then_some(&mut *records)));
    }
    began?;
    if records.connection().is_autocommit() {
        // The system rolled everything back by itself: the disk is full, or worse.
        return Err(CommitError {
            error: JournalError::Storage("the changes were rolled back".to_owned()),
            doubtful: false,
        });
    }
    if let Err(error) = records.connection().execute_batch("COMMIT") {
        if !records.connection().is_autocommit() {
            let _ = records.connection().execute_batch("ROLLBACK");
        }
        return Err(error.into());
    }
    Ok(())
}
