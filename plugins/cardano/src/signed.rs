//! A signed transaction (ledger CDDL `transaction`): body, witnesses, and nothing else.

use std::fmt;

use minicbor::Encoder;

use crate::cbor::{DecodeError, Reader};

/// A decoded transaction with signatures of keys as its only witnesses: no scripts, no data, no
/// metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// The CBOR of the body, as it is signed.
    pub(crate) body: Vec<u8>,
    /// One for each key.
    pub(crate) witnesses: Vec<KeyWitness>,
}

/// A public key and its signature of the transaction id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyWitness {
    pub(crate) public_key: [u8; 32],
    pub(crate) signature: [u8; 64],
}

impl SignedTransaction {
    /// Reads the CBOR of a transaction.
    ///
    /// # Errors
    /// [`DecodeError`]; [`DecodeError::Unwanted`] names what is more than signatures.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "a transaction";
        Reader::whole(bytes, |reader| {
            let mut parts = reader.array()?;
            reader.next(&mut parts, WHAT)?;
            let body = reader.raw()?.to_vec();
            reader.next(&mut parts, WHAT)?;
            let witnesses = read_witnesses(reader)?;
            reader.next(&mut parts, WHAT)?;
            if !reader.bool()? {
                let what = "the claim that a script fails".to_owned();
                return Err(DecodeError::Unwanted(what));
            }
            reader.next(&mut parts, WHAT)?;
            reader
                .null()
                .map_err(|_| DecodeError::Unwanted("auxiliary data".to_owned()))?;
            reader.end(parts, WHAT)?;
            Ok(Self { body, witnesses })
        })
    }

    /// The CBOR of the transaction.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut cbor = Encoder::new(vec![0x84]);
        cbor.writer_mut().extend_from_slice(&self.body);
        // Writing to memory cannot fail, and lengths of memory fit into 64 bits.
        let count = u64::try_from(self.witnesses.len()).unwrap_or(u64::MAX);
        let _ = cbor.map(1).and_then(|cbor| cbor.u8(0)?.array(count));
        for witness in &self.witnesses {
            let _ = cbor
                .array(2)
                .and_then(|cbor| cbor.bytes(&witness.public_key)?.bytes(&witness.signature));
        }
        let _ = cbor.bool(true).and_then(|cbor| cbor.null());
        cbor.into_writer()
    }

    /// Whether it has the same body and the same witnesses, in whatever order.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let sorted = |witnesses: &[KeyWitness]| {
            let mut list: Vec<_> = witnesses
                .iter()
                .map(|witness| (witness.public_key, witness.signature))
                .collect();
            list.sort_unstable();
            list
        };
        self.body == other.body && sorted(&self.witnesses) == sorted(&other.witnesses)
    }
}

impl fmt::Debug for KeyWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            public_key,
            signature,
        } = self;
        write!(f, "{} {}", hex::encode(public_key), hex::encode(signature))
    }
}

/// `{0: [[public key, signature]…]}`
fn read_witnesses(reader: &mut Reader<'_>) -> Result<Vec<KeyWitness>, DecodeError> {
    let mut fields = reader.map()?;
    let mut witnesses = None;
    while reader.has_next(&mut fields)? {
        match reader.uint()? {
            0 if witnesses.is_none() => witnesses = Some(read_key_witnesses(reader)?),
            0 => return Err(DecodeError::Repeated("the list of signatures".to_owned())),
            other => {
                let what = match other {
                    1 => "a native script",
                    2 => "a witness of a Byron address",
                    3 | 6 | 7 => "a Plutus script",
                    4 => "data for a script",
                    5 => "a redeemer",
                    _ => "an unknown kind of witness",
                };
                return Err(DecodeError::Unwanted(what.to_owned()));
            }
        }
    }
    witnesses.ok_or(DecodeError::Missing("the list of signatures"))
}

fn read_key_witnesses(reader: &mut Reader<'_>) -> Result<Vec<KeyWitness>, DecodeError> {
    let mut items = reader.set()?;
    let mut witnesses = Vec::new();
    while reader.has_next(&mut items)? {
        let mut parts = reader.array()?;
        reader.next(&mut parts, "a witness")?;
        let public_key = reader.fixed()?;
        reader.next(&mut parts, "a witness")?;
        let signature = reader.fixed()?;
        reader.end(parts, "a witness")?;
        witnesses.push(KeyWitness {
            public_key,
            signature,
        });
    }
    Ok(witnesses)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Result<SignedTransaction, DecodeError> {
        SignedTransaction::decode(&hex::decode(text).unwrap())
    }

    fn witness() -> String {
        format!("825820{}5840{}", "11".repeat(32), "22".repeat(64))
    }

    #[test]
    fn witnesses_are_read_in_every_notation() {
        let witness = witness();
        let expected = decode(&format!("84a0a10081{witness}f5f6")).unwrap();
        assert_eq!(expected.body, [0xa0]);
        assert_eq!(expected.witnesses.len(), 1);
        for text in [
            format!("84a0a100d9010281{witness}f5f6"),
            format!("9fa0bf009f{witness}fffff5f6ff"),
        ] {
            assert_eq!(decode(&text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn more_than_signatures_is_refused() {
        let witness = witness();
        for (text, reason) in [
            (
                format!("84a0a10081{witness}f4f6"),
                "the claim that a script fails",
            ),
            (format!("84a0a10081{witness}f5a0"), "auxiliary data"),
            (format!("84a0a20081{witness}0180f5f6"), "a native script"),
            (
                format!("84a0a20081{witness}0280f5f6"),
                "a witness of a Byron address",
            ),
            (format!("84a0a20081{witness}0380f5f6"), "a Plutus script"),
            (format!("84a0a20081{witness}0480f5f6"), "data for a script"),
            (format!("84a0a20081{witness}0580f5f6"), "a redeemer"),
            (format!("84a0a20081{witness}0680f5f6"), "a Plutus script"),
            (format!("84a0a20081{witness}0780f5f6"), "a Plutus script"),
            (
                format!("84a0a20081{witness}1863f6f5f6"),
                "an unknown kind of witness",
            ),
        ] {
            assert_eq!(
                decode(&text).unwrap_err().to_string(),
                format!("it contains {reason}, which nobody asked for")
            );
        }
        for text in [
            format!("84a0a20081{witness}0081{witness}f5f6"),
            "84a0a0f5f6".to_owned(),
            format!("83a0a10081{witness}f5"),
            format!("85a0a10081{witness}f5f6f6"),
            format!("84a0a10081{witness}f5f600"),
            format!("84a0a1008182582011{witness}f5f6"),
        ] {
            assert!(decode(&text).is_err(), "{text}");
        }
    }

    fn witnesses() -> impl Strategy<Value = Vec<KeyWitness>> {
        let witness =
            (any::<[u8; 32]>(), any::<[[u8; 32]; 2]>()).prop_map(|(public_key, [r, s])| {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&r);
                signature[32..].copy_from_slice(&s);
                KeyWitness {
                    public_key,
                    signature,
                }
            });
        prop::collection::vec(witness, 0..30)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fee: u64, witnesses in witnesses()) {
            let mut body = Encoder::new(Vec::new());
            body.map(1).unwrap().u8(2).unwrap().u64(fee).unwrap();
            let body = body.into_writer();
            let transaction = SignedTransaction { body, witnesses };
            let bytes = transaction.encode();
            prop_assert_eq!(SignedTransaction::decode(&bytes), Ok(transaction.clone()));
            let mut turned = transaction.clone();
            turned.witnesses.reverse();
            prop_assert!(turned.is_same_as(&transaction));
            if turned.witnesses.pop().is_some() {
                prop_assert!(!turned.is_same_as(&transaction));
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = SignedTransaction::decode(&bytes);
        }
    }
}
