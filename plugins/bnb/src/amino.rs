//! Amino, the binary encoding of the chain: protobuf with a prefix of four bytes where a value's
//! type is not known from its place. Zero and empty members are left out.

use crate::transfer::{Coin, Party, Transfer};

const SEND: [u8; 4] = [0x2a, 0x2c, 0x87, 0xfa];
const STANDARD_TRANSACTION: [u8; 4] = [0xf0, 0x62, 0x5d, 0xee];
/// Of a secp256k1 public key, with the length of what follows.
const PUBLIC_KEY: [u8; 5] = [0xeb, 0x5a, 0xe9, 0x87, 33];

/// A transaction with its one signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) transfer: &'a Transfer,
    /// The compressed point.
    pub(crate) public_key: &'a [u8; 33],
    /// `r ‖ s`.
    pub(crate) signature: &'a [u8; 64],
    pub(crate) account_number: u64,
    pub(crate) sequence: u64,
    pub(crate) memo: &'a str,
}

impl Signed<'_> {
    /// The transaction with its length before it. The source is 0 and there is no data.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let signature = [
            bytes(1, &[&PUBLIC_KEY[..], self.public_key].concat()),
            bytes(2, self.signature),
            varint(3, self.account_number),
            varint(4, self.sequence),
        ];
        let transaction = [
            &STANDARD_TRANSACTION[..],
            &bytes(1, &send(self.transfer)),
            &bytes(2, &signature.concat()),
            &bytes(3, self.memo.as_bytes()),
        ]
        .concat();
        [base128(length(&transaction)), transaction].concat()
    }
}

fn send(transfer: &Transfer) -> Vec<u8> {
    let parties = |number: u64, parties: &[Party]| {
        let field = |it: &Party| bytes(number, &party(it));
        parties.iter().flat_map(field).collect::<Vec<_>>()
    };
    [
        &SEND[..],
        &parties(1, &transfer.inputs),
        &parties(2, &transfer.outputs),
    ]
    .concat()
}

fn party(party: &Party) -> Vec<u8> {
    let coins = party.coins.iter().flat_map(|it| bytes(2, &coin(it)));
    bytes(1, &party.account.0)
        .into_iter()
        .chain(coins)
        .collect()
}

fn coin(coin: &Coin) -> Vec<u8> {
    [bytes(1, coin.denom.as_bytes()), varint(2, coin.amount)].concat()
}

/// A length-delimited field, unless it is empty.
fn bytes(number: u64, value: &[u8]) -> Vec<u8> {
    if value.is_empty() {
        return Vec::new();
    }
    [
        base128(number << 3 | 2),
        base128(length(value)),
        value.to_vec(),
    ]
    .concat()
}

/// A varint field, unless it is zero.
fn varint(number: u64, value: u64) -> Vec<u8> {
    if value == 0 {
        return Vec::new();
    }
    [base128(number << 3), base128(value)].concat()
}

/// Seven bits in each byte, the lowest first; the eighth says that more follow.
fn base128(mut rest: u64) -> Vec<u8> {
    let mut written = Vec::new();
    loop {
        let [low, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            written.push(low);
            return written;
        }
        written.push(low | 0x80);
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("no memory holds 2^64 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use proptest::{collection::vec, prelude::*};
    use prost::Message as _;

    /// The same messages for an independent implementation of protobuf, which reads what is
    /// between the prefixes.
    mod reference {
        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct Coin {
            #[prost(string, tag = "1")]
            pub(super) denom: String,
            #[prost(int64, tag = "2")]
            pub(super) amount: i64,
        }

        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct Party {
            #[prost(bytes, tag = "1")]
            pub(super) address: Vec<u8>,
            #[prost(message, repeated, tag = "2")]
            pub(super) coins: Vec<Coin>,
        }

        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct Send {
            #[prost(message, repeated, tag = "1")]
            pub(super) inputs: Vec<Party>,
            #[prost(message, repeated, tag = "2")]
            pub(super) outputs: Vec<Party>,
        }

        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct Signature {
            #[prost(bytes, tag = "1")]
            pub(super) public_key: Vec<u8>,
            #[prost(bytes, tag = "2")]
            pub(super) signature: Vec<u8>,
            #[prost(int64, tag = "3")]
            pub(super) account_number: i64,
            #[prost(int64, tag = "4")]
            pub(super) sequence: i64,
        }

        #[derive(Clone, PartialEq, prost::Message)]
        pub(super) struct Transaction {
            #[prost(bytes, tag = "1")]
            pub(super) message: Vec<u8>,
            #[prost(bytes, tag = "2")]
            pub(super) signature: Vec<u8>,
            #[prost(string, tag = "3")]
            pub(super) memo: String,
        }
    }

    fn parties() -> impl Strategy<Value = Vec<Party>> {
        let coin = ("[A-Z]{1,8}(-[0-9A-F]{3})?", 0..=u64::MAX >> 1)
            .prop_map(|(denom, amount)| Coin { amount, denom });
        let party = (any::<[u8; 20]>(), vec(coin, 0..4)).prop_map(|(bytes, coins)| Party {
            account: Account(bytes),
            coins,
        });
        vec(party, 1..4)
    }

    fn expected(parties: &[Party]) -> Vec<reference::Party> {
        let coin = |coin: &Coin| reference::Coin {
            denom: coin.denom.clone(),
            amount: i64::try_from(coin.amount).unwrap(),
        };
        let party = |party: &Party| reference::Party {
            address: party.account.0.to_vec(),
            coins: party.coins.iter().map(coin).collect(),
        };
        parties.iter().map(party).collect()
    }

    proptest! {
        #[test]
        fn another_implementation_reads_and_writes_the_same(
            inputs in parties(),
            outputs in parties(),
            keys in vec(any::<u8>(), 33 + 64),
            account_number in 0..=u64::MAX >> 1,
            sequence in 0..=u64::MAX >> 1,
            memo in ".*",
        ) {
            let transfer = Transfer { inputs, outputs };
            let (public_key, signature) = keys.split_at(33);
            let encoded = Signed {
                transfer: &transfer,
                public_key: public_key.try_into().unwrap(),
                signature: signature.try_into().unwrap(),
                account_number,
                sequence,
                memo: &memo,
            }
            .encode();

            let mut rest = encoded.as_slice();
            let length = prost::encoding::decode_varint(&mut rest).unwrap();
            prop_assert_eq!(length, u64::try_from(rest.len()).unwrap());
            let body = rest.strip_prefix(&STANDARD_TRANSACTION).unwrap();
            let transaction = reference::Transaction::decode(body).unwrap();
            prop_assert_eq!(&transaction.memo, &memo);
            prop_assert_eq!(transaction.encode_to_vec(), body);

            let body = transaction.message.strip_prefix(&SEND).unwrap();
            let send = reference::Send::decode(body).unwrap();
            prop_assert_eq!(&send.inputs, &expected(&transfer.inputs));
            prop_assert_eq!(&send.outputs, &expected(&transfer.outputs));
            prop_assert_eq!(send.encode_to_vec(), body);

            let signed = reference::Signature::decode(transaction.signature.as_slice()).unwrap();
            prop_assert_eq!(signed.public_key.strip_prefix(&PUBLIC_KEY).unwrap(), public_key);
            prop_assert_eq!(&signed.signature, signature);
            prop_assert_eq!(u64::try_from(signed.account_number).unwrap(), account_number);
            prop_assert_eq!(u64::try_from(signed.sequence).unwrap(), sequence);
            prop_assert_eq!(signed.encode_to_vec(), transaction.signature);
        }
    }
}
