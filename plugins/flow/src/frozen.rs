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
    use crate::account::Account;

    fn account(digit: u8) -> Account {
        Account::parse_loose(&digit.to_string().repeat(16)).unwrap()
    }

    fn frozen() -> Frozen {
        let account = account(1);
        Frozen {
            payload: Payload {
                script: "transaction { }".into(),
                arguments: Vec::new(),
                reference_block: [2; 32].into(),
                gas_limit: GAS_LIMIT,
                proposer: account,
                proposer_key: 3,
                sequence_number: 4,
                payer: account,
                authorizers: vec![account],
            },
            payer_key: 5,
            height: 6,
            testnet: 1,
        }
    }

    #[test]
    fn only_what_was_encoded_is_decoded() {
        assert_eq!(Frozen::decode(&frozen().encode()).unwrap(), frozen());
        assert!(Frozen::decode(&[]).is_err());
        assert!(Frozen::decode(&[0xc0]).is_err());
        let mut longer = frozen().encode();
        longer.push(0);
        assert!(Frozen::decode(&longer).is_err());
    }

    #[test]
    fn what_this_program_does_not_make_is_refused() {
        let refused = |change: fn(&mut Frozen)| {
            let mut frozen = frozen();
            change(&mut frozen);
            let error = Frozen::decode(&frozen.encode()).unwrap_err();
            assert!(error.to_string().contains("not of this program"), "{error}");
        };
        refused(|frozen| frozen.payload.gas_limit = GAS_LIMIT + 1);
        refused(|frozen| frozen.payload.authorizers.clear());
        refused(|frozen| frozen.payload.authorizers.push(account(7)));
        refused(|frozen| frozen.testnet = 2);
    }
}
