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
pub(crate) const CHANGE: &str = "-1";

/// The pool address, which has no entry of its own, is the one at index 0.
pub(crate) fn derivation_index(response: &WithdrawalResponse) -> u32 {
    response
        .address
        .as_ref()
        .and_then(|address| address.derivation_key)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use kms_core::chain::{KeySource, Network};
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::pending;

    const MNEMONIC: KeySource = KeySource {
        mnemonic: true,
        stored_key: false,
        network: Network::Mainnet,
    };
    const SINGLE_KEY: KeySource = KeySource {
        mnemonic: false,
        stored_key: true,
        network: Network::Mainnet,
    };
    const HASHES: Via = Via::Hashes;

    fn at(index: u32) -> Via {
        Via::Signatures { index: Some(index) }
    }

    fn select(
        more: &Value,
        candidates: &[(&str, Via, Option<KeySource>)],
    ) -> Result<Vec<(String, Option<u32>)>, TransactionError> {
        let candidates: Vec<_> = candidates
            .iter()
            .map(|(id, via, entry)| Candidate {
                id: (*id).to_owned(),
                via: *via,
                entry: *entry,
            })
            .collect();
        let keys = keys(&pending("{}", more), &candidates)?;
        Ok(keys.into_iter().map(|key| (key.id, key.index)).collect())
    }

    fn on_chain(
        candidates: &[(&str, Via, Option<KeySource>)],
    ) -> Result<Vec<(String, Option<u32>)>, TransactionError> {
        select(&json!({}), candidates)
    }

    #[test]
    fn every_named_wallet_takes_part_once() {
        let keys = on_chain(&[
            ("a", HASHES, Some(SINGLE_KEY)),
            ("m", HASHES, Some(MNEMONIC)),
            ("gone", HASHES, None),
            ("a", HASHES, Some(SINGLE_KEY)),
            ("m", at(0), Some(MNEMONIC)),
            ("a", at(9), Some(SINGLE_KEY)),
            ("b", Via::Signatures { index: None }, Some(SINGLE_KEY)),
            ("m", Via::Signatures { index: None }, Some(MNEMONIC)),
            ("m", at(7), Some(MNEMONIC)),
            ("m", at(0), Some(MNEMONIC)),
        ]);
        let expected = [("a", None), ("m", Some(0)), ("b", None), ("m", Some(7))];
        assert_eq!(
            keys.unwrap(),
            expected.map(|(id, index)| (id.to_owned(), index))
        );
    }

    #[test]
    fn an_unknown_id_in_signatures_is_named() {
        let keys = on_chain(&[("a", HASHES, Some(SINGLE_KEY)), ("gone", at(0), None)]);
        assert!(matches!(keys, Err(TransactionError::UnknownWallet(id)) if id == "gone"));
    }

    #[test]
    fn there_must_be_a_key() {
        for candidates in [
            vec![],
            vec![("gone", HASHES, None)],
            vec![("m", HASHES, Some(MNEMONIC))],
            vec![("m", Via::Signatures { index: None }, Some(MNEMONIC))],
        ] {
            let keys = on_chain(&candidates);
            assert!(
                matches!(keys, Err(TransactionError::NoSigningWallet)),
                "{candidates:?}"
            );
        }
    }

    fn withdrawal(responses: &Value) -> Value {
        json!({"withdrawalId": "w", "withdrawalResponses": responses})
    }

    #[test]
    fn off_chain_each_coin_names_its_key() {
        let more = withdrawal(&json!([
            {"vIn": "aa", "address": {"derivationKey": 5}},
            {"vIn": "-1", "address": {"derivationKey": 6}},
            {"vIn": "bb"},
            {"vIn": "cc", "address": null},
            {"vIn": "dd", "address": {"derivationKey": null}},
            {"vIn": "ee", "address": {"derivationKey": 5}},
        ]));
        let keys = select(
            &more,
            &[
                ("gone", HASHES, None),
                ("m", HASHES, Some(MNEMONIC)),
                ("other", HASHES, Some(MNEMONIC)),
            ],
        );
        let expected = [("m", Some(5)), ("m", Some(0))];
        assert_eq!(
            keys.unwrap(),
            expected.map(|(id, index)| (id.to_owned(), index))
        );
    }

    #[test]
    fn off_chain_a_mnemonic_that_lacks_its_index_is_passed_over() {
        let coins = withdrawal(&json!([{"vIn": "aa", "address": {"derivationKey": 5}}]));
        let without_index = Via::Signatures { index: None };
        let keys = select(
            &coins,
            &[
                ("m", without_index, Some(MNEMONIC)),
                ("other", at(0), Some(MNEMONIC)),
            ],
        );
        assert_eq!(keys.unwrap(), [("other".to_owned(), Some(5))]);
    }

    #[test]
    fn off_chain_needs_a_mnemonic_and_the_coins() {
        let coins = withdrawal(&json!([{"vIn": "aa"}]));
        let keys = select(&coins, &[("a", HASHES, Some(SINGLE_KEY))]);
        assert_eq!(
            keys.unwrap_err().to_string(),
            "refused: an off-chain withdrawal needs a mnemonic, wallet a is a single key"
        );
        let keys = select(&coins, &[("gone", HASHES, None)]);
        assert!(matches!(keys, Err(TransactionError::UnknownWallet(id)) if id == "gone"));
        let keys = select(&coins, &[]);
        assert!(matches!(keys, Err(TransactionError::NoWallet)));

        let mnemonic = [("m", HASHES, Some(MNEMONIC))];
        let keys = select(&json!({"withdrawalId": "w"}), &mnemonic);
        assert!(matches!(keys, Err(TransactionError::Malformed(_))));
        let keys = select(&withdrawal(&json!([{"vIn": "-1"}])), &mnemonic);
        assert!(matches!(keys, Err(TransactionError::NoSigningWallet)));
    }
}
