//! Every crate that reads bytes from outside has the lints that find what may panic.

use std::fs;

use super::{text, top};

const LINTS: &str = "\
// Bytes from outside never panic; how tests fail is by a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]
";

#[test]
fn every_crate_has_the_lints_that_find_what_may_panic() {
    let plugins = fs::read_dir(top().join("plugins")).expect("a readable tree");
    let names = plugins.map(|entry| entry.expect("a readable tree").file_name());
    let roots = names.map(|name| format!("plugins/{}/src/lib.rs", name.to_string_lossy()));
    let own = ["kms-core/src/lib.rs", "kms-bin/src/main.rs"].map(str::to_owned);
    let mut count = 0;
    for root in roots.chain(own) {
        assert!(text(&root).contains(LINTS), "{root} lacks them");
        count += 1;
    }
    assert!(count > 12, "{count} crates");
}

/// They are of use: none is allowed for a whole crate, and for a module only in what is for tests.
#[test]
fn no_module_of_the_program_is_without_them() {
    let mut folders = vec![top().join("kms-core/src"), top().join("kms-bin/src")];
    let plugins = fs::read_dir(top().join("plugins")).expect("a readable tree");
    folders.extend(plugins.map(|entry| entry.expect("a readable tree").path().join("src")));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable tree") {
            let path = entry.expect("a readable tree").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            let for_tests = name.contains("/testkit/") || name.ends_with("/hostile.rs");
            let source = fs::read_to_string(&path).expect("source is text");
            let inner = source.split("#![allow(").skip(1);
            let mut allowed = inner.filter_map(|rest| rest.split(")]").next());
            let may_panic = allowed.any(|lints| {
                LINTS
                    .split(|c: char| !c.is_ascii_alphabetic() && c != ':' && c != '_')
                    .any(|lint| lint.starts_with("clippy::") && lints.contains(lint))
            });
            assert!(for_tests || !may_panic, "{name} allows what may panic");
        }
    }
}
