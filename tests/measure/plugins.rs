//! All plugins: each is named once, or the linker would leave it out.

use anyhow::{Context as _, Result};
use kms_algorand as _;
use kms_bitcoin as _;
use kms_bnb as _;
use kms_cardano as _;
use kms_core::chain::{ChainPlugin, Registry};
use kms_evm as _;
use kms_flow as _;
use kms_multiversx as _;
use kms_solana as _;
use kms_stellar as _;
use kms_tron as _;
use kms_vechain as _;
use kms_xrp as _;

/// The chains of a comma-separated list of codes, or all of them.
///
/// # Errors
/// A code that no plugin has.
pub(crate) fn chains(codes: &str) -> Result<Vec<&'static dyn ChainPlugin>> {
    let registry = Registry::linked().context("no plugins")?;
    if codes.eq_ignore_ascii_case("all") {
        return Ok(registry.iter().collect());
    }
    codes
        .split(',')
        .map(|code| Ok(registry.require(&code.trim().to_ascii_uppercase())?))
        .collect()
}
