//! Arguments of the daemon.

use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};
use kms_core::journal::JournalFile;

use super::{ApiKeyArgs, JournalArgs, MetricsArgs, NetworkArgs, VaultArgs};

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
    pub(crate) metrics: MetricsArgs,
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
