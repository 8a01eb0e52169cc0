//! The files in which mistakes are made.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context as _, Result};

/// The files that `files.txt` names, from the top folder, in their order by name. A line is a path
/// whose last part may have one `*`; one that begins with `!` takes its files out again.
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
///
/// # Errors
/// When there is none: it is a mistake, or the file was renamed.
fn expanded(top: &Path, pattern: &str) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let mut deeper = Vec::new();
        for folder in &found {
            let Ok(entries) = fs::read_dir(top.join(folder)) else {
                continue;
            };
            for entry in entries {
                let name = entry?.file_name();
                let name = name.to_str().context("a name of a file is no text")?;
                if is_named(name, part) {
                    let slash = if folder.is_empty() { "" } else { "/" };
                    deeper.push(format!("{folder}{slash}{name}"));
                }
            }
        }
        found = deeper;
    }
    found.retain(|file| top.join(file).is_file());
    anyhow::ensure!(!found.is_empty(), "files.txt: no file is named {pattern}");
    Ok(found)
}

fn is_named(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
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
        assert!(!is_named("ab", "ab*b") && is_named("abb", "ab*b"));
    }

    #[test]
    fn each_line_of_the_list_stands_for_files() {
        let files = examined(&crate::top()).unwrap();
        assert!(files.len() > 100, "{files:?}");
    }
}
