//! Arguments of the commands that packages are made with.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::Shell;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tatum-kms completions bash > ~/.local/share/bash-completion/completions/tatum-kms
  tatum-kms completions zsh > \"${fpath[1]}/_tatum-kms\"
  tatum-kms completions fish > ~/.config/fish/completions/tatum-kms.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManpagesArgs {
    /// The folder they are written to
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
}
