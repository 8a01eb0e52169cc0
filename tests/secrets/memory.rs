//! The memory of a daemon that has signed and rests, as far as a debugger can see it: as root,
//! through `/proc/<pid>/mem`.
//!
//! The vault is decrypted while the daemon runs, and the password stays, which opens the vault
//! again when another process has given it a new salt; so may keys that have signed. All of them
//! are in pages that are locked in memory and left out of core files, and nowhere else: what
//! signing, deriving and parsing make of them is wiped when it is done. The API key goes out with
//! each request and is not looked for. Commands that end are not looked at: their memory goes with
//! them.
//!
//! What a debugger cannot see is not shown by this: registers, pages that were given back to the
//! system, copies that the kernel made of pipes and files.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
};

use kms_tests::{cloud::Cloud, samples};

use crate::{complete_transaction, owner, process::resting_daemon, search::Search, user_ids};

/// A mapping of a process.
struct Mapping {
    start: u64,
    end: u64,
    name: String,
    /// Whether its pages are locked and left out of core files.
    is_guarded: bool,
}

#[test]
fn a_daemon_that_rests_has_secrets_only_in_guarded_pages() {
    let mut search = Search::new();
    let user = owner(&mut search);
    let eth = user_ids(&user)[0].clone();
    let cloud = Cloud::start();
    let daemon = resting_daemon(&user, &cloud, "");
    let id = samples::pending_id(77);
    cloud.queue(&samples::eth_pending(&id, &eth, &complete_transaction()));
    cloud.wait_for_broadcast(&id);
    // Two polls later nothing is under way.
    let polls = cloud.requests().len();
    cloud.wait_for_requests(polls + 2, "POST", "*");

    let Some((mappings, mut memory)) = open(daemon.id()) else {
        return;
    };
    let (mut in_guarded, mut leaks) = (Vec::new(), Vec::new());
    let mut read = 0;
    for mapping in &mappings {
        let Some(bytes) = content(&mut memory, mapping) else {
            continue;
        };
        read += bytes.len();
        for (name, at) in search.find(&bytes) {
            if name == "the API key" {
                continue;
            }
            let offset = u64::try_from(at).unwrap();
            let place = format!("{name}: {} {:x}", mapping.name, mapping.start + offset);
            if mapping.is_guarded {
                in_guarded.push(place);
            } else {
                leaks.push(place);
            }
        }
    }
    assert!(read > 1 << 20, "{read} bytes of memory");
    assert!(leaks.is_empty(), "{leaks:#?}");
    for name in ["the password", "the mnemonic", "the ethereum key"] {
        let is_found = in_guarded.iter().any(|place| place.starts_with(name));
        assert!(is_found, "{name} was not found at all: {in_guarded:#?}");
    }
    daemon.stop();
}

/// The mappings that can be written to, and the memory; nothing when this user may not look.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn open(id: u32) -> Option<(Vec<Mapping>, File)> {
    let maps = fs::read_to_string(format!("/proc/{id}/smaps"));
    let memory = File::open(format!("/proc/{id}/mem"));
    let (Ok(maps), Ok(memory)) = (maps, memory) else {
        // Also where the variable CI is set: there, tests may run without the privilege.
        eprintln!("LEFT OUT: the memory of another process is readable by root only");
        return None;
    };
    Some((mappings(&maps), memory))
}

fn mappings(smaps: &str) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in smaps.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if let Some((start, end)) = first.split_once('-')
            && let (Ok(start), Ok(end)) =
                (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16))
        {
            let rights = words.next().unwrap_or_default();
            let name = words.nth(3).unwrap_or("anonymous").to_owned();
            mappings.push(Mapping {
                start,
                end: if rights.starts_with("rw") { end } else { start },
                name,
                is_guarded: false,
            });
        } else if first == "VmFlags:"
            && let Some(last) = mappings.last_mut()
        {
            let flags: Vec<&str> = words.collect();
            // Where the limit forbids to lock them, they are still left out of core files.
            last.is_guarded = flags.contains(&"dd");
        }
    }
    mappings.retain(|mapping| mapping.start < mapping.end);
    mappings
}

fn content(memory: &mut File, mapping: &Mapping) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(mapping.end - mapping.start).ok()?];
    memory.seek(SeekFrom::Start(mapping.start)).ok()?;
    memory.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
