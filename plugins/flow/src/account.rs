//! Addresses of accounts, and the text form of a public key.

use std::fmt;

use alloy_rlp::{RlpDecodableWrapper, RlpEncodableWrapper};
use kms_core::prelude::{PublicKey, TransactionError, WalletError};

/// The address of an account: 8 bytes, given out by the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, RlpEncodableWrapper, RlpDecodableWrapper)]
pub(crate) struct Account([u8; 8]);

impl Account {
    /// Reads `0x` and 16 hexadecimal digits. `member` is named in the error.
    pub(crate) fn parse(member: &str, text: &str) -> Result<Self, TransactionError> {
        let malformed = || {
            TransactionError::Malformed(format!(
                "{member} is no address: 0x and 16 hexadecimal digits are needed"
            ))
        };
        let digits = text.strip_prefix("0x").ok_or_else(malformed)?;
        Self::parse_digits(digits).ok_or_else(malformed)
    }

    /// Reads 16 hexadecimal digits with or without `0x`, as nodes and the cloud write them.
    pub(crate) fn parse_loose(text: &str) -> Option<Self> {
        Self::parse_digits(text.strip_prefix("0x").unwrap_or(text))
    }

    fn parse_digits(digits: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// 16 digits without `0x`, as access nodes want it.
    pub(crate) fn digits(self) -> String {
        hex::encode(self.0)
    }
}

/// With `0x`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.digits())
    }
}

/// The public key without the `04` of SEC 1: x and y, 128 digits. Flow's addresses do not follow
/// from keys, so this is what stands where other chains have an address.
pub(crate) fn public_key_text(key: &PublicKey) -> Result<String, WalletError> {
    let point = key.secp256k1()?.uncompressed();
    Ok(hex::encode(&point[1..]))
}
