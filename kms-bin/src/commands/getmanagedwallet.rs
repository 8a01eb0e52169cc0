//! `getmanagedwallet`: a stored wallet as it is.

use super::settings;
use crate::{args::WalletArgs, exit::Failure, output, vault_access::VaultSession};

pub(super) fn run(args: &WalletArgs) -> Result<(), Failure> {
    let id = &args.signature_id;
    let settings = settings(&args.vault.general)?;
    let vault = VaultSession::open(&args.vault, None, &settings)
        .map_err(|failure| failure.of_wallet(id))?;
    let entry = vault.vault().verbatim(id);
    output::secret_json(entry.ok_or_else(|| Failure::unknown_wallet(id))?)
}
