//! Which key signs which input: by position, as the request does not show whose the coins are.

use kms_core::chain::{Network, PendingTransaction, Signer, TransactionError};

use crate::{
    address,
    params::Params,
    select::{CHANGE, derivation_index},
};

/// The position among `signers` of the key for each of `inputs`.
///
/// # Errors
/// [`TransactionError::Refused`] when keys and inputs do not go together.
pub(super) fn signers(
    params: &Params,
    network: Network,
    pending: &PendingTransaction,
    signers: &[Signer],
    inputs: usize,
) -> Result<Vec<usize>, TransactionError> {
    if pending.withdrawal_id.is_some() {
        off_chain(params, network, pending, signers, inputs)
    } else {
        on_chain(pending, signers, inputs)
    }
}

/// The number of keys decides how they are meant: each once, as many as `hashes` or as
/// `signatures` name, or one for all inputs if no named wallet is without a key.
fn on_chain(
    pending: &PendingTransaction,
    signers: &[Signer],
    inputs: usize,
) -> Result<Vec<usize>, TransactionError> {
    let mut distinct: Vec<(usize, &Signer)> = Vec::with_capacity(signers.len());
    for (position, signer) in signers.iter().enumerate() {
        if !distinct
            .iter()
            .any(|(_, known)| known.public_key == signer.public_key)
        {
            distinct.push((position, signer));
        }
    }
    let distinct: Vec<usize> = distinct.into_iter().map(|(position, _)| position).collect();
    let find = |id: &str, index| {
        signers
            .iter()
            .position(|signer| signer.id == id && signer.index == index)
    };
    let of_hashes: Vec<usize> = pending
        .hashes
        .iter()
        .filter_map(|id| find(id, None))
        .collect();
    let of_signatures: Vec<usize> = pending
        .signatures
        .iter()
        // A stored key has no index, whatever the request says.
        .filter_map(|named| find(&named.id, named.index).or_else(|| find(&named.id, None)))
        .collect();
    for keys in [&distinct, &of_hashes, &of_signatures] {
        if keys.len() == inputs {
            return Ok(keys.clone());
        }
    }
    let signatures = pending.signatures.iter().map(|named| &named.id);
    let mut named = pending.hashes.iter().chain(signatures);
    let all_sign = named.all(|id| signers.iter().any(|signer| signer.id == *id));
    match distinct[..] {
        [only] if all_sign => Ok(vec![only; inputs]),
        _ => Err(TransactionError::Refused(format!(
            "the named wallets give {} keys for {inputs} inputs: which of them signs which is not \
             known",
            distinct.len()
        ))),
    }
}

/// Each entry of `withdrawalResponses` stands for an input, but for that of the change output.
/// Where it names the address of the coin, the key must be that address's.
fn off_chain(
    params: &Params,
    network: Network,
    pending: &PendingTransaction,
    signers: &[Signer],
    inputs: usize,
) -> Result<Vec<usize>, TransactionError> {
    let responses = pending.withdrawal_responses.iter().flatten();
    let coins: Vec<_> = responses
        .filter(|response| response.v_in != CHANGE)
        .collect();
    if coins.len() != inputs {
        return Err(TransactionError::Refused(format!(
            "withdrawalResponses name {} coins for {inputs} inputs",
            coins.len()
        )));
    }
    let mut positions = Vec::with_capacity(inputs);
    for (input, coin) in coins.into_iter().enumerate() {
        let index = derivation_index(coin);
        let (position, signer) = signers
            .iter()
            .enumerate()
            .find(|(_, signer)| signer.index == Some(index))
            .ok_or(TransactionError::NoSigningWallet)?;
        let expected = coin.address.as_ref().and_then(|it| it.address.as_deref());
        if let Some(expected) = expected.filter(|text| !text.is_empty()) {
            let hash = |text| address::pubkey_hash(params, network, text);
            if hash(expected).is_none() || hash(expected) != hash(signer.address.as_str()) {
                return Err(TransactionError::Refused(format!(
                    "the coin of input {input} belongs to {expected}, the key at index {index} to \
                     {}",
                    signer.address
                )));
            }
        }
        positions.push(position);
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use kms_core::{chain::ChainPlugin as _, keys::SecretKey};
    use serde_json::{Value, json};

    use super::*;
    use crate::{BITCOIN_CASH, testing::pending};

    /// A key of a wallet; keys of the same seed are the same.
    fn signer(id: &str, index: Option<u32>, seed: u8) -> Signer {
        let public_key = SecretKey::secp256k1(&[seed; 32]).unwrap().public_key();
        Signer {
            id: id.to_owned(),
            index,
            address: BITCOIN_CASH.address(Network::Mainnet, &public_key).unwrap(),
            public_key,
        }
    }

    fn assign(more: &Value, keys: &[Signer], inputs: usize) -> Result<Vec<usize>, String> {
        let params = &crate::cash::BCH;
        signers(params, Network::Mainnet, &pending("", more), keys, inputs)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_key_once_when_there_are_as_many_as_inputs() {
        let keys = [signer("a", None, 1), signer("b", None, 2)];
        let more = json!({"hashes": ["a", "b"]});
        assert_eq!(assign(&more, &keys, 2), Ok(vec![0, 1]));
        // One key under two names is one key.
        let keys = [signer("a", None, 1), signer("b", None, 1)];
        assert_eq!(assign(&more, &keys, 1), Ok(vec![0]));
        assert_eq!(assign(&more, &keys, 2), Ok(vec![0, 1]));
    }

    #[test]
    fn else_as_often_as_hashes_name_them() {
        let keys = [signer("a", None, 1), signer("b", None, 2)];
        let more = json!({"hashes": ["a", "b", "a"]});
        assert_eq!(assign(&more, &keys, 3), Ok(vec![0, 1, 0]));
        let more = json!({"hashes": ["a", "gone", "a"]});
        assert_eq!(assign(&more, &keys[..1], 2), Ok(vec![0, 0]));
    }

    #[test]
    fn else_as_often_as_signatures_name_them() {
        let keys = [signer("m", Some(4), 1), signer("m", Some(7), 2)];
        let more = json!({
            "hashes": ["m", "m", "m"],
            "signatures": [{"id": "m", "index": 4}, {"id": "m", "index": 7}, {"id": "m", "index": 4}],
        });
        assert_eq!(assign(&more, &keys, 3), Ok(vec![0, 1, 0]));
        let keys = [signer("a", None, 1), signer("m", Some(7), 2)];
        let more = json!({
            "hashes": ["a"],
            "signatures": [{"id": "a", "index": 0}, {"id": "m", "index": 7}, {"id": "a"}],
        });
        assert_eq!(assign(&more, &keys, 3), Ok(vec![0, 1, 0]));
    }

    #[test]
    fn else_a_single_key_signs_all_unless_a_wallet_is_without_one() {
        let keys = [signer("a", None, 1)];
        assert_eq!(assign(&json!({"hashes": ["a"]}), &keys, 3), Ok(vec![0; 3]));
        let error = "refused: the named wallets give 1 keys for 2 inputs: which of them signs which is \
                     not known";
        for more in [
            json!({"hashes": ["a", "gone"]}),
            json!({"hashes": ["a"], "signatures": [{"id": "m"}]}),
        ] {
            assert_eq!(assign(&more, &keys, 2), Err(error.to_owned()));
        }
    }

    #[test]
    fn too_many_keys_are_refused() {
        let keys = [signer("a", None, 1), signer("b", None, 2)];
        assert!(assign(&json!({"hashes": ["a", "b"]}), &keys, 1).is_err());
        assert!(assign(&json!({"hashes": ["a", "b"]}), &keys, 4).is_err());
    }

    fn withdrawal(responses: &Value) -> Value {
        json!({"hashes": ["m"], "withdrawalId": "w", "withdrawalResponses": responses})
    }

    #[test]
    fn off_chain_the_change_entry_counts_nowhere() {
        let keys = [signer("m", Some(5), 1), signer("m", Some(0), 2)];
        let more = withdrawal(&json!([
            {"vIn": "-1"},
            {"vIn": "aa", "address": {"derivationKey": 5}},
            {"vIn": "bb"},
            {"vIn": "cc", "address": {"derivationKey": 5, "address": ""}},
        ]));
        assert_eq!(assign(&more, &keys, 3), Ok(vec![0, 1, 0]));
        for inputs in [2, 4] {
            assert_eq!(
                assign(&more, &keys, inputs),
                Err(format!(
                    "refused: withdrawalResponses name 3 coins for {inputs} inputs"
                ))
            );
        }
    }

    /// The address of the key 7, in every form it may come in.
    #[test]
    fn off_chain_a_key_signs_only_for_its_own_address() {
        let keys = [signer("m", Some(5), 7)];
        let own = keys[0].address.as_str();
        let point = keys[0].public_key.encoded();
        let legacy = |kind| {
            let public = bitcoin::PublicKey::from_slice(point).unwrap();
            bitcoin::Address::p2pkh(public, kind).to_string()
        };
        let testnet = BITCOIN_CASH.address(Network::Testnet, &keys[0].public_key);
        let coin = |address: &str| {
            withdrawal(&json!([{"vIn": "aa", "address": {"derivationKey": 5, "address": address}}]))
        };
        for address in [
            own,
            own.trim_start_matches("bitcoincash:"),
            &legacy(bitcoin::NetworkKind::Main),
            &legacy(bitcoin::NetworkKind::Test),
            testnet.unwrap().as_str(),
        ] {
            assert_eq!(assign(&coin(address), &keys, 1), Ok(vec![0]), "{address}");
        }
        for address in [
            signer("m", None, 8).address.as_str(),
            "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
            "nobody",
        ] {
            assert_eq!(
                assign(&coin(address), &keys, 1),
                Err(format!(
                    "refused: the coin of input 0 belongs to {address}, the key at index 5 to {own}"
                ))
            );
        }
    }
}
