//! Hardening of the running process: what the operating system may not do with its memory.

mod guarded;
mod locked;

pub(crate) use self::{guarded::GuardedBytes, locked::LockedBuffer};

use std::fmt;

/// What [`harden`] achieved. Each step is best effort: none is worth refusing to start for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardening {
    /// The limit on the size of core files is 0.
    pub no_core_files: bool,
    /// The process is not dumpable: no core file, and no other process of the same user may
    /// attach to it or read its memory (Linux, `PR_SET_DUMPABLE`).
    pub not_dumpable: bool,
}

impl fmt::Display for Hardening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |done| if done { "yes" } else { "no" };
        write!(
            f,
            "core files switched off: {}, not dumpable: {}",
            word(self.no_core_files),
            word(self.not_dumpable)
        )
    }
}

/// Switches off core files and makes the process not dumpable. To be called once, before the
/// first secret is read.
///
/// What was achieved is returned, and reported by `tracing` at debug level. Memory that holds
/// decrypted keys is locked besides, buffer by buffer, where the limits allow; never the whole
/// process, since deriving a key alone takes more than the usual limit.
pub fn harden() -> Hardening {
    let hardening = Hardening {
        no_core_files: switch_off_core_files(),
        not_dumpable: make_undumpable(),
    };
    tracing::debug!(
        no_core_files = hardening.no_core_files,
        not_dumpable = hardening.not_dumpable,
        "process hardened"
    );
    hardening
}

fn switch_off_core_files() -> bool {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).is_ok()
}

#[cfg(target_os = "linux")]
fn make_undumpable() -> bool {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn make_undumpable() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_hardened_process_leaves_no_core_file() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

        let hardening = harden();
        assert_eq!(
            hardening,
            Hardening {
                no_core_files: true,
                not_dumpable: true
            }
        );
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
