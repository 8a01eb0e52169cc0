//! What signatures are dated with.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970. A clock before that is as wrong as one at it, and the service will say so.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
