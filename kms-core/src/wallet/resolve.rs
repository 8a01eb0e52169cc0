//! From the signature ids of a pending transaction to keys.

use std::sync::Arc;

use super::{account::Account, keyring::RecentKeys};
use crate::{
    chain::{
        Candidate, ChainPlugin, KeyRequest, KeySet, KeySource, Network, PendingTransaction,
        TransactionError, Via, WalletError,
    },
    keys::SecretKey,
    vault::{Entry, EntryError},
};

/// Where the wallets of transactions are found.
pub type EntryLookup<'a> = &'a dyn Wallets;

/// Finds wallets. A function does, where no key is needed twice.
pub trait Wallets: Sync {
    /// The entry of a signature id; nothing when there is none.
    fn entry(&self, id: &str) -> Option<Result<Entry, EntryError>>;

    /// The keys lately made of these entries, where they are kept.
    fn recent_keys(&self) -> Option<&RecentKeys> {
        None
    }
}

impl<F: Fn(&str) -> Option<Result<Entry, EntryError>> + Sync> Wallets for F {
    fn entry(&self, id: &str) -> Option<Result<Entry, EntryError>> {
        self(id)
    }
}

/// The vault entries that `pending` names, without their secrets: those of `hashes` in order,
/// then those of `signatures`.
///
/// # Errors
/// [`TransactionError::ForeignWallet`] when an entry belongs to another chain or network,
/// [`TransactionError::Wallet`] when one is not usable.
pub fn candidates(
    plugin: &dyn ChainPlugin,
    network: Network,
    pending: &PendingTransaction,
    lookup: EntryLookup<'_>,
) -> Result<Vec<Candidate>, TransactionError> {
    let hashes = pending.hashes.iter().map(|id| (id, Via::Hashes));
    let signatures = pending.signatures.iter().map(|signature| {
        (
            &signature.id,
            Via::Signatures {
                index: signature.index,
            },
        )
    });
    hashes
        .chain(signatures)
        .map(|(id, via)| {
            let entry = lookup
                .entry(id)
                .map(|entry| source(plugin, network, id, entry))
                .transpose()?;
            Ok(Candidate {
                id: id.clone(),
                via,
                entry,
            })
        })
        .collect()
}

/// The keys a plugin asked for, and after them those that came with `pending` itself.
///
/// # Errors
/// [`TransactionError::UnknownWallet`] when an entry is gone,
/// [`TransactionError::ForeignWallet`] or [`TransactionError::Wallet`] when it cannot give the
/// key, [`TransactionError::Malformed`] when a key that came with the transaction is none.
pub fn keys(
    plugin: &dyn ChainPlugin,
    network: Network,
    pending: &PendingTransaction,
    requests: &[KeyRequest],
    lookup: EntryLookup<'_>,
) -> Result<KeySet, TransactionError> {
    let mut keys = KeySet::default();
    for request in requests.iter().filter(|request| !request.is_lent()) {
        keys.push(request.clone(), key(plugin, network, request, lookup)?);
    }
    for (position, text) in (0..).zip(plugin.lent_keys(pending)?) {
        let key = plugin.parse_private_key(network, &text).map_err(|error| {
            TransactionError::Malformed(format!("the key that came with it: {error}"))
        })?;
        keys.push(KeyRequest::lent(position), key);
    }
    Ok(keys)
}

fn source(
    plugin: &dyn ChainPlugin,
    network: Network,
    id: &str,
    entry: Result<Entry, EntryError>,
) -> Result<KeySource, TransactionError> {
    let entry = entry.map_err(|error| wallet_error(id, error.into()))?;
    require_same_chain(plugin, network, id, &entry)?;
    Ok(KeySource {
        mnemonic: entry.mnemonic.is_some(),
        stored_key: entry.stored_key().is_some(),
        network: entry.network,
    })
}

fn require_same_chain(
    plugin: &dyn ChainPlugin,
    network: Network,
    id: &str,
    entry: &Entry,
) -> Result<(), TransactionError> {
    let code = plugin.info().code;
    if entry.chain == code && entry.network == network {
        return Ok(());
    }
    Err(TransactionError::ForeignWallet {
        wallet: id.to_owned(),
        found: format!("{} {}", entry.chain, entry.network),
        expected: format!("{code} {network}"),
    })
}

fn key(
    plugin: &dyn ChainPlugin,
    network: Network,
    request: &KeyRequest,
    lookup: EntryLookup<'_>,
) -> Result<Arc<SecretKey>, TransactionError> {
    let recent = lookup.recent_keys();
    if let Some(key) = recent.and_then(|recent| recent.key(plugin, network, request)) {
        return Ok(key);
    }
    let entry = lookup
        .entry(&request.id)
        .ok_or_else(|| TransactionError::UnknownWallet(request.id.clone()))?
        .map_err(|error| wallet_error(&request.id, error.into()))?;
    require_same_chain(plugin, network, &request.id, &entry)?;
    let key = make_key(plugin, network, request, &entry, recent)
        .map_err(|source| wallet_error(&request.id, source))?;
    let key = Arc::new(key);
    if let Some(recent) = recent {
        recent.put_key(plugin, network, request, &key);
    }
    Ok(key)
}

fn make_key(
    plugin: &dyn ChainPlugin,
    network: Network,
    request: &KeyRequest,
    entry: &Entry,
    recent: Option<&RecentKeys>,
) -> Result<SecretKey, WalletError> {
    let Some(index) = request.index else {
        let text = entry.stored_key().ok_or(WalletError::NoStoredKey)?;
        return plugin.parse_private_key(network, text);
    };
    let phrase = entry.mnemonic.as_ref().ok_or(WalletError::NoIndex)?;
    match recent {
        Some(recent) => recent
            .account(plugin, network, &request.id, phrase)?
            .key(index),
        None => Account::open(plugin.info(), network, phrase)?.key(index),
    }
}

fn wallet_error(wallet: &str, source: WalletError) -> TransactionError {
    TransactionError::Wallet {
        wallet: wallet.to_owned(),
        source,
    }
}

impl From<EntryError> for WalletError {
    fn from(error: EntryError) -> Self {
        Self::UnusableEntry(error.to_string())
    }
}
