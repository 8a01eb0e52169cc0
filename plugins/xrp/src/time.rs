//! Times as the ledger counts them.

use std::time::{Duration, SystemTime};

/// From 1970 to 2000, where the ledger's time begins.
const EPOCH: Duration = Duration::from_secs(946_684_800);

/// A time in seconds since 2000-01-01 00:00:00 UTC, for people: `2025-05-08 06:13:20 UTC`.
pub(crate) fn utc(seconds: u32) -> String {
    let unix = EPOCH.saturating_add(Duration::from_secs(seconds.into()));
    match SystemTime::UNIX_EPOCH.checked_add(unix) {
        Some(time) => humantime::format_rfc3339_seconds(time)
            .to_string()
            .replace('T', " ")
            .replace('Z', " UTC"),
        // A clock that ends before 2136.
        None => format!("{seconds} seconds after 2000-01-01 00:00:00 UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_told_in_utc() {
        for (seconds, told) in [
            (0, "2000-01-01 00:00:00 UTC"),
            (5_097_599, "2000-02-28 23:59:59 UTC"),
            (5_097_600, "2000-02-29 00:00:00 UTC"),
            (5_184_000, "2000-03-01 00:00:00 UTC"),
            (800_000_000, "2025-05-08 06:13:20 UTC"),
            (31_622_399, "2000-12-31 23:59:59 UTC"),
            (31_622_400, "2001-01-01 00:00:00 UTC"),
            (99_750_896, "2003-02-28 12:34:56 UTC"),
            (131_328_000, "2004-02-29 00:00:00 UTC"),
            (131_414_400, "2004-03-01 00:00:00 UTC"),
            (3_160_857_599, "2100-02-28 23:59:59 UTC"),
            (3_160_857_600, "2100-03-01 00:00:00 UTC"),
            (3_189_888_000, "2101-01-31 00:00:00 UTC"),
            (u32::MAX, "2136-02-07 06:28:15 UTC"),
        ] {
            assert_eq!(utc(seconds), told);
        }
    }
}
