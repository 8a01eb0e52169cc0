//! From the signature ids of a pending transaction to keys.

use super::account::Account;
use crate::{
    chain::{
        Candidate, ChainPlugin, KeyRequest, KeySet, KeySource, Network, PendingTransaction,
        TransactionError, Via, WalletError,
    },
    keys::SecretKey,
    vault::{Entry, EntryError},
};

/// Looks a signature id up: nothing when the vault does not know it.
pub type EntryLookup<'a> = &'a (dyn Fn(&str) -> Option<Result<Entry, EntryError>> + Sync);

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
            let entry = lookup(id)
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
        let entry = lookup(&request.id)
            .ok_or_else(|| TransactionError::UnknownWallet(request.id.clone()))?;
        let entry = entry.map_err(|error| wallet_error(&request.id, error.into()))?;
        require_same_chain(plugin, network, &request.id, &entry)?;
        let key = key(plugin, &entry, request.index)
            .map_err(|source| wallet_error(&request.id, source))?;
        keys.push(request.clone(), key);
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
    entry: &Entry,
    index: Option<u32>,
) -> Result<SecretKey, WalletError> {
    match index {
        Some(index) => {
            let phrase = entry.mnemonic.as_ref().ok_or(WalletError::NoIndex)?;
            Account::open(plugin.info(), entry.network, phrase)?.key(index)
        }
        None => {
            let text = entry.stored_key().ok_or(WalletError::NoStoredKey)?;
            plugin.parse_private_key(entry.network, text)
        }
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
