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
    chain::{Assembled, Preimage, TransactionError, VerifiedSignature},
    keys::Scheme,
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
    signatures: &[VerifiedSignature],
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
fn der(signature: &VerifiedSignature) -> Result<Vec<u8>, TransactionError> {
    let mut signature =
        bitcoin::secp256k1::ecdsa::Signature::from_compact(signature.signature().bytes())
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

    use super::*;
    use crate::BITCOIN;

    /// Puts an example of BIP-143 into the form that the journal keeps. Its fee is in the
    /// thousands of dollars, so that `prepare` would refuse it.
    fn example(transaction: &str, coins: &[(u64, &str, &str)]) -> (Unsigned, KeySet) {
        let mut keys = KeySet::default();
        let mut outputs = Vec::new();
        for (index, (sat, script, key)) in coins.iter().enumerate() {
            let request = KeyRequest {
                id: index.to_string(),
                index: None,
            };
            let key = SecretKey::secp256k1(&hex::decode(key).unwrap()).unwrap();
            keys.push(request, key);
            outputs.push(TxOut {
                value: Amount::from_sat(*sat),
                script_pubkey: ScriptBuf::from_bytes(hex::decode(script).unwrap()),
            });
        }
        let transaction = deserialize_hex(transaction).unwrap();
        let unsigned = Unsigned {
            signers: keys.signers(&BITCOIN, Network::Mainnet).unwrap(),
            body: Spending::new(transaction, outputs)
                .unwrap()
                .encode()
                .unwrap(),
        };
        (unsigned, keys)
    }

    /// BIP-143 §"Native P2WPKH".
    #[test]
    fn native_p2wpkh_example() {
        let (unsigned, keys) = example(
            "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000",
            &[
                (
                    625_000_000,
                    "2103c9f4836b9a4f77fc0d81f7bcb01b7f1b35916864b9476c241ce9fc198bd25432ac",
                    "bbc27228ddcb9209d7fd6f36b02f7dfa6252af40bb2f1cbc7a557da8027ff866",
                ),
                (
                    600_000_000,
                    "00141d0f172a0ecb48aee1be1f2687d2963ae33f71a1",
                    "619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9",
                ),
            ],
        );
        let preimages = BITCOIN.preimages(&unsigned).unwrap();
        assert_eq!(
            hex::encode(&preimages[1].payload),
            "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670"
        );
        let signed = sign(&BITCOIN, &unsigned, &keys).unwrap();
        assert_eq!(
            signed.tx_data,
            "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000"
        );
    }

    /// BIP-143 §"P2SH-P2WPKH".
    fn p2sh_p2wpkh() -> (Unsigned, KeySet) {
        example(
            "0100000001db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a54770100000000feffffff02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f000000001976a914fd270b1ee6abcaea97fea7ad0402e8bd8ad6d77c88ac92040000",
            &[(
                1_000_000_000,
                "a9144733f37cf4db86fbc2efed2500b4f4e49f31202387",
                "eb696a065ef48a2192da5b28b694f87544b30fae8327c4510137a922f32c6dcf",
            )],
        )
    }

    #[test]
    fn p2sh_p2wpkh_example() {
        let (unsigned, keys) = p2sh_p2wpkh();
        let preimages = BITCOIN.preimages(&unsigned).unwrap();
        assert_eq!(
            hex::encode(&preimages[0].payload),
            "64f3b0f4dd2bb3aa1ce8566d220cc74dda9df97d8490cc81d89d735c92e59fb6"
        );
        let signed = sign(&BITCOIN, &unsigned, &keys).unwrap();
        assert_eq!(
            signed.tx_data,
            "01000000000101db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a5477010000001716001479091972186c449eb1ded22b78e40d009bdf0089feffffff02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f000000001976a914fd270b1ee6abcaea97fea7ad0402e8bd8ad6d77c88ac02473044022047ac8e878352d3ebbde1c94ce3a10d057c24175747116f8288e5d794d12d482f0220217f36a485cae903c713331d877c1f64677e3622ad4010726870540656fe9dcb012103ad1d8e89212f0b92c74d23bb710c00662ad1470198ac48c43f7d6f93a2a2687392040000"
        );
    }

    #[test]
    fn there_must_be_one_signature_for_each_input() {
        let (unsigned, _) = p2sh_p2wpkh();
        assert!(matches!(
            BITCOIN.assemble(&unsigned, &[]),
            Err(TransactionError::Malformed(_))
        ));
    }

    #[test]
    fn a_frozen_transaction_without_its_signer_is_refused() {
        let (mut unsigned, _) = p2sh_p2wpkh();
        unsigned.signers.clear();
        assert!(matches!(
            BITCOIN.preimages(&unsigned),
            Err(TransactionError::Refused(_))
        ));
    }
}
