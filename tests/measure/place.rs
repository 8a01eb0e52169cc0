//! A folder on a real disk: what is durable in memory costs nothing and says nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// A folder that is deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// A new folder in `parent`, or else beside this program, where cargo builds.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) fn make(parent: Option<&Path>) -> Result<Self> {
        let parent = match parent {
            Some(parent) => parent.to_owned(),
            None => {
                let this = env::current_exe().context("the path of this program")?;
                this.parent().map(PathBuf::from).unwrap_or_default()
            }
        };
        let folder = tempfile::Builder::new()
            .prefix("measure-")
            .tempdir_in(&parent)
            .with_context(|| format!("no folder in {}", parent.display()))?;
        Ok(Self { folder })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The type of the file system and the device it lies on, as the kernel names them.
    pub(crate) fn file_system(&self) -> String {
        let path = fs::canonicalize(self.path()).unwrap_or_else(|_| self.path().to_owned());
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        file_system(&mounts, &path).unwrap_or_else(|| "unknown".to_owned())
    }
}

/// The file system of `path`: that of the longest mount point above it, and of several there the
/// last (proc_pid_mountinfo(5)).
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (mount, kind) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?.replace("\\040", " ");
        let mut kind = kind.split(' ');
        let text = format!("{} on {}", kind.next()?, kind.next()?);
        path.starts_with(&point).then_some((point.len(), text))
    };
    let found = mounts.lines().filter_map(mount);
    found.max_by_key(|(len, _)| *len).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_on_the_nearest_mount_above_it() {
        let mounts = "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                      22 21 0:20 / /tmp rw - tmpfs tmpfs rw\n\
                      23 21 0:21 / /my\\040disk rw shared:1 - xfs /dev/vdb rw";
        let of = |path| file_system(mounts, Path::new(path)).unwrap();
        assert_eq!(of("/home/x"), "ext4 on /dev/vda");
        assert_eq!(of("/tmp/x"), "tmpfs on tmpfs");
        assert_eq!(of("/tmpx"), "ext4 on /dev/vda");
        assert_eq!(of("/my disk/x"), "xfs on /dev/vdb");
        assert_eq!(file_system("", Path::new("/")), None);
    }
}
