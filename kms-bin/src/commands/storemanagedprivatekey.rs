//! `storemanagedprivatekey`: a private key that the user has.

use kms_core::{password::SecretInput, wallet};

use super::{settings, stored};
use crate::{
    args::ManagedWalletArgs,
    exit::Failure,
    vault_access::{VaultSession, network, plugin},
};

pub(super) fn run(args: &ManagedWalletArgs) -> Result<(), Failure> {
    let plugin = plugin(&args.chain.chain)?;
    let settings = settings(&args.vault.general)?;
    let input = SecretInput::detect();
    let mut vault =
        VaultSession::open_or_create_asking(&args.vault, &args.cost, &settings, &input)?;
    let text = input.read("Enter private key to store:")?;
    let network = network(args.chain.network.testnet);
    let (entry, address) = wallet::from_private_key(plugin, network, &text)?;
    let public = [("address", Some(address.as_str()))];
    stored::store(&mut vault, plugin, &entry, &public)
}
