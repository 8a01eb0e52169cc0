//! A transaction envelope (CAP-0015) and the network it is signed for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::prelude::{Network, PublicKey, Scheme, Signature as KeySignature, TransactionError};
use sha2::{Digest as _, Sha256};
use stellar_xdr::{
    DecoratedSignature, Limits, ReadXdr as _, Signature, SignatureHint, TransactionEnvelope,
    WriteXdr as _,
};

/// Far more than the types nest, far less than the stack holds.
const DEPTH: u32 = 500;

/// An envelope that is the same bytes when written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) network: Network,
    pub(crate) xdr: TransactionEnvelope,
}

impl Envelope {
    /// Reads base64, as the cloud sends it.
    pub(crate) fn parse(network: Network, text: &str) -> Result<Self, TransactionError> {
        let bytes = BASE64_STANDARD
            .decode(text)
            .map_err(|_| malformed("it is not base64"))?;
        Self::from_xdr(network, &bytes)
    }

    fn from_xdr(network: Network, bytes: &[u8]) -> Result<Self, TransactionError> {
        let limits = Limits {
            depth: DEPTH,
            len: bytes.len(),
        };
        let xdr = TransactionEnvelope::from_xdr(bytes, limits)
            .map_err(|error| malformed(&format!("it is no transaction envelope: {error}")))?;
        let envelope = Self { network, xdr };
        if envelope.to_xdr()? != bytes {
            return Err(malformed("its XDR is not canonical"));
        }
        Ok(envelope)
    }

    /// The frozen form: the network's id, then the XDR.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, TransactionError> {
        Ok([network_id(self.network).as_slice(), &self.to_xdr()?].concat())
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        let (id, bytes) = body
            .split_first_chunk::<32>()
            .ok_or_else(|| malformed("the body is too short"))?;
        let network = [Network::Mainnet, Network::Testnet]
            .into_iter()
            .find(|network| network_id(*network) == *id)
            .ok_or_else(|| malformed("the body is for no known network"))?;
        Self::from_xdr(network, bytes)
    }

    /// What is signed, and the transaction's id.
    pub(crate) fn hash(&self) -> Result<[u8; 32], TransactionError> {
        self.xdr
            .hash(network_id(self.network))
            .map_err(|error| malformed(&error.to_string()))
    }

    /// The signatures already there; of the outer transaction of a fee bump.
    pub(crate) fn signatures(&self) -> &[DecoratedSignature] {
        match &self.xdr {
            TransactionEnvelope::TxV0(envelope) => &envelope.signatures,
            TransactionEnvelope::Tx(envelope) => &envelope.signatures,
            TransactionEnvelope::TxFeeBump(envelope) => &envelope.signatures,
        }
    }

    /// Whether `key` has signed it already. The network refuses a second one as superfluous.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> Result<bool, TransactionError> {
        let hash = self.hash()?;
        Ok(self.signatures().iter().any(|found| {
            <[u8; 64]>::try_from(found.signature.as_slice()).is_ok_and(|bytes| {
                KeySignature::Ed25519(bytes)
                    .verify(key, Scheme::Ed25519, &hash)
                    .is_ok()
            })
        }))
    }

    /// The envelope in base64 with one more signature at the end of the list.
    pub(crate) fn with_signature(
        &self,
        key: &PublicKey,
        signature: &[u8; 64],
    ) -> Result<String, TransactionError> {
        let [.., a, b, c, d] = *key.ed25519()?;
        let decorated = DecoratedSignature {
            hint: SignatureHint([a, b, c, d]),
            signature: Signature(
                signature
                    .try_into()
                    .map_err(|_| malformed("the signature has no 64 bytes"))?,
            ),
        };
        let mut signed = self.clone();
        let signatures = match &mut signed.xdr {
            TransactionEnvelope::TxV0(envelope) => &mut envelope.signatures,
            TransactionEnvelope::Tx(envelope) => &mut envelope.signatures,
            TransactionEnvelope::TxFeeBump(envelope) => &mut envelope.signatures,
        };
        let mut list = signatures.to_vec();
        list.push(decorated);
        *signatures = list.try_into().map_err(|_| {
            TransactionError::Refused("it carries 20 signatures, as many as it can".to_owned())
        })?;
        signed.to_base64()
    }

    pub(crate) fn to_base64(&self) -> Result<String, TransactionError> {
        Ok(BASE64_STANDARD.encode(self.to_xdr()?))
    }

    fn to_xdr(&self) -> Result<Vec<u8>, TransactionError> {
        self.xdr
            .to_xdr(Limits::depth(DEPTH))
            .map_err(|error| malformed(&error.to_string()))
    }
}

/// SHA-256 of the network's passphrase.
fn network_id(network: Network) -> [u8; 32] {
    let passphrase = match network {
        Network::Mainnet => "Public Global Stellar Network ; September 2015",
        Network::Testnet => "Test SDF Network ; September 2015",
    };
    Sha256::digest(passphrase).into()
}

pub(crate) fn malformed(reason: &str) -> TransactionError {
    TransactionError::Malformed(reason.to_owned())
}
