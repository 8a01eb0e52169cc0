//! From an unsigned transaction to the signed one: the only path on which keys sign.

use std::{fmt, sync::Arc};

use super::{
    Assembled, ChainPlugin, KeyRequest, Network, Preimage, Signer, TransactionError, Unsigned,
};
use crate::keys::{PublicKey, SecretKey, Signature};

/// The keys of one transaction, in the order the plugin asked for them.
#[derive(Debug, Default)]
pub struct KeySet(Vec<(KeyRequest, Arc<SecretKey>)>);

impl KeySet {
    /// Adds the key that `request` asked for.
    pub fn push(&mut self, request: KeyRequest, key: impl Into<Arc<SecretKey>>) {
        self.0.push((request, key.into()));
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
        let signer = |(request, key): &(KeyRequest, Arc<SecretKey>)| {
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
            .map(|(_, key)| &**key)
            .ok_or_else(|| TransactionError::UnknownWallet(signer.id.clone()))
    }
}

/// Signs every preimage of `unsigned` with its key, assembles, and checks each signature: in
/// short, [`sign_unchecked`] and [`Unchecked::check`].
///
/// Pure and deterministic: the same value and keys give the same bytes.
///
/// # Errors
/// Those of the two.
pub fn sign(
    plugin: &dyn ChainPlugin,
    unsigned: &Unsigned,
    keys: &KeySet,
) -> Result<Assembled, TransactionError> {
    sign_unchecked(plugin, unsigned, keys)?.check()
}

/// Signs every preimage of `unsigned` with its key, and assembles.
///
/// # Errors
/// [`TransactionError`] of the plugin; [`TransactionError::UnknownWallet`] when a key is not in
/// `keys`.
pub fn sign_unchecked<'a>(
    plugin: &dyn ChainPlugin,
    unsigned: &'a Unsigned,
    keys: &KeySet,
) -> Result<Unchecked<'a>, TransactionError> {
    let preimages = plugin.preimages(unsigned)?;
    let mut signers = Vec::with_capacity(preimages.len());
    let mut signatures = Vec::with_capacity(preimages.len());
    for preimage in &preimages {
        let signer = unsigned.signers().get(preimage.signer).ok_or_else(|| {
            TransactionError::Malformed(format!("there is no signer {}", preimage.signer))
        })?;
        let key = keys.key_of(signer)?;
        signatures.push(key.sign(preimage.scheme, &preimage.payload)?);
        signers.push(&signer.public_key);
    }
    Ok(Unchecked {
        assembled: plugin.assemble(unsigned, &signatures)?,
        preimages,
        signers,
        signatures,
    })
}

/// A signed transaction of which nobody knows yet whether its signatures are right. The bytes do
/// not come out before [`check`](Self::check) has found that they are.
///
/// All schemes are deterministic: a fault of the machine while it signs can make a wrong signature
/// that, beside the right one, gives the private key away. So none is released on trust.
#[must_use = "what is not checked cannot leave"]
pub struct Unchecked<'a> {
    assembled: Assembled,
    preimages: Vec<Preimage>,
    /// The key of each preimage, and below its signature.
    signers: Vec<&'a PublicKey>,
    signatures: Vec<Signature>,
}

impl Unchecked<'_> {
    /// Verifies each signature against its preimage and public key, and gives the transaction.
    ///
    /// # Errors
    /// [`TransactionError::Key`] when a signature does not verify.
    pub fn check(self) -> Result<Assembled, TransactionError> {
        let keys = self.signers.into_iter().zip(&self.signatures);
        for (preimage, (key, signature)) in self.preimages.iter().zip(keys) {
            signature.verify(key, preimage.scheme, &preimage.payload)?;
        }
        Ok(self.assembled)
    }
}

impl fmt::Debug for Unchecked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unchecked")
            .field("signers", &self.signers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Scheme;

    /// What a machine with a fault makes: one of two signatures is wrong.
    fn unchecked<'a>(keys: &'a [PublicKey], signatures: Vec<Signature>) -> Unchecked<'a> {
        let preimages = (0..keys.len()).map(|signer| Preimage {
            signer,
            scheme: Scheme::EcdsaSecp256k1,
            payload: vec![7; 32],
        });
        Unchecked {
            assembled: Assembled::new("bytes", "id"),
            preimages: preimages.collect(),
            signers: keys.iter().collect(),
            signatures,
        }
    }

    #[test]
    fn bytes_come_out_only_if_every_signature_is_right() {
        let keys = [1, 2].map(|byte| SecretKey::secp256k1(&[byte; 32]).unwrap());
        let public = keys.each_ref().map(SecretKey::public_key);
        let right = keys
            .each_ref()
            .map(|key| key.sign(Scheme::EcdsaSecp256k1, &[7; 32]).unwrap());
        let released = unchecked(&public, right.to_vec()).check().unwrap();
        assert_eq!(released.tx_data, "bytes");

        for wrong in 0..2 {
            for bit in [0, 255, 256, 511] {
                let Signature::Ecdsa {
                    mut rs,
                    recovery_id,
                } = right[wrong]
                else {
                    panic!("an ECDSA scheme gives an ECDSA signature");
                };
                rs[bit / 8] ^= 0x80 >> (bit % 8);
                let mut signatures = right.to_vec();
                signatures[wrong] = Signature::Ecdsa { rs, recovery_id };
                let refused = unchecked(&public, signatures).check().unwrap_err();
                assert!(matches!(refused, TransactionError::Key(_)), "{refused}");
            }
        }
        let exchanged = vec![right[1], right[0]];
        unchecked(&public, exchanged).check().unwrap_err();
    }

    #[test]
    fn each_preimage_gets_the_key_of_its_wallet_and_index() {
        let ids = [("a", Some(0)), ("a", Some(1)), ("b", Some(1)), ("b", None)];
        let mut keys = KeySet::default();
        let mut signers = Vec::new();
        for (number, (id, index)) in (1..).zip(ids) {
            let key = SecretKey::secp256k1(&[number; 32]).unwrap();
            let public_key = key.public_key();
            let id = id.to_owned();
            signers.push(Signer {
                id: id.clone(),
                index,
                public_key,
                address: crate::chain::Address::new("X"),
            });
            keys.push(KeyRequest { id, index }, key);
        }
        for signer in &signers {
            let found = keys.key_of(signer).unwrap();
            assert_eq!(found.public_key(), signer.public_key);
        }
        for (id, index) in [("a", None), ("b", Some(0)), ("c", Some(0))] {
            let unknown = Signer {
                id: id.to_owned(),
                index,
                ..signers[0].clone()
            };
            let refused = keys.key_of(&unknown).unwrap_err();
            assert!(matches!(refused, TransactionError::UnknownWallet(wallet) if wallet == id));
        }
    }
}
