//! `getaddress`: the address of a stored wallet.

use kms_core::{vault::Entry, wallet};

use super::settings;
use crate::{
    args::KeyArgs,
    exit::Failure,
    output,
    vault_access::{VaultSession, plugin_of},
};

pub(super) fn run(args: &KeyArgs) -> Result<(), Failure> {
    let settings = settings(&args.vault.general)?;
    let vault = VaultSession::open(&args.vault, None, &settings)
        .map_err(|failure| failure.of_wallet(&args.signature_id))?;
    let entry = vault.entry(&args.signature_id)?;
    let plugin = plugin_of(&entry)?;
    let address = wallet::address(plugin, &entry, index(&entry, args.index)?)?;
    output::json(output::object(&[("address", address.as_str())]).expose())
}

/// The index to look at. A wallet that is a single key has none, and takes any.
pub(super) fn index(entry: &Entry, given: Option<u32>) -> Result<u32, Failure> {
    let is_single_key = entry.mnemonic.is_none() && entry.stored_key().is_some();
    match given {
        Some(index) => Ok(index),
        None if is_single_key => Ok(0),
        None => Err(
            Failure::usage("the wallet has many keys, so the index of one is needed")
                .hint("the first has the index 0"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use kms_core::{chain::Network, keys::SecretText};

    use super::*;

    #[test]
    fn only_a_single_key_needs_no_index() {
        let mut entry = Entry::new("ETH", Network::Testnet);
        entry.private_key = Some(SecretText::new("key"));
        assert_eq!(index(&entry, None).unwrap(), 0);
        assert_eq!(index(&entry, Some(7)).unwrap(), 7);
        entry.mnemonic = Some(SecretText::new("words"));
        assert!(index(&entry, None).is_err());
        let mut watched = Entry::new("ETH", Network::Testnet);
        watched.xpub = Some("xpub".to_owned());
        assert!(index(&watched, None).is_err());
    }
}
