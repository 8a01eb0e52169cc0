//! The search for canaries, and the count of what was searched.

use std::{collections::BTreeSet, fs, path::Path};

use kms_core::testkit::tally;
use kms_tests::{cloud::Cloud, daemon::Finished, program::Invocation};

use crate::canary::{Canary, canaries};

/// A search. When it ends, it says how much it has searched.
pub(crate) struct Search {
    canaries: Vec<Canary>,
    /// For each pair of first bytes the canary and the form of what begins so.
    starts: Vec<Vec<(usize, usize)>>,
    surfaces: usize,
    bytes: usize,
}

impl Search {
    pub(crate) fn new() -> Self {
        let canaries = canaries();
        let mut starts = vec![Vec::new(); 1 << 16];
        for (at, canary) in canaries.iter().enumerate() {
            for (form, bytes) in canary.forms.iter().enumerate() {
                starts[pair(bytes[0], bytes[1])].push((at, form));
            }
        }
        Self {
            canaries,
            starts,
            surfaces: 0,
            bytes: 0,
        }
    }

    /// The names of the canaries in these bytes, and where the first of each is.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Vec<(&'static str, usize)> {
        self.surfaces += 1;
        self.bytes += bytes.len();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (at, two) in bytes.windows(2).enumerate() {
            for (canary, form) in &self.starts[pair(two[0], two[1])] {
                let canary = &self.canaries[*canary];
                if bytes[at..].starts_with(&canary.forms[*form]) && seen.insert(canary.name) {
                    found.push((canary.name, at));
                }
            }
        }
        found
    }

    /// Fails if a secret is in these bytes.
    pub(crate) fn clean(&mut self, place: &str, bytes: &[u8]) {
        self.clean_but_for(&[], place, bytes);
    }

    /// Fails if a secret is in these bytes, other than those of these names.
    pub(crate) fn clean_but_for(&mut self, allowed: &[&str], place: &str, bytes: &[u8]) {
        for (name, at) in self.find(bytes) {
            let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 200)];
            assert!(
                allowed.contains(&name),
                "{name} is in {place}: {}",
                String::from_utf8_lossy(around)
            );
        }
    }

    /// Fails if a secret is in any file here, or in a name.
    pub(crate) fn clean_folder(&mut self, folder: &Path) {
        self.clean_folder_but_for(&[], folder);
    }

    /// The same, other than those of these names.
    pub(crate) fn clean_folder_but_for(&mut self, allowed: &[&str], folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            self.clean("the name of a file", path.as_os_str().as_encoded_bytes());
            if path.is_dir() {
                self.clean_folder_but_for(allowed, &path);
            } else if let Ok(content) = fs::read(&path) {
                // What cannot be read is gone already, or a socket.
                self.clean_but_for(allowed, &path.display().to_string(), &content);
            }
        }
    }

    /// Fails if a secret was sent to the cloud; the API key belongs into its header.
    pub(crate) fn clean_requests(&mut self, cloud: &Cloud) {
        self.clean_requests_but_for(&[], cloud);
    }

    /// The same, other than these texts, which the cloud had sent before.
    pub(crate) fn clean_requests_but_for(&mut self, sent: &[&str], cloud: &Cloud) {
        for request in cloud.requests() {
            let place = format!("a request: {} {}", request.method, request.path);
            let mut body = String::from_utf8_lossy(&request.body).into_owned();
            for text in sent {
                body = body.replace(text, "");
            }
            self.clean(&place, body.as_bytes());
            self.clean(
                &place,
                format!("{}?{}", request.path, request.query).as_bytes(),
            );
            for (name, value) in &request.headers {
                if name != "x-api-key" {
                    self.clean(&place, format!("{name}: {value}").as_bytes());
                }
            }
        }
    }

    /// Runs it; standard error and, unless the command is to show secrets, standard output are
    /// clean.
    pub(crate) fn watch(&mut self, run: &Invocation, shows: bool) -> Finished {
        let done = run.finish();
        self.clean_output(&run.line(), &done, shows);
        done
    }

    /// The same of what has ended.
    pub(crate) fn clean_output(&mut self, line: &str, done: &Finished, shows: bool) {
        self.clean(&format!("standard error of {line}"), done.stderr.as_bytes());
        if !shows {
            self.clean(
                &format!("standard output of {line}"),
                done.stdout.as_bytes(),
            );
        }
    }
}

impl Drop for Search {
    #[expect(clippy::print_stdout, reason = "the counts are for people to see")]
    fn drop(&mut self) {
        let forms: usize = self.canaries.iter().map(|canary| canary.forms.len()).sum();
        tally("secrets", self.surfaces, "places searched for canaries");
        println!(
            "secrets: {} canaries in {forms} forms, searched for in {} places of {} KiB",
            self.canaries.len(),
            self.surfaces,
            self.bytes / 1024
        );
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

#[test]
fn the_search_finds_what_it_is_to_find() {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE},
    };
    use kms_tests::samples;

    use crate::{API_KEY, BTC_KEY, MNEMONIC, PASSWORD};

    let mut search = Search::new();
    let key = hex::decode(samples::ETH_KEY.trim_start_matches("0x")).unwrap();
    let seed = bip39::Mnemonic::parse(MNEMONIC).unwrap().to_seed("");
    let words: Vec<&str> = MNEMONIC.split(' ').collect();
    let utf16: Vec<u8> = BTC_KEY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [
        format!("x{PASSWORD}x").into_bytes(),
        hex::encode(PASSWORD).into_bytes(),
        STANDARD.encode(format!("a{PASSWORD}b")).into_bytes(),
        URL_SAFE.encode(format!("ab{PASSWORD}")).into_bytes(),
        STANDARD
            .encode(format!(r#"{{"k":"{MNEMONIC}"}}"#))
            .into_bytes(),
        [b"..".as_slice(), &key, b".."].concat(),
        samples::ETH_KEY.to_uppercase().into_bytes()[2..].to_vec(),
        STANDARD.encode(&key).into_bytes(),
        URL_SAFE.encode(seed).into_bytes(),
        bs58::encode(&key).into_vec(),
        data_encoding::BASE32
            .encode(&[b"S".as_slice(), &key, b"sum"].concat())
            .into_bytes(),
        format!("{key:?}").into_bytes(),
        format!("{seed:02x?}").replace(", ", ":").into_bytes(),
        API_KEY.bytes().rev().collect(),
        format!("{:?}", &words[4..8]).into_bytes(),
        serde_json::to_vec(&words[..3]).unwrap(),
        MNEMONIC.replace(' ', "%20").into_bytes(),
        utf16,
    ] {
        assert!(
            !search.find(&text).is_empty(),
            "{}",
            String::from_utf8_lossy(&text)
        );
    }
    assert!(
        search
            .find(b"nothing of it, and no mandate for a sausage")
            .is_empty()
    );
}
