//! Which wallets sign: other rules than those of account-based chains.

use kms_core::chain::{
    Candidate, KeyRequest, PendingTransaction, TransactionError, Via, WithdrawalResponse,
};

/// The keys that `pending` names, each once.
///
/// On-chain every named wallet that gives a key takes part: a stored key in any case, a mnemonic
/// through `signatures` with an index. Off-chain the first wallet is the only one; it must be a
/// mnemonic, and each coin names the index of its key.
///
/// # Errors
/// [`TransactionError::UnknownWallet`] for an id of `signatures` that the vault does not know
/// (one of `hashes` is passed over), [`TransactionError::NoSigningWallet`] when no key is left,
/// [`TransactionError::Refused`] for an off-chain withdrawal from a single key.
pub(crate) fn keys(
    pending: &PendingTransaction,
    candidates: &[Candidate],
) -> Result<Vec<KeyRequest>, TransactionError> {
    let named = resolve(pending, candidates)?;
    let requests = if pending.withdrawal_id.is_some() {
        off_chain(pending, candidates, &named)?
    } else {
        named.into_iter().filter_map(Named::request).collect()
    };
    let mut unique: Vec<KeyRequest> = Vec::with_capacity(requests.len());
    for request in requests {
        if !unique.contains(&request) {
            unique.push(request);
        }
    }
    if unique.is_empty() {
        return Err(TransactionError::NoSigningWallet);
    }
    Ok(unique)
}

/// A wallet that the vault knows.
struct Named<'a> {
    id: &'a str,
    mnemonic: bool,
    /// What it gives for an on-chain transaction.
    key: Option<Option<u32>>,
}

impl Named<'_> {
    fn request(self) -> Option<KeyRequest> {
        self.key.map(|index| KeyRequest {
            id: self.id.to_owned(),
            index,
        })
    }
}

fn resolve<'a>(
    pending: &PendingTransaction,
    candidates: &'a [Candidate],
) -> Result<Vec<Named<'a>>, TransactionError> {
    let mut named = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let id = candidate.id.as_str();
        let key = match (candidate.via, candidate.entry) {
            (Via::Hashes, None) => {
                tracing::warn!(wallet = id, "the vault does not know this wallet");
                continue;
            }
            (Via::Signatures { .. }, None) => {
                return Err(TransactionError::UnknownWallet(candidate.id.clone()));
            }
            // A mnemonic has no key of its own; `signatures` may name it again with an index.
            (Via::Hashes, Some(entry)) => entry.stored_key.then_some(None),
            (Via::Signatures { index: Some(index) }, Some(entry)) if entry.mnemonic => {
                Some(Some(index))
            }
            (Via::Signatures { index: None }, Some(entry)) if entry.mnemonic => {
                let skipped = TransactionError::MnemonicWithoutIndex {
                    wallet: candidate.id.clone(),
                    transaction: pending.id.clone(),
                };
                tracing::warn!("{skipped}");
                continue;
            }
            (Via::Signatures { .. }, Some(entry)) => entry.stored_key.then_some(None),
        };
        named.push(Named {
            id,
            mnemonic: candidate.entry.is_some_and(|entry| entry.mnemonic),
            key,
        });
    }
    Ok(named)
}

fn off_chain(
    pending: &PendingTransaction,
    candidates: &[Candidate],
    named: &[Named<'_>],
) -> Result<Vec<KeyRequest>, TransactionError> {
    let Some(wallet) = named.first() else {
        return Err(candidates
            .first()
            .map_or(TransactionError::NoWallet, |candidate| {
                TransactionError::UnknownWallet(candidate.id.clone())
            }));
    };
    if !wallet.mnemonic {
        return Err(TransactionError::Refused(format!(
            "an off-chain withdrawal needs a mnemonic, wallet {} is a single key",
            wallet.id
        )));
    }
    let responses = pending.withdrawal_responses.as_ref().ok_or_else(|| {
        TransactionError::Malformed("an off-chain withdrawal has no withdrawalResponses".to_owned())
    })?;
    let coins = responses.iter().filter(|response| response.v_in != CHANGE);
    Ok(coins
        .map(|response| KeyRequest {
            id: wallet.id.to_owned(),
            index: Some(derivation_index(response)),
        })
        .collect())
}

/// The `vIn` of the entry that stands for the change output.
const CHANGE: &str = "-1";

/// The pool address, which has no entry of its own, is the one at index 0.
fn derivation_index(response: &WithdrawalResponse) -> u32 {
    response
        .address
        .as_ref()
        .and_then(|address| address.derivation_key)
        .unwrap_or(0)
}
