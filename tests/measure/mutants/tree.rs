//! A copy of the tree that may be wrong.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// The copy, in the target folder. It stays, so that what was built is not built again.
#[derive(Debug)]
pub(super) struct Tree(PathBuf);

impl Tree {
    /// Makes the copy equal to the tree, but for its own target folder. A file that is equal is
    /// not written, or cargo would build it again.
    pub(super) fn copied(top: &Path) -> Result<Self> {
        let tree = top.join("target/mutants/tree");
        fs::create_dir_all(&tree)?;
        let wanted = listed(top)?;
        for name in &wanted {
            let path = tree.join(name);
            let from = top.join(name);
            let content = fs::read(&from).with_context(|| format!("{}", from.display()))?;
            if fs::read(&path).is_ok_and(|there| there == content) {
                continue;
            }
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, content).with_context(|| format!("{}", path.display()))?;
            fs::set_permissions(&path, fs::metadata(&from)?.permissions())?;
        }
        remove_others(&tree, Path::new(""), &wanted)?;
        Ok(Self(tree))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

/// The files that git has or would take, from the top folder.
fn listed(top: &Path) -> Result<BTreeSet<PathBuf>> {
    let done = Command::new("git")
        .current_dir(top)
        .args(["ls-files", "-z", "--cached", "--others"])
        .args(["--exclude-standard", "--deduplicate"])
        .output()
        .context("cannot run git")?;
    ensure!(done.status.success(), "git cannot list the files");
    let text = String::from_utf8(done.stdout).context("a name of a file is no text")?;
    let names = text.split('\0').filter(|name| !name.is_empty());
    let names = names.map(PathBuf::from);
    // What git still has may be gone.
    Ok(names.filter(|name| top.join(name).is_file()).collect())
}

fn remove_others(tree: &Path, folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(tree.join(folder))? {
        let entry = entry?;
        let name = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if name != Path::new("target") {
                remove_others(tree, &name, wanted)?;
            }
        } else if !wanted.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_becomes_what_the_tree_is() {
        let top = tempfile::tempdir().unwrap();
        let top = top.path();
        let git = |arguments: &[&str]| {
            let done = Command::new("git")
                .current_dir(top)
                .args(arguments)
                .status();
            assert!(done.unwrap().success());
        };
        git(&["init", "--quiet"]);
        fs::write(top.join(".gitignore"), "target\n").unwrap();
        fs::create_dir(top.join("src")).unwrap();
        fs::write(top.join("src/a.rs"), "right").unwrap();
        fs::write(top.join("src/b.rs"), "b").unwrap();
        git(&["add", "src/b.rs"]);

        let tree = Tree::copied(top).unwrap();
        let read = |name: &str| fs::read_to_string(tree.path().join(name));
        assert_eq!(read("src/a.rs").unwrap(), "right");
        assert_eq!(read("src/b.rs").unwrap(), "b");
        let before = fs::metadata(tree.path().join("src/b.rs")).unwrap();

        // A run that was broken off has left a mistake; another file is gone.
        fs::write(tree.path().join("src/a.rs"), "wrong").unwrap();
        fs::create_dir(tree.path().join("target")).unwrap();
        fs::write(tree.path().join("target/built"), "").unwrap();
        fs::write(tree.path().join("src/c.rs"), "").unwrap();
        let again = Tree::copied(top).unwrap();
        assert_eq!(again.path(), tree.path());
        assert_eq!(read("src/a.rs").unwrap(), "right");
        assert!(read("src/c.rs").is_err());
        assert!(read("target/built").is_ok());
        let after = fs::metadata(tree.path().join("src/b.rs")).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
        fs::remove_file(top.join("src/b.rs")).unwrap();
        Tree::copied(top).unwrap();
        assert!(read("src/b.rs").is_err());
    }
}
