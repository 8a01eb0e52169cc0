//! The recorded cases of the plugins, from their own folders.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// All vector files: `plugins/*/tests/vectors/*.json`, parsed.
///
/// # Panics
/// When there is none, or one is no JSON: nothing would be tested.
pub fn files() -> Vec<(PathBuf, Value)> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let mut paths: Vec<PathBuf> = entries(&plugins)
        .map(|plugin| plugin.join("tests/vectors"))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| entries(&folder).collect::<Vec<_>>())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no vectors in {}", plugins.display());
    let parsed = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable vector file");
        let value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, value)
    };
    paths.into_iter().map(parsed).collect()
}

/// The recorded transaction of this name.
///
/// # Panics
/// When there is none.
pub fn transaction(chain: &str, name: &str) -> Value {
    files()
        .iter()
        .filter(|(_, file)| file["chain"] == chain)
        .flat_map(|(_, file)| file["transactions"].as_array().into_iter().flatten())
        .find(|case| case["name"] == name)
        .unwrap_or_else(|| panic!("no {chain} transaction {name}"))
        .clone()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
}
