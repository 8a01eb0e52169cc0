//! Vaults as a user has them, with as many wallets as are asked for.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use kms_core::{
    chain::{ChainPlugin, Network, rehearsal::RehearsalWallet},
    keys::SecretText,
    vault::{StoreOptions, VaultStore},
    wallet,
};
use kms_tests::daemon::PASSWORD;

use crate::output;

/// What a wallet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A single private key.
    Key,
    /// A mnemonic, whose first key signs.
    Mnemonic,
}

/// A vault in the current format under the usual key derivation.
#[derive(Debug)]
pub(crate) struct Scene {
    /// Its file.
    pub(crate) vault: PathBuf,
    /// The wallets of the signers, each with the address that it signs with.
    pub(crate) signers: Vec<RehearsalWallet>,
}

/// What is in a vault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wallets<'a> {
    pub(crate) network: Network,
    /// The chains; the first one has the signers.
    pub(crate) chains: &'a [&'static dyn ChainPlugin],
    /// How many wallets sign.
    pub(crate) signers: usize,
    /// What they hold.
    pub(crate) kind: Kind,
    /// How many wallets each chain has, the signers included.
    pub(crate) keys: usize,
}

impl Scene {
    /// Writes the vault into `folder`.
    ///
    /// The wallets that do not sign are single keys, and of one chain all the same key under
    /// different ids: nobody looks at them.
    ///
    /// # Errors
    /// When a wallet or the vault cannot be made.
    pub(crate) fn make(folder: &Path, wanted: Wallets<'_>) -> Result<Self> {
        let vault = folder.join("wallet.dat");
        let store = VaultStore::new(&vault, StoreOptions::default());
        let mut open = store.open_or_create(&SecretText::new(PASSWORD))?;
        let mut entries = Vec::new();
        let mut signers = Vec::new();
        for (number, plugin) in wanted.chains.iter().enumerate() {
            let count = if number == 0 { wanted.signers } else { 0 };
            let bar = output::bar("making wallets", count);
            for index in 0..count {
                let (json, wallet) = signer(*plugin, wanted, id(number, index))?;
                entries.push((wallet.id.clone(), json));
                signers.push(wallet);
                bar.inc(1);
            }
            bar.finish_and_clear();
            let (entry, _) = wallet::generate_key(*plugin, wanted.network)?;
            let json = entry.to_json(plugin.info().entry_fields);
            for index in count..wanted.keys {
                entries.push((id(number, index), json.duplicate()));
            }
        }
        open.update(|changes| {
            entries
                .iter()
                .try_for_each(|(id, json)| changes.insert(id, json))
        })
        .context("the vault")?;
        Ok(Self { vault, signers })
    }
}

fn signer(
    plugin: &dyn ChainPlugin,
    wanted: Wallets<'_>,
    id: String,
) -> Result<(SecretText, RehearsalWallet)> {
    let (entry, address) = match wanted.kind {
        Kind::Key => wallet::generate_key(plugin, wanted.network)?,
        Kind::Mnemonic => {
            let entry = wallet::generate(plugin, wanted.network)?;
            let address = wallet::address(plugin, &entry, 0)?;
            (entry, address)
        }
    };
    let wallet = RehearsalWallet {
        id,
        mnemonic: entry.mnemonic.is_some(),
        addresses: vec![address],
    };
    Ok((entry.to_json(plugin.info().entry_fields), wallet))
}

/// A signature id: a UUID that says which wallet of which chain it is.
fn id(chain: usize, wallet: usize) -> String {
    format!("{chain:08x}-0000-4000-8000-{wallet:012x}")
}
