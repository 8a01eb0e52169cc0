//! What a run came to, for people and as JSON.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use kms_core::chain::{ChainPlugin, Network};
use serde_json::{Value, json};

use super::Args;
use crate::{cloud::State, output, program, usage::mib};

/// All runs.
#[derive(Debug)]
pub(crate) struct Report {
    version: String,
    chain: &'static str,
    network: Network,
    count: usize,
    latency: Duration,
    keys: usize,
    rows: Vec<Row>,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) signers: usize,
    /// Transactions that came, in a second, from the first that was listed to the last that came.
    pub(crate) per_second: u64,
    /// From listed first to broadcast: 50 %, 90 % and 99 % take no longer than this.
    pub(crate) waits: [Duration; 3],
    /// From the start of the process to its first poll.
    pub(crate) start: Duration,
    /// Time on a processor from the first poll to the last entry in the journal.
    pub(crate) cpu: Duration,
    /// That of a bare signature, measured after the run.
    pub(crate) signature: Duration,
    /// The same of the cloud and all else of this process.
    pub(crate) cloud_cpu: Duration,
    /// The most memory, in bytes.
    pub(crate) peak: u64,
    pub(crate) faults: Vec<String>,
    pub(crate) origin: String,
    pub(crate) file_system: String,
    came: usize,
}

impl Row {
    /// What the cloud saw.
    pub(crate) fn new(signers: usize, state: &State, faults: Vec<String>) -> Self {
        let listed = |number: usize| state.listed.get(number).copied().flatten();
        let mut waits: Vec<Duration> = state
            .broadcasts
            .iter()
            .filter_map(|one| Some(one.at.saturating_duration_since(listed(one.number?)?)))
            .collect();
        waits.sort_unstable();
        let first: Option<Instant> = state.listed.iter().copied().flatten().min();
        let last = state.broadcasts.last().map(|one| one.at);
        let elapsed = match (first, last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        };
        Self {
            signers,
            per_second: per_second(waits.len(), elapsed),
            waits: [50, 90, 99].map(|percent| percentile(&waits, percent)),
            start: Duration::ZERO,
            cpu: Duration::ZERO,
            signature: Duration::ZERO,
            cloud_cpu: Duration::ZERO,
            peak: 0,
            faults,
            origin: String::new(),
            file_system: String::new(),
            came: waits.len(),
        }
    }

    fn cpu_per_transaction(&self) -> Duration {
        let came = u32::try_from(self.came).unwrap_or(u32::MAX);
        self.cpu.checked_div(came).unwrap_or_default()
    }

    fn cells(&self) -> Vec<String> {
        let [p50, p90, p99] = self.waits.map(|wait| wait.as_millis().to_string());
        vec![
            self.signers.to_string(),
            self.per_second.to_string(),
            p50,
            p90,
            p99,
            self.cpu_per_transaction().as_micros().to_string(),
            self.signature.as_micros().to_string(),
            mib(self.peak),
            self.start.as_millis().to_string(),
            self.faults.len().to_string(),
        ]
    }

    fn json(&self) -> Value {
        let [p50, p90, p99] = self.waits.map(millis);
        json!({
            "signers": self.signers,
            "signedPerSecond": self.per_second,
            "pendingToBroadcastMs": {"p50": p50, "p90": p90, "p99": p99},
            "cpuPerTransactionUs": micros(self.cpu_per_transaction()),
            "signatureUs": micros(self.signature),
            "peakBytes": self.peak,
            "startToFirstPollMs": millis(self.start),
            "cloudCpuMs": millis(self.cloud_cpu),
            "faults": self.faults,
        })
    }
}

impl Report {
    pub(crate) fn new(
        plugin: &dyn ChainPlugin,
        network: Network,
        args: &Args,
        program: &Path,
    ) -> Result<Self> {
        Ok(Self {
            version: program::version(program)?,
            chain: plugin.info().code,
            network,
            count: args.count,
            latency: args.latency,
            keys: args.keys,
            rows: Vec::new(),
        })
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Whether all transactions were as they should be.
    pub(crate) fn is_well(&self) -> bool {
        self.rows.iter().all(|row| row.faults.is_empty())
    }

    pub(crate) fn text(&self, as_json: bool) -> String {
        let first = self.rows.first();
        let origin = first.map_or("", |row| row.origin.as_str());
        let file_system = first.map_or("", |row| row.file_system.as_str());
        if as_json {
            let report = json!({
                "version": self.version,
                "chain": self.chain,
                "network": self.network.to_string(),
                "transactions": self.count,
                "origin": origin,
                "latencyMs": millis(self.latency),
                "keys": self.keys,
                "fileSystem": file_system,
                "runs": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            });
            return format!("{report:#}");
        }
        let header = [
            "signers",
            "signed/s",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "CPU µs/tx",
            "sign µs",
            "peak MiB",
            "start ms",
            "faults",
        ];
        let cells: Vec<_> = self.rows.iter().map(Row::cells).collect();
        format!(
            "tatum-kms {}: {} × {} on {}, {origin}\nanswers after {:?}; vault and journal on {file_system}\n\n{}",
            self.version,
            self.count,
            self.chain,
            self.network,
            self.latency,
            output::table(&header, &cells)
        )
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn per_second(count: usize, elapsed: Duration) -> u64 {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    count
        .saturating_mul(1_000_000)
        .checked_div(micros(elapsed))
        .unwrap_or(0)
}

/// The value that so many of a hundred do not exceed (the nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    let found = sorted.get(rank.saturating_sub(1));
    found.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let waits: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        let of = |percent| percentile(&waits, percent).as_millis();
        assert_eq!((of(50), of(90), of(99)), (100, 180, 198));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
        let one = [Duration::from_secs(1)];
        assert_eq!(percentile(&one, 50), percentile(&one, 99));
    }

    #[test]
    fn a_rate_is_whole_transactions_in_a_second() {
        assert_eq!(per_second(10_000, Duration::from_secs(4)), 2_500);
        assert_eq!(per_second(1, Duration::ZERO), 0);
    }
}
