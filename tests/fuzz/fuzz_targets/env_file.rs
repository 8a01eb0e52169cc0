//! An env file: the program has no library, so its parser is taken in as it stands.

#![no_main]

#[path = "../../../kms-bin/src/env_file.rs"]
mod env_file;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (key, _) in env_file::parse(text) {
        assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()));
    }
});
