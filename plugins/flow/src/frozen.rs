//! The value between preparation and signature.

use alloy_rlp::{RlpDecodable, RlpEncodable};
use kms_core::prelude::{Network, TransactionError};

use crate::transaction::{GAS_LIMIT, LIFE, Payload};

/// What [`Unsigned::body`](kms_core::chain::Unsigned::body) holds, in RLP.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Frozen {
    pub(crate) payload: Payload,
    /// The key id of the payer, which the platform names.
    pub(crate) payer_key: u64,
    /// Height of the reference block.
    pub(crate) height: u64,
    /// 1 for the test network.
    pub(crate) testnet: u8,
}

impl Frozen {
    pub(crate) fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }

    /// # Errors
    /// [`TransactionError::Malformed`] when it was not made by [`encode`](Self::encode).
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        let malformed =
            |what: &str| TransactionError::Malformed(format!("the frozen value {what}"));
        let mut rest = bytes;
        let frozen = Self::decode_rlp(&mut rest).map_err(|error| malformed(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed("goes on after its end"));
        }
        if frozen.payload.gas_limit != GAS_LIMIT
            || frozen.payload.authorizers.len() != 1
            || frozen.testnet > 1
        {
            return Err(malformed("is not of this program"));
        }
        Ok(frozen)
    }

    fn decode_rlp(rest: &mut &[u8]) -> alloy_rlp::Result<Self> {
        <Self as alloy_rlp::Decodable>::decode(rest)
    }

    /// The network it was completed for.
    pub(crate) fn network(&self) -> Network {
        Network::from_testnet_flag(self.testnet == 1)
    }

    /// The last block height that can take it.
    pub(crate) fn expiry(&self) -> u64 {
        self.height.saturating_add(LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_encoded_is_decoded() {
        assert!(Frozen::decode(&[]).is_err());
        assert!(Frozen::decode(&[0xc0]).is_err());
    }
}
