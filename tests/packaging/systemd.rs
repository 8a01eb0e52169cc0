//! The unit, and a daemon under what it demands.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
};

use kms_tests::{
    binary,
    cloud::{Cloud, PATIENCE},
    daemon::{Home, Running},
    samples::{ETH_WALLET, eth_transfer, eth_wallet, pending_id},
};
use rustix::process::{Signal, geteuid};

use crate::{have, output, packaging, run};

/// The highest exposure that is accepted, in tenths of the points of `systemd-analyze security`:
/// 0 is none, 100 all there is.
const EXPOSURE: &str = "12";

fn unit() -> PathBuf {
    packaging().join("systemd").join("tatum-kms.service")
}

/// The values of a setting of the unit, in their order.
fn values(name: &str) -> Vec<String> {
    let unit = fs::read_to_string(unit()).unwrap();
    unit.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
        .collect()
}

#[test]
fn the_unit_is_valid() {
    if !have(&["systemd-analyze"]) {
        return;
    }
    // The program is not installed here; everything else is taken as it is.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tatum-kms.service");
    let program = binary::path().display().to_string();
    let text = fs::read_to_string(unit()).unwrap();
    fs::write(&path, text.replace("/usr/bin/tatum-kms", &program)).unwrap();
    let done = output(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&path),
    );
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(!said.contains("tatum-kms"), "{said}");
}

#[test]
fn the_unit_leaves_little_exposed() {
    if !have(&["systemd-analyze"]) {
        return;
    }
    let text = run(Command::new("systemd-analyze")
        .args(["security", "--no-pager", "--offline=true"])
        .arg(format!("--threshold={EXPOSURE}"))
        .arg(unit()));
    assert!(text.contains("Overall exposure level"), "{text}");
}

#[test]
fn the_flags_of_the_unit_are_those_of_the_daemon() {
    let start = values("ExecStart").join(" ");
    let help = run(Command::new(binary::path()).args(["daemon", "--help"]));
    let flags: Vec<_> = start
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("--"))
        .map(|word| word.split('=').next().unwrap_or(word))
        .collect();
    assert_eq!(flags, ["path", "env-file"]);
    for flag in flags {
        assert!(help.contains(&format!("--{flag} ")), "--{flag}");
    }
    let credentials = values("LoadCredential");
    let names: Vec<_> = credentials
        .iter()
        .filter_map(|text| text.split(':').next())
        .collect();
    assert_eq!(names, ["tatum-kms-password", "TATUM_API_KEY"]);
}

/// Where a service manager hears what its service says.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn in_folder(folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, path }
    }

    /// The next message that is more than a sign of life.
    fn hear(&self) -> String {
        loop {
            let message = self.hear_any();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }

    fn hear_any(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).expect("a message in time");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }
}

#[test]
fn the_service_manager_is_told_what_the_daemon_does() {
    let (home, cloud) = (
        Home::with_wallets([(ETH_WALLET, &eth_wallet())]),
        Cloud::start(),
    );
    let manager = Manager::in_folder(home.folder());
    let mut command = home.daemon(&cloud);
    command
        .args(["--testnet", "--chain=ETH"])
        .env("NOTIFY_SOCKET", &manager.path)
        .env("WATCHDOG_USEC", "200000");
    let daemon = Running::start(command);
    let ready = manager.hear();
    assert!(
        ready.starts_with("READY=1\nSTATUS=polling for 1 chains"),
        "{ready}"
    );
    for _ in 0..3 {
        assert_eq!(manager.hear_any(), "WATCHDOG=1");
    }
    daemon.signal(Signal::HUP);
    let reloading = manager.hear();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
    assert!(time.unwrap().parse::<u64>().unwrap() > 0, "{reloading}");
    let ready = manager.hear();
    assert!(ready.starts_with("READY=1\n"), "{ready}");
    daemon.terminate();
    let stopping = manager.hear();
    assert!(stopping.starts_with("STOPPING=1\n"), "{stopping}");
    assert_eq!(daemon.finish().code(), Some(0));
}

#[test]
fn a_service_manager_without_a_watchdog_gets_no_signs_of_life() {
    let (home, cloud) = (
        Home::with_wallets([(ETH_WALLET, &eth_wallet())]),
        Cloud::start(),
    );
    let manager = Manager::in_folder(home.folder());
    let mut command = home.daemon(&cloud);
    command
        .args(["--testnet", "--chain=ETH"])
        .env("NOTIFY_SOCKET", &manager.path)
        // Meant for another process.
        .env("WATCHDOG_USEC", "1000")
        .env("WATCHDOG_PID", "1");
    let daemon = Running::start(command);
    assert!(manager.hear_any().starts_with("READY=1\n"));
    cloud.wait_for_requests(3, "POST", "/v3/kms/pending/ETH");
    daemon.terminate();
    assert!(manager.hear_any().starts_with("STOPPING=1\n"));
    assert_eq!(daemon.finish().code(), Some(0));
}

#[test]
fn the_daemon_keeps_within_what_the_unit_allows() {
    if !have(&["systemd-analyze", "strace"]) {
        return;
    }
    let (home, cloud) = (
        Home::with_wallets([(ETH_WALLET, &eth_wallet())]),
        Cloud::start(),
    );
    let manager = Manager::in_folder(home.folder());
    let trace = home.folder().join("trace");
    let mut command = home.daemon(&cloud);
    command
        .args(["--testnet", "--chain=ETH", "--metrics-addr=127.0.0.1:0"])
        .env("NOTIFY_SOCKET", &manager.path)
        .env("WATCHDOG_USEC", "1000000");
    let daemon = Running::start(under_strace(&command, &trace));
    assert!(manager.hear().starts_with("READY=1\n"));
    let id = pending_id(1);
    cloud.queue(&eth_transfer(&id, 7));
    cloud.wait_for_broadcast(&id);
    // The tracer passes no signals on: the daemon itself is its only child.
    let tracer = daemon.id();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    let program = children.split_whitespace().next().unwrap().to_owned();
    for (signal, answer) in [("-HUP", "RELOADING=1\n"), ("-TERM", "STOPPING=1\n")] {
        run(Command::new("kill").args([signal, &program]));
        while !manager.hear().starts_with(answer) {}
    }
    assert_eq!(daemon.finish().code(), Some(0));

    let trace = fs::read_to_string(trace).unwrap();
    let calls: Vec<Call<'_>> = trace.lines().filter_map(Call::parse).collect();
    assert!(calls.len() > 1000, "{trace}");
    let allowed = allowed_calls();
    let denied: BTreeSet<_> = calls
        .iter()
        .map(|call| call.name)
        .filter(|name| !allowed.contains(*name))
        // SQLite's, and only as root, which these tests may be and the unit's user is not.
        .filter(|name| *name != "fchown" || !geteuid().is_root())
        .collect();
    assert_eq!(denied, BTreeSet::new(), "SystemCallFilter= denies these");

    let families = values("RestrictAddressFamilies").join(" ");
    for call in &calls {
        match call.name {
            "socket" => {
                let family = call.rest.split(',').next().unwrap_or_default();
                let known = families.split_whitespace().any(|known| known == family);
                assert!(known, "RestrictAddressFamilies= denies {call:?}");
            }
            "mprotect" => {
                assert!(
                    !call.rest.contains("PROT_EXEC"),
                    "MemoryDenyWriteExecute= denies {call:?}"
                );
            }
            "mmap" => {
                let both = call.rest.contains("PROT_EXEC") && call.rest.contains("PROT_WRITE");
                assert!(!both, "MemoryDenyWriteExecute= denies {call:?}");
            }
            "mlock" | "mlock2" => {
                assert!(call.rest.ends_with("= 0"), "not locked: {call:?}");
            }
            _ => {}
        }
    }
    assert!(
        calls.iter().any(|call| call.name.starts_with("mlock")),
        "{trace}"
    );
}

/// The command under a tracer that writes each system call to `trace`.
fn under_strace(command: &Command, trace: &Path) -> Command {
    let mut traced = Command::new("strace");
    traced
        .args(["--follow-forks", "--quiet=all", "--output"])
        .arg(trace)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    traced
}

/// One line of the tracer: `12345 openat(AT_FDCWD, "/x", O_RDONLY) = 3`.
#[derive(Debug)]
struct Call<'a> {
    name: &'a str,
    rest: &'a str,
}

impl<'a> Call<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (_, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        is_name.then_some(Self { name, rest })
    }
}

/// The system calls that the unit's filter lets through.
fn allowed_calls() -> BTreeSet<String> {
    // What systemd adds to every list of allowed calls.
    let mut allowed = expand("@default");
    for value in values("SystemCallFilter") {
        let (denies, names) = match value.strip_prefix('~') {
            Some(names) => (true, names.to_owned()),
            None => (false, value),
        };
        for name in names.split_whitespace() {
            for call in expand(name) {
                if denies {
                    allowed.remove(&call);
                } else {
                    allowed.insert(call);
                }
            }
        }
    }
    allowed
}

/// The calls of a set, whose name begins with an at sign; another name stands for itself.
fn expand(name: &str) -> BTreeSet<String> {
    if !name.starts_with('@') {
        return BTreeSet::from([name.to_owned()]);
    }
    let text =
        run(Command::new("systemd-analyze").args([OsStr::new("syscall-filter"), OsStr::new(name)]));
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#') && *line != name)
        .flat_map(expand)
        .collect()
}
