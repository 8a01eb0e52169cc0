//! What the system shows of a process to others, and keeps of one that dies.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::process::ExitStatusExt as _,
    path::Path,
};

use kms_tests::{cloud::Cloud, daemon::Running, program::User};
use rustix::process::Signal;

use crate::{API_KEY, PASSWORD, TRACE, owner, run, search::Search, user_ids};

/// A daemon on the test network that has opened its vault. Password and API key come from files,
/// so that they are in no environment.
pub(crate) fn resting_daemon(user: &User, cloud: &Cloud, more: &str) -> Running {
    let settings = format!("TATUM_API_KEY={API_KEY}\nTATUM_API_URL={}\n", cloud.url());
    let settings = user.file("secrets/settings", settings);
    let password = user.file("secrets/password", PASSWORD);
    let line = format!(
        "daemon --testnet --period=1 --chain=ETH --env-file={} --password-file={} {more}",
        settings.display(),
        password.display()
    );
    let daemon = user
        .run(&line)
        .without_password()
        // As much as the system allows: that there is no core file is the program's own doing.
        .after("ulimit -S -c $(ulimit -H -c)")
        .start();
    // It has the vault open once it polls.
    cloud.wait_for_requests(1, "POST", "/v3/kms/pending/ETH");
    // What was given to it is no trace of it.
    fs::remove_dir_all(user.home().join("secrets")).unwrap();
    daemon
}

#[test]
fn a_daemon_shows_no_secret_to_others_and_leaves_no_core_file() {
    let mut search = Search::new();
    let user = owner(&mut search);
    for signal in [Signal::ABORT, Signal::ILL] {
        let cloud = Cloud::start();
        let daemon = resting_daemon(&user, &cloud, "--log-level=trace");
        let family = family(daemon.id());
        assert_eq!(family.len(), 1, "the daemon has no children");
        for process in &family {
            let folder = Path::new("/proc").join(process.to_string());
            search.clean("the arguments", &fs::read(folder.join("cmdline")).unwrap());
            // Whoever may not read them finds nothing in them.
            if let Ok(environment) = fs::read(folder.join("environ")) {
                search.clean("the environment", &environment);
            }
            for thread in fs::read_dir(folder.join("task")).unwrap() {
                let name = fs::read(thread.unwrap().path().join("comm")).unwrap_or_default();
                search.clean("the name of a thread", &name);
            }
            if let Ok(limits) = fs::read_to_string(folder.join("limits")) {
                let mut lines = limits.lines();
                let cores = lines.find(|line| line.starts_with("Max core file size"));
                let soft = cores.and_then(|line| line.split_whitespace().nth(4));
                assert_eq!(soft, Some("0"), "{limits}");
            }
            // A process that is not dumpable belongs to root in /proc: nobody else of the same
            // user may attach to it or read its memory.
            let owner =
                std::os::unix::fs::MetadataExt::uid(&fs::metadata(folder.join("mem")).unwrap());
            assert_eq!(owner, 0);
        }
        search.clean_folder(user.home());
        daemon.signal(signal);
        let done = daemon.finish();
        assert_eq!(done.status.signal(), Some(signal.as_raw()), "{done:?}");
        assert!(!done.status.core_dumped(), "{done:?}");
        search.clean_output("daemon", &done, false);
        search.clean_requests(&cloud);
        search.clean_folder(user.home());
        let left = fs::read_dir(user.home()).unwrap();
        let mut names = left.map(|entry| entry.unwrap().file_name());
        assert!(names.all(|name| !name.to_string_lossy().contains("core")));
    }
}

/// The program that gives the password is told nothing: neither in its arguments nor in its
/// environment is there a canary, whatever is in ours.
#[test]
fn the_program_that_gives_the_password_inherits_no_secret() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let password = user.file("password", PASSWORD);
    let seen = user.home().join("seen");
    let script = format!(
        "cat /proc/self/environ /proc/self/cmdline > {seen}; cat {password}",
        seen = seen.display(),
        password = password.display()
    );
    let line = format!("getaddress {} {TRACE}", user_ids(&user)[0]);
    let done = run(&user, &line)
        .without_password()
        .env("TATUM_KMS_NEW_PASSWORD", crate::NEW_PASSWORD)
        .arg(format!("--password-command=sh -c '{script}'"))
        .finish();
    assert_eq!(done.code(), Some(0), "{done:?}");
    search.clean_output("getaddress --password-command", &done, false);
    let seen = fs::read(seen).unwrap();
    assert!(!seen.is_empty());
    search.clean("environment and arguments of the child", &seen);

    // One that fails after it has said the password, and one that says too much.
    for script in [
        format!("cat {0}; cat {0} {0}; exit 7", password.display()),
        format!("cat {0}; kill -9 $$", password.display()),
    ] {
        let run = run(&user, &line).without_password();
        let done = run
            .arg(format!("--password-command=sh -c '{script}'"))
            .finish();
        assert_ne!(done.code(), Some(0), "{done:?}");
        search.clean_output("getaddress --password-command", &done, false);
    }
}

#[test]
fn the_metrics_hold_no_secret() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let cloud = Cloud::start();
    let id = kms_tests::samples::pending_id(55);
    let eth = user_ids(&user)[0].clone();
    let transaction = crate::complete_transaction();
    cloud.queue(&kms_tests::samples::eth_pending(&id, &eth, &transaction));
    let more = format!("--metrics-addr=127.0.0.1:0 --log-format=json {TRACE}");
    let daemon = resting_daemon(&user, &cloud, &more);
    cloud.wait_for_broadcast(&id);
    let line = daemon.wait_for_line("/metrics, /livez");
    let port = line.split("http://127.0.0.1:").nth(1).unwrap();
    let port = port.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    for path in ["/metrics", "/livez", "/readyz", "/", "/metrics?x=y"] {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 "), "{path}");
        search.clean(path, &answer);
    }
    let done = daemon.stop();
    search.clean_output("daemon --metrics-addr", &done, false);
    search.clean_folder(user.home());
}

/// A process and all that descend from it.
fn family(ancestor: u32) -> Vec<u32> {
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name is in brackets, and may have blanks.
            let (_, rest) = stat.rsplit_once(')')?;
            Some((id, rest.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    let mut family = vec![ancestor];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(
            processes
                .iter()
                .filter(|(_, p)| *p == parent)
                .map(|(id, _)| *id),
        );
        at += 1;
    }
    family
}
