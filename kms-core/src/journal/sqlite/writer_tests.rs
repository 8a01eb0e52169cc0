//! The writer with the threads of the operating system.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use rusqlite::Connection;

use super::writer::Writer;

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
        writer.run(move |records| {
            // The first one is slow, so that the others wait for it together.
            if n == 0 {
                thread::sleep(std::time::Duration::from_millis(50));
            }
            records
                .connection()
                .execute("INSERT INTO t VALUES (?1)", [n])?;
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
        writer.run(move |records| {
            records
                .connection()
                .execute("INSERT INTO t VALUES (?1)", [n])?;
            Ok(())
        })
    };
    let (a, b, c) = tokio::join!(insert(1), insert(1), insert(2));
    assert!(a.is_ok() && b.is_err() && c.is_ok());
    let count = writer
        .run(|records| {
            Ok(records
                .connection()
                .query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
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
        .run(|records| {
            records
                .connection()
                .execute("INSERT INTO t VALUES (1)", [])?;
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

#[tokio::test]
async fn a_journal_that_is_busy_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let connection = Connection::open(folder.path().join("journal")).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_millis(1))
            .unwrap();
        connection
    };
    let other = open();
    other
        .execute_batch("CREATE TABLE t (n INTEGER); BEGIN IMMEDIATE")
        .unwrap();
    let writer = Writer::start(open()).unwrap();
    let insert = || {
        writer.run(|records| {
            records
                .connection()
                .execute("INSERT INTO t VALUES (1)", [])?;
            Ok(())
        })
    };

    let error = insert().await.unwrap_err().to_string();
    assert!(error.contains("locked"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(insert().await, Ok(()));
}

#[tokio::test]
async fn nothing_is_written_once_the_transaction_is_rolled_back() {
    let writer = Writer::start(connection()).unwrap();
    let (started, has_started) = mpsc::channel();
    let (let_go, may_go) = mpsc::channel();
    let slow = writer.run(move |_| {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        Ok(())
    });
    // As SQLite does by itself when a disk is full.
    let roll_back = writer.run(|records| {
        records.connection().execute_batch("ROLLBACK")?;
        Ok(())
    });
    let insert = || {
        writer.run(|records| {
            records
                .connection()
                .execute("INSERT INTO t VALUES (1)", [])?;
            Ok(())
        })
    };
    let (_, (rolled_back, inserted, ())) = tokio::join!(slow, async {
        // Those that follow wait together.
        has_started.recv().unwrap();
        tokio::join!(roll_back, insert(), async { let_go.send(()).unwrap() })
    });
    assert!(rolled_back.is_err() && inserted.is_err());
    // Had the second one written without a transaction, its number would be there.
    assert_eq!(insert().await, Ok(()));
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_open() {
    let connection = connection();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON;
             CREATE TABLE later (n INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
    let writer = Writer::start(connection).unwrap();
    let insert = |table: &'static str| {
        writer.run(move |records| {
            records
                .connection()
                .execute(&format!("INSERT INTO {table} VALUES (1)"), [])?;
            Ok(())
        })
    };
    let refused = insert("later").await.unwrap_err().to_string();
    assert!(refused.contains("FOREIGN KEY"), "{refused}");
    assert_eq!(insert("t").await, Ok(()));
}
