//! `generatewallet`: a wallet that is printed and not stored.

use kms_core::{chain::EntryField, keys::SecretText, vault::Entry, wallet};

use crate::{
    args::GenerateWalletArgs,
    exit::Failure,
    output,
    vault_access::{network, plugin},
};

pub(super) fn run(args: &GenerateWalletArgs) -> Result<(), Failure> {
    let plugin = plugin(&args.chain.chain)?;
    let entry = wallet::generate(plugin, network(args.chain.network.testnet))?;
    let members: Vec<_> = plugin
        .info()
        .entry_fields
        .iter()
        .filter_map(|field| Some((field.name(), member(&entry, *field)?)))
        .collect();
    output::secret_json(output::object(&members).expose())
}

fn member(entry: &Entry, field: EntryField) -> Option<&str> {
    match field {
        EntryField::Mnemonic => entry.mnemonic.as_ref().map(SecretText::expose),
        EntryField::Xpub => entry.xpub.as_deref(),
        EntryField::PrivateKey => entry.private_key.as_ref().map(SecretText::expose),
        EntryField::Secret => entry.secret.as_ref().map(SecretText::expose),
        EntryField::Address => entry.address.as_deref(),
    }
}
