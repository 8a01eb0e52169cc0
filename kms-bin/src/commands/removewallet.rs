//! `removewallet`: takes a wallet out of the vault.

use super::settings;
use crate::{args::RemoveArgs, exit::Failure, vault_access::VaultSession};

pub(super) fn run(args: &RemoveArgs) -> Result<(), Failure> {
    let id = &args.signature_id;
    let settings = settings(&args.vault.general)?;
    let mut vault = VaultSession::open(&args.vault, Some(&args.cost), &settings)
        .map_err(|failure| failure.of_wallet(id))?;
    if vault.update(|changes| Ok(changes.remove(id)))? {
        Ok(())
    } else {
        Err(Failure::unknown_wallet(id))
    }
}
