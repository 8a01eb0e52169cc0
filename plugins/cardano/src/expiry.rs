//! Whether a signed transaction is known to have come too late.

use kms_core::prelude::{Assembled, Network, NodeApi, NodeError, SubmitError};
use serde_json::{Value, json};

use crate::{
    address::LedgerAddress, body::TransactionBody, construction::call, signed::SignedTransaction,
};

/// How many slots after its ttl a transaction is given up; a short fork is over by then.
const MARGIN: u64 = 300;

/// Fails when the transaction did not and can no longer land: the chain has passed its ttl, and a
/// coin that it spends is still there. It may be signed anew then, and even if a fork proved this
/// wrong, only one of the two could land: they spend the same coins.
///
/// Is silent when that is not known, because the node has no such calls for instance: sending the
/// same bytes again does no harm.
///
/// # Errors
/// [`SubmitError::Expired`].
pub(crate) async fn look(
    signed: &SignedTransaction,
    assembled: &Assembled,
    node: &dyn NodeApi,
) -> Result<(), SubmitError> {
    let Some(ttl) = assembled.expiry else {
        return Ok(());
    };
    match is_expired(signed, ttl, node).await {
        Ok(Some(slot)) => {
            let text = format!("the ttl was slot {ttl}, the chain is at slot {slot}");
            Err(SubmitError::Expired(NodeError::Unexpected(text)))
        }
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::debug!(%error, "cannot tell whether the transaction has expired");
            Ok(())
        }
    }
}

/// The chain's slot, if the transaction can no longer land.
async fn is_expired(
    signed: &SignedTransaction,
    ttl: u64,
    node: &dyn NodeApi,
) -> Result<Option<u64>, NodeError> {
    let network = node.network();
    let status = call(node, "network/status", json!({})).await?;
    let now = status
        .get("current_block_timestamp")
        .and_then(Value::as_u64)
        .and_then(|time| slot(network, time))
        .filter(|slot| *slot > ttl.saturating_add(MARGIN));
    let (Some(now), Ok(body)) = (now, TransactionBody::decode(&signed.body)) else {
        return Ok(None);
    };
    // After the status, so that the coins are at least as new as the slot.
    for witness in &signed.witnesses {
        let owner = LedgerAddress::enterprise(network, &witness.public_key);
        let account = json!({"account_identifier": {"address": owner.to_string()}});
        let answer = call(node, "account/coins", account).await?;
        let coins = answer.get("coins").and_then(Value::as_array);
        let is_spent_by_us = |coin: &Value| {
            let id = coin
                .pointer("/coin_identifier/identifier")
                .and_then(Value::as_str);
            body.inputs
                .iter()
                .any(|input| id == Some(&*input.to_string()))
        };
        if coins.into_iter().flatten().any(is_spent_by_us) {
            return Ok(Some(now));
        }
    }
    Ok(None)
}

/// The slot at a Unix time in milliseconds. Since the Shelley era, a slot takes a second.
fn slot(network: Network, time_ms: u64) -> Option<u64> {
    let (shelley_start, shelley_slot) = match network {
        Network::Mainnet => (1_596_059_091, 4_492_800),
        Network::Testnet => (1_655_769_600, 86_400),
    };
    (time_ms / 1000)
        .checked_sub(shelley_start)?
        .checked_add(shelley_slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_known_blocks() {
        // Main network: the first block of the Alonzo era, at 2021-09-12 21:44:51 UTC.
        assert_eq!(slot(Network::Mainnet, 1_631_483_091_000), Some(39_916_800));
        assert_eq!(slot(Network::Mainnet, 1_596_059_090_000), None);
        // Preprod: the first slot of epoch 12, at 2022-07-31 00:00:00 UTC.
        assert_eq!(slot(Network::Testnet, 1_659_225_600_000), Some(3_542_400));
    }
}
