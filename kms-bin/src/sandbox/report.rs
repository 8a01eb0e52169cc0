//! What a run of the sandbox came to.

use std::time::Duration;

use kms_core::daemon::Outcome;
use serde::Serialize;

use super::{
    scenario::Case,
    state::{Closed, How},
    table::{self, Column, Shrink},
    watcher::Worked,
};

/// What a run came to: a row for each transaction.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<Row>,
    elapsed: Duration,
}

/// One transaction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    chain: String,
    title: String,
    /// What was signed, in the chain's terms.
    signed: Option<String>,
    transaction_id: Option<String>,
    time_ms: u64,
    verdict: Verdict,
    /// Why it was declined, or what went wrong.
    reason: Option<String>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Approved, signed, broadcast and verified.
    Verified,
    /// Not approved and not signed, as it should be.
    Declined,
    /// Anything else.
    Failed,
}

/// What should become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The 4-eye server approves it.
    Signed,
    /// The 4-eye server does not know it.
    Declined,
}

impl Row {
    /// Compares what should become of `case` with what the daemon says and what the cloud saw.
    pub(super) fn new(
        case: &Case,
        expected: Expected,
        worked: Option<Worked>,
        closed: Option<Closed>,
    ) -> Self {
        let mut row = Self {
            chain: case.pending.chain.clone(),
            title: case.title.to_owned(),
            signed: None,
            transaction_id: None,
            time_ms: 0,
            verdict: Verdict::Failed,
            reason: None,
        };
        let Some(worked) = worked else {
            row.reason = Some("the daemon did not work on it".to_owned());
            return row;
        };
        row.time_ms = u64::try_from(worked.elapsed.as_millis()).unwrap_or(u64::MAX);
        match (expected, worked.outcome) {
            (
                Expected::Signed,
                Outcome::Sent {
                    transaction_id,
                    summary,
                },
            ) => {
                row.signed = Some(summary);
                let wrong = match &closed {
                    Some(closed) if closed.how != How::Broadcast => {
                        Some("it ended without a broadcast")
                    }
                    Some(closed) if !closed.approved => {
                        Some("it was signed without being approved")
                    }
                    Some(closed) if closed.tx_id.as_deref() != Some(transaction_id.as_str()) => {
                        Some("the sandbox network gives it another transaction id")
                    }
                    Some(_) => None,
                    None => Some("the sandbox network never saw it"),
                };
                row.transaction_id = Some(transaction_id);
                match wrong {
                    None => row.verdict = Verdict::Verified,
                    Some(reason) => row.reason = Some(reason.to_owned()),
                }
            }
            (Expected::Declined, Outcome::Declined(why)) if closed.is_none() => {
                row.verdict = Verdict::Declined;
                row.reason = Some(why);
            }
            (Expected::Declined, _) => {
                row.reason = Some("it should have been declined and was not".to_owned());
            }
            (_, Outcome::Declined(why) | Outcome::Failed { text: why, .. }) => {
                row.reason = Some(why)
            }
            (_, Outcome::Postponed { why, .. } | Outcome::Uncertain(why)) => {
                row.reason = Some(why);
            }
            (_, Outcome::Rehearsed(_)) => row.reason = Some("it was not signed".to_owned()),
            (_, Outcome::AlreadyDone) => row.reason = Some("it was sent before".to_owned()),
        }
        row
    }

    /// A chain that could not be played at all.
    pub(super) fn not_played(chain: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            title: "nothing".to_owned(),
            signed: None,
            transaction_id: None,
            time_ms: 0,
            verdict: Verdict::Failed,
            reason: Some("its plugin makes up no transaction".to_owned()),
        }
    }
}

impl Report {
    /// Of these rows, after this time.
    pub(super) fn new(rows: Vec<Row>, elapsed: Duration) -> Self {
        Self { rows, elapsed }
    }

    /// Whether everything was signed and verified that should be, and nothing else.
    pub(crate) fn is_good(&self) -> bool {
        !self.rows.is_empty() && self.count(Verdict::Failed) == 0
    }

    /// A JSON array with an object for each transaction.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(&self.rows).expect("rows are text and numbers")
    }

    /// The same for people, in at most `max_width` columns where that can be.
    pub(crate) fn table(&self, max_width: Option<usize>) -> String {
        const COLUMNS: [Column; 5] = [
            Column {
                heading: "CHAIN",
                right: false,
                shrink: Shrink::Never,
            },
            Column {
                heading: "WHAT WAS SIGNED",
                right: false,
                shrink: Shrink::End(40),
            },
            Column {
                heading: "TRANSACTION ID",
                right: false,
                shrink: Shrink::Middle(14),
            },
            Column {
                heading: "MS",
                right: true,
                shrink: Shrink::Never,
            },
            Column {
                heading: "VERDICT",
                right: false,
                shrink: Shrink::Never,
            },
        ];
        let cells = |row: &Row| {
            let reason = row.reason.as_deref().unwrap_or_default();
            let what = match (row.verdict, &row.signed) {
                (Verdict::Verified, Some(signed)) => signed.clone(),
                (Verdict::Declined, _) => format!("nothing: {}", row.title),
                _ => format!("{}: {reason}", row.title),
            };
            let verdict = match row.verdict {
                Verdict::Verified => "verified",
                Verdict::Declined => "declined",
                Verdict::Failed => "FAILED",
            };
            let id = row.transaction_id.clone().unwrap_or_else(|| "-".to_owned());
            [
                row.chain.clone(),
                what,
                id,
                row.time_ms.to_string(),
                verdict.to_owned(),
            ]
        };
        let rows: Vec<_> = self.rows.iter().map(cells).collect();
        table::render(&COLUMNS, &rows, max_width)
    }

    /// The counts in one line.
    pub(crate) fn closing_line(&self) -> String {
        let mut line = format!(
            "{} signed and verified, {} declined by the 4-eye server as intended, {} failed, in {}.{:03} s",
            self.count(Verdict::Verified),
            self.count(Verdict::Declined),
            self.count(Verdict::Failed),
            self.elapsed.as_secs(),
            self.elapsed.subsec_millis(),
        );
        if self.is_good() {
            line.push_str(". Everything as it should be.");
        }
        line
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.rows
            .iter()
            .filter(|row| row.verdict == verdict)
            .count()
    }
}
