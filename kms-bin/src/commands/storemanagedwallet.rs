//! `storemanagedwallet`: the wallet of a mnemonic that the user has.

use kms_core::{chain::WalletError, password::SecretInput, wallet};

use super::{settings, stored};
use crate::{
    args::ManagedWalletArgs,
    exit::Failure,
    vault_access::{VaultSession, network, plugin},
};

pub(super) fn run(args: &ManagedWalletArgs) -> Result<(), Failure> {
    let plugin = plugin(&args.chain.chain)?;
    let info = plugin.info();
    if !plugin.takes_phrase() {
        return Err(Failure::from(WalletError::NoMnemonic(info.code))
            .hint("store its key with `tatum-kms storemanagedprivatekey`"));
    }
    let settings = settings(&args.vault.general)?;
    let input = SecretInput::detect();
    let mut vault =
        VaultSession::open_or_create_asking(&args.vault, &args.cost, &settings, &input)?;
    let phrase = input.read("Enter mnemonic to store:")?;
    let entry = wallet::from_mnemonic(plugin, network(args.chain.network.testnet), &phrase)?;
    let public = [
        ("address", entry.address.as_deref()),
        ("xpub", entry.xpub.as_deref()),
    ];
    stored::store(&mut vault, plugin, &entry, &public)
}
