//! Which keys sign: every one that is named, each once.

use kms_core::prelude::{
    Candidate, KeyRequest, PendingTransaction, TransactionError, Via, WalletError,
};

/// The keys that `pending` names.
///
/// On-chain, `hashes` names stored keys and `signatures` those of mnemonics, at their index. A
/// mnemonic in `hashes` is passed over, and so is an id that the vault does not know: what
/// `signatures` names may be enough. Off-chain `signatures` alone counts, and only mnemonics.
///
/// # Errors
/// [`TransactionError::UnknownWallet`] for an id of `signatures` that the vault does not know.
/// When no key is left: what was wrong with the first wallet, or
/// [`TransactionError::NoWallet`] when none is named.
pub(crate) fn keys(
    pending: &PendingTransaction,
    candidates: &[Candidate],
) -> Result<Vec<KeyRequest>, TransactionError> {
    let off_chain = pending.withdrawal_id.is_some();
    let mut keys: Vec<KeyRequest> = Vec::new();
    let mut first_problem = None;
    for candidate in candidates {
        let index = match key_index(pending, candidate, off_chain) {
            Ok(index) => index,
            Err(Skip::Problem(error)) => {
                tracing::debug!(transaction = pending.id, "wallet passed over: {error}");
                first_problem.get_or_insert(error);
                continue;
            }
            Err(Skip::Fatal(error)) => return Err(error),
        };
        let key = KeyRequest {
            id: candidate.id.clone(),
            index,
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if keys.is_empty() {
        return Err(first_problem.unwrap_or(TransactionError::NoWallet));
    }
    Ok(keys)
}

enum Skip {
    /// Other wallets may do without this one.
    Problem(TransactionError),
    Fatal(TransactionError),
}

/// The index of the key, or nothing for a stored one.
fn key_index(
    pending: &PendingTransaction,
    candidate: &Candidate,
    off_chain: bool,
) -> Result<Option<u32>, Skip> {
    let wallet = || candidate.id.clone();
    let unknown = || TransactionError::UnknownWallet(wallet());
    let without_index = || {
        Skip::Problem(TransactionError::MnemonicWithoutIndex {
            wallet: wallet(),
            transaction: pending.id.clone(),
        })
    };
    let no_stored_key = || {
        Skip::Problem(TransactionError::Wallet {
            wallet: wallet(),
            source: WalletError::NoStoredKey,
        })
    };
    match (candidate.via, candidate.entry) {
        (Via::Hashes, None) => Err(Skip::Problem(unknown())),
        (Via::Hashes, Some(_)) if off_chain => {
            let reason = format!(
                "an off-chain withdrawal is signed by the wallets of its signatures, which do not name {}",
                candidate.id
            );
            Err(Skip::Problem(TransactionError::Refused(reason)))
        }
        (Via::Hashes, Some(entry)) if entry.stored_key => Ok(None),
        (Via::Hashes, Some(_)) => Err(without_index()),
        (Via::Signatures { .. }, None) => Err(Skip::Fatal(unknown())),
        (Via::Signatures { index }, Some(entry)) if entry.mnemonic => {
            index.map(Some).ok_or_else(without_index)
        }
        (Via::Signatures { .. }, Some(_)) if off_chain => {
            let reason = format!(
                "an off-chain withdrawal needs a mnemonic, wallet {} is a single key",
                candidate.id
            );
            Err(Skip::Fatal(TransactionError::Refused(reason)))
        }
        (Via::Signatures { .. }, Some(entry)) if entry.stored_key => Ok(None),
        (Via::Signatures { .. }, Some(_)) => Err(no_stored_key()),
    }
}

#[cfg(test)]
mod tests {
    use kms_core::prelude::{KeySource, Network};
    use serde_json::{json, value::RawValue};

    use super::*;

    const MNEMONIC: Option<KeySource> = Some(KeySource {
        mnemonic: true,
        stored_key: false,
        network: Network::Mainnet,
    });
    const SINGLE_KEY: Option<KeySource> = Some(KeySource {
        mnemonic: false,
        stored_key: true,
        network: Network::Mainnet,
    });

    fn at(index: u32) -> Via {
        Via::Signatures { index: Some(index) }
    }

    fn select(
        withdrawal: Option<&str>,
        candidates: &[(&str, Via, Option<KeySource>)],
    ) -> Result<Vec<(String, Option<u32>)>, TransactionError> {
        let json = json!({
            "id": "0123456789abcdef01234567", "chain": "ADA", "serializedTransaction": "[]",
            "hashes": [], "withdrawalId": withdrawal,
        });
        let raw = RawValue::from_string(json.to_string()).unwrap();
        let pending = PendingTransaction::from_raw(&raw).unwrap();
        let candidate = |(id, via, entry): &(&str, Via, Option<KeySource>)| Candidate {
            id: (*id).to_owned(),
            via: *via,
            entry: *entry,
        };
        let candidates: Vec<_> = candidates.iter().map(candidate).collect();
        let keys = keys(&pending, &candidates)?;
        Ok(keys.into_iter().map(|key| (key.id, key.index)).collect())
    }

    #[test]
    fn every_named_key_takes_part_once() {
        let keys = select(
            None,
            &[
                ("a", Via::Hashes, SINGLE_KEY),
                ("m", Via::Hashes, MNEMONIC),
                ("gone", Via::Hashes, None),
                ("a", Via::Hashes, SINGLE_KEY),
                ("m", at(0), MNEMONIC),
                ("a", at(9), SINGLE_KEY),
                ("m", Via::Signatures { index: None }, MNEMONIC),
                ("m", at(7), MNEMONIC),
                ("m", at(0), MNEMONIC),
            ],
        );
        let expected = [("a", None), ("m", Some(0)), ("m", Some(7))];
        assert_eq!(
            keys.unwrap(),
            expected.map(|(id, index)| (id.to_owned(), index))
        );
    }

    #[test]
    fn a_single_key_signs_when_only_signatures_name_it() {
        let keys = select(None, &[("a", at(9), SINGLE_KEY)]);
        assert_eq!(keys.unwrap(), [("a".to_owned(), None)]);
        let neither = SINGLE_KEY.map(|entry| KeySource {
            stored_key: false,
            ..entry
        });
        let error = select(None, &[("e", at(9), neither)]).unwrap_err();
        let expected = TransactionError::Wallet {
            wallet: "e".to_owned(),
            source: WalletError::NoStoredKey,
        };
        assert_eq!(error.to_string(), expected.to_string());
    }

    #[test]
    fn without_a_key_the_wallet_is_named() {
        let error = |candidates: &[_]| select(None, candidates).unwrap_err().to_string();
        assert_eq!(error(&[]), "the transaction names no wallet");
        assert_eq!(
            error(&[("gone", Via::Hashes, None)]),
            "no wallet gone in the vault"
        );
        assert!(error(&[("m", Via::Hashes, MNEMONIC)]).contains("Wallet m is mnemonic based"));
        let without = Via::Signatures { index: None };
        assert!(error(&[("m", without, MNEMONIC)]).contains("Wallet m is mnemonic based"));
        assert_eq!(
            error(&[("a", Via::Hashes, SINGLE_KEY), ("gone", at(0), None)]),
            "no wallet gone in the vault"
        );
    }

    #[test]
    fn off_chain_only_signatures_of_mnemonics_count() {
        let off_chain = |candidates: &[_]| select(Some("w"), candidates);
        let keys = off_chain(&[("m", Via::Hashes, MNEMONIC), ("m", at(3), MNEMONIC)]);
        assert_eq!(keys.unwrap(), [("m".to_owned(), Some(3))]);
        let error = off_chain(&[("a", Via::Hashes, SINGLE_KEY), ("a", at(0), SINGLE_KEY)]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "refused: an off-chain withdrawal needs a mnemonic, wallet a is a single key"
        );
        let error = off_chain(&[("m", Via::Hashes, MNEMONIC)]).unwrap_err();
        assert!(error.to_string().contains("which do not name m"), "{error}");
    }
}
