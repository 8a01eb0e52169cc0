//! Times as the ledger counts them.

/// Seconds from 1970 to 2000, where the ledger's time begins.
const EPOCH: u64 = 946_684_800;

/// A time in seconds since 2000-01-01 00:00:00 UTC, for people: `2025-05-08 06:13:20 UTC`.
pub(crate) fn utc(seconds: u32) -> String {
    let unix = EPOCH + u64::from(seconds);
    let (days, second) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days after 1970-01-01, by the algorithm of
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>: years begin in March,
/// so that the leap day is the last of a year.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "remainders of constants, and no number of days that 32 bits of seconds have is large"
)]
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
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
