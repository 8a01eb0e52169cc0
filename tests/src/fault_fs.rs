//! A file system in trouble, and the disk as a power cut leaves it.
//!
//! The program runs with `fault_fs/fault_fs.c` preloaded, which fails, shortens or notes what it
//! does to the files of one folder. From these notes [`Disk`] works out what may be left when the
//! power goes: of a file, what was written up to its last successful sync, and any part of what
//! was written since; of a folder, the names as of its last sync, and any first part of the
//! changes since. That is what POSIX promises, and less than most file systems keep.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::Read as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::chance::Chance;

/// No space left on device.
pub const ENOSPC: i32 = 28;
/// Input/output error.
pub const EIO: i32 = 5;

/// A disk is written in sectors of this size: of each, the old or the new content is there.
const SECTOR: usize = 512;

/// What happens to the changes of one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// It dies before its change of this number, counted from 1.
    pub kill_at: Option<u64>,
    /// Its changes from the first number on fail with this error, as many as the second says.
    pub fail: Option<(u64, u64, i32)>,
    /// Writes take less than they are given, by this seed.
    pub short: Option<u64>,
}

/// Where the changes of a process are noted.
#[derive(Debug)]
pub struct Notes {
    folder: TempDir,
}

impl Notes {
    /// For one process.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    /// The environment in which a process meets `faults` in `folder`.
    pub fn environment(&self, folder: &Path, faults: Faults) -> Vec<(&'static str, String)> {
        let folder = folder.canonicalize().expect("a folder");
        let mut environment = vec![
            ("LD_PRELOAD", library().display().to_string()),
            ("FAULT_FS_DIR", folder.display().to_string()),
            ("FAULT_FS_LOG", self.path().display().to_string()),
        ];
        if let Some(number) = faults.kill_at {
            environment.push(("FAULT_FS_KILL", number.to_string()));
        }
        if let Some((from, count, error)) = faults.fail {
            environment.push(("FAULT_FS_FAIL", format!("{from}:{count}:{error}")));
        }
        if let Some(seed) = faults.short {
            environment.push(("FAULT_FS_SHORT", seed.to_string()));
        }
        environment
    }

    /// What was noted, in order.
    pub fn read(&self) -> Vec<Note> {
        let bytes = fs::read(self.path()).unwrap_or_default();
        let mut rest = bytes.as_slice();
        let mut notes = Vec::new();
        while let Some(note) = Note::read(&mut rest) {
            notes.push(note);
        }
        notes
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("notes")
    }
}

impl Default for Notes {
    fn default() -> Self {
        Self::new()
    }
}

/// The library, built once for all tests of a process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("fault_fs.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fault_fs/fault_fs.c");
        let built = Command::new("cc")
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
            ])
            .arg(&path)
            .arg(source)
            .args(["-ldl", "-lpthread"])
            .status()
            .expect("a C compiler, which building SQLite needs as well");
        assert!(built.success(), "fault_fs.c does not build");
        (folder, path)
    });
    path
}

/// A change, as it was asked for.
#[derive(Clone, Debug)]
pub struct Note {
    /// What was changed.
    pub change: Change,
    /// Whether it was made to fail.
    pub failed: bool,
}

/// What can happen to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new, empty file.
    Create(PathBuf, u64),
    /// Bytes at an offset of a file, known by its inode.
    Write(u64, usize, Vec<u8>),
    /// A file's new length.
    Truncate(u64, usize),
    /// A file is on the disk.
    Sync(u64),
    /// The names of the folder are on the disk.
    SyncFolder,
    /// The first name becomes the second.
    Rename(PathBuf, PathBuf),
    /// The first file gets the second name as well.
    Link(PathBuf, PathBuf),
    /// A name goes.
    Unlink(PathBuf),
}

impl Note {
    fn read(from: &mut &[u8]) -> Option<Self> {
        let mut head = [0; 32];
        from.read_exact(&mut head).ok()?;
        let number = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        let long = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("8 bytes"));
        let mut text = |length: u32| {
            let mut bytes = vec![0; usize::try_from(length).ok()?];
            from.read_exact(&mut bytes).ok()?;
            Some(bytes)
        };
        let (first, second) = (text(number(4))?, text(number(8))?);
        let path = |bytes: Vec<u8>| PathBuf::from(String::from_utf8(bytes).expect("a name"));
        let (inode, offset) = (long(16), usize::try_from(long(24)).expect("a short file"));
        let change = match head[0] {
            1 => Change::Create(path(first), inode),
            2 => Change::Write(inode, offset, first),
            3 => Change::Truncate(inode, offset),
            4 => Change::Sync(inode),
            5 => Change::SyncFolder,
            6 => Change::Rename(path(first), path(second)),
            7 => Change::Link(path(first), path(second)),
            8 => Change::Unlink(path(first)),
            other => panic!("a note of kind {other}"),
        };
        let failed = head[1] != 0;
        Some(Self { change, failed })
    }
}

/// How much of what is not synced is lost.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// All of it.
    All,
    /// Nothing: the process died, the machine did not.
    Nothing,
    /// Some, by chance: any of the writes, any of their sectors, the last of the names.
    Some(Chance),
}

/// A folder on a disk: what is on it for sure, and what is on its way there.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
    /// The names as the process sees them.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<NameChange>,
}

#[derive(Clone, Debug, Default)]
struct File {
    mode: u32,
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Add(PathBuf, usize),
    Remove(PathBuf),
    /// Both at once: at no time is there no file of the new name.
    Move(PathBuf, PathBuf, usize),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Add(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Move(old, new, file) => {
                names.remove(old);
                names.insert(new.clone(), *file);
            }
        }
    }
}

impl Disk {
    /// The folder as it is, all of it on the disk.
    pub fn of(folder: &Path) -> Self {
        let folder = folder.canonicalize().expect("a folder");
        let mut disk = Self {
            folder: folder.clone(),
            files: Vec::new(),
            by_inode: HashMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
        };
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            let metadata = fs::metadata(&path).expect("a file");
            if !metadata.is_file() {
                continue;
            }
            let known = disk.by_inode.get(&metadata.ino()).copied();
            let file = known.unwrap_or_else(|| {
                disk.files.push(File {
                    mode: metadata.mode() & 0o777,
                    durable: fs::read(&path).expect("a readable file"),
                    pending: Vec::new(),
                });
                disk.files.len() - 1
            });
            disk.by_inode.insert(metadata.ino(), file);
            disk.names.insert(path, file);
        }
        disk.durable_names = disk.names.clone();
        disk
    }

    /// Takes in what a process did. Whatever failed changed nothing.
    pub fn follow(&mut self, notes: &[Note]) {
        for note in notes.iter().filter(|note| !note.failed) {
            match &note.change {
                Change::Create(path, inode) => {
                    self.files.push(File {
                        mode: 0o600,
                        ..File::default()
                    });
                    let file = self.files.len() - 1;
                    self.by_inode.insert(*inode, file);
                    self.rename(NameChange::Add(path.clone(), file));
                }
                Change::Write(inode, offset, bytes) => {
                    let change = Pending::Write(*offset, bytes.clone());
                    self.file(*inode).pending.push(change);
                }
                Change::Truncate(inode, length) => {
                    self.file(*inode).pending.push(Pending::Truncate(*length));
                }
                Change::Sync(inode) => {
                    let file = self.file(*inode);
                    for change in std::mem::take(&mut file.pending) {
                        change.apply(&mut file.durable, None);
                    }
                }
                Change::SyncFolder => {
                    for change in std::mem::take(&mut self.pending_names) {
                        change.apply(&mut self.durable_names);
                    }
                }
                Change::Rename(old, new) => {
                    let file = self.names[old];
                    // POSIX: between two names of one file it does nothing.
                    if self.names.get(new) != Some(&file) {
                        self.rename(NameChange::Move(old.clone(), new.clone(), file));
                    }
                }
                Change::Link(old, new) => {
                    self.rename(NameChange::Add(new.clone(), self.names[old]));
                }
                Change::Unlink(path) => self.rename(NameChange::Remove(path.clone())),
            }
        }
    }

    fn file(&mut self, inode: u64) -> &mut File {
        let file = self.by_inode[&inode];
        &mut self.files[file]
    }

    fn rename(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.pending_names.push(change);
    }

    /// Puts the folder in the state in which the power cut leaves it, and counts what was lost.
    pub fn cut_power(&self, loss: Loss) -> usize {
        let mut loss = loss;
        let mut lost = 0;
        let mut names = self.durable_names.clone();
        let kept = match &mut loss {
            Loss::All => 0,
            Loss::Nothing => self.pending_names.len(),
            Loss::Some(chance) => below(chance, self.pending_names.len() + 1),
        };
        lost += self.pending_names.len() - kept;
        for change in &self.pending_names[..kept] {
            change.apply(&mut names);
        }
        for entry in fs::read_dir(&self.folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_file() {
                fs::remove_file(&path).expect("our file");
            }
        }
        // Two names of one file stay two names of one file.
        let mut written: HashMap<usize, PathBuf> = HashMap::new();
        for (path, file) in names {
            if let Some(first) = written.get(&file) {
                fs::hard_link(first, &path).expect("our folder");
                continue;
            }
            let (content, gone) = self.files[file].after(&mut loss);
            lost += gone;
            fs::write(&path, content).expect("our folder");
            let mode = fs::Permissions::from_mode(self.files[file].mode);
            fs::set_permissions(&path, mode).expect("our file");
            written.insert(file, path);
        }
        lost
    }
}

impl File {
    /// Its content, and how many of the changes are not in it whole.
    fn after(&self, loss: &mut Loss) -> (Vec<u8>, usize) {
        let mut content = self.durable.clone();
        let mut lost = 0;
        for change in &self.pending {
            match loss {
                Loss::All => lost += 1,
                Loss::Nothing => change.apply(&mut content, None),
                Loss::Some(chance) => match chance.below(3) {
                    0 => lost += 1,
                    1 => change.apply(&mut content, None),
                    _ => {
                        lost += 1;
                        change.apply(&mut content, Some(chance));
                    }
                },
            }
        }
        (content, lost)
    }
}

impl Pending {
    /// Does it to the content, or by chance to some of its sectors only.
    fn apply(&self, content: &mut Vec<u8>, mut torn: Option<&mut Chance>) {
        match self {
            Self::Truncate(length) => content.resize(*length, 0),
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                let mut at = *offset;
                while at < end {
                    let next = (at / SECTOR + 1) * SECTOR;
                    let next = next.min(end);
                    let arrives = torn.as_mut().is_none_or(|chance| chance.below(2) == 0);
                    if arrives {
                        content[at..next].copy_from_slice(&bytes[at - offset..next - offset]);
                    }
                    at = next;
                }
            }
        }
    }
}

fn below(chance: &mut Chance, limit: usize) -> usize {
    let limit = u64::try_from(limit).expect("a short list");
    usize::try_from(chance.below(limit)).expect("a short list")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(change: Change) -> Note {
        let failed = false;
        Note { change, failed }
    }

    fn state(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    #[test]
    fn what_is_synced_stays_and_the_rest_may_go() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().canonicalize().unwrap().join(name);
        fs::write(path("old"), "old").unwrap();
        let mut disk = Disk::of(folder.path());
        disk.follow(&[
            note(Change::Create(path("new"), 1)),
            note(Change::Write(1, 0, b"new".to_vec())),
            note(Change::Sync(1)),
            note(Change::SyncFolder),
            note(Change::Write(1, 3, b" and newer".to_vec())),
            note(Change::Rename(path("new"), path("old"))),
        ]);

        let lost = disk.cut_power(Loss::All);
        assert_eq!(lost, 2);
        let expected = [("new", "new"), ("old", "old")];
        let expected: BTreeMap<_, _> = expected
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into();
        assert_eq!(state(folder.path()), expected);

        assert_eq!(disk.cut_power(Loss::Nothing), 0);
        let expected = BTreeMap::from([("old".to_owned(), b"new and newer".to_vec())]);
        assert_eq!(state(folder.path()), expected);
    }

    #[test]
    fn a_torn_write_keeps_whole_sectors() {
        let mut chance = Chance::seeded(1);
        let write = Pending::Write(100, vec![1; 4 * SECTOR]);
        let mut states = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let mut content = vec![0; 100];
            write.apply(&mut content, Some(&mut chance));
            assert_eq!(content.len(), 100 + 4 * SECTOR);
            let sectors: Vec<bool> = content[100..]
                .chunk_by(|a, b| a == b)
                .map(|run| run[0] == 1)
                .collect();
            states.insert(sectors);
        }
        assert!(states.len() > 4, "{states:?}");
    }
}
