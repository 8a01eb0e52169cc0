//! Arguments that many commands share: blockchain, network, settings, log.

use std::{path::PathBuf, sync::Arc};

use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};
use kms_core::keys::SecretText;

use super::{VaultArgs, value};

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

#[derive(Debug, Args)]
pub(crate) struct ApiKeyArgs {
    /// Key of the Tatum API. Every user of the machine can see it here: better set TATUM_API_KEY
    #[arg(long, alias = "apiKey", value_name = "KEY", value_parser = value::secret)]
    pub(crate) api_key: Option<Arc<SecretText>>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckConfigArgs {
    #[command(flatten)]
    pub(crate) api_key: ApiKeyArgs,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ChainsArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}
