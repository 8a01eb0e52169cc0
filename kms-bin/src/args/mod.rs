//! The command line: commands, arguments, flags, and the help that teaches them.

mod daemon;
mod general;
mod ignored;
mod journal;
mod metrics;
mod packaging;
mod value;
mod vault;
mod wallet;

pub(crate) use self::{
    daemon::{ApprovalMethod, DaemonArgs},
    general::{
        ApiKeyArgs, ChainArgs, ChainsArgs, CheckConfigArgs, GeneralArgs, LogFormat, LogLevel,
        NetworkArgs,
    },
    ignored::Ignored,
    journal::{JournalArgs, JournalCommand, JournalCommandArgs, JournalListArgs, JournalShowArgs},
    metrics::MetricsArgs,
    packaging::{CompletionsArgs, ManpagesArgs},
    vault::{ChangePasswordArgs, KdfArgs, MigrateArgs, ReadArgs, VaultArgs},
    wallet::{
        BatchArgs, GenerateWalletArgs, KeyArgs, ManagedWalletArgs, RemoveArgs, ReportArgs,
        WalletArgs,
    },
};

use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};

use crate::exit::EXIT_CODES;

const ENVIRONMENT: &str = "\
Environment, also from .env in the working folder and from the file of --env-file:
  TATUM_API_KEY               key of the Tatum API, for the daemon
  TATUM_API_URL               another base URL than that of the public API
  TATUM_KMS_PASSWORD          password of the vault
  TATUM_KMS_NODE_URL_<CHAIN>  base URL of a node outside the cloud, for chains that need one
  TATUM_KMS_CHAIN_OPTIONS     options of chains, CODE.NAME=VALUE with commas between them
  TATUM_RETRIES               how often a call is repeated at most (default 5)
  TATUM_RETRY_DELAY           milliseconds before the first repetition (default 1000)
  TESTNET_TYPE                value of the header x-testnet-type
  OTEL_EXPORTER_OTLP_*        where traces go, if built with the feature otlp
  TATUM_KMS_DEBUG_MODE        without effect: signed transactions are never logged";

const EXAMPLES: &str = "\
Examples:
  tatum-kms generatemanagedwallet ETH --testnet      make a wallet, print its signature id
  tatum-kms getaddress <SIGNATURE_ID> 0              its first address
  tatum-kms daemon --testnet --chain ETH,BTC         sign what is pending on two chains
  tatum-kms daemon --external-url https://approve.example.com/tx
  tatum-kms chains                                   the blockchains this program knows";

/// Keeps the keys of blockchain wallets in an encrypted file on your own machine, and signs the
/// transactions you ask the Tatum API for.
#[derive(Debug, Parser)]
#[command(
    name = "tatum-kms",
    disable_version_flag = true,
    max_term_width = 100,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{ENVIRONMENT}\n\n{EXIT_CODES}")
)]
pub(crate) struct Cli {
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::SetTrue)]
    pub(crate) version: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The commands, under the names of the original.
#[derive(Debug, Subcommand)]
#[command(rename_all = "lower")]
pub(crate) enum Command {
    /// Poll for pending transactions, sign and broadcast them
    Daemon(DaemonArgs),
    /// Make a wallet and print it, with its secret; nothing is stored
    GenerateWallet(GenerateWalletArgs),
    /// Make a wallet, store it in the vault and print its signature id
    GenerateManagedWallet(ManagedWalletArgs),
    /// Ask for a mnemonic and store its wallet in the vault
    StoreManagedWallet(ManagedWalletArgs),
    /// Ask for a private key and store it in the vault
    StoreManagedPrivateKey(ManagedWalletArgs),
    /// Make many private keys, store them in the vault and print one line for each
    GenerateManagedPrivateKeyBatch(BatchArgs),
    /// Print the address of a stored wallet
    GetAddress(KeyArgs),
    /// Print a private key of a stored wallet
    GetPrivateKey(KeyArgs),
    /// Print a stored wallet whole, with its secret
    GetManagedWallet(WalletArgs),
    /// Take a wallet out of the vault, without asking
    RemoveWallet(RemoveArgs),
    /// Print the whole vault, with all its secrets
    Export(ReadArgs),
    /// Print what is stored under the given ids, without secrets
    Report(ReportArgs),
    /// Print the settings this program would work with; needs no password
    CheckConfig(CheckConfigArgs),
    /// Bring a vault of tatum-kms 8 into the current format and report what is in it
    Migrate(MigrateArgs),
    /// Give the vault another password
    ChangePassword(ChangePasswordArgs),
    /// Show what the daemon has signed and sent, or what keeps a transaction
    Journal(JournalCommandArgs),
    /// List the blockchains this program knows
    Chains(ChainsArgs),
    /// Do the whole job on this machine, offline: cloud, vault, 4-eye check, daemon
    Sandbox(crate::commands::SandboxArgs),
    /// Print what a shell needs to complete command lines of this program
    Completions(CompletionsArgs),
    /// Write the manual, a page for each command
    #[command(hide = true)]
    Manpages(ManpagesArgs),
}

/// The command line as it is shown to people.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}

/// The parser of the command line.
pub(crate) fn parser() -> clap::Command {
    ignored::accept(definition())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::FromArgMatches as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::error::ErrorKind> {
        let args = ["tatum-kms"].into_iter().chain(line.split_whitespace());
        let matches = parser().try_get_matches_from(args);
        matches
            .and_then(|matches| Cli::from_arg_matches(&matches))
            .map_err(|error| error.kind())
    }

    fn daemon(line: &str) -> DaemonArgs {
        match parse(line).unwrap().command {
            Some(Command::Daemon(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        parser().debug_assert();
    }

    #[test]
    fn the_spellings_of_the_original_are_understood() {
        let args = daemon(
            "daemon --apiKey=k --envFile=e --externalUrl=https://a.example/x --externalUrlMethod=POST \
             --runOnce --transactionIds=a,b --wallets=c --path=p --period=7 --chain=ETH",
        );
        assert_eq!(args.api_key.api_key.unwrap().expose(), "k");
        assert_eq!(args.vault.general.env_file, Some(PathBuf::from("e")));
        assert_eq!(args.external_url.unwrap(), "https://a.example/x");
        assert_eq!(args.external_url_method, ApprovalMethod::Post);
        assert!(args.run_once && !args.network.testnet);
        assert_eq!(args.transaction_ids.as_deref(), Some("a,b"));
        assert_eq!(args.period, 7);
    }

    #[test]
    fn switches_can_be_switched_off() {
        assert!(daemon("daemon --testnet").network.testnet);
        assert!(!daemon("daemon --testnet=false").network.testnet);
        assert!(daemon("daemon --run-once=true").run_once);
        assert!(!daemon("daemon --run-once=false").run_once);
        let args = daemon("daemon --external-url-method post");
        assert_eq!(args.external_url_method, ApprovalMethod::Post);
    }

    #[test]
    fn what_the_original_let_pass_is_an_error() {
        for line in [
            "generatewallet",
            "generatewallet BTC surplus",
            "generatewallet BTC --envfile=x",
            "daemon --period=soon",
            "daemon --period=0",
            "daemon --external-url-method=PATCH",
            "getaddress id 1.9",
            "getaddress id -1",
            "getaddress id +1",
            "getaddress id 2147483648",
            "getaddress",
            "generatemanagedprivatekeybatch ETH",
            "generatemanagedprivatekeybatch ETH many",
            "generatemanagedprivatekeybatch ETH 0",
            "removewallet",
            "nosuchcommand",
            "export --path",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("getaddress id 2147483647").is_ok());
        assert!(parse("getaddress id").is_ok());
    }

    #[test]
    fn no_argument_takes_a_password() {
        let parser = parser();
        for argument in parser
            .get_subcommands()
            .flat_map(clap::Command::get_arguments)
        {
            let Some(name) = argument.get_long().filter(|name| name.contains("password")) else {
                continue;
            };
            let elsewhere = ["-file", "-fd", "-command"];
            assert!(elsewhere.iter().any(|end| name.ends_with(end)), "--{name}");
        }
    }
}
