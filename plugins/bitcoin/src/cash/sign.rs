//! What is signed, and where the signatures go.

use bitcoin::{
    EcdsaSighashType, Transaction,
    consensus::encode::serialize_hex,
    hashes::{Hash as _, sha256d},
    script::{Builder, PushBytesBuf},
    sighash::SighashCache,
};
use kms_core::{
    chain::{Assembled, Preimage, TransactionError},
    keys::{Scheme, Signature},
};

use crate::{owner::Owner, unsigned::Spending};

/// `SIGHASH_ALL | SIGHASH_FORKID`, fork id 0.
const HASH_TYPE: u8 = 0x41;

/// One preimage for each input: its signature hash as of the replay-protected specification of
/// 2017, which is that of BIP-143 with another hash type.
///
/// # Errors
/// [`TransactionError::Malformed`], which only a defect of this crate could show.
pub(super) fn preimages(
    spending: &Spending,
    owners: &[Owner<'_>],
) -> Result<Vec<Preimage>, TransactionError> {
    let mut cache = SighashCache::new(spending.transaction());
    let mut preimages = Vec::with_capacity(owners.len());
    for ((index, owner), coin) in owners.iter().enumerate().zip(spending.coins()) {
        let mut message = Vec::with_capacity(182);
        cache
            .segwit_v0_encode_signing_data_to(
                &mut message,
                index,
                &coin.script_pubkey,
                coin.value,
                EcdsaSighashType::All,
            )
            .map_err(|error| malformed(&error))?;
        // The hash type stands last, as four bytes.
        message.truncate(message.len().saturating_sub(4));
        message.extend(u32::from(HASH_TYPE).to_le_bytes());
        preimages.push(Preimage {
            signer: owner.signer,
            scheme: Scheme::SchnorrBch2019,
            payload: sha256d::Hash::hash(&message).to_byte_array().to_vec(),
        });
    }
    Ok(preimages)
}

/// The signed transaction.
///
/// # Errors
/// [`TransactionError::Malformed`] when there is not one signature for each input.
pub(super) fn assemble(
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
        let mut signature = signature.bytes().to_vec();
        signature.push(HASH_TYPE);
        input.script_sig = Builder::new()
            .push_slice(push(signature)?)
            .push_slice(push(owner.key.encoded().to_vec())?)
            .into_script();
    }
    Ok(Assembled::new(
        serialize_hex(&transaction),
        transaction.compute_txid().to_string(),
    ))
}

fn push(bytes: Vec<u8>) -> Result<PushBytesBuf, TransactionError> {
    PushBytesBuf::try_from(bytes).map_err(|error| malformed(&error))
}

fn malformed(error: &dyn std::fmt::Display) -> TransactionError {
    TransactionError::Malformed(error.to_string())
}
