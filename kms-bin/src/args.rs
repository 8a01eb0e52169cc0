//! The command line: commands, arguments, flags, and the help that teaches them.

use std::{convert::Infallible, path::PathBuf, sync::Arc};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};
use kms_core::{journal::JournalFile, keys::SecretText};

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
}

#[derive(Debug, Args)]
pub(crate) struct GenerateWalletArgs {
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) general: GeneralArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedApiKey,
    #[command(flatten)]
    pub(crate) unused_vault: UnusedVaultArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The first wallet stored makes the vault, under the password given then.

Examples:
  tatum-kms generatemanagedwallet BTC
  tatum-kms storemanagedwallet ETH --testnet
  printf '%s\\n' \"$KEY\" | TATUM_KMS_PASSWORD=… tatum-kms storemanagedprivatekey ETH")]
pub(crate) struct ManagedWalletArgs {
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedApiKey,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A line is printed once its key is safely in the vault.

Example:
  tatum-kms generatemanagedprivatekeybatch ETH 1000 > addresses.jsonl")]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    /// How many keys to make
    #[arg(value_parser = count)]
    pub(crate) count: u32,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedApiKey,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    /// Index of the key; may be left out for a wallet that is a single key
    #[arg(value_parser = index)]
    pub(crate) index: Option<u32>,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WalletArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Signature ids, with commas between them
    #[arg(value_name = "SIGNATURE_IDS")]
    pub(crate) ids: Option<String>,
    #[command(flatten)]
    pub(crate) api_key: ApiKeyArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedTestnet,
}

#[derive(Debug, Args)]
pub(crate) struct CheckConfigArgs {
    #[command(flatten)]
    pub(crate) api_key: ApiKeyArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedTestnet,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The old file is kept, byte for byte, beside the new one. Nothing in it is dropped or repaired.
A vault that is in the current format already is only reported on.")]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The present password comes from where it always does; the new one is asked for twice on the
terminal, or read from where the flags above say.")]
pub(crate) struct ChangePasswordArgs {
    /// Read the new password from a file
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_fd")]
    pub(crate) new_password_file: Option<PathBuf>,
    /// Read the new password from an inherited file descriptor
    #[arg(long, value_name = "NUMBER")]
    pub(crate) new_password_fd: Option<u32>,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
}

/// Where the journal is.
#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    /// The journal, which remembers what was signed and sent, so that nothing is signed twice
    /// [default: the vault's file with .journal after its name]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
`list` and `show` need no password and work beside a running daemon.

States: received, declined (asked again while the cloud lists it), frozen (approved, not signed),
signed (nothing left yet), sent (may have arrived: the same bytes are sent again), done, failed.

Examples:
  tatum-kms journal list --unfinished
  tatum-kms journal show 6720b1c9a3f0e5d4c2b1a098 --json
  tatum-kms journal retry 6720b1c9a3f0e5d4c2b1a098")]
pub(crate) struct JournalCommandArgs {
    #[command(subcommand)]
    pub(crate) command: JournalCommand,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
}

/// What can be done with the journal by hand.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Print the transactions that changed last
    List(JournalListArgs),
    /// Print what the journal has of one transaction
    Show(JournalShowArgs),
    /// Have a failed transaction prepared and signed anew when the cloud lists it
    Retry(JournalChangeArgs),
    /// Take a transaction out of the journal: listed again, it is a new one
    Forget(JournalForgetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct JournalListArgs {
    /// Only those that are neither done nor failed
    #[arg(long)]
    pub(crate) unfinished: bool,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: u32,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JournalShowArgs {
    /// Id of the pending transaction
    pub(crate) id: String,
    /// Print JSON instead of lines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JournalChangeArgs {
    /// Id of the pending transaction
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JournalForgetArgs {
    /// Id of the pending transaction
    pub(crate) id: String,
    /// Even if its signed bytes left: it may be paid twice then
    #[arg(long)]
    pub(crate) even_if_sent: bool,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ChainsArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) unused: UnusedArgs,
    #[command(flatten)]
    pub(crate) unused_vault: UnusedVaultArgs,
    #[command(flatten)]
    pub(crate) unused_general: UnusedGeneralArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
On the main network each transaction is first put to your own service (the 4-eye principle):
GET <URL>/<ID>, or POST with the transaction as body. Any 2xx answer approves it.

Examples:
  tatum-kms daemon --testnet --chain ETH
  tatum-kms daemon --external-url https://approve.example.com/tx --period 30
  tatum-kms daemon --testnet --run-once --transaction-ids 6720b1c9a3f0e5d4c2b1a098")]
pub(crate) struct DaemonArgs {
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) api_key: ApiKeyArgs,
    /// Seconds between two polls
    #[arg(long, value_name = "SECONDS", default_value_t = 15,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) period: u64,
    /// Only these blockchains, codes with commas between them
    #[arg(long, value_name = "CODES")]
    pub(crate) chain: Option<String>,
    /// Your service that approves transactions; required unless --testnet is given
    #[arg(long, alias = "externalUrl", value_name = "URL")]
    pub(crate) external_url: Option<String>,
    /// How that service is called
    #[arg(
        long,
        alias = "externalUrlMethod",
        value_name = "METHOD",
        ignore_case = true,
        default_value = "GET"
    )]
    pub(crate) external_url_method: ApprovalMethod,
    /// Poll each chain once, sign what comes, and end
    #[arg(
        long,
        alias = "runOnce",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        action = ArgAction::Set
    )]
    pub(crate) run_once: bool,
    /// With --run-once: poll only for these signature ids, with commas between them
    #[arg(long, value_name = "IDS")]
    pub(crate) wallets: Option<String>,
    /// With --run-once: sign only these pending transactions, ids with commas between them
    #[arg(long, alias = "transactionIds", value_name = "IDS")]
    pub(crate) transaction_ids: Option<String>,
    /// Set an option of a chain; `tatum-kms chains` lists them. May be given several times
    #[arg(long, value_name = "CODE.NAME=VALUE")]
    pub(crate) chain_option: Vec<String>,
    /// Complete each transaction, show it and have it approved, but sign nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) journal: JournalArgs,
    /// Days that finished transactions stay in the journal after the cloud listed them last
    #[arg(long, value_name = "DAYS", default_value_t = JournalFile::DEFAULT_RETENTION_DAYS,
          value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) journal_retention: u32,
    /// Accept a TATUM_API_URL without TLS on another machine: your API key goes there in the clear
    #[arg(long)]
    pub(crate) allow_insecure_cloud: bool,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

/// The method of the 4-eye call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApprovalMethod {
    /// The id of the transaction is part of the URL.
    #[value(name = "GET")]
    Get,
    /// The transaction is the body as well.
    #[value(name = "POST")]
    Post,
}

#[derive(Debug, Args)]
pub(crate) struct ChainArgs {
    /// Code of the blockchain, for instance ETH; `tatum-kms chains` lists them
    pub(crate) chain: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

#[derive(Debug, Args)]
pub(crate) struct NetworkArgs {
    /// Work on the test network instead of the main network
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        action = ArgAction::Set
    )]
    pub(crate) testnet: bool,
}

/// What every command takes that reads settings.
#[derive(Debug, Args)]
pub(crate) struct GeneralArgs {
    /// File with environment variables; the environment itself and ./.env go before it
    /// [default: ~/.tatumrc/.env]
    #[arg(
        long,
        alias = "envFile",
        value_name = "FILE",
        help_heading = "Settings"
    )]
    pub(crate) env_file: Option<PathBuf>,
    /// Form of the log on standard error
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        help_heading = "Settings"
    )]
    pub(crate) log_format: LogFormat,
    /// Least important lines to log [default: info for the daemon, else warn]
    #[arg(long, value_name = "LEVEL", help_heading = "Settings")]
    pub(crate) log_level: Option<LogLevel>,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Human,
    /// One JSON object on each line.
    Json,
}

/// Importance of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing.
    Off,
    /// What went wrong.
    Error,
    /// What may be wrong.
    Warn,
    /// What happens.
    Info,
    /// How it happens.
    Debug,
    /// All there is.
    Trace,
}

/// What every command takes that opens the vault.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vault")]
pub(crate) struct VaultArgs {
    /// The vault's file [default: ~/.tatumrc/wallet.dat]
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
    /// Read the password from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from an inherited file descriptor
    #[arg(long, value_name = "NUMBER")]
    pub(crate) password_fd: Option<u32>,
    /// Get the password from AWS Secrets Manager (not part of this build)
    #[arg(long, hide = true)]
    pub(crate) aws: bool,
    /// Get the password from Azure Key Vault (not part of this build)
    #[arg(long, hide = true)]
    pub(crate) azure: bool,
    /// Get the password from VGS (not part of this build)
    #[arg(long, hide = true)]
    pub(crate) vgs: bool,
    /// Accept a vault that other users may read, or whose folder they may write to
    #[arg(long)]
    pub(crate) allow_wide_permissions: bool,
    #[command(flatten)]
    pub(crate) general: GeneralArgs,
}

/// Cost of the key derivation, for commands that may make a vault.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vault")]
pub(crate) struct KdfArgs {
    /// Memory that guessing the password of a new vault costs, in MiB (Argon2id)
    #[arg(long, value_name = "MIB", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(64..=4096))]
    pub(crate) kdf_memory: u32,
    /// Passes over that memory
    #[arg(long, value_name = "PASSES", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(3..=64))]
    pub(crate) kdf_iterations: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ApiKeyArgs {
    /// Key of the Tatum API. Every user of the machine can see it here: better set TATUM_API_KEY
    #[arg(long, alias = "apiKey", value_name = "KEY", value_parser = secret)]
    pub(crate) api_key: Option<Arc<SecretText>>,
}

/// Flags that the original took with every command, where they mean nothing to this one.
#[derive(Debug, Args)]
pub(crate) struct UnusedArgs {
    #[command(flatten)]
    pub(crate) testnet: UnusedTestnet,
    #[command(flatten)]
    pub(crate) api_key: UnusedApiKey,
}

#[derive(Debug, Args)]
pub(crate) struct UnusedTestnet {
    #[arg(
        long = "testnet",
        hide = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) unused_testnet: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct UnusedApiKey {
    #[arg(long = "api-key", alias = "apiKey", hide = true, value_parser = secret)]
    pub(crate) unused_api_key: Option<Arc<SecretText>>,
}

#[derive(Debug, Args)]
pub(crate) struct UnusedVaultArgs {
    #[arg(long = "path", hide = true)]
    pub(crate) unused_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct UnusedGeneralArgs {
    #[arg(long = "env-file", alias = "envFile", hide = true)]
    pub(crate) unused_env_file: Option<PathBuf>,
}

impl UnusedArgs {
    /// Whether `--testnet` and whether `--api-key` was given.
    pub(crate) fn given(&self) -> (bool, bool) {
        (self.testnet.is_given(), self.api_key.is_given())
    }
}

impl UnusedTestnet {
    pub(crate) fn is_given(&self) -> bool {
        self.unused_testnet == Some(true)
    }
}

impl UnusedApiKey {
    pub(crate) fn is_given(&self) -> bool {
        self.unused_api_key.is_some()
    }
}

fn secret(text: &str) -> Result<Arc<SecretText>, Infallible> {
    Ok(Arc::new(SecretText::new(text)))
}

/// Digits only: `1.9`, `+1` and `0x1` are mistakes, not numbers.
fn index(text: &str) -> Result<u32, String> {
    digits(text)
        .filter(|index| *index < 1 << 31)
        .ok_or_else(|| "an index is a number from 0 to 2147483647".to_owned())
}

fn count(text: &str) -> Result<u32, String> {
    digits(text)
        .filter(|count| (1..=1_000_000).contains(count))
        .ok_or_else(|| "a count is a number from 1 to 1000000".to_owned())
}

fn digits(text: &str) -> Option<u32> {
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::error::ErrorKind> {
        let args = ["tatum-kms"].into_iter().chain(line.split_whitespace());
        Cli::try_parse_from(args).map_err(|error| error.kind())
    }

    fn daemon(line: &str) -> DaemonArgs {
        match parse(line).unwrap().command {
            Some(Command::Daemon(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
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
        let parser = Cli::command();
        for argument in parser
            .get_subcommands()
            .flat_map(clap::Command::get_arguments)
        {
            let Some(name) = argument.get_long().filter(|name| name.contains("password")) else {
                continue;
            };
            assert!(name.ends_with("-file") || name.ends_with("-fd"), "--{name}");
        }
    }
}
