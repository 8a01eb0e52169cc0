//! `export`: the whole vault.

use super::settings;
use crate::{args::ReadArgs, exit::Failure, output, vault_access::VaultSession};

pub(super) fn run(args: &ReadArgs) -> Result<(), Failure> {
    let settings = settings(&args.vault.general)?;
    let vault = VaultSession::open(&args.vault, None, &settings)?;
    output::secret_json(vault.vault().export_json().expose())
}
