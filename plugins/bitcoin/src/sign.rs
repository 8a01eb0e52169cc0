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
    Ok(Assembled {
        tx_data: serialize_hex(&transaction),
        transaction_id: transaction.compute_txid().to_string(),
    })
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
