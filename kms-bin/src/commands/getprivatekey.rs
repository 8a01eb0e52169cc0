//! `getprivatekey`: a private key of a stored wallet.

use kms_core::wallet;

use super::{getaddress::index, settings};
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
    let key = wallet::private_key(plugin, &entry, index(&entry, args.index)?)?;
    output::secret_json(output::object(&[("privateKey", key.expose())]).expose())
}
