//! What is signed, and where the signatures go.

use bitcoin::{
    EcdsaSighashType, ScriptBuf, Transaction, Witness,
    consensus::encode::serialize_hex,
    ecdsa,
    hashes::Hash as _,
    script::{Builder, PushBytesBuf},
    sighash::SighashCache,
};
use kms_core::{
    chain::{Assembled, Preimage, TransactionError},
    keys::{Scheme, Signature},
};

use crate::{input_type::InputType, owner::Owner, unsigned::Spending};

/// One preimage for each input: its signature hash of type `SIGHASH_ALL`, legacy or BIP-143.
///
/// # Errors
/// [`TransactionError::Malformed`], which only a defect of this crate could show.
pub(crate) fn preimages(
    spending: &Spending,
    owners: &[Owner<'_>],
) -> Result<Vec<Preimage>, TransactionError> {
    let mut cache = SighashCache::new(spending.transaction());
    let mut preimages = Vec::with_capacity(owners.len());
    for ((index, owner), coin) in owners.iter().enumerate().zip(spending.coins()) {
        let digest = match owner.witness_program() {
            Some(program) => cache
                .p2wpkh_signature_hash(index, &program, coin.value, EcdsaSighashType::All)
                .map(|hash| hash.to_byte_array())
                .map_err(|error| malformed(&error))?,
            None => cache
                .legacy_signature_hash(index, &coin.script_pubkey, EcdsaSighashType::All.to_u32())
                .map(|hash| hash.to_byte_array())
                .map_err(|error| malformed(&error))?,
        };
        preimages.push(Preimage {
            signer: owner.signer,
            scheme: Scheme::EcdsaSecp256k1,
            payload: digest.to_vec(),
        });
    }
    Ok(preimages)
}

/// The signed transaction, serialized as BIP-144 says.
///
/// # Errors
/// [`TransactionError::Malformed`] when there is not one signature for each input.
pub(crate) fn assemble(
    spending: &Spending,
    owners: &[Owner<'_>],
    signatures: &[Signature],
) -> Result<Assembled, TransactionError> {
    let mut transaction: Transaction = spending.transaction().clone();
    if signatures.len() != transaction.input.len() || owners.len() != transaction.input.len() {
        return Err(TransactionError::Malformed(format!(
            "{} signatures for {} inputs",
            signatures.len(),
            transaction.input.len()
        )));
    }
    for ((input, owner), signature) in transaction.input.iter_mut().zip(owners).zip(signatures) {
        let signature = der(signature)?;
        match owner.kind {
            InputType::P2pkh => {
                input.script_sig = Builder::new()
                    .push_slice(push(&signature)?)
                    .push_slice(push(owner.key.encoded())?)
                    .into_script();
            }
            InputType::P2pk => {
                input.script_sig = Builder::new().push_slice(push(&signature)?).into_script();
            }
            InputType::P2wpkh => {
                input.witness = Witness::from_slice(&[&signature[..], owner.key.compressed()]);
            }
            InputType::P2shP2wpkh => {
                let program = owner.witness_program().unwrap_or_default();
                input.script_sig = redeem(&program)?;
                input.witness = Witness::from_slice(&[&signature[..], owner.key.compressed()]);
            }
        }
    }
    Ok(Assembled::new(
        serialize_hex(&transaction),
        transaction.compute_txid().to_string(),
    ))
}

/// Strict DER with a low S (BIP-66, BIP-146), then the hash type.
fn der(signature: &Signature) -> Result<Vec<u8>, TransactionError> {
    let mut signature = bitcoin::secp256k1::ecdsa::Signature::from_compact(signature.bytes())
        .map_err(|error| malformed(&error))?;
    signature.normalize_s();
    Ok(ecdsa::Signature::sighash_all(signature).to_vec())
}

fn redeem(program: &ScriptBuf) -> Result<ScriptBuf, TransactionError> {
    let script = Builder::new().push_slice(push(program.as_bytes())?);
    Ok(script.into_script())
}

fn push(bytes: &[u8]) -> Result<PushBytesBuf, TransactionError> {
    PushBytesBuf::try_from(bytes.to_vec()).map_err(|error| malformed(&error))
}

fn malformed(error: &dyn std::fmt::Display) -> TransactionError {
    TransactionError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use bitcoin::{Amount, TxOut, consensus::encode::deserialize_hex};
    use kms_core::{
        chain::{ChainPlugin as _, KeyRequest, KeySet, Network, Unsigned, sign},
        keys::SecretKey,
    };

    use serde_json::Value;

    use super::*;
    use crate::BITCOIN;

    /// An example of BIP-143 in the form that the journal keeps, with its keys, and the rest of it.
    /// Its fee is in the thousands of dollars, so that `prepare` would refuse it.
    fn example(name: &str) -> (Unsigned, KeySet, Value) {
        let text = include_str!("../tests/vectors/published/bip143.json");
        let mut published: Value = serde_json::from_str(text).unwrap();
        let examples: Vec<Value> = serde_json::from_value(published["examples"].take()).unwrap();
        let example = examples
            .into_iter()
            .find(|one| one["name"] == name)
            .unwrap();
        let mut keys = KeySet::default();
        let mut outputs = Vec::new();
        for (index, coin) in example["coins"].as_array().unwrap().iter().enumerate() {
            let bytes = |member: &str| hex::decode(coin[member].as_str().unwrap()).unwrap();
            let request = KeyRequest {
                id: index.to_string(),
                index: None,
            };
            keys.push(request, SecretKey::secp256k1(&bytes("key")).unwrap());
            outputs.push(TxOut {
                value: Amount::from_sat(coin["sat"].as_u64().unwrap()),
                script_pubkey: ScriptBuf::from_bytes(bytes("script")),
            });
        }
        let transaction = deserialize_hex(example["unsigned"].as_str().unwrap()).unwrap();
        let spending = Spending::new(transaction, outputs).unwrap();
        let signers = keys.signers(&BITCOIN, Network::Mainnet).unwrap();
        let unsigned = Unsigned::new(signers, spending.encode().unwrap());
        (unsigned, keys, example)
    }

    fn p2sh_p2wpkh() -> Unsigned {
        let (unsigned, _, _) = example("P2SH-P2WPKH");
        unsigned
    }

    /// BIP-143 §"Native P2WPKH" and §"P2SH-P2WPKH".
    #[test]
    fn published_examples() {
        for name in ["Native P2WPKH", "P2SH-P2WPKH"] {
            let (unsigned, keys, example) = example(name);
            let preimages = BITCOIN.preimages(&unsigned).unwrap();
            let input = usize::try_from(example["input"].as_u64().unwrap()).unwrap();
            assert_eq!(
                hex::encode(&preimages[input].payload),
                example["sighash"],
                "{name}"
            );
            let signed = sign(&BITCOIN, &unsigned, &keys).unwrap();
            assert_eq!(signed.tx_data, example["signed"], "{name}");
            kms_core::testkit::tally("published", 1_u64, "vectors of BIP-143");
        }
    }

    #[test]
    fn there_must_be_one_signature_for_each_input() {
        let unsigned = p2sh_p2wpkh();
        assert!(matches!(
            BITCOIN.assemble(&unsigned, &[]),
            Err(TransactionError::Malformed(_))
        ));
    }

    #[test]
    fn a_frozen_transaction_without_its_signer_is_refused() {
        let unsigned = Unsigned::new(Vec::new(), p2sh_p2wpkh().body().to_vec());
        assert!(matches!(
            BITCOIN.preimages(&unsigned),
            Err(TransactionError::Refused(_))
        ));
    }
}
