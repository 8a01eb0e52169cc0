//! Version notices of the cloud, each shown once in a while.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::cloud::VersionNotice;

/// How long the same notice is not repeated.
const QUIET: Duration = Duration::from_secs(60 * 60);

/// Logs the cloud's version notices, the same one at most once an hour.
#[derive(Debug, Default)]
pub(super) struct NoticeBoard(Mutex<Option<(String, Instant)>>);

impl NoticeBoard {
    pub(super) fn post(&self, notice: &VersionNotice) {
        let line = notice.to_string();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((shown, when)) = &*last
            && *shown == line
            && when.elapsed() < QUIET
        {
            return;
        }
        tracing::warn!("{line}");
        *last = Some((line, Instant::now()));
    }
}
