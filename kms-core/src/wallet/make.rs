//! New vault entries.

use super::account::Account;
use crate::{
    chain::{Address, ChainPlugin, EntryField, Network, WalletError, WalletKind},
    keys::{Mnemonic, SecretBytes, SecretKey, SecretText},
    vault::Entry,
};

/// A new wallet: 24 words, or a single key for the chains whose wallets are one.
///
/// # Errors
/// [`WalletError`] when the operating system gives no randomness.
pub fn generate(plugin: &dyn ChainPlugin, network: Network) -> Result<Entry, WalletError> {
    match plugin.info().wallet {
        WalletKind::SingleKey { field } => {
            let (entry, _) = single_key(plugin, network, field, &draw(plugin, network)?)?;
            Ok(entry)
        }
        _ => of_mnemonic(plugin, network, &Mnemonic::generate()?),
    }
}

/// The wallet of a mnemonic that a person typed.
///
/// # Errors
/// [`WalletError::Key`] for a mnemonic that is none, [`WalletError::NoMnemonic`] for a chain
/// that takes none.
pub fn from_mnemonic(
    plugin: &dyn ChainPlugin,
    network: Network,
    phrase: &SecretText,
) -> Result<Entry, WalletError> {
    if let WalletKind::SingleKey { field } = plugin.info().wallet {
        let text = plugin.private_key_from_phrase(network, phrase)?;
        let (entry, _) = single_key(plugin, network, field, &text)?;
        return Ok(entry);
    }
    of_mnemonic(plugin, network, &Mnemonic::parse(phrase)?)
}

/// The wallet of a private key that a person typed, and its address. The text is kept as typed,
/// without the white space around it.
///
/// # Errors
/// [`WalletError::InvalidPrivateKey`] or [`WalletError::WrongNetwork`].
pub fn from_private_key(
    plugin: &dyn ChainPlugin,
    network: Network,
    text: &SecretText,
) -> Result<(Entry, Address), WalletError> {
    let text = text.trimmed();
    let key = plugin.parse_private_key(network, &text)?;
    if let Some(found) = plugin.network_of_private_key(&text)
        && found != network
    {
        return Err(WalletError::WrongNetwork {
            chain: plugin.info().code,
            found,
            expected: network,
        });
    }
    let address = plugin.address(network, &key.public_key())?;
    let mut entry = Entry::new(plugin.info().code, network);
    entry.private_key = Some(text);
    Ok((entry, address))
}

/// A new private key as an entry of its own, and its address: what the batch command stores.
///
/// The original stores the key at index 1 of a mnemonic that it throws away; a key drawn at once
/// is the same to everybody and a hundred times cheaper.
///
/// # Errors
/// [`WalletError`] when the operating system gives no randomness.
pub fn generate_key(
    plugin: &dyn ChainPlugin,
    network: Network,
) -> Result<(Entry, Address), WalletError> {
    if matches!(plugin.info().wallet, WalletKind::Icarus { .. }) {
        // An extended key is derived, not drawn.
        let key = Account::open(plugin.info(), network, &Mnemonic::generate()?.phrase())?.key(1)?;
        return private_key_entry(plugin, network, &key);
    }
    let text = draw(plugin, network)?;
    let (mut entry, address) = single_key(plugin, network, EntryField::PrivateKey, &text)?;
    entry.address = None;
    Ok((entry, address))
}

fn of_mnemonic(
    plugin: &dyn ChainPlugin,
    network: Network,
    mnemonic: &Mnemonic,
) -> Result<Entry, WalletError> {
    let info = plugin.info();
    let phrase = mnemonic.phrase();
    let account = Account::open(info, network, &phrase)?;
    let mut entry = Entry::new(info.code, network);
    for field in info.entry_fields {
        match field {
            EntryField::Mnemonic => {}
            EntryField::Xpub => entry.xpub = account.xpub(),
            EntryField::PrivateKey => {
                entry.private_key = Some(plugin.format_private_key(network, &account.key(0)?));
            }
            EntryField::Secret => {
                entry.secret = Some(plugin.format_private_key(network, &account.key(0)?));
            }
            EntryField::Address => {
                let key = account.key(0)?.public_key();
                entry.address = Some(plugin.address(network, &key)?.to_string());
            }
        }
    }
    entry.mnemonic = Some(phrase);
    Ok(entry)
}

fn single_key(
    plugin: &dyn ChainPlugin,
    network: Network,
    field: EntryField,
    text: &SecretText,
) -> Result<(Entry, Address), WalletError> {
    let key = plugin.parse_private_key(network, text)?;
    let address = plugin.address(network, &key.public_key())?;
    let mut entry = Entry::new(plugin.info().code, network);
    entry.address = Some(address.to_string());
    match field {
        EntryField::Secret => entry.secret = Some(text.duplicate()),
        _ => entry.private_key = Some(text.duplicate()),
    }
    Ok((entry, address))
}

/// Bytes that are no scalar come once in 2^128 draws; a plugin that refuses twice is broken.
fn draw(plugin: &dyn ChainPlugin, network: Network) -> Result<SecretText, WalletError> {
    let draw = || plugin.new_private_key(network, &SecretBytes::random(32)?);
    draw().or_else(|_| draw())
}

fn private_key_entry(
    plugin: &dyn ChainPlugin,
    network: Network,
    key: &SecretKey,
) -> Result<(Entry, Address), WalletError> {
    let address = plugin.address(network, &key.public_key())?;
    let mut entry = Entry::new(plugin.info().code, network);
    entry.private_key = Some(plugin.format_private_key(network, key));
    Ok((entry, address))
}
