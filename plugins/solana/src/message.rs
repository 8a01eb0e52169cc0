//! The legacy message: what is signed.
//!
//! ```text
//! required signatures: u8, below 128     read-only among them: u8     read-only others: u8
//! accounts:      compact-u16, 32 bytes each; the signers first, the fee payer before all
//! block hash:    32 bytes
//! instructions:  compact-u16, of each: program u8, accounts compact-u16 and u8 each,
//!                data compact-u16 and its bytes
//! ```
//!
//! The parser takes exactly what the network takes: the shortest form of each number, nothing
//! after the end, the rules of the network's `sanitize`, and no account twice.

use std::collections::HashSet;

use kms_core::prelude::TransactionError;

use crate::{pubkey::Pubkey, reader::Reader};

/// The most bytes of a transaction with its signatures.
const PACKET: usize = 1232;

/// A message that the network can read, as its bytes and as what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    bytes: Vec<u8>,
    /// Where the block hash begins in the bytes.
    blockhash: usize,
    required_signatures: u8,
    accounts: Vec<Pubkey>,
    pub(crate) instructions: Vec<Instruction>,
}

/// A call of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) program: Pubkey,
    pub(crate) accounts: Vec<Pubkey>,
    pub(crate) data: Vec<u8>,
}

impl Message {
    /// Reads a message.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, TransactionError> {
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(TransactionError::Refused(
                "it is a versioned message, of which only the legacy form is signed".to_owned(),
            ));
        }
        let message = Self::read(bytes)
            .ok_or_else(|| malformed("it is no message: it ends too early, or is not canonical"))?;
        message.check()?;
        Ok(message)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let required_signatures = reader.u8()?;
        let read_only_signed = reader.u8()?;
        let read_only_unsigned = reader.u8()?;
        let count = reader.compact_u16()?;
        let accounts = (0..count)
            .map(|_| reader.pubkey())
            .collect::<Option<Vec<_>>>()?;
        let blockhash = bytes.len().checked_sub(reader.len())?;
        reader.bytes(32)?;
        let count = reader.compact_u16()?;
        let instructions = (0..count)
            .map(|_| Instruction::read(&mut reader, &accounts))
            .collect::<Option<Vec<_>>>()?;
        // As `sanitize` of the network: the fee payer can be written, the parts do not overlap.
        let sane = reader.is_empty()
            && read_only_signed < required_signatures
            && usize::from(required_signatures).checked_add(usize::from(read_only_unsigned))?
                <= accounts.len();
        sane.then(|| Self {
            bytes: bytes.to_vec(),
            blockhash,
            required_signatures,
            accounts,
            instructions,
        })
    }

    fn check(&self) -> Result<(), TransactionError> {
        let size = self.wire_size();
        if size > PACKET {
            return Err(TransactionError::Refused(format!(
                "the transaction has {size} bytes, the network takes at most {PACKET}"
            )));
        }
        let mut seen = HashSet::new();
        for account in &self.accounts {
            if !seen.insert(account) {
                return Err(malformed(&format!("it names the account {account} twice")));
            }
        }
        Ok(())
    }

    /// The bytes: what is signed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who must sign, in the order of the signatures. The first pays the fee.
    pub(crate) fn signers(&self) -> &[Pubkey] {
        self.accounts
            .get(..usize::from(self.required_signatures))
            .unwrap_or(&self.accounts)
    }

    /// How many signatures it has.
    pub(crate) fn required_signatures(&self) -> u8 {
        self.required_signatures
    }

    /// The same message with another block hash. No other byte changes.
    pub(crate) fn with_blockhash(mut self, hash: &[u8; 32]) -> Self {
        let place = self.bytes.iter_mut().skip(self.blockhash);
        place.zip(hash).for_each(|(to, from)| *to = *from);
        self
    }

    /// The bytes of the transaction with all its signatures; the count has one byte.
    fn wire_size(&self) -> usize {
        let signatures = usize::from(self.required_signatures) * 64;
        signatures
            .saturating_add(1)
            .saturating_add(self.bytes.len())
    }
}

impl Instruction {
    fn read(reader: &mut Reader<'_>, all: &[Pubkey]) -> Option<Self> {
        let program = usize::from(reader.u8()?);
        let count = reader.compact_u16()?;
        let accounts = reader
            .bytes(usize::from(count))?
            .iter()
            .map(|index| all.get(usize::from(*index)).copied())
            .collect::<Option<Vec<_>>>()?;
        let count = reader.compact_u16()?;
        let data = reader.bytes(usize::from(count))?.to_vec();
        // The fee payer is no program.
        let program = *all.get(program).filter(|_| program != 0)?;
        Some(Self {
            program,
            accounts,
            data,
        })
    }
}

pub(crate) fn malformed(reason: &str) -> TransactionError {
    TransactionError::Malformed(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transfer from 1… to 2…, by the System program.
    fn transfer() -> Vec<u8> {
        let mut bytes = vec![1, 0, 1, 3];
        for account in [[1; 32], [2; 32], [0; 32]] {
            bytes.extend(account);
        }
        bytes.extend([9; 32]);
        bytes.extend([1, 2, 2, 0, 1, 12, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn refusal(bytes: &[u8]) -> String {
        Message::parse(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_message_is_read_and_only_its_block_hash_replaced() {
        let bytes = transfer();
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.signers(), [Pubkey([1; 32])]);
        assert_eq!(
            message.instructions,
            [Instruction {
                program: Pubkey([0; 32]),
                accounts: vec![Pubkey([1; 32]), Pubkey([2; 32])],
                data: vec![2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0],
            }]
        );
        let patched = message.with_blockhash(&[7; 32]);
        let mut expected = bytes;
        expected[100..132].fill(7);
        assert_eq!(patched.bytes(), expected);
        assert_eq!(Message::parse(&expected).unwrap(), patched);
    }

    #[test]
    fn every_prefix_and_every_extension_is_refused() {
        let bytes = transfer();
        for len in 0..bytes.len() {
            assert!(Message::parse(&bytes[..len]).is_err(), "{len}");
        }
        assert!(Message::parse(&[bytes, vec![0]].concat()).is_err());
    }

    #[test]
    fn what_the_network_would_not_read_is_refused() {
        let change = |position: usize, byte: u8| {
            let mut bytes = transfer();
            bytes[position] = byte;
            refusal(&bytes)
        };
        assert!(change(0, 0x80).contains("versioned"));
        let cases = [
            ("nobody signs", 0, 0),
            ("more signers than accounts", 0, 4),
            ("a read-only fee payer", 1, 1),
            ("more read-only accounts than there are", 2, 3),
            ("a program that is no account", 133, 3),
            ("the fee payer as program", 133, 0),
            ("an account that is none", 135, 3),
        ];
        for (name, position, byte) in cases {
            assert!(change(position, byte).contains("no message"), "{name}");
        }
        let mut twice = transfer();
        twice.copy_within(4..36, 36);
        assert!(refusal(&twice).contains("twice"));
    }

    #[test]
    fn a_transaction_that_is_too_large_is_refused() {
        let with_data = |len: u16| {
            let mut bytes = transfer();
            bytes.truncate(132 + 5);
            bytes.extend(crate::reader::compact_u16(len));
            bytes.extend(vec![0; usize::from(len)]);
            bytes
        };
        // 1 + 64 bytes of signature, 137 bytes before the data, 2 of its length.
        assert!(Message::parse(&with_data(1232 - 65 - 139)).is_ok());
        assert!(refusal(&with_data(1233 - 65 - 139)).contains("1233 bytes"));
    }
}
