//! The complete transaction: a message with its block hash, and how long that hash is good for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::prelude::{Assembled, Signature, Signer, TransactionError};

use crate::{
    message::{Message, malformed},
    pubkey::Pubkey,
    reader::compact_u16,
};

/// What is frozen, and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frozen {
    /// The network takes the transaction in no block that is higher.
    pub(crate) last_valid_block_height: u64,
    pub(crate) message: Message,
}

impl Frozen {
    /// The height in 8 bytes, big-endian, then the message.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let height = self.last_valid_block_height.to_be_bytes();
        [height.as_slice(), self.message.bytes()].concat()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        let (height, message) = body
            .split_first_chunk::<8>()
            .ok_or_else(|| malformed("the body is too short"))?;
        Ok(Self {
            last_valid_block_height: u64::from_be_bytes(*height),
            message: Message::parse(message)?,
        })
    }

    /// The transaction in base64, with the signatures in the order of its signers.
    pub(crate) fn assemble(&self, signatures: &[Signature]) -> Result<Assembled, TransactionError> {
        let count = self.message.required_signatures();
        let (Some(first), true) = (signatures.first(), signatures.len() == usize::from(count))
        else {
            return Err(malformed(&format!(
                "{count} signatures are needed, not {}",
                signatures.len()
            )));
        };
        let mut wire = compact_u16(u16::from(count));
        for signature in signatures {
            wire.extend(signature.bytes());
        }
        wire.extend(self.message.bytes());
        let id = bs58::encode(first.bytes()).into_string();
        Ok(Assembled::new(BASE64_STANDARD.encode(wire), id)
            .with_expiry(self.last_valid_block_height))
    }
}

/// The position in `signers` of each key that must sign `message`, in the order of the
/// signatures. A key that is there twice counts once.
///
/// # Errors
/// [`TransactionError::Refused`] with the addresses whose keys are missing, or do not belong.
pub(crate) fn positions(
    message: &Message,
    signers: &[Signer],
) -> Result<Vec<usize>, TransactionError> {
    let keys = signers
        .iter()
        .map(|signer| Ok(Pubkey(*signer.public_key.ed25519()?)))
        .collect::<Result<Vec<_>, TransactionError>>()?;
    let required = message.signers();
    let foreign = keys.iter().filter(|key| !required.contains(key));
    refuse_any("no signer of the transaction has the address", foreign)?;
    let missing = required.iter().filter(|key| !keys.contains(key));
    refuse_any("the transaction must also be signed by", missing)?;
    let position = |key| keys.iter().position(|other| other == key);
    Ok(required.iter().filter_map(position).collect())
}

fn refuse_any<'a>(
    reason: &str,
    keys: impl Iterator<Item = &'a Pubkey>,
) -> Result<(), TransactionError> {
    let list: Vec<_> = keys.map(Pubkey::to_string).collect();
    if list.is_empty() {
        return Ok(());
    }
    Err(TransactionError::Refused(format!(
        "{reason} {}",
        list.join(", ")
    )))
}
