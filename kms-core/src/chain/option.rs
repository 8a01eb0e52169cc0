//! What the owner can set for one chain.

/// A setting of a chain, given as `--chain-option CODE.name=value` and read by the plugin with
/// [`NodeApi::option`](super::NodeApi::option).
#[derive(Clone, Copy, Debug)]
pub struct ChainOption {
    /// The name, in kebab case.
    pub name: &'static str,
    /// What it does and which values it takes, in one sentence for the help.
    pub help: &'static str,
    /// What holds when it is not set, as it would be written.
    pub default: &'static str,
    /// Whether a value can be used.
    pub accepts: fn(&str) -> bool,
}
