//! One file for each command.

mod chains;
mod changepassword;
mod checkconfig;
mod completions;
mod daemon;
mod export;
mod generatemanagedprivatekeybatch;
mod generatemanagedwallet;
mod generatewallet;
mod getaddress;
mod getmanagedwallet;
mod getprivatekey;
mod journal;
mod manpages;
mod migrate;
mod removewallet;
mod report;
mod sandbox;
mod stored;
mod storemanagedprivatekey;
mod storemanagedwallet;

pub(crate) use self::sandbox::SandboxArgs;

use kms_core::process::Hardening;

use crate::{
    args::{Command, GeneralArgs, Ignored, JournalCommand, LogLevel},
    exit::Failure,
    logging, output,
    settings::Settings,
    traces::Traces,
};

/// Runs a command to its end.
pub(crate) fn run(
    command: Command,
    ignored: Ignored,
    hardening: &Hardening,
) -> Result<(), Failure> {
    // Held to the end of this, where the last of them are sent.
    let mut traces = None;
    if let Some(general) = general(&command) {
        let mut default = LogLevel::Warn;
        if let Command::Daemon(_) = command {
            default = LogLevel::Info;
            traces = Traces::start(&settings(general)?)?;
        }
        logging::start(general, default, hardening, traces.as_ref());
    }
    warn_of(ignored);
    match command {
        Command::Daemon(args) => daemon::run(&args),
        Command::GenerateWallet(args) => generatewallet::run(&args),
        Command::GenerateManagedWallet(args) => generatemanagedwallet::run(&args),
        Command::StoreManagedWallet(args) => storemanagedwallet::run(&args),
        Command::StoreManagedPrivateKey(args) => storemanagedprivatekey::run(&args),
        Command::GenerateManagedPrivateKeyBatch(args) => generatemanagedprivatekeybatch::run(&args),
        Command::GetAddress(args) => getaddress::run(&args),
        Command::GetPrivateKey(args) => getprivatekey::run(&args),
        Command::GetManagedWallet(args) => getmanagedwallet::run(&args),
        Command::RemoveWallet(args) => removewallet::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Report(args) => report::run(&args),
        Command::CheckConfig(args) => checkconfig::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::ChangePassword(args) => changepassword::run(&args),
        Command::Journal(args) => journal::run(&args),
        Command::Chains(args) => chains::run(&args),
        Command::Sandbox(args) => sandbox::run(&args, hardening),
        Command::Completions(args) => completions::run(&args),
        Command::Manpages(args) => manpages::run(&args),
    }
}

fn general(command: &Command) -> Option<&GeneralArgs> {
    Some(match command {
        Command::Daemon(args) => &args.vault.general,
        Command::GenerateWallet(args) => &args.general,
        Command::GenerateManagedWallet(args)
        | Command::StoreManagedWallet(args)
        | Command::StoreManagedPrivateKey(args) => &args.vault.general,
        Command::GenerateManagedPrivateKeyBatch(args) => &args.vault.general,
        Command::GetAddress(args) | Command::GetPrivateKey(args) => &args.vault.general,
        Command::GetManagedWallet(args) => &args.vault.general,
        Command::RemoveWallet(args) => &args.vault.general,
        Command::Export(args) => &args.vault.general,
        Command::Report(args) => &args.vault.general,
        Command::CheckConfig(args) => &args.vault.general,
        Command::Migrate(args) => &args.vault.general,
        Command::ChangePassword(args) => &args.vault.general,
        Command::Journal(args) => match &args.command {
            JournalCommand::List(args) => &args.vault.general,
            JournalCommand::Show(args) => &args.vault.general,
            JournalCommand::Retry(args) => &args.vault.general,
            JournalCommand::Forget(args) => &args.vault.general,
        },
        Command::Chains(_)
        | Command::Sandbox(_)
        | Command::Completions(_)
        | Command::Manpages(_) => return None,
    })
}

/// The original took these flags with every command, so they are no error; but they do nothing.
fn warn_of(ignored: Ignored) {
    if ignored.testnet {
        output::warning("--testnet has no effect here: a stored wallet knows its network");
    }
    if ignored.api_key {
        output::warning(
            "--api-key has no effect here, and shows the key to every user of this machine",
        );
    }
}

/// The settings of a command that needs no API key.
fn settings(general: &GeneralArgs) -> Result<Settings, Failure> {
    Settings::load(general.env_file.as_deref())
}
