//! From an unsigned transaction to the signed one: the only path on which keys sign.

use super::{Assembled, ChainPlugin, KeyRequest, Network, Signer, TransactionError, Unsigned};
use crate::keys::SecretKey;

/// The keys of one transaction, in the order the plugin asked for them.
#[derive(Debug, Default)]
pub struct KeySet(Vec<(KeyRequest, SecretKey)>);

impl KeySet {
    /// Adds the key that `request` asked for.
    pub fn push(&mut self, request: KeyRequest, key: SecretKey) {
        self.0.push((request, key));
    }

    /// The public side of the keys, which is all that a plugin sees.
    ///
    /// # Errors
    /// [`TransactionError::Wallet`] when a key has no address on the plugin's chain.
    pub fn signers(
        &self,
        plugin: &dyn ChainPlugin,
        network: Network,
    ) -> Result<Vec<Signer>, TransactionError> {
        let signer = |(request, key): &(KeyRequest, SecretKey)| {
            let public_key = key.public_key();
            let address = plugin.address(network, &public_key).map_err(|source| {
                TransactionError::Wallet {
                    wallet: request.id.clone(),
                    source,
                }
            })?;
            Ok(Signer {
                id: request.id.clone(),
                index: request.index,
                public_key,
                address,
            })
        };
        self.0.iter().map(signer).collect()
    }

    fn key_of(&self, signer: &Signer) -> Result<&SecretKey, TransactionError> {
        self.0
            .iter()
            .find(|(request, _)| request.id == signer.id && request.index == signer.index)
            .map(|(_, key)| key)
            .ok_or_else(|| TransactionError::UnknownWallet(signer.id.clone()))
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
        let signature = keys
            .key_of(signer)?
            .sign(preimage.scheme, &preimage.payload)?;
        signatures.push(preimage.accept(&signer.public_key, signature)?);
    }
    plugin.assemble(unsigned, &signatures)
}
