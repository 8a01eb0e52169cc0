//! Whose transactions keep their order.

use crate::chain::PendingTransaction;

/// Whose transactions keep their order: the wallet named first, and its index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Signer {
    wallet: Option<String>,
    index: Option<u32>,
}

impl Signer {
    pub(super) fn of(pending: &PendingTransaction) -> Self {
        let first = pending.signatures.first();
        match pending.hashes.first() {
            Some(wallet) => Self {
                wallet: Some(wallet.clone()),
                index: pending.index,
            },
            None => Self {
                wallet: first.map(|signature| signature.id.clone()),
                index: pending
                    .index
                    .or(first.and_then(|signature| signature.index)),
            },
        }
    }
}
