//! `changepassword`: another password for the vault.

use kms_core::password::{PasswordFile, PasswordPrompt, PasswordSource, Purpose, SecretInput};

use super::settings;
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
    vault.with(|vault| vault.change_password(&new))
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
