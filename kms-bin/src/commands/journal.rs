//! `journal`: what the daemon has signed and sent, for people.

use std::path::Path;

use kms_core::journal::{JournalError, JournalFile, JournalRow};

use super::settings;
use crate::{
    args::{
        JournalArgs, JournalCommand, JournalCommandArgs, JournalListArgs, JournalShowArgs,
        VaultArgs,
    },
    exit::{Failure, Status},
    journal_text, output,
    vault_access::{VaultSession, vault_path},
};

pub(super) fn run(args: &JournalCommandArgs) -> Result<(), Failure> {
    match &args.command {
        JournalCommand::List(list) => run_list(list, &args.journal),
        JournalCommand::Show(show) => run_show(show, &args.journal),
        JournalCommand::Retry(retry) => {
            change(&retry.vault, &args.journal, |journal| {
                journal.retry(&retry.id)
            })?;
            output::lines([format!(
                "{} is open again: the daemon signs it anew when the cloud lists it",
                retry.id
            )])
        }
        JournalCommand::Forget(forget) => {
            change(&forget.vault, &args.journal, |journal| {
                journal.forget(&forget.id, forget.even_if_sent)
            })?;
            output::lines([format!(
                "{} is forgotten: if the cloud lists it, it is a new transaction",
                forget.id
            )])
        }
    }
}

/// The journal of `--journal`, or the one beside the vault.
pub(super) fn file(args: &JournalArgs, vault: &Path) -> Result<JournalFile, Failure> {
    match &args.journal {
        Some(path) if path.as_os_str().is_empty() => Err(Failure::usage("--journal is empty")),
        Some(path) => Ok(JournalFile::new(path)),
        None => Ok(JournalFile::beside(vault)),
    }
}

fn run_list(args: &JournalListArgs, journal: &JournalArgs) -> Result<(), Failure> {
    let view = file(journal, &vault_path(&args.vault)?)?.view()?;
    let rows = view.list(args.unfinished, args.limit)?;
    if args.json {
        return print_json(&rows);
    }
    if rows.is_empty() {
        return output::lines(["no transactions"]);
    }
    output::lines(journal_text::table(&rows))
}

fn run_show(args: &JournalShowArgs, journal: &JournalArgs) -> Result<(), Failure> {
    let view = file(journal, &vault_path(&args.vault)?)?.view()?;
    let rows = view.show(&args.id)?;
    if args.json {
        return print_json(&rows);
    }
    output::lines(rows.iter().flat_map(journal_text::details))
}

fn print_json(rows: &[JournalRow]) -> Result<(), Failure> {
    let json = serde_json::to_string(rows).map_err(|error| Failure::of(Status::Failed, &error))?;
    output::json(&json)
}

fn change(
    vault: &VaultArgs,
    journal: &JournalArgs,
    change: impl FnOnce(&mut kms_core::journal::JournalAdmin) -> Result<(), JournalError>,
) -> Result<(), Failure> {
    let file = file(journal, &vault_path(vault)?)?;
    if !file.exists() {
        return Err(JournalError::Missing(file.path().to_owned()).into());
    }
    let settings = settings(&vault.general)?;
    let vault = VaultSession::open(vault, None, &settings)?.into_vault();
    change(&mut file.administer(&vault)?)?;
    Ok(())
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let status = match error {
            JournalError::Missing(_) | JournalError::UnknownTransaction(_) => Status::NotFound,
            JournalError::Damaged(_)
            | JournalError::Foreign(_)
            | JournalError::UnknownVersion(_) => Status::Damaged,
            JournalError::OtherPassword => Status::Password,
            _ => Status::Failed,
        };
        let mut failure = Self::of(status, &error);
        failure.hint = error.hint().map(str::to_owned);
        failure
    }
}
