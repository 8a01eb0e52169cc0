//! The metrics that every process has, under the names that Prometheus' own libraries give them.
//!
//! From `/proc/self` (proc(5)): where it is missing, so are they.

use std::{fs, time::Duration};

use prometheus::Opts;

use super::sampled::Sampled;

/// All of them.
pub(super) fn metrics() -> Vec<Sampled> {
    vec![
        Sampled::counter(
            &Opts::new(
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
            ),
            || Stat::read().map(|stat| stat.cpu.as_secs_f64()),
        ),
        Sampled::gauge(
            &Opts::new(
                "process_resident_memory_bytes",
                "Resident memory size in bytes.",
            ),
            || Stat::read().map(|stat| float(stat.resident_bytes)),
        ),
        Sampled::gauge(
            &Opts::new(
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes.",
            ),
            || Stat::read().map(|stat| float(stat.virtual_bytes)),
        ),
        Sampled::gauge(
            &Opts::new(
                "process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
            ),
            start_time,
        ),
        Sampled::gauge(
            &Opts::new("process_open_fds", "Number of open file descriptors."),
            open_files,
        ),
        Sampled::gauge(
            &Opts::new(
                "process_max_fds",
                "Maximum number of open file descriptors.",
            ),
            file_limit,
        ),
    ]
}

/// What `/proc/self/stat` says.
struct Stat {
    cpu: Duration,
    /// Since the machine started.
    started: Duration,
    virtual_bytes: u64,
    resident_bytes: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The name of the program, in parentheses, may hold anything. After it comes field 3.
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field =
            |number: usize| -> Option<u64> { fields.get(number.checked_sub(3)?)?.parse().ok() };
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        Some(Self {
            cpu: ticks(field(14)?.checked_add(field(15)?)?)?,
            started: ticks(field(22)?)?,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)?.checked_mul(page)?,
        })
    }
}

/// The kernel counts in ticks, a hundredth of a second nearly everywhere.
fn ticks(count: u64) -> Option<Duration> {
    let millis = count.checked_mul(1000)?;
    millis
        .checked_div(rustix::param::clock_ticks_per_second())
        .map(Duration::from_millis)
}

fn start_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let booted = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    let booted = Duration::from_secs(booted.trim().parse().ok()?);
    Some(booted.checked_add(Stat::read()?.started)?.as_secs_f64())
}

fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // The one that reads the folder is none of ours.
    Some(float(u64::try_from(count).ok()?.saturating_sub(1)))
}

fn file_limit() -> Option<f64> {
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limits.current.map(float)
}

/// Exact up to 2^53, which no amount of memory or files reaches.
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_name_cannot_shift_the_fields() {
        let line = "7 (a) 1 (b) S 1 7 7 0 -1 4194560 9 0 0 0 250 150 0 0 20 0 4 0 1000 4096 3 18";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(stat.virtual_bytes, 4096);
        let page = u64::try_from(rustix::param::page_size()).unwrap();
        assert_eq!(stat.resident_bytes, 3 * page);
        let second = rustix::param::clock_ticks_per_second();
        assert_eq!(stat.cpu, Duration::from_millis(400 * 1000 / second));
        for damaged in [
            "",
            "7 (a",
            "7 (a) S 1",
            "7 (a) S x x x x x x x x x x x x x x x x x x x x",
        ] {
            assert!(Stat::parse(damaged).is_none(), "{damaged}");
        }
    }

    #[test]
    fn this_process_has_all_of_them() {
        use prometheus::core::Collector as _;
        for metric in metrics() {
            let families = metric.collect();
            assert_eq!(families.len(), 1, "{:?}", metric.desc());
        }
    }
}
