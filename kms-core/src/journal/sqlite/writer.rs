//! The thread that writes: what several tasks ask for at a time shares one commit.
//!
//! A commit costs one wait for the disk, whatever it holds. Nobody is answered before the commit
//! that holds their step is on the disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::super::JournalError;
use crate::failpoint::{Place, reach};

/// The most steps of one commit.
const BATCH: usize = 512;

/// Does its work inside the open transaction, and gives what tells the caller once it is known
/// whether the commit is on the disk.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), JournalError>) + Send>;

/// Hands work to the thread. When it is dropped, the thread finishes and closes the file.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, JournalError> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || work(connection, &queue))
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
        job: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or_else(|_| {
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

fn work(connection: Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<Job> = std::iter::once(first)
            .chain(queue.try_iter().take(BATCH - 1))
            .collect();
        let mut answers = Vec::with_capacity(batch.len());
        let committed = commit(&connection, batch, &mut answers);
        // What the system did not write may be in its cache still and look written. Only a new
        // start, which reads the disk, can tell.
        let doubtful = committed.as_ref().is_err_and(|error| error.doubtful);
        let result = committed.map_err(|error| error.error);
        reach(Place::Committing);
        if let Err(error) = &result {
            tracing::error!(%error, doubtful, "the journal could not be written");
        }
        for answer in answers {
            answer(result.clone());
        }
        if doubtful {
            return;
        }
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
    connection: &Connection,
    batch: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), CommitError> {
    let began = connection.execute_batch("BEGIN IMMEDIATE");
    for job in batch {
        // Without a transaction each job still runs, so that each caller gets the error; nothing
        // it writes is kept, for the result of all is that error.
        if began.is_ok() && !connection.is_autocommit() {
            answers.push(job(connection));
        } else {
            answers.push(refuse(job));
        }
    }
    began?;
    if connection.is_autocommit() {
        // The system rolled everything back by itself: the disk is full, or worse.
        return Err(CommitError {
            error: JournalError::Storage("the changes were rolled back".to_owned()),
            doubtful: false,
        });
    }
    if let Err(error) = connection.execute_batch("COMMIT") {
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        return Err(error.into());
    }
    Ok(())
}

/// Drops the job, whose caller then hears that the journal has stopped; the error of the whole
/// batch is logged.
fn refuse(job: Job) -> Answer {
    Box::new(move |_| drop(job))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (n INTEGER NOT NULL UNIQUE)")
            .unwrap();
        connection
    }

    #[tokio::test]
    async fn what_comes_together_is_committed_together() {
        let connection = connection();
        let commits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&commits);
        connection
            .commit_hook(Some(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                false
            }))
            .unwrap();
        let writer = Writer::start(connection).unwrap();
        let insert = |n: i64| {
            writer.run(move |connection| {
                // The first one is slow, so that the others wait for it together.
                if n == 0 {
                    thread::sleep(std::time::Duration::from_millis(50));
                }
                connection.execute("INSERT INTO t VALUES (?1)", [n])?;
                Ok(n)
            })
        };
        let all = futures_util::future::join_all((0..100).map(insert)).await;
        assert!(all.into_iter().eq((0..100).map(Ok)));
        assert!(commits.load(Ordering::SeqCst) <= 3);
    }

    #[tokio::test]
    async fn the_error_of_one_is_not_that_of_others() {
        let writer = Writer::start(connection()).unwrap();
        let insert = |n: i64| {
            writer.run(move |connection| {
                connection.execute("INSERT INTO t VALUES (?1)", [n])?;
                Ok(())
            })
        };
        let (a, b, c) = tokio::join!(insert(1), insert(1), insert(2));
        assert!(a.is_ok() && b.is_err() && c.is_ok());
        let count = writer
            .run(|connection| {
                Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
            })
            .await;
        assert_eq!(count, Ok(2_i64));
    }

    #[tokio::test]
    async fn nobody_hears_of_success_before_the_commit() {
        let connection = connection();
        connection.commit_hook(Some(|| true)).unwrap();
        let writer = Writer::start(connection).unwrap();
        let told: Result<(), _> = writer
            .run(|connection| {
                connection.execute("INSERT INTO t VALUES (1)", [])?;
                Ok(())
            })
            .await;
        assert!(told.is_err());
    }

    #[tokio::test]
    async fn a_panic_stays_with_its_job() {
        let writer = Writer::start(connection()).unwrap();
        let first: Result<(), _> = writer.run(|_| panic!("on purpose")).await;
        assert!(first.is_err());
        assert!(writer.run(|_| Ok(())).await.is_ok());
    }
}
