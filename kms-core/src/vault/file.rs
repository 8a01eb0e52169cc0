//! The vault's file on disk: read whole, replaced whole, never half.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::VaultError;
use crate::beside::{folder_of, with_suffix};

/// Offsets into a vault are 32 bits wide; the original's base64 takes a third more.
const LARGEST: u64 = 4 << 30;
/// How long to wait for the lock before saying so.
const PATIENCE: Duration = Duration::from_secs(2);
/// A version of the file that was written less than this ago may be followed by another with the
/// same time stamps, where those are coarse.
const SETTLING: Duration = Duration::from_secs(2);

/// What was read from a file, and by which marks to know it again.
#[derive(Debug)]
pub(super) struct FileContent {
    pub(super) bytes: Vec<u8>,
    pub(super) stamp: Stamp,
    pub(super) mode: u32,
}

/// By which a version of a file is known without reading it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    identity: [u64; 3],
    times: [i64; 4],
    /// Whether no later version can have the same marks.
    pub(super) settled: bool,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let settled = metadata
            .modified()
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok())
            .is_some_and(|age| age > SETTLING);
        Self {
            identity: [metadata.dev(), metadata.ino(), metadata.size()],
            times: [
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ],
            settled,
        }
    }

    pub(super) fn same_marks(&self, other: &Self) -> bool {
        self.identity == other.identity && self.times == other.times
    }
}

/// Where a path leads to once symbolic links are followed; the file itself need not exist.
///
/// Writing goes through a link to the folder of its target, so that a mounted or linked vault is
/// replaced where it lies and the link stays.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, VaultError> {
    let mut path = path.to_owned();
    // As many links as the kernel follows.
    for _ in 0..40 {
        match fs::canonicalize(&path) {
            Ok(found) => return Ok(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(VaultError::io("find", path)(error)),
        }
        match fs::read_link(&path) {
            // A link to nothing: the target is where the file goes.
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => {
                let folder = folder_of(&path);
                let folder = fs::canonicalize(&folder).unwrap_or(folder);
                return Ok(match path.file_name() {
                    Some(name) => folder.join(name),
                    None => path,
                });
            }
        }
    }
    let error = io::Error::other("too many symbolic links");
    Err(VaultError::io("find", path)(error))
}

/// The marks of the file as it is now; none if there is no file.
pub(super) fn stamp(path: &Path) -> Result<Option<Stamp>, VaultError> {
    Ok(metadata(path)?.map(|metadata| Stamp::of(&metadata)))
}

pub(super) fn metadata(path: &Path) -> Result<Option<Metadata>, VaultError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(VaultError::io("read", path)(error)),
    }
}

/// Reads at most `limit` bytes of the file; none if there is no file.
pub(super) fn read(path: &Path, limit: Option<u64>) -> Result<Option<FileContent>, VaultError> {
    let failed = || VaultError::io("read", path);
    // Before it is opened: opening a pipe would wait for a writer.
    match metadata(path)? {
        None => return Ok(None),
        Some(metadata) if !metadata.is_file() => {
            return Err(VaultError::Foreign {
                path: path.to_owned(),
                why: "it is not a file",
            });
        }
        Some(_) => {}
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(failed()(error)),
    };
    let metadata = file.metadata().map_err(failed())?;
    let size = metadata.len();
    let too_large = || VaultError::TooLarge {
        path: path.to_owned(),
        size,
    };
    if size > LARGEST {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(
            usize::try_from(size.min(limit.unwrap_or(size))).map_err(|_| too_large())?,
        )
        .map_err(|_| too_large())?;
    file.take(limit.unwrap_or(LARGEST))
        .read_to_end(&mut bytes)
        .map_err(failed())?;
    Ok(Some(FileContent {
        bytes,
        stamp: Stamp::of(&metadata),
        mode: metadata.mode() & 0o7777,
    }))
}

/// Refuses a file that others than its owner may read or write.
pub(super) fn require_private(path: &Path, mode: u32) -> Result<(), VaultError> {
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(VaultError::WidePermissions {
        path: path.to_owned(),
        mode,
    })
}

/// Refuses a folder in which others may replace the file. In a sticky one they may not.
pub(super) fn require_private_folder(path: &Path) -> Result<(), VaultError> {
    let folder = folder_of(path);
    let Some(metadata) = metadata(&folder)? else {
        return Ok(());
    };
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 == 0 || mode & 0o1000 != 0 {
        return Ok(());
    }
    Err(VaultError::WidePermissions { path: folder, mode })
}

/// The lock that every writer holds from reading the file to having replaced it.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "dropping it unlocks")] File);

impl Lock {
    /// Waits for the lock of the vault at `path`, whose folder is made if need be.
    ///
    /// The lock is the operating system's, on a file of its own beside the vault: the vault's
    /// file is replaced at every write, and a process that dies gives it up.
    pub(super) fn acquire(path: &Path) -> Result<Self, VaultError> {
        create_folder(&folder_of(path))?;
        let lock = with_suffix(path, ".lock");
        let failed = || VaultError::io("lock", &lock);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock)
            .map_err(failed())?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
                Err(fs::TryLockError::Error(error)) => return Err(failed()(error)),
            }
        }
        tracing::warn!(lock = %lock.display(), "waiting for another process to finish with the vault");
        file.lock().map_err(failed())?;
        Ok(Self(file))
    }
}

/// What becomes of the version that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// There is none, or nothing in it.
    Nothing,
    /// It takes the place of the last one, under `.bak`.
    Previous,
    /// It stays for good, under `.legacy` or `.legacy.1`, ….
    Legacy,
}

/// Replaces the file at `path` by `bytes`; under the lock only.
///
/// A temporary file beside it is written, synced and handed to `verify` as it reads back; only
/// then the old file is kept as `keep` says, and the new one takes its place. At no time is there
/// no file at `path`. Returns where the old file is kept.
pub(super) fn replace(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    keep: Keep,
    verify: impl FnOnce(&[u8]) -> bool,
) -> Result<Option<PathBuf>, VaultError> {
    let folder = folder_of(path);
    let failed = || VaultError::io("write", path);
    remove_leftovers(path);
    let mut temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(path))
        .suffix(".tmp")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(&folder)
        .map_err(failed())?;
    temporary.write_all(bytes).map_err(failed())?;
    inherit(temporary.as_file(), path, mode).map_err(failed())?;
    temporary.as_file().sync_all().map_err(failed())?;

    let written = fs::read(temporary.path()).map_err(failed())?;
    if !verify(&written) {
        return Err(VaultError::NotVerified);
    }
    let kept = match keep {
        Keep::Nothing => {
            // What a lost file may still be restored from is not overwritten two writes later.
            let backup = with_suffix(path, ".bak");
            if backup.exists() {
                keep_under_free_name(&backup, &backup)?;
            }
            None
        }
        Keep::Previous => Some(keep_previous(path)?),
        Keep::Legacy => Some(keep_under_free_name(path, &with_suffix(path, ".legacy"))?),
    };
    fs::rename(&temporary, path).map_err(failed())?;
    // It has its last name; there is nothing to be removed under the other.
    let _ = temporary.into_temp_path().keep();
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(VaultError::io("sync", &folder))?;
    Ok(kept)
}

/// Files beside `path` that hold an older version of it.
pub(super) fn backups(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir(folder_of(path)) else {
        return Vec::new();
    };
    let mut backups: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .and_then(|found| found.strip_prefix(name))
                .is_some_and(|rest| {
                    [".bak", ".legacy", ".old", ".orig", "~"]
                        .iter()
                        .any(|start| rest.starts_with(start))
                })
                && entry.metadata().is_ok_and(|metadata| metadata.len() > 0)
        })
        .map(|entry| entry.path())
        .collect();
    backups.sort();
    backups
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn create_folder(folder: &Path) -> Result<(), VaultError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(VaultError::io("create", folder))
}

fn temporary_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.")
}

/// Removes what a process that was killed while writing has left. No other can be writing: the
/// lock is ours.
fn remove_leftovers(path: &Path) {
    let prefix = temporary_prefix(path);
    let Ok(entries) = fs::read_dir(folder_of(path)) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let is_leftover = name
            .to_str()
            .is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".tmp"));
        if is_leftover && let Err(error) = fs::remove_file(entry.path()) {
            tracing::debug!(%error, file = %entry.path().display(), "cannot remove a left-over file");
        }
    }
}

/// Gives the new file the mode, and the owner of the old one where we may: the daemon must be
/// able to read what an administrator has written.
fn inherit(new: &File, path: &Path, mode: u32) -> io::Result<()> {
    new.set_permissions(Permissions::from_mode(mode))?;
    if let Ok(old) = fs::metadata(path) {
        let now = new.metadata()?;
        if (old.uid(), old.gid()) != (now.uid(), now.gid())
            && let Err(error) = std::os::unix::fs::fchown(new, Some(old.uid()), Some(old.gid()))
        {
            tracing::debug!(%error, "cannot give the vault to the owner it had");
        }
    }
    Ok(())
}

/// Keeps the file under `.bak`, in place of the one before it.
fn keep_previous(path: &Path) -> Result<PathBuf, VaultError> {
    let backup = with_suffix(path, ".bak");
    // A link under another name first, so that there is a backup at any time.
    let next = folder_of(path).join(format!("{}bak.tmp", temporary_prefix(path)));
    link_or_copy(path, &next)
        .and_then(|()| fs::rename(&next, &backup))
        .map_err(VaultError::io("keep the previous vault as", &backup))?;
    // POSIX: renaming a name of a file to another name of the same file does nothing. It is the
    // same file where a process was killed between this step and the next.
    let _ = fs::remove_file(&next);
    Ok(backup)
}

/// Keeps the file under `wanted`, or that with the first free number added; never overwriting.
fn keep_under_free_name(path: &Path, wanted: &Path) -> Result<PathBuf, VaultError> {
    let numbered = (1..10_000_u32).map(|n| with_suffix(wanted, &format!(".{n}")));
    for name in std::iter::once(wanted.to_owned()).chain(numbered) {
        match link_or_copy(path, &name) {
            Ok(()) => {
                // The original left its files readable to all; their bytes stay as they are.
                if let Err(error) = fs::set_permissions(&name, Permissions::from_mode(0o600)) {
                    tracing::warn!(%error, file = %name.display(), "cannot make the kept file private");
                }
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(VaultError::io("keep the old vault as", name)(error)),
        }
    }
    let error = io::Error::from(io::ErrorKind::AlreadyExists);
    Err(VaultError::io("keep the old vault as", wanted)(error))
}

/// A second name for the file, or a synced copy where the file system has no hard links. Never
/// overwrites.
fn link_or_copy(path: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(path, name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
        done => return done,
    }
    let bytes = fs::read(path)?;
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(name)?;
    copy.write_all(&bytes)?;
    copy.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks of file systems tick every few milliseconds: two versions of one moment look alike.
    #[test]
    fn the_marks_of_a_file_count_once_its_moment_is_over() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settled = |modified: SystemTime| {
            file.as_file().set_modified(modified).unwrap();
            stamp(file.path()).unwrap().unwrap().settled
        };
        let now = SystemTime::now();
        assert!(!settled(now));
        assert!(!settled(now + Duration::from_secs(60)), "of a fast clock");
        assert!(settled(now - SETTLING - Duration::from_millis(1)));
    }

    #[test]
    fn another_file_and_another_time_are_other_marks() {
        let marks = Stamp {
            identity: [1, 2, 3],
            times: [4, 5, 6, 7],
            settled: true,
        };
        let later = Stamp {
            times: [4, 5, 6, 8],
            ..marks
        };
        let other = Stamp {
            identity: [1, 9, 3],
            ..marks
        };
        assert!(marks.same_marks(&marks));
        assert!(!marks.same_marks(&later));
        assert!(!marks.same_marks(&other));
    }

    /// Taken for missing, a vault would be made anew over it.
    #[test]
    fn what_cannot_be_looked_at_is_not_missing() {
        let folder = tempfile::tempdir().unwrap();
        let too_long = folder.path().join("x".repeat(300));
        assert!(matches!(metadata(&too_long), Err(VaultError::Io { .. })));
        assert!(matches!(resolve(&too_long), Err(VaultError::Io { .. })));
        assert!(read(&too_long, None).is_err());
        assert!(metadata(&folder.path().join("x")).unwrap().is_none());
    }

    #[test]
    fn what_is_kept_is_copied_where_no_link_can_be_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wallet.dat");
        fs::write(&file, "old").unwrap();
        let wanted = folder.path().join("kept");
        for name in ["kept", "kept.1", "kept.2"] {
            let kept = keep_under_free_name(&file, &wanted).unwrap();
            assert_eq!(kept, folder.path().join(name));
            assert_eq!(
                fs::metadata(&kept).unwrap().ino(),
                file.metadata().unwrap().ino()
            );
        }
        let too_long = folder.path().join("x".repeat(300));
        let error = keep_under_free_name(&file, &too_long).unwrap_err();
        assert!(
            matches!(&error, VaultError::Io { source, .. } if source.kind() != io::ErrorKind::AlreadyExists),
            "{error:?}"
        );

        let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
            eprintln!("skipped: no second file system at hand");
            return;
        };
        if fs::metadata(elsewhere.path()).unwrap().dev() == file.metadata().unwrap().dev() {
            eprintln!("skipped: no second file system at hand");
            return;
        }
        let copy = elsewhere.path().join("copy");
        link_or_copy(&file, &copy).unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "old");
        assert_eq!(copy.metadata().unwrap().mode() & 0o777, 0o600);
        let error = link_or_copy(&file, &copy).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_file_may_be_as_large_as_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read_of = |size| {
            // Without content, it takes no room on the disk.
            file.as_file().set_len(size).unwrap();
            read(file.path(), Some(1))
        };
        assert_eq!(read_of(LARGEST).unwrap().unwrap().bytes, [0]);
        assert!(matches!(
            read_of(LARGEST + 1),
            Err(VaultError::TooLarge { .. })
        ));
    }
}
