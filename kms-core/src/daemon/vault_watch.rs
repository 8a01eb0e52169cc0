//! The vault as the daemon sees it: always the latest version of the file.

use std::sync::{Arc, Mutex, PoisonError};

use crate::vault::{OpenVault, Vault, VaultError};

/// Shares one open vault between the chains, and between a daemon and the one that takes its
/// place.
#[derive(Clone, Debug)]
pub struct VaultWatch(Arc<Mutex<OpenVault>>);

impl VaultWatch {
    /// Takes the vault over.
    pub fn new(vault: OpenVault) -> Self {
        Self(Arc::new(Mutex::new(vault)))
    }

    /// The vault's present content. Costs one look at the file, and a decryption when it changed.
    pub(super) async fn latest(&self) -> Result<Arc<Vault>, VaultError> {
        let shared = Arc::clone(&self.0);
        let read = move || {
            let mut vault = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if vault.refresh()? {
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
}
