//! From an unsigned transaction to the signed one: the only path on which keys sign.

use std::collections::HashMap;

use super::{Assembled, ChainPlugin, KeyRequest, TransactionError, Unsigned};
use crate::keys::SecretKey;

/// The keys of one transaction.
#[derive(Debug, Default)]
pub struct KeySet(HashMap<KeyRequest, SecretKey>);

impl KeySet {
    /// Adds the key that `request` asked for.
    pub fn insert(&mut self, request: KeyRequest, key: SecretKey) {
        self.0.insert(request, key);
    }
}

/// Signs every preimage of `unsigned` with its key, verifies each signature, and assembles.
///
/// Pure and deterministic: the same value and keys give the same bytes.
///
/// # Errors
/// [`TransactionError`] of the plugin; [`TransactionError::UnknownWallet`] when a key is not in
/// `keys`; [`TransactionError::Key`] when a signature does not verify.
pub fn sign(
    plugin: &dyn ChainPlugin,
    unsigned: &Unsigned,
    keys: &KeySet,
) -> Result<Assembled, TransactionError> {
    let mut signatures = Vec::with_capacity(unsigned.signers.len());
    for preimage in plugin.preimages(unsigned)? {
        let signer = unsigned.signers.get(preimage.signer).ok_or_else(|| {
            TransactionError::Malformed(format!("there is no signer {}", preimage.signer))
        })?;
        let key = keys
            .0
            .get(&signer.key_request())
            .ok_or_else(|| TransactionError::UnknownWallet(signer.id.clone()))?;
        let signature = key.sign(preimage.scheme, &preimage.payload)?;
        signatures.push(preimage.accept(&signer.public_key, signature)?);
    }
    plugin.assemble(unsigned, &signatures)
}
