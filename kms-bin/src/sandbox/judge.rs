//! Whether a broadcast transaction is what the pending one asked for.

use kms_core::chain::{ChainPlugin, PendingTransaction, rehearsal::Verdict};

use super::cloud::SandboxCloud;

/// Takes `tx_data` apart and checks it: decodable, signatures right, and every signer an address
/// of the wallets that `pending` names, as far as these are known.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub(super) fn judge(
    cloud: &SandboxCloud,
    plugin: &dyn ChainPlugin,
    pending: &PendingTransaction,
    tx_data: &str,
) -> Result<Verdict, String> {
    let rehearsal = plugin
        .rehearsal()
        .ok_or_else(|| format!("the sandbox cannot play {}", plugin.info().name))?;
    let sent = cloud.state.sent(plugin.info().code, tx_data);
    let sent = sent.as_deref().unwrap_or(tx_data);
    let verdict = rehearsal.verify_against(cloud.network, &pending.serialized_transaction, sent)?;
    if verdict.signers.is_empty() {
        return Err("nobody signed it".to_owned());
    }
    if let Some(owners) = cloud.state.owners(pending) {
        let foreign = verdict
            .signers
            .iter()
            .find(|signer| !owners.contains(signer));
        if let Some(signer) = foreign {
            return Err(format!(
                "{signer} signed it, which is no address of the wallet that the transaction names"
            ));
        }
    }
    Ok(verdict)
}
