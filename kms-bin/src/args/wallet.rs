//! Arguments of the commands that make, store and read wallets.

use clap::Args;

use super::{ApiKeyArgs, ChainArgs, GeneralArgs, KdfArgs, VaultArgs, value};

#[derive(Debug, Args)]
pub(crate) struct GenerateWalletArgs {
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) general: GeneralArgs,
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
    #[arg(value_parser = value::count)]
    pub(crate) count: u32,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    /// Index of the key; may be left out for a wallet that is a single key
    #[arg(value_parser = value::index)]
    pub(crate) index: Option<u32>,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WalletArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Signature id of the wallet
    pub(crate) signature_id: String,
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
    #[command(flatten)]
    pub(crate) cost: KdfArgs,
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
}
