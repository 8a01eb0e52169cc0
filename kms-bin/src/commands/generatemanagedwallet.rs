//! `generatemanagedwallet`: a new wallet in the vault.

use kms_core::wallet;

use super::{settings, stored};
use crate::{
    args::ManagedWalletArgs,
    exit::Failure,
    vault_access::{VaultSession, network, plugin},
};

pub(super) fn run(args: &ManagedWalletArgs) -> Result<(), Failure> {
    let plugin = plugin(&args.chain.chain)?;
    let settings = settings(&args.vault.general)?;
    let mut vault = VaultSession::open_or_create(&args.vault, &args.cost, &settings)?;
    let entry = wallet::generate(plugin, network(args.chain.network.testnet))?;
    let public = [
        ("address", entry.address.as_deref()),
        ("xpub", entry.xpub.as_deref()),
    ];
    stored::store(&mut vault, plugin, &entry, &public)
}
