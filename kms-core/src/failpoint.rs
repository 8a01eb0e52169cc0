//! Places where a debug build can be made to die, for the tests that kill the daemon at each step
//! of a transaction's way. A release build has none of it.
//!
//! `TATUM_KMS_FAILPOINT=name` kills the process when it reaches that place for the first time,
//! `name:3` the third time. It dies as by `kill -9`: nothing is flushed, closed or dropped.
//! `name:3:panic` panics there instead, as a mistake of the program would.

/// A place on a transaction's way, in the order it passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The cloud's list was read.
    Polled,
    /// The journal has the transaction.
    Received,
    /// It is complete.
    Prepared,
    /// The owner approved.
    Approved,
    /// The journal has the value that will be signed.
    Frozen,
    /// There are signatures, and only in memory.
    Signing,
    /// The journal has the signed bytes.
    Signed,
    /// The journal has the bytes with the signatures of others.
    Completed,
    /// The journal has that they are about to leave.
    Sending,
    /// The plugin's own steps are done.
    Submitted,
    /// The cloud has answered.
    Broadcast,
    /// The journal has that it is done.
    Done,
    /// A commit of the journal is on the disk, and nobody knows yet.
    Committing,
}

#[cfg(debug_assertions)]
impl Place {
    /// The name, for the environment variable.
    fn name(self) -> &'static str {
        match self {
            Self::Polled => "polled",
            Self::Received => "received",
            Self::Prepared => "prepared",
            Self::Approved => "approved",
            Self::Frozen => "frozen",
            Self::Signing => "signing",
            Self::Signed => "signed",
            Self::Completed => "completed",
            Self::Sending => "sending",
            Self::Submitted => "submitted",
            Self::Broadcast => "broadcast",
            Self::Done => "done",
            Self::Committing => "committing",
        }
    }
}

/// Dies or panics here, if this is the place.
#[cfg(debug_assertions)]
pub(crate) fn reach(place: Place) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    };

    struct Wanted {
        name: String,
        left: AtomicUsize,
        panics: bool,
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("TATUM_KMS_FAILPOINT").ok()?;
        let mut parts = text.split(':');
        Some(Wanted {
            name: parts.next()?.to_owned(),
            left: AtomicUsize::new(parts.next().unwrap_or("1").parse().ok()?),
            panics: parts.next() == Some("panic"),
        })
    });
    if let Some(wanted) = wanted
        && wanted.name == place.name()
        && wanted.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        assert!(!wanted.panics, "wanted by TATUM_KMS_FAILPOINT");
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn reach(_: Place) {}
