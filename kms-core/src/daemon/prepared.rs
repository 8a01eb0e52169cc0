//! From a pending transaction to the value that may be signed: everything before approval.

use crate::{
    chain::{
        ChainPlugin, KeySet, NodeApi, PendingTransaction, Summary, TransactionError, Unsigned,
    },
    wallet::{self, EntryLookup},
};

/// A complete transaction, the keys that sign it, and what it does.
#[derive(Debug)]
pub struct Prepared {
    /// What will be signed.
    pub unsigned: Unsigned,
    /// The keys.
    pub keys: KeySet,
    /// What it does, computed from `unsigned`.
    pub summary: Summary,
}

impl Prepared {
    /// Finds the keys, has the plugin complete the transaction, and summarises the result.
    ///
    /// # Errors
    /// [`TransactionError`], of which only the transient ones are worth another try.
    pub async fn new(
        plugin: &dyn ChainPlugin,
        pending: &PendingTransaction,
        lookup: EntryLookup<'_>,
        node: &dyn NodeApi,
    ) -> Result<Self, TransactionError> {
        let code = plugin.info().code;
        if pending.chain != code {
            return Err(TransactionError::ForeignChain {
                found: pending.chain.clone(),
                expected: code,
            });
        }
        let network = node.network();
        let candidates = wallet::candidates(plugin, network, pending, lookup)?;
        let requests = plugin.select_keys(pending, &candidates)?;
        let keys = wallet::keys(plugin, network, pending, &requests, lookup)?;
        let signers = keys.signers(plugin, network)?;
        let unsigned = plugin.prepare(pending, signers, node).await?;
        let summary = match plugin.summarize(network, &unsigned) {
            Ok(summary) => summary,
            Err(error) => {
                plugin.abandon(&unsigned, node).await;
                return Err(error);
            }
        };
        Ok(Self {
            unsigned,
            keys,
            summary,
        })
    }
}
