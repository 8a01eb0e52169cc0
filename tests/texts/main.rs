//! What the texts of the tree promise: their links lead somewhere, their commands exist, and what
//! they say of the command line is what the built program says.

mod commands;
mod handbook;
mod links;
mod lints;
mod migrating;
mod vectors;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the workspace.
fn top() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

/// The text of a file of the tree.
fn text(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every Markdown file of the tree, named from its top.
fn pages() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(top().join(&folder)).expect("a readable tree") {
            let entry = entry.expect("a readable tree");
            let name = folder.join(entry.file_name());
            let shown = name.to_string_lossy().into_owned();
            let foreign = [".git", "target", "node_modules", "corpus"]
                .iter()
                .any(|left_out| entry.file_name() == *left_out);
            if foreign {
                continue;
            }
            if entry.file_type().expect("a readable tree").is_dir() {
                folders.push(name);
            } else if shown.ends_with(".md") {
                found.push(shown);
            }
        }
    }
    found.sort();
    found
}
