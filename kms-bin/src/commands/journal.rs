//! `journal`: what the daemon has signed and sent, for people.

use std::{
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use kms_core::journal::{JournalError, JournalFile, JournalRow};

use super::settings;
use crate::{
    args::{
        JournalArgs, JournalCommand, JournalCommandArgs, JournalListArgs, JournalShowArgs,
        VaultArgs,
    },
    exit::{Failure, Status},
    output,
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
    let heading = ["CHANGED (UTC)", "CHAIN", "NETWORK", "ID", "STATE", "WHAT"].map(str::to_owned);
    let rows = rows.into_iter().map(|row| {
        let what = row.summary.or(row.reason).unwrap_or_default();
        [
            utc(row.changed_at),
            row.chain,
            row.network,
            row.id,
            row.state,
            what.replace(char::is_control, " "),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    output::lines(rows.iter().map(|row| {
        let cells = row.iter().zip(widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        line.trim_end().to_owned()
    }))
}

fn run_show(args: &JournalShowArgs, journal: &JournalArgs) -> Result<(), Failure> {
    let view = file(journal, &vault_path(&args.vault)?)?.view()?;
    let rows = view.show(&args.id)?;
    if args.json {
        return print_json(&rows);
    }
    output::lines(rows.iter().flat_map(lines))
}

fn lines(row: &JournalRow) -> Vec<String> {
    let mut lines = vec![
        format!("transaction     {}", row.id),
        format!("chain           {} {}", row.chain, row.network),
        format!("state           {}", row.state),
        format!("received        {}", utc(row.received_at)),
        format!("changed         {}", utc(row.changed_at)),
        format!("times signed    {}", row.signings),
    ];
    let expiry = row.expiry.map(|expiry| expiry.to_string());
    let reported = row
        .reported
        .map(|it| if it { "yes" } else { "not yet" }.to_owned());
    for (name, value) in [
        ("what", &row.summary),
        ("id on chain", &row.transaction_id),
        ("valid until", &expiry),
        ("reason", &row.reason),
        ("reported", &reported),
    ] {
        if let Some(value) = value {
            lines.push(format!(
                "{name:<15} {}",
                value.replace(char::is_control, " ")
            ));
        }
    }
    lines
}

/// The time as RFC 3339 has it.
fn utc(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    match UNIX_EPOCH.checked_add(since) {
        Some(time) => humantime::format_rfc3339_seconds(time).to_string(),
        None => seconds.to_string(),
    }
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
