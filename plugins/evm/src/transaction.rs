//! A complete transaction without its signature, and the bytes that stand for it.

use alloy_consensus::{
    SignableTransaction as _, TxEip1559, TxEip2930, TxLegacy,
    transaction::{RlpEcdsaDecodableTx as _, RlpEcdsaEncodableTx as _},
};
use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use alloy_rlp::{Decodable as _, Encodable as _, RlpDecodable, RlpEncodable};
use kms_core::prelude::TransactionError;

use crate::celo::{TxCeloLegacy, TxCip64};

/// A transaction of one of the types that are signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// EIP-155.
    Legacy(TxLegacy),
    /// EIP-2930, type 1.
    Eip2930(TxEip2930),
    /// EIP-1559, type 2.
    Eip1559(TxEip1559),
    /// Of Celo's own L1.
    CeloLegacy(TxCeloLegacy),
    /// CIP-64 of Celo, type 0x7b.
    Cip64(TxCip64),
}

/// Does the same with each type.
macro_rules! of_any_type {
    ($transaction:expr, $inner:ident => $result:expr) => {
        match $transaction {
            Transaction::Legacy($inner) => $result,
            Transaction::Eip2930($inner) => $result,
            Transaction::Eip1559($inner) => $result,
            Transaction::CeloLegacy($inner) => $result,
            Transaction::Cip64($inner) => $result,
        }
    };
}

impl Transaction {
    /// The encoding whose Keccak-256 is signed: `rlp[…, chainId, 0, 0]` (EIP-155), or the type's
    /// byte and `rlp[chainId, …]` (EIP-2718). It holds every field, so it also stands for the
    /// transaction until it is signed.
    pub(crate) fn encode_for_signing(&self) -> Vec<u8> {
        of_any_type!(self, inner => inner.encoded_for_signing())
    }

    /// Reads what [`encode_for_signing`](Self::encode_for_signing) wrote, and nothing else.
    fn decode_for_signing(bytes: &[u8]) -> Result<Self, NotOurs> {
        let transaction = match bytes {
            [1, fields @ ..] => TxEip2930::rlp_decode(&mut &*fields).map(Self::Eip2930),
            [2, fields @ ..] => TxEip1559::rlp_decode(&mut &*fields).map(Self::Eip1559),
            [TxCip64::TYPE, fields @ ..] => TxCip64::decode_for_signing(fields).map(Self::Cip64),
            // Nine members or twelve: no list is both.
            fields => match TxLegacy::decode(&mut &*fields) {
                Ok(transaction) => Ok(Self::Legacy(transaction)),
                Err(_) => TxCeloLegacy::decode_for_signing(fields).map(Self::CeloLegacy),
            },
        }
        .map_err(|_| NotOurs)?;
        // alloy reads more than it writes (bytes after the end, other values in place of the two
        // zeros); what does not come out again as it went in is not ours.
        if transaction.chain_id() == 0 || transaction.encode_for_signing() != bytes {
            return Err(NotOurs);
        }
        Ok(transaction)
    }

    /// The digest that is signed.
    pub(crate) fn signature_hash(&self) -> B256 {
        keccak256(self.encode_for_signing())
    }

    /// The raw transaction: EIP-2718 with the signature, legacy with `v` of EIP-155.
    pub(crate) fn encode_signed(&self, signature: &Signature) -> Vec<u8> {
        let mut raw = Vec::new();
        of_any_type!(self, inner => inner.eip2718_encode(signature, &mut raw));
        raw
    }

    /// The EIP-155 chain id. A legacy transaction without one, which could be replayed on every
    /// chain, is neither made nor read here; 0 is the id of no chain.
    pub(crate) fn chain_id(&self) -> u64 {
        match self {
            Self::Legacy(inner) => inner.chain_id.unwrap_or_default(),
            Self::Eip2930(inner) => inner.chain_id,
            Self::Eip1559(inner) => inner.chain_id,
            Self::CeloLegacy(inner) => inner.chain_id,
            Self::Cip64(inner) => inner.chain_id,
        }
    }

    /// The account nonce.
    pub(crate) fn nonce(&self) -> u64 {
        of_any_type!(self, inner => inner.nonce)
    }

    /// The gas limit.
    pub(crate) fn gas_limit(&self) -> u64 {
        of_any_type!(self, inner => inner.gas_limit)
    }

    /// The most that is paid for one gas, in wei or in 10^-18 of the fee currency.
    pub(crate) fn max_price(&self) -> u128 {
        match self {
            Self::Legacy(inner) => inner.gas_price,
            Self::Eip2930(inner) => inner.gas_price,
            Self::Eip1559(inner) => inner.max_fee_per_gas,
            Self::CeloLegacy(inner) => inner.gas_price,
            Self::Cip64(inner) => inner.max_fee_per_gas,
        }
    }

    /// The most that is paid for all gas and to gateways, in wei or in 10^-18 of the fee
    /// currency.
    pub(crate) fn fee_ceiling(&self) -> U256 {
        let gateway_fee = match self {
            Self::CeloLegacy(inner) => inner.gateway_fee,
            _ => U256::ZERO,
        };
        // 64 bits times 128 bits: no overflow in 256.
        U256::from(self.gas_limit())
            .saturating_mul(U256::from(self.max_price()))
            .saturating_add(gateway_fee)
    }

    /// The token that the fee is paid in, where it is not the chain's coin.
    pub(crate) fn fee_currency(&self) -> Option<Address> {
        match self {
            Self::CeloLegacy(inner) => inner.fee_currency,
            Self::Cip64(inner) => Some(inner.fee_currency),
            Self::Legacy(_) | Self::Eip2930(_) | Self::Eip1559(_) => None,
        }
    }

    /// The recipient or contract; none when a contract is created.
    pub(crate) fn to(&self) -> Option<Address> {
        match of_any_type!(self, inner => inner.to) {
            TxKind::Call(to) => Some(to),
            TxKind::Create => None,
        }
    }

    /// The amount in wei.
    pub(crate) fn value(&self) -> U256 {
        of_any_type!(self, inner => inner.value)
    }

    /// The call data or creation code.
    pub(crate) fn input(&self) -> &Bytes {
        of_any_type!(self, inner => &inner.input)
    }

    /// The access list, where the type has one.
    pub(crate) fn access_list(&self) -> Option<&AccessList> {
        match self {
            Self::Legacy(_) | Self::CeloLegacy(_) => None,
            Self::Eip2930(inner) => Some(&inner.access_list),
            Self::Eip1559(inner) => Some(&inner.access_list),
            Self::Cip64(inner) => Some(&inner.access_list),
        }
    }
}

/// What [`Unsigned::body`](kms_core::chain::Unsigned::body) holds: the transaction, and what the
/// approver should know of how it came about.
///
/// Encoded as `rlp[transaction, notes]`, the first being the encoding for signing as a string,
/// the second a number with one bit for each note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// What is signed.
    pub(crate) transaction: Transaction,
    /// How it came about.
    pub(crate) notes: Notes,
}

/// Where the transaction is not quite what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The nonce 0 was given and replaced by the account's.
    pub(crate) nonce_zero_replaced: bool,
    /// A gas limit was given and replaced by the node's estimate.
    pub(crate) gas_replaced: bool,
    /// The request names another sender than the key that signs.
    pub(crate) other_sender: bool,
}

#[derive(RlpEncodable, RlpDecodable)]
struct Wire {
    transaction: Bytes,
    notes: u8,
}

impl Body {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            transaction: self.transaction.encode_for_signing().into(),
            notes: self.notes.to_bits(),
        };
        let mut bytes = Vec::with_capacity(wire.length());
        wire.encode(&mut bytes);
        bytes
    }

    /// Reads exactly what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, NotOurs> {
        let wire = alloy_rlp::decode_exact::<Wire>(bytes).map_err(|_| NotOurs)?;
        Ok(Self {
            transaction: Transaction::decode_for_signing(&wire.transaction)?,
            notes: Notes::from_bits(wire.notes).ok_or(NotOurs)?,
        })
    }
}

impl Notes {
    fn to_bits(self) -> u8 {
        u8::from(self.nonce_zero_replaced)
            | u8::from(self.gas_replaced) << 1
            | u8::from(self.other_sender) << 2
    }

    fn from_bits(bits: u8) -> Option<Self> {
        (bits < 8).then_some(Self {
            nonce_zero_replaced: bits & 1 != 0,
            gas_replaced: bits & 2 != 0,
            other_sender: bits & 4 != 0,
        })
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
    use alloy_eips::eip2930::AccessListItem;
    use proptest::prelude::*;

    fn transactions() -> impl Strategy<Value = Transaction> {
        let kind = proptest::option::of(any::<[u8; 20]>())
            .prop_map(|to| to.map_or(TxKind::Create, |to| TxKind::Call(to.into())));
        let input = proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from);
        let keys = proptest::collection::vec(any::<[u8; 32]>(), 0..3);
        let list = proptest::collection::vec((any::<[u8; 20]>(), keys), 0..3).prop_map(|items| {
            let item = |(address, keys): ([u8; 20], Vec<[u8; 32]>)| AccessListItem {
                address: address.into(),
                storage_keys: keys.into_iter().map(B256::from).collect(),
            };
            AccessList(items.into_iter().map(item).collect())
        });
        let numbers = any::<(u64, u64, u64, u128, u128, [u64; 4])>();
        let address = || any::<[u8; 20]>().prop_map(Address::from);
        let celo = (address(), proptest::option::of(address()));
        (0_u8..5, numbers, kind, input, list, celo).prop_map(
            |(ty, numbers, to, input, access_list, (currency, recipient))| {
                let (chain_id, nonce, gas_limit, price, max_priority_fee_per_gas, value) = numbers;
                let (value, chain_id) = (U256::from_limbs(value), chain_id.max(1));
                match ty {
                    0 => Transaction::Legacy(TxLegacy {
                        chain_id: Some(chain_id),
                        nonce,
                        gas_price: price,
                        gas_limit,
                        to,
                        value,
                        input,
                    }),
                    1 => Transaction::Eip2930(TxEip2930 {
                        chain_id,
                        nonce,
                        gas_price: price,
                        gas_limit,
                        to,
                        value,
                        access_list,
                        input,
                    }),
                    2 => Transaction::Eip1559(TxEip1559 {
                        chain_id,
                        nonce,
                        gas_limit,
                        max_fee_per_gas: price,
                        max_priority_fee_per_gas,
                        to,
                        value,
                        access_list,
                        input,
                    }),
                    3 => Transaction::CeloLegacy(TxCeloLegacy {
                        chain_id,
                        nonce,
                        gas_price: price,
                        gas_limit,
                        fee_currency: recipient.map(|_| currency),
                        gateway_fee_recipient: recipient,
                        gateway_fee: U256::from(max_priority_fee_per_gas),
                        to,
                        value,
                        input,
                    }),
                    _ => Transaction::Cip64(TxCip64 {
                        chain_id,
                        nonce,
                        max_priority_fee_per_gas,
                        max_fee_per_gas: price,
                        gas_limit,
                        to,
                        value,
                        input,
                        access_list,
                        fee_currency: currency,
                    }),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_body_decodes_to_what_was_encoded(transaction in transactions(), bits in 0_u8..8) {
            let notes = Notes::from_bits(bits).unwrap();
            let body = Body { transaction, notes };
            prop_assert_eq!(Body::decode(&body.encode()), Ok(body));
        }

        #[test]
        fn nothing_may_follow_a_body(transaction in transactions(), byte: u8) {
            let mut bytes = Body { transaction: transaction.clone(), notes: Notes::default() }.encode();
            bytes.push(byte);
            prop_assert_eq!(Body::decode(&bytes), Err(NotOurs));
            let mut inner = transaction.encode_for_signing();
            inner.push(byte);
            prop_assert_eq!(Transaction::decode_for_signing(&inner), Err(NotOurs));
        }

        #[test]
        fn a_body_that_is_read_is_canonical(
            transaction in transactions(),
            position: proptest::sample::Index,
            byte: u8,
        ) {
            let mut bytes = Body { transaction, notes: Notes::default() }.encode();
            let position = position.index(bytes.len());
            bytes[position] = byte;
            if let Ok(body) = Body::decode(&bytes) {
                prop_assert_eq!(body.encode(), bytes);
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Body::decode(&bytes);
            let _ = Transaction::decode_for_signing(&bytes);
        }
    }

    #[test]
    fn a_legacy_transaction_without_chain_id_is_refused() {
        let transaction = Transaction::Legacy(TxLegacy::default());
        assert_eq!(
            Transaction::decode_for_signing(&transaction.encode_for_signing()),
            Err(NotOurs)
        );
    }

    #[test]
    fn unknown_notes_are_refused() {
        let wire = |notes| Wire {
            transaction: Transaction::Eip1559(TxEip1559 {
                chain_id: 1,
                ..TxEip1559::default()
            })
            .encode_for_signing()
            .into(),
            notes,
        };
        assert!(Body::decode(&alloy_rlp::encode(wire(7))).is_ok());
        assert_eq!(Body::decode(&alloy_rlp::encode(wire(8))), Err(NotOurs));
    }

    /// The example of EIP-155.
    #[test]
    fn eip_155_example() {
        let transaction = Transaction::Legacy(TxLegacy {
            chain_id: Some(1),
            nonce: 9,
            gas_price: 20_000_000_000,
            gas_limit: 21_000,
            to: TxKind::Call(Address::repeat_byte(0x35)),
            value: U256::from(1_000_000_000_000_000_000_u64),
            input: Bytes::new(),
        });
        assert_eq!(
            hex::encode(transaction.encode_for_signing()),
            "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080"
        );
        assert_eq!(
            hex::encode(transaction.signature_hash()),
            "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
        );
        let key = kms_core::prelude::SecretKey::secp256k1(&[0x46; 32]).unwrap();
        let signature = key
            .sign(
                kms_core::prelude::Scheme::EcdsaSecp256k1,
                transaction.signature_hash().as_slice(),
            )
            .unwrap();
        let signature = Signature::new(
            U256::from_be_bytes(*signature.r()),
            U256::from_be_bytes(*signature.s()),
            signature.recovery_id() == Some(1),
        );
        assert_eq!(
            hex::encode(transaction.encode_signed(&signature)),
            "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
        );
    }
}
