//! The files in which mistakes are made.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use glob::Pattern;

/// The files that `files.txt` names, from the top folder, in their order by name. A line is a path
/// in which `*` stands for what it does in a shell; one that begins with `!` takes its files out
/// again.
///
/// # Errors
/// When a line stands for no file: it is a mistake, or the file was renamed.
pub(super) fn examined(top: &Path) -> Result<Vec<String>> {
    let path = super::file(top, "files.txt");
    let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let mut files = BTreeSet::new();
    let mut others = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('!') {
            _ if line.starts_with('#') => {}
            Some(pattern) => others.extend(expanded(top, pattern)?),
            None => files.extend(expanded(top, line)?),
        }
    }
    Ok(files.difference(&others).cloned().collect())
}

/// The files that a pattern stands for.
fn expanded(top: &Path, pattern: &str) -> Result<Vec<String>> {
    let text = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .context("a path is no text")
    };
    let folder = Pattern::escape(&text(top)?);
    let mut found = Vec::new();
    for path in glob::glob(&format!("{folder}/{pattern}"))? {
        let path = path?;
        if path.is_file() {
            found.push(text(path.strip_prefix(top)?)?);
        }
    }
    ensure!(!found.is_empty(), "files.txt: no file is named {pattern}");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_files() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path();
        for file in [
            "tests/mutants/files.txt",
            "a/x/src/one.rs",
            "a/x/src/two.rs",
            "a/y/src/one.rs",
            "a/y/src/one.txt",
            "a/y/src/more/one.rs",
        ] {
            let path = top.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let of = |list: &str| {
            fs::write(top.join("tests/mutants/files.txt"), list).unwrap();
            examined(top)
        };
        let both = ["a/x/src/one.rs", "a/y/src/one.rs"];
        assert_eq!(of("# why\n\na/*/src/one.rs\n").unwrap(), both);
        assert_eq!(of("a/*/src/*.rs\n!a/*/src/two.rs\n").unwrap(), both);
        assert_eq!(of("a/y/src/*/*.rs").unwrap(), ["a/y/src/more/one.rs"]);
        assert!(of("a/x/src/three.rs").is_err());
    }

    #[test]
    fn each_line_of_the_list_stands_for_files() {
        let files = examined(&crate::top()).unwrap();
        assert!(files.len() > 100, "{files:?}");
    }
}
