//! Arguments of `journal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::VaultArgs;

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

/// Where the journal is.
#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    /// The journal, which remembers what was signed and sent, so that nothing is signed twice
    /// [default: the vault's file with .journal after its name]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) journal: Option<PathBuf>,
}
