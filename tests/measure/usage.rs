//! What a process has used, as the kernel counts it (proc_pid_stat(5), proc_pid_status(5)).

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on a processor, its own and the kernel's for it. Exact to 20 ms.
    pub(crate) cpu: Duration,
    /// Memory that is there now, in bytes.
    pub(crate) resident: u64,
    /// The most memory that was ever there, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    /// That of the process `pid`.
    ///
    /// # Errors
    /// When there is no such process, or no /proc.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{pid}/{name}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let status = read("status")?;
        let bytes = |name: &str| bytes(&status, name).with_context(|| format!("{name} is missing"));
        Ok(Self {
            cpu: cpu(&read("stat")?).context("/proc/<pid>/stat has another form")?,
            resident: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }
}

/// The sum of `utime` and `stime`.
fn cpu(stat: &str) -> Option<Duration> {
    // The name in parentheses may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let ticks = ticks()?.checked_add(ticks()?)?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_nanos(
        ticks.saturating_mul(1_000_000_000 / per_second),
    ))
}

fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Bytes as MiB for people.
pub(crate) fn mib(bytes: u64) -> String {
    format!("{}", bytes.div_ceil(1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4 10 0 0 0 30 12 5 5 20 0 9 0 1 2 3";
        let tick = 1_000_000_000 / rustix::param::clock_ticks_per_second();
        assert_eq!(cpu(stat), Some(Duration::from_nanos(42 * tick)));
        assert_eq!(cpu("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_in_kibibytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 3 kB\n";
        assert_eq!(bytes(status, "VmHWM:"), Some(2048 * 1024));
        assert_eq!(bytes(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 0 && usage.peak >= usage.resident);
    }
}
