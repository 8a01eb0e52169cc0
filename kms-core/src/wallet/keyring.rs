//! One version of the vault, and the keys lately made of it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{account::Account, resolve::Wallets};
use crate::{
    chain::{ChainPlugin, KeyRequest, Network, WalletError},
    keys::{Recent, SecretKey, SecretText},
    vault::{Entry, EntryError, Vault},
};

/// One version of the vault, and the keys lately made of it: a key is derived for the first
/// transaction that needs it, not for each.
///
/// The keys belong to this version. The next one begins with none, so that none outlives its entry.
#[derive(Debug)]
pub struct Keyring {
    vault: Arc<Vault>,
    recent: RecentKeys,
}

impl Keyring {
    /// Without keys yet.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self {
            vault,
            recent: RecentKeys::default(),
        }
    }

    /// The version of the vault.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }
}

impl Wallets for Keyring {
    fn entry(&self, id: &str) -> Option<Result<Entry, EntryError>> {
        self.vault.entry(id)
    }

    fn recent_keys(&self) -> Option<&RecentKeys> {
        Some(&self.recent)
    }
}

/// Keys lately made, and the accounts they were derived from. Each lies in locked memory and is
/// wiped when it is pushed out by others or dropped with the whole.
pub struct RecentKeys(Mutex<Inner>);

struct Inner {
    keys: Recent<(Chain, KeyRequest), SecretKey>,
    accounts: Recent<(Chain, String), Account>,
}

/// A key is of the chain and network that its entry was found to be of.
type Chain = (&'static str, Network);

impl RecentKeys {
    /// The most keys that are kept; with the accounts they take 4 MiB of locked memory.
    pub const KEYS: usize = 32_768;
    /// The most accounts that are kept: those of mnemonics from which keys are derived.
    pub const ACCOUNTS: usize = 8_192;

    pub(super) fn key(
        &self,
        plugin: &dyn ChainPlugin,
        network: Network,
        request: &KeyRequest,
    ) -> Option<Arc<SecretKey>> {
        let key = ((plugin.info().code, network), request.clone());
        self.lock().keys.get(&key)
    }

    pub(super) fn put_key(
        &self,
        plugin: &dyn ChainPlugin,
        network: Network,
        request: &KeyRequest,
        key: &Arc<SecretKey>,
    ) {
        let place = ((plugin.info().code, network), request.clone());
        self.lock().keys.put(place, Arc::clone(key));
    }

    /// The account of the wallet `id`, whose mnemonic is `phrase`.
    pub(super) fn account(
        &self,
        plugin: &dyn ChainPlugin,
        network: Network,
        id: &str,
        phrase: &SecretText,
    ) -> Result<Arc<Account>, WalletError> {
        let place = ((plugin.info().code, network), id.to_owned());
        if let Some(account) = self.lock().accounts.get(&place) {
            return Ok(account);
        }
        // Takes a millisecond: others need not wait. Who does the same meanwhile gets the same.
        let account = Arc::new(Account::open(plugin.info(), network, phrase)?);
        self.lock().accounts.put(place, Arc::clone(&account));
        Ok(account)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RecentKeys {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            keys: Recent::with_room_for(Self::KEYS),
            accounts: Recent::with_room_for(Self::ACCOUNTS),
        }))
    }
}

impl fmt::Debug for RecentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::TransactionError,
        vault::{KdfParams, OpenVault, StoreOptions, VaultStore},
        wallet::{
            self,
            tests::{WORDS, bip32, hex_pending},
        },
    };

    struct Owner {
        vault: OpenVault,
        _folder: tempfile::TempDir,
    }

    impl Owner {
        /// With the wallet `w`: a mnemonic, or a single key.
        fn of(entry: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let options = StoreOptions {
                kdf: KdfParams::LOWEST,
                ..StoreOptions::default()
            };
            let store = VaultStore::new(folder.path().join("wallet.dat"), options);
            let mut vault = store.open_or_create(&SecretText::new("secret")).unwrap();
            vault
                .update(|changes| changes.insert("w", &SecretText::new(entry)))
                .unwrap();
            Self {
                vault,
                _folder: folder,
            }
        }

        fn keyring(&self) -> Keyring {
            Keyring::new(Arc::clone(self.vault.vault()))
        }
    }

    fn mnemonic() -> String {
        format!(r#"{{"mnemonic":"{WORDS}","chain":"HEX","testnet":false}}"#)
    }

    fn request(index: Option<u32>) -> KeyRequest {
        KeyRequest {
            id: "w".to_owned(),
            index,
        }
    }

    fn public_key(
        wallets: &dyn Wallets,
        network: Network,
        index: Option<u32>,
    ) -> Result<String, TransactionError> {
        let plugin = bip32();
        let keys = wallet::keys(&plugin, network, &hex_pending(), &[request(index)], wallets)?;
        let signers = keys.signers(&plugin, network)?;
        Ok(signers[0].public_key.to_string())
    }

    #[test]
    fn keys_are_the_same_as_without_a_keyring_and_made_once() {
        let owner = Owner::of(&mnemonic());
        let keyring = owner.keyring();
        let bare = |id: &str| owner.vault.vault().entry(id);
        for index in [0, 1, 7, 0] {
            let kept = public_key(&keyring, Network::Mainnet, Some(index)).unwrap();
            let made = public_key(&bare, Network::Mainnet, Some(index)).unwrap();
            assert_eq!(kept, made);
        }
        let key = || {
            let request = request(Some(7));
            keyring.recent.key(&bip32(), Network::Mainnet, &request)
        };
        let (first, second) = (key().unwrap(), key().unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(format!("{:?}", keyring.recent), "[redacted]");
    }

    #[test]
    fn a_key_that_is_kept_is_no_key_of_another_network() {
        let owner = Owner::of(&mnemonic());
        let keyring = owner.keyring();
        public_key(&keyring, Network::Mainnet, Some(0)).unwrap();
        let refused = public_key(&keyring, Network::Testnet, Some(0)).unwrap_err();
        assert!(
            matches!(refused, TransactionError::ForeignWallet { .. }),
            "{refused}"
        );
    }

    #[test]
    fn keys_do_not_outlive_their_version_of_the_vault() {
        let entry = |byte: &str| {
            let key = byte.repeat(32);
            format!(r#"{{"privateKey":"{key}","chain":"HEX","testnet":false}}"#)
        };
        let mut owner = Owner::of(&entry("01"));
        let before = owner.keyring();
        let first = public_key(&before, Network::Mainnet, None).unwrap();
        owner
            .vault
            .update(|changes| Ok(changes.remove("w")))
            .unwrap();
        let gone = public_key(&owner.keyring(), Network::Mainnet, None).unwrap_err();
        assert!(matches!(gone, TransactionError::UnknownWallet(_)), "{gone}");
        owner
            .vault
            .update(|changes| changes.insert("w", &SecretText::new(entry("02"))))
            .unwrap();
        let second = public_key(&owner.keyring(), Network::Mainnet, None).unwrap();
        assert_ne!(first, second);
    }
}
