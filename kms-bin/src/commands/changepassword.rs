//! `changepassword`: another password for the vault.

use kms_core::password::{PasswordFile, PasswordPrompt, PasswordSource, Purpose, SecretInput};

use super::{journal, settings};
use crate::{
    args::ChangePasswordArgs,
    exit::Failure,
    vault_access::{VaultSession, fetch},
};

pub(super) fn run(args: &ChangePasswordArgs) -> Result<(), Failure> {
    let settings = settings(&args.vault.general)?;
    let input = SecretInput::detect();
    let mut vault = VaultSession::open_asking(&args.vault, Some(&args.cost), &settings, &input)?;
    let new = fetch(new_password(args, input).as_ref(), Purpose::Create)?;
    // The journal opens under both passwords until the vault has the new one.
    let journal = journal::file(&args.journal, vault.open_vault().path())?;
    journal.add_password(vault.open_vault(), &new)?;
    vault.with(|vault| vault.change_password(&new))?;
    journal.drop_other_passwords(vault.open_vault())?;
    Ok(())
}

fn new_password(args: &ChangePasswordArgs, input: SecretInput) -> Box<dyn PasswordSource> {
    if let Some(path) = &args.new_password_file {
        return Box::new(PasswordFile::at(path));
    }
    if let Some(number) = args.new_password_fd {
        return Box::new(PasswordFile::descriptor(number));
    }
    Box::new(PasswordPrompt::new(input, "Enter new password:"))
}
