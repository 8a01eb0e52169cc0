//! The transaction between preparation and signature, and its encodings.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rlp::{Encodable as _, Header, RlpDecodable, RlpEncodable};
use blake2::{Blake2b256, Digest as _};
use kms_core::chain::TransactionError;

/// A transaction without its signature.
///
/// Its RLP encoding is what [`Unsigned::body`](kms_core::chain::Unsigned::body) holds, and what
/// is hashed and signed.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Transaction {
    /// The last byte of the id of the network's genesis block.
    pub(crate) chain_tag: u8,
    /// The first 8 bytes of the id of a block: the transaction is valid from the next one on.
    pub(crate) block_ref: u64,
    /// For how many blocks it is valid.
    pub(crate) expiration: u32,
    /// What it does.
    pub(crate) clauses: Vec<Clause>,
    /// 255 doubles the price of gas, 0 leaves it as it is.
    pub(crate) gas_price_coef: u8,
    /// The gas limit.
    pub(crate) gas: u64,
    /// The transaction that must come first: 32 bytes, or none.
    pub(crate) depends_on: Bytes,
    /// What tells it from others of the same content.
    pub(crate) nonce: u64,
    /// Features: none are used here.
    pub(crate) reserved: Vec<Bytes>,
}

/// One payment, call or creation.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Clause {
    /// The recipient or contract; none to create a contract.
    pub(crate) to: TxKind,
    /// The amount in units of 10^-18 VET.
    pub(crate) value: U256,
    /// Call data or creation code.
    pub(crate) data: Bytes,
}

impl Transaction {
    /// An empty transaction for the network with this chain tag.
    pub(crate) fn new(chain_tag: u8, clauses: Vec<Clause>) -> Self {
        Self {
            chain_tag,
            block_ref: 0,
            expiration: 0,
            clauses,
            gas_price_coef: 0,
            gas: 0,
            depends_on: Bytes::new(),
            nonce: 0,
            reserved: Vec::new(),
        }
    }

    /// Sets the transaction that must come first.
    pub(crate) fn depend_on(&mut self, id: Option<B256>) {
        self.depends_on = id.map_or_else(Bytes::new, |id| Bytes::copy_from_slice(id.as_slice()));
    }

    /// The transaction that must come first.
    pub(crate) fn depends_on(&self) -> Option<B256> {
        B256::try_from(self.depends_on.as_ref()).ok()
    }

    /// `rlp[chainTag, blockRef, expiration, clauses, gasPriceCoef, gas, dependsOn, nonce, []]`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }

    /// Reads exactly what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, NotOurs> {
        let transaction = alloy_rlp::decode_exact::<Self>(bytes).map_err(|_| NotOurs)?;
        let complete = !transaction.clauses.is_empty()
            && transaction.reserved.is_empty()
            && matches!(transaction.depends_on.len(), 0 | 32);
        // One value, one encoding.
        if !complete || transaction.encode() != bytes {
            return Err(NotOurs);
        }
        Ok(transaction)
    }

    /// The BLAKE2b-256 of the encoding: the digest that is signed.
    pub(crate) fn signing_hash(&self) -> B256 {
        B256::new(Blake2b256::digest(self.encode()).into())
    }

    /// The transaction's id: BLAKE2b-256 of the digest and the sender.
    pub(crate) fn id(&self, sender: &Address) -> B256 {
        let hash = Blake2b256::new()
            .chain_update(self.signing_hash())
            .chain_update(sender);
        B256::new(hash.finalize().into())
    }

    /// The same list with the signature `r ‖ s ‖ recovery id` as its tenth item.
    pub(crate) fn encode_signed(&self, signature: &[u8; 65]) -> Vec<u8> {
        let body = self.encode();
        let mut rest = body.as_slice();
        // The encoding is one list, or it would not be ours.
        let items = Header::decode_bytes(&mut rest, true).unwrap_or_default();
        let mut payload = items.to_vec();
        signature.as_slice().encode(&mut payload);
        let header = Header {
            list: true,
            payload_length: payload.len(),
        };
        let mut raw = Vec::with_capacity(header.length_with_payload());
        header.encode(&mut raw);
        raw.extend(payload);
        raw
    }
}

/// The bytes were not written by this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOurs;

impl From<NotOurs> for TransactionError {
    fn from(_: NotOurs) -> Self {
        Self::Malformed("the body is no unsigned transaction in its canonical encoding".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clauses() -> impl Strategy<Value = Vec<Clause>> {
        let to = proptest::option::of(any::<[u8; 20]>())
            .prop_map(|to| to.map_or(TxKind::Create, |to| TxKind::Call(to.into())));
        let data = proptest::collection::vec(any::<u8>(), 0..100).prop_map(Bytes::from);
        let clause = (to, any::<[u64; 4]>(), data).prop_map(|(to, value, data)| Clause {
            to,
            value: U256::from_limbs(value),
            data,
        });
        proptest::collection::vec(clause, 1..4)
    }

    prop_compose! {
        fn transactions()(
            clauses in clauses(),
            chain_tag: u8, block_ref: u64, expiration: u32, gas_price_coef: u8, gas: u64, nonce: u64,
            id in proptest::option::of(any::<[u8; 32]>()),
        ) -> Transaction {
            let mut transaction = Transaction {
                block_ref, expiration, gas_price_coef, gas, nonce,
                ..Transaction::new(chain_tag, clauses)
            };
            transaction.depend_on(id.map(B256::from));
            transaction
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(transaction in transactions()) {
            prop_assert_eq!(Transaction::decode(&transaction.encode()), Ok(transaction));
        }

        #[test]
        fn nothing_may_follow(transaction in transactions(), byte: u8) {
            let mut bytes = transaction.encode();
            bytes.push(byte);
            prop_assert_eq!(Transaction::decode(&bytes), Err(NotOurs));
        }

        #[test]
        fn what_is_read_is_canonical(
            transaction in transactions(),
            position: proptest::sample::Index,
            byte: u8,
        ) {
            let mut bytes = transaction.encode();
            let position = position.index(bytes.len());
            bytes[position] = byte;
            if let Ok(transaction) = Transaction::decode(&bytes) {
                prop_assert_eq!(transaction.encode(), bytes);
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Transaction::decode(&bytes);
        }
    }

    #[test]
    fn what_is_not_signed_here_is_not_read() {
        let clause = Clause {
            to: TxKind::Create,
            value: U256::ZERO,
            data: Bytes::new(),
        };
        let plain = Transaction::new(0x27, vec![clause]);
        assert!(Transaction::decode(&plain.encode()).is_ok());
        let mut delegated = plain.clone();
        delegated.reserved = vec![Bytes::from_static(&[1])];
        let mut half_an_id = plain.clone();
        half_an_id.depends_on = Bytes::from_static(&[7; 16]);
        let empty = Transaction::new(0x27, Vec::new());
        for other in [delegated, half_an_id, empty] {
            assert_eq!(Transaction::decode(&other.encode()), Err(NotOurs));
        }
    }
}
