//! What stands in a journal, for people.
//!
//! Ids, chains and summaries came from the cloud, and the file may have been changed by anybody: what
//! is shown of them has no control characters, and is of any length.

use std::{
    iter,
    time::{Duration, UNIX_EPOCH},
};

use kms_core::journal::JournalRow;

use crate::columns;

/// Seconds from 1970 to the year 10000, for which RFC 3339 has no form.
const YEAR_10000: u64 = 253_402_300_800;

/// A heading and a line for each of `rows`.
pub(crate) fn table(rows: &[JournalRow]) -> Vec<String> {
    let heading = ["CHANGED (UTC)", "CHAIN", "NETWORK", "ID", "STATE", "WHAT"].map(str::to_owned);
    let rows = rows.iter().map(|row| {
        let what = row.summary.as_ref().or(row.reason.as_ref());
        [
            utc(row.changed_at),
            plain(&row.chain),
            plain(&row.network),
            plain(&row.id),
            plain(&row.state),
            what.map(|text| plain(text)).unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = iter::once(heading).chain(rows).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 6]| columns::line(row.iter().map(String::as_str).zip(widths));
    rows.iter().map(line).collect()
}

/// All of a row, a line for each thing.
pub(crate) fn details(row: &JournalRow) -> Vec<String> {
    let reported = row
        .reported
        .map(|it| if it { "yes" } else { "not yet" }.to_owned());
    [
        ("transaction", Some(row.id.clone())),
        ("chain", Some(format!("{} {}", row.chain, row.network))),
        ("state", Some(row.state.clone())),
        ("received", Some(utc(row.received_at))),
        ("changed", Some(utc(row.changed_at))),
        ("times signed", Some(row.signings.to_string())),
        ("what", row.summary.clone()),
        ("id on chain", row.transaction_id.clone()),
        ("valid until", row.expiry.map(|expiry| expiry.to_string())),
        ("reason", row.reason.clone()),
        ("reported", reported),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name:<15} {}", plain(&value?))))
    .collect()
}

fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The time as RFC 3339 has it.
fn utc(seconds: i64) -> String {
    let since = u64::try_from(seconds).ok().filter(|it| *it < YEAR_10000);
    let time = since.and_then(|since| UNIX_EPOCH.checked_add(Duration::from_secs(since)));
    match time {
        Some(time) => humantime::format_rfc3339_seconds(time).to_string(),
        None => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};

    use super::*;

    fn row(id: &str) -> JournalRow {
        JournalRow {
            chain: "BTC".to_owned(),
            network: "testnet".to_owned(),
            id: id.to_owned(),
            state: "done".to_owned(),
            signings: 1,
            summary: None,
            transaction_id: None,
            expiry: None,
            reason: None,
            reported: None,
            received_at: 0,
            changed_at: 1_700_000_000,
        }
    }

    #[test]
    fn times_that_no_calendar_has_are_numbers() {
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "253402300800"),
            (i64::MAX, "9223372036854775807"),
            (-1, "-1"),
        ] {
            assert_eq!(utc(seconds), shown);
        }
    }

    #[test]
    fn a_summary_of_any_length_is_shown() {
        let long = "to somebody, ".repeat(10_000);
        let rows = [
            JournalRow {
                summary: Some(long.clone()),
                ..row("1")
            },
            row(&"2".repeat(70_000)),
        ];
        let [heading, first, second] = &table(&rows)[..] else {
            panic!("another number of lines");
        };
        assert!(heading.ends_with("WHAT") && heading.len() > 70_000);
        assert!(first.ends_with(long.trim_end()));
        assert!(second.ends_with("done"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_row_begins_a_line_or_moves_the_cursor(
            texts in [".*", ".*", "(\\PC|\n|\x1b)*", ".*"],
            more in [option::of("(\\PC|\r|\n)*"), option::of(".*"), option::of(".*")],
            times in any::<[i64; 2]>(),
            expiry in any::<Option<i64>>(),
            reported in any::<Option<bool>>(),
        ) {
            let [chain, network, id, state] = texts;
            let [summary, transaction_id, reason] = more;
            let row = JournalRow {
                chain, network, id, state, signings: 0, summary, transaction_id, expiry, reason,
                reported, received_at: times[0], changed_at: times[1],
            };
            let shown = [table(std::slice::from_ref(&row)), details(&row)].concat();
            prop_assert!(shown.len() >= 2 + 6);
            prop_assert!(!shown.iter().any(|line| line.contains(char::is_control)));
        }
    }
}
