//! Wallets that other software has published, as a test that a plugin runs on itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{contract::check_wallet, tally, vectors::WalletCase};
use crate::chain::ChainPlugin;

/// A file of published wallets, which names its source.
#[derive(Deserialize)]
struct Published {
    source: String,
    /// By code of the chain.
    wallets: BTreeMap<String, Vec<WalletCase>>,
}

/// Derives every wallet that the file has for the plugin's chain.
///
/// # Panics
/// When another key or address comes out than was published, or the file has none.
pub fn published_wallets(plugin: &dyn ChainPlugin, file: &str) {
    let published: Published = serde_json::from_str(file).expect("a file of published wallets");
    assert!(!published.source.is_empty(), "the source is named");
    let code = plugin.info().code;
    let wallets = published.wallets.get(code).map(Vec::as_slice);
    let wallets = wallets.unwrap_or_default();
    assert!(!wallets.is_empty(), "there are wallets of {code}");
    for case in wallets {
        assert!(
            case.xpub.is_some() || !case.addresses.is_empty(),
            "a wallet of {code} has something to compare"
        );
        check_wallet(plugin, case);
        tally("published", 1_u64, "wallets of BIP-44");
    }
}
