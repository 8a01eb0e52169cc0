//! Arguments about the vault as a whole.

use std::path::PathBuf;

use clap::Args;

use super::{GeneralArgs, JournalArgs};

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
    /// Run a program and read the password from its output, for instance 'pass show tatum-kms';
    /// no shell is involved
    #[arg(long, value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,
    /// Get the password from AWS Secrets Manager: the secret of TATUM_KMS_AWS_SECRET_NAME, with
    /// the keys of TATUM_KMS_AWS_* or those that AWS's own tools would find
    #[arg(long)]
    pub(crate) aws: bool,
    /// Get the password from Azure Key Vault: the secret of TATUM_KMS_AZURE_SECRETNAME in the
    /// vault of TATUM_KMS_AZURE_VAULTURL
    #[arg(long)]
    pub(crate) azure: bool,
    /// Get the password from Google Secret Manager: the secret of TATUM_KMS_GCP_SECRET, with the
    /// application default credentials
    #[arg(long)]
    pub(crate) gcp: bool,
    /// Get the password from HashiCorp Vault or OpenBao at VAULT_ADDR
    #[arg(long)]
    pub(crate) vault: bool,
    /// Get the password from VGS: the value of the alias TATUM_KMS_VGS_ALIAS
    #[arg(long)]
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
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) vault: VaultArgs,
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
}
