//! Which signer owns which input.

use std::collections::HashMap;

use bitcoin::{Script, ScriptBuf};
use kms_core::{
    chain::{Signer, TransactionError},
    keys::EcPoint,
};

use crate::{
    input_type::{InputType, witness_program},
    params::Params,
    unsigned::Spending,
};

/// How an input is signed, and by whom.
#[derive(Debug)]
pub(crate) struct Owner<'a> {
    /// Position among the signers.
    pub(crate) signer: usize,
    /// The public key, in the form that its owner uses.
    pub(crate) key: &'a EcPoint,
    /// How it spends.
    pub(crate) kind: InputType,
}

impl Owner<'_> {
    /// The P2WPKH script, for the kinds that have one.
    pub(crate) fn witness_program(&self) -> Option<ScriptBuf> {
        self.kind
            .is_segwit()
            .then(|| witness_program(self.key))
            .flatten()
    }
}

/// The owner of each input, nothing for an input that no signer owns.
///
/// # Errors
/// [`TransactionError::Key`] when a signer's key is of another curve.
pub(crate) fn of_inputs<'a>(
    params: &Params,
    spending: &Spending,
    signers: &'a [Signer],
) -> Result<Vec<Option<Owner<'a>>>, TransactionError> {
    let mut scripts = Vec::with_capacity(signers.len());
    for (signer, public) in signers.iter().enumerate() {
        let key = public.public_key.secp256k1()?;
        let of_key = params.inputs.iter().filter_map(|kind| {
            let script = kind.script_for(key)?;
            Some((script, (signer, key, *kind)))
        });
        scripts.extend(of_key);
    }
    // The first signer wins where two hold the same key.
    scripts.reverse();
    let owners: HashMap<_, _> = scripts.into_iter().collect();
    Ok(spending
        .coins()
        .iter()
        .map(|coin| {
            owners
                .get(&coin.script_pubkey)
                .map(|&(signer, key, kind)| Owner { signer, key, kind })
        })
        .collect())
}

/// The owner of each input.
///
/// # Errors
/// [`TransactionError::Refused`], which names the inputs that no signer owns: an incomplete
/// transaction is no use to anybody, and must not leave. `address` gives the address of a coin.
pub(crate) fn of_all_inputs<'a>(
    params: &Params,
    spending: &Spending,
    signers: &'a [Signer],
    address: impl Fn(&Script) -> Option<String>,
) -> Result<Vec<Owner<'a>>, TransactionError> {
    let mut orphans = Vec::new();
    let mut owners = Vec::with_capacity(spending.coins().len());
    let inputs = spending.transaction().input.iter().zip(spending.coins());
    for ((index, (input, coin)), owner) in inputs
        .enumerate()
        .zip(of_inputs(params, spending, signers)?)
    {
        match owner {
            Some(owner) => owners.push(owner),
            None => {
                let place = address(&coin.script_pubkey)
                    .unwrap_or_else(|| format!("script {}", hex::encode(&coin.script_pubkey)));
                orphans.push(format!("{index} ({}, {place})", input.previous_output));
            }
        }
    }
    if orphans.is_empty() {
        return Ok(owners);
    }
    Err(TransactionError::Refused(format!(
        "none of the named wallets can sign input {}",
        orphans.join(", ")
    )))
}
