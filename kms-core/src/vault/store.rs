//! Opening a vault, following its file, and changing it.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Changes, Damage, KdfParams, KeyLabel, Notice, Vault, VaultError,
    file::{self, Keep, Lock, Stamp},
    format::{self, HEADER_LEN, Header},
    kdf::MasterKey,
    kept_password::KeptPassword,
    legacy,
};
use crate::{
    keys::{SecretBytes, SecretText},
    process::LockedBuffer,
};

/// How vaults are read and written.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreOptions {
    /// Accepts a file that others than its owner may read, and a folder in which others may
    /// replace it.
    pub allow_wide_permissions: bool,
    /// Cost of the key derivation for new vaults and new passwords.
    pub kdf: KdfParams,
}

/// Where a vault is, or will be.
#[derive(Clone, Debug)]
pub struct VaultStore {
    path: PathBuf,
    options: StoreOptions,
}

impl VaultStore {
    /// The vault at `path`. Nothing is read yet.
    pub fn new(path: impl Into<PathBuf>, options: StoreOptions) -> Self {
        Self {
            path: path.into(),
            options,
        }
    }

    /// The path as it was given; symbolic links are followed at each use.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is at the path, as far as can be told without a password.
    ///
    /// # Errors
    /// [`VaultError::Io`] when it cannot be read. A damaged header is an error, a foreign file
    /// is not.
    pub fn inspect(&self) -> Result<Inspection, VaultError> {
        let path = file::resolve(&self.path)?;
        let metadata = match file::metadata(&path)? {
            None => {
                return Ok(Inspection {
                    path,
                    format: FileFormat::Missing,
                    mode: None,
                    size: 0,
                });
            }
            Some(metadata) => metadata,
        };
        let format = if metadata.is_file() {
            // White space may stand in front of the original's text.
            let head = file::read(&path, Some(1 << 16))?.map(|content| content.bytes);
            FileFormat::of(&head.unwrap_or_default())?
        } else {
            FileFormat::Foreign
        };
        Ok(Inspection {
            path,
            format,
            mode: Some(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o7777),
            size: metadata.len(),
        })
    }

    /// Opens the vault.
    ///
    /// # Errors
    /// [`VaultError::Missing`] if there is none, [`VaultError::WrongPassword`],
    /// [`VaultError::Damaged`], and the others.
    pub fn open(&self, password: &SecretText) -> Result<OpenVault, VaultError> {
        let open = self.open_any(password)?;
        if open.loaded.format == FileFormat::Missing {
            let path = self.path.clone();
            return Err(VaultError::Missing { path });
        }
        Ok(open)
    }

    /// Opens the vault; if there is none, an empty one that is first written by
    /// [`OpenVault::update`].
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`VaultError::EmptyPassword`] for a vault that is yet to be
    /// made.
    pub fn open_or_create(&self, password: &SecretText) -> Result<OpenVault, VaultError> {
        let open = self.open_any(password)?;
        if open.loaded.format == FileFormat::Missing && password.is_empty() {
            return Err(VaultError::EmptyPassword);
        }
        Ok(open)
    }

    fn open_any(&self, password: &SecretText) -> Result<OpenVault, VaultError> {
        let loaded = self.load(password, None)?;
        let notices = self.notices(&loaded, password)?;
        Ok(OpenVault {
            store: self.clone(),
            password: KeptPassword::new(password),
            loaded,
            rejected: None,
            notices,
        })
    }

    /// Reads the file and decrypts it, with `known` keys where they fit.
    fn load(
        &self,
        password: &SecretText,
        known: Option<&Arc<MasterKey>>,
    ) -> Result<Loaded, VaultError> {
        let path = file::resolve(&self.path)?;
        let Some(content) = file::read(&path, None)? else {
            return Ok(Loaded {
                path,
                format: FileFormat::Missing,
                vault: Arc::new(Vault::empty()),
                master: None,
                header: None,
                stamp: None,
                mode: 0o600,
            });
        };
        let format = FileFormat::of(&content.bytes)?;
        let mut loaded = Loaded {
            path,
            format,
            vault: Arc::new(Vault::empty()),
            master: None,
            header: None,
            stamp: Some(content.stamp),
            mode: content.mode,
        };
        match format {
            FileFormat::Missing | FileFormat::ZeroBytes => {}
            FileFormat::Foreign => {
                return Err(format::foreign(
                    &loaded.path,
                    "it is neither in the current format nor in that of tatum-kms 8",
                ));
            }
            FileFormat::Legacy => {
                loaded.vault = Arc::new(legacy::open(&content.bytes, password)?);
            }
            FileFormat::Current { .. } => {
                if !self.options.allow_wide_permissions {
                    file::require_private(&loaded.path, content.mode)?;
                    file::require_private_folder(&loaded.path)?;
                }
                let header = Header::parse(&content.bytes)?;
                let master = match known.filter(|master| header.derives_like(master)) {
                    Some(master) => Arc::clone(master),
                    None => Arc::new(MasterKey::derive(
                        password,
                        header.params,
                        header.argon2_salt,
                    )?),
                };
                if !header.is_of(&master) {
                    return Err(VaultError::WrongPassword);
                }
                let text = format::open(&content.bytes, &header, &master)?;
                // A large vault need not lie in memory twice while it is read.
                drop(content.bytes);
                let vault = Vault::parse(text).map_err(|_| VaultError::Damaged(Damage::Content))?;
                loaded.vault = Arc::new(vault);
                loaded.master = Some(master);
                loaded.header = Some(header);
            }
        }
        Ok(loaded)
    }

    fn notices(&self, loaded: &Loaded, password: &SecretText) -> Result<Vec<Notice>, VaultError> {
        let mut notices = Vec::new();
        let path = loaded.path.clone();
        let backups = || file::backups(&path);
        match loaded.format {
            FileFormat::Missing => {
                let backups = backups();
                if !backups.is_empty() {
                    let path = path.clone();
                    notices.push(Notice::MissingWithBackups { path, backups });
                }
            }
            FileFormat::ZeroBytes => notices.push(Notice::ZeroBytes {
                path: path.clone(),
                backups: backups(),
            }),
            FileFormat::Legacy => notices.push(Notice::Legacy { path: path.clone() }),
            FileFormat::Current { .. } | FileFormat::Foreign => {}
        }
        if loaded.format != FileFormat::Missing {
            for check in [
                file::require_private(&path, loaded.mode),
                file::require_private_folder(&path),
            ] {
                match check {
                    Ok(()) => {}
                    Err(VaultError::WidePermissions { path, mode }) => {
                        notices.push(Notice::WidePermissions { path, mode });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if loaded.format == FileFormat::Legacy && password.is_empty() {
            notices.push(Notice::EmptyPassword);
        }
        let odd = loaded.vault.unreadable_ids().count();
        if odd > 0 {
            notices.push(Notice::OddEntries { count: odd });
        }
        let repeated = loaded.vault.repeated_ids().count();
        if repeated > 0 {
            notices.push(Notice::RepeatedIds { count: repeated });
        }
        Ok(notices)
    }
}

/// What is at a vault's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The path, symbolic links followed.
    pub path: PathBuf,
    /// The kind of file.
    pub format: FileFormat,
    /// Permission bits, if there is a file.
    pub mode: Option<u32>,
    /// Size in bytes.
    pub size: u64,
}

/// The kind of file at a vault's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// No file.
    Missing,
    /// A file without content: the original left one when killed while writing.
    ZeroBytes,
    /// `wallet.dat` of tatum-kms up to version 8.
    Legacy,
    /// The current format.
    Current {
        /// Cost of its key derivation.
        kdf: KdfParams,
    },
    /// Something else.
    Foreign,
}

impl FileFormat {
    fn holds_nothing(&self) -> bool {
        matches!(self, Self::Missing | Self::ZeroBytes)
    }

    pub(super) fn of(head: &[u8]) -> Result<Self, VaultError> {
        Ok(if head.is_empty() {
            Self::ZeroBytes
        } else if Header::recognises(head) {
            let kdf = Header::parse(head)?.params;
            Self::Current { kdf }
        } else if legacy::recognises(head) {
            Self::Legacy
        } else {
            Self::Foreign
        })
    }
}

/// An opened vault: the one place that keeps the password and the key derived from it.
///
/// Reading goes on the snapshot that [`vault`](Self::vault) gives; [`refresh`](Self::refresh)
/// brings a new one when another process has written, [`update`](Self::update) writes.
pub struct OpenVault {
    store: VaultStore,
    password: KeptPassword,
    loaded: Loaded,
    /// A version of the file that this password did not open: it is not tried again.
    rejected: Option<Stamp>,
    notices: Vec<Notice>,
}

impl OpenVault {
    /// The latest snapshot.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.loaded.vault
    }

    /// The file's path, symbolic links followed.
    pub fn path(&self) -> &Path {
        &self.loaded.path
    }

    /// The kind of file the snapshot was read from.
    pub fn format(&self) -> FileFormat {
        self.loaded.format
    }

    /// What a person should know, from opening and from later writes.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// A key for another use than the vault, from the same password; none before the vault is in
    /// the current format. It changes with the password.
    pub fn derive_key(&self, label: KeyLabel) -> Option<SecretBytes> {
        let master = self.loaded.master.as_ref()?;
        Some(master.labelled(label))
    }

    /// A key for another file, from this vault's password and a salt of that file. It depends on
    /// nothing else of the vault, so it is the same before and after an upgrade.
    ///
    /// # Errors
    /// [`VaultError::OutOfMemory`].
    pub fn key_under(
        &self,
        params: KdfParams,
        salt: &[u8; 16],
        label: KeyLabel,
    ) -> Result<SecretBytes, VaultError> {
        super::derive_key(&self.password.copy(), params, salt, label)
    }

    /// The cost of key derivation that new files get.
    pub fn kdf_params(&self) -> KdfParams {
        self.store.options.kdf
    }

    /// Changes the vault: takes the lock, reads the file as it is now, applies `change`, writes,
    /// verifies and replaces. Nothing is written if `change` fails or changes nothing. When this
    /// returns, the change is durable.
    ///
    /// A file of the original is upgraded, and kept beside the new one.
    ///
    /// # Errors
    /// That of `change`, [`VaultError::EmptyPassword`], [`VaultError::PasswordChanged`], and
    /// those of reading and writing.
    pub fn update<T>(
        &mut self,
        change: impl FnOnce(&mut Changes<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.require_password(&self.password.copy())?;
        let _lock = Lock::acquire(&file::resolve(&self.store.path)?)?;
        self.reload_for_update()?;
        let vault = Arc::clone(&self.loaded.vault);
        let mut changes = Changes::new(&vault);
        let result = change(&mut changes)?;
        if !changes.is_empty() {
            let text = changes.apply()?;
            let master = self.master_for_write()?;
            self.write(text, master)?;
        }
        Ok(result)
    }

    /// Whether the file is certainly the version that was read, as one `stat` tells, and one look
    /// at its header while it is so new that another version could have the same marks. If not,
    /// [`refresh`](Self::refresh) finds out.
    pub fn is_current(&self) -> bool {
        let (Ok(Some(now)), Some(then)) = (file::stamp(&self.store.path), &self.loaded.stamp)
        else {
            return false;
        };
        // Once it has settled, `refresh` writes that down, and nobody needs to look any more.
        let is_same = || !now.settled && self.is_same_version().unwrap_or(false);
        now.same_marks(then) && (then.settled || is_same())
    }

    /// Looks whether the file has changed, by one `stat`, and if so reads it anew: `true` if its
    /// content is another, and then [`vault`](Self::vault) is a new snapshot. After an error the
    /// old one stays.
    ///
    /// # Errors
    /// [`VaultError::Missing`] if the file is gone, [`VaultError::PasswordChanged`], and those
    /// of opening.
    pub fn refresh(&mut self) -> Result<bool, VaultError> {
        let stamp = file::stamp(&self.store.path)?;
        match (&stamp, &self.loaded.stamp) {
            (None, None) => return Ok(false),
            (None, Some(_)) => return Err(self.gone()),
            (Some(now), Some(then)) if now.same_marks(then) => {
                if then.settled || self.is_same_version()? {
                    self.loaded.stamp = stamp;
                    return Ok(false);
                }
            }
            (Some(now), _) => {
                if self
                    .rejected
                    .is_some_and(|rejected| rejected.same_marks(now))
                {
                    return Err(VaultError::PasswordChanged);
                }
            }
        }
        let before = Arc::clone(&self.loaded.vault);
        self.reload()?;
        if before.text() == self.loaded.vault.text() {
            self.loaded.vault = before;
            return Ok(false);
        }
        Ok(true)
    }

    /// Gives the vault a new password, under a fresh salt and the cost the store's options name.
    /// A file of the original is upgraded by it.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn change_password(&mut self, new: &SecretText) -> Result<(), VaultError> {
        self.require_password(new)?;
        let _lock = Lock::acquire(&file::resolve(&self.store.path)?)?;
        self.reload_for_update()?;
        let master = Arc::new(MasterKey::fresh(new, self.store.options.kdf)?);
        let text = Changes::new(&self.loaded.vault).apply()?;
        self.write(text, master)?;
        self.password = KeptPassword::new(new);
        let files = file::backups(&self.loaded.path);
        self.notices
            .retain(|notice| !matches!(notice, Notice::EmptyPassword | Notice::OldPassword { .. }));
        if !files.is_empty() {
            self.notices.push(Notice::OldPassword { files });
        }
        Ok(())
    }

    /// Brings a file of the original into the current format; where the old one is kept, or
    /// nothing if there was nothing to do.
    pub(super) fn upgrade(&mut self) -> Result<Option<PathBuf>, VaultError> {
        if self.loaded.format != FileFormat::Legacy {
            return Ok(None);
        }
        self.require_password(&self.password.copy())?;
        let _lock = Lock::acquire(&file::resolve(&self.store.path)?)?;
        self.reload_for_update()?;
        if self.loaded.format != FileFormat::Legacy {
            return Ok(None);
        }
        let text = Changes::new(&self.loaded.vault).apply()?;
        let master = self.master_for_write()?;
        self.write(text, master)
    }

    fn require_password(&self, password: &SecretText) -> Result<(), VaultError> {
        if password.is_empty() {
            return Err(VaultError::EmptyPassword);
        }
        Ok(())
    }

    fn reload(&mut self) -> Result<(), VaultError> {
        let known = self.loaded.master.as_ref();
        match self.store.load(&self.password.copy(), known) {
            // Between a look at the file and its reading it may go, or another program may have
            // truncated it to write it anew: that takes no wallet away.
            Ok(loaded) if loaded.format.holds_nothing() && !self.loaded.format.holds_nothing() => {
                Err(self.gone())
            }
            Ok(loaded) => {
                self.loaded = loaded;
                self.rejected = None;
                Ok(())
            }
            Err(VaultError::WrongPassword) => {
                self.rejected = file::stamp(&self.store.path)?;
                Err(VaultError::PasswordChanged)
            }
            Err(error) => Err(error),
        }
    }

    /// Under the lock. A vault that was there and is gone is not taken for an empty one.
    fn reload_for_update(&mut self) -> Result<(), VaultError> {
        if self.is_same_version()? {
            return Ok(());
        }
        self.reload()
    }

    fn gone(&self) -> VaultError {
        VaultError::Gone {
            path: self.store.path.clone(),
        }
    }

    /// Whether the file is the version that was read, by its header: the salt in it is drawn
    /// anew at every write.
    fn is_same_version(&self) -> Result<bool, VaultError> {
        let Some(header) = &self.loaded.header else {
            return Ok(false);
        };
        let limit = u64::try_from(HEADER_LEN).ok();
        let now = file::read(&file::resolve(&self.store.path)?, limit)?;
        Ok(now.is_some_and(|now| {
            now.mode == self.loaded.mode
                && Header::parse(&now.bytes).is_ok_and(|found| found == *header)
        }))
    }

    fn master_for_write(&self) -> Result<Arc<MasterKey>, VaultError> {
        match &self.loaded.master {
            Some(master) => Ok(Arc::clone(master)),
            None => MasterKey::fresh(&self.password.copy(), self.store.options.kdf).map(Arc::new),
        }
    }

    /// Under the lock. Where the replaced file is kept.
    fn write(
        &mut self,
        text: LockedBuffer,
        master: Arc<MasterKey>,
    ) -> Result<Option<PathBuf>, VaultError> {
        let path = file::resolve(&self.store.path)?;
        let wide = self.store.options.allow_wide_permissions;
        if !wide {
            file::require_private_folder(&path)?;
        }
        let (keep, mode) = match self.loaded.format {
            FileFormat::Legacy => (Keep::Legacy, 0o600),
            FileFormat::Current { .. } if wide => (Keep::Previous, self.loaded.mode & 0o777),
            FileFormat::Current { .. } => (Keep::Previous, 0o600),
            FileFormat::Missing | FileFormat::ZeroBytes | FileFormat::Foreign => {
                (Keep::Nothing, 0o600)
            }
        };
        let bytes = format::seal(text.bytes(), &master)?;
        let kept = file::replace(&path, &bytes, mode, keep, |written| {
            Header::parse(written)
                .and_then(|header| format::open(written, &header, &master))
                .is_ok_and(|read| read.bytes() == text.bytes())
        })?;
        let vault = Vault::parse(text).map_err(|_| VaultError::Damaged(Damage::Content))?;
        self.loaded = Loaded {
            stamp: file::stamp(&path)?,
            path,
            format: FileFormat::Current {
                kdf: master.params(),
            },
            vault: Arc::new(vault),
            header: Some(Header::parse(&bytes)?),
            master: Some(master),
            mode,
        };
        self.note_write(keep, kept.as_ref());
        Ok(kept)
    }

    fn note_write(&mut self, keep: Keep, kept: Option<&PathBuf>) {
        let path = &self.loaded.path;
        self.notices.retain(|notice| match notice {
            Notice::Legacy { .. }
            | Notice::ZeroBytes { .. }
            | Notice::MissingWithBackups { .. } => false,
            Notice::WidePermissions { path: wide, mode } => {
                wide != path || *mode == self.loaded.mode
            }
            _ => true,
        });
        if let (Keep::Legacy, Some(kept)) = (keep, kept) {
            tracing::info!(kept = %kept.display(), "vault upgraded, the old file is kept");
            let kept = kept.clone();
            self.notices.push(Notice::Upgraded { kept });
        }
    }
}

impl fmt::Debug for OpenVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenVault")
            .field("path", &self.loaded.path)
            .field("format", &self.loaded.format)
            .field("vault", &self.loaded.vault)
            .finish_non_exhaustive()
    }
}

/// One version of the file, decrypted.
struct Loaded {
    path: PathBuf,
    format: FileFormat,
    vault: Arc<Vault>,
    /// What opened it, if it is in the current format.
    master: Option<Arc<MasterKey>>,
    header: Option<Header>,
    /// None if there is no file.
    stamp: Option<Stamp>,
    mode: u32,
}
