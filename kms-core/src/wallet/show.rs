//! What a wallet's owner asks to see: an address, a private key.

use super::account::{Account, public_key_of_xpub};
use crate::{
    chain::{Address, ChainPlugin, WalletError},
    keys::{PublicKey, SecretText},
    vault::Entry,
};

/// The address of a wallet at `index`. A wallet that is a single key has one address and ignores
/// the index.
///
/// It is derived from the key that would sign; where the entry also says an `xpub` or `address`
/// that disagrees, a warning is logged.
///
/// # Errors
/// [`WalletError`] when the entry holds nothing that gives an address.
pub fn address(
    plugin: &dyn ChainPlugin,
    entry: &Entry,
    index: u32,
) -> Result<Address, WalletError> {
    let address = plugin.address(entry.network, &public_key(plugin, entry, index)?)?;
    if entry.mnemonic.is_none()
        && let Some(stored) = &entry.address
        && stored != address.as_str()
    {
        tracing::warn!(
            chain = entry.chain,
            stored,
            derived = address.as_str(),
            "the stored address is not that of the stored key; showing the one of the key"
        );
    }
    Ok(address)
}

/// The private key of a wallet at `index`, in the chain's notation. A wallet that is a single
/// key gives that key as it was stored, whatever the index.
///
/// # Errors
/// [`WalletError`] when the entry holds no key.
pub fn private_key(
    plugin: &dyn ChainPlugin,
    entry: &Entry,
    index: u32,
) -> Result<SecretText, WalletError> {
    if let Some(phrase) = &entry.mnemonic {
        let key = Account::open(plugin.info(), entry.network, phrase)?.key(index)?;
        return Ok(plugin.format_private_key(entry.network, &key));
    }
    let text = entry.stored_key().ok_or(WalletError::NoStoredKey)?;
    plugin.parse_private_key(entry.network, text)?;
    Ok(text.duplicate())
}

fn public_key(
    plugin: &dyn ChainPlugin,
    entry: &Entry,
    index: u32,
) -> Result<PublicKey, WalletError> {
    let info = plugin.info();
    if let Some(phrase) = &entry.mnemonic {
        let account = Account::open(info, entry.network, phrase)?;
        if let (Some(stored), Some(derived)) = (&entry.xpub, account.xpub())
            && *stored != derived
        {
            tracing::warn!(
                chain = entry.chain,
                "the stored xpub is not that of the stored mnemonic; showing the address of the mnemonic"
            );
        }
        return Ok(account.key(index)?.public_key());
    }
    if let Some(text) = entry.stored_key() {
        return Ok(plugin.parse_private_key(entry.network, text)?.public_key());
    }
    match &entry.xpub {
        Some(xpub) => public_key_of_xpub(info, xpub, index),
        None => Err(WalletError::UnusableEntry(
            "it holds neither a mnemonic, nor a key, nor an xpub".to_owned(),
        )),
    }
}
