//! The vault as the daemon sees it: always the latest version of the file.

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    vault::{OpenVault, Vault, VaultError},
    wallet::Keyring,
};

/// Shares one open vault between the chains, and between a daemon and the one that takes its
/// place.
#[derive(Clone, Debug)]
pub struct VaultWatch {
    vault: Arc<RwLock<OpenVault>>,
    keyring: Arc<Mutex<Arc<Keyring>>>,
    reloads: Arc<AtomicU64>,
}

impl VaultWatch {
    /// Takes the vault over.
    pub fn new(vault: OpenVault) -> Self {
        Self {
            keyring: Arc::new(Mutex::new(Arc::new(Keyring::new(Arc::clone(
                vault.vault(),
            ))))),
            vault: Arc::new(RwLock::new(vault)),
            reloads: Arc::default(),
        }
    }

    /// The vault's present content. Costs one look at the file, and a decryption when it changed.
    ///
    /// # Errors
    /// [`VaultError`] when the file is gone, or cannot be read any more.
    pub async fn latest(&self) -> Result<Arc<Vault>, VaultError> {
        // Nearly always, and not worth a thread: one `stat` takes a microsecond. Whoever holds the
        // vault alone reads the file, which takes longer.
        if let Ok(vault) = self.vault.try_read()
            && vault.is_current()
        {
            return Ok(Arc::clone(vault.vault()));
        }
        let shared = self.clone();
        let read = move || {
            let mut vault = shared.vault.write().unwrap_or_else(PoisonError::into_inner);
            if vault.refresh()? {
                shared.reloads.fetch_add(1, Ordering::Relaxed);
                tracing::info!(
                    wallets = vault.vault().len(),
                    "the vault changed and was read again"
                );
            }
            Ok(Arc::clone(vault.vault()))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(vault) => vault,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// The vault's present content, and the keys lately made of it.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub async fn keyring(&self) -> Result<Arc<Keyring>, VaultError> {
        Ok(self.keyring_of(self.latest().await?))
    }

    /// The content when somebody last looked, as each poll does, and the keys lately made of it.
    /// For what is not signed before another look.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub async fn known_keyring(&self) -> Result<Arc<Keyring>, VaultError> {
        let known = self.vault.try_read();
        match known.ok().map(|vault| Arc::clone(vault.vault())) {
            Some(vault) => Ok(self.keyring_of(vault)),
            None => self.keyring().await,
        }
    }

    fn keyring_of(&self, vault: Arc<Vault>) -> Arc<Keyring> {
        let mut keyring = self.keyring.lock().unwrap_or_else(PoisonError::into_inner);
        if keyring.vault().revision() < vault.revision() {
            *keyring = Arc::new(Keyring::new(vault));
        }
        Arc::clone(&keyring)
    }

    /// How often the file was read again because it had changed.
    pub fn reloads(&self) -> u64 {
        self.reloads.load(Ordering::Relaxed)
    }
}
