//! Accounts: a public key, written with a checksum.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use kms_core::{keys::KeyError, prelude::PublicKey};
use sha2::{Digest as _, Sha512_256};

/// An account. Displays as its address: base32 (RFC 4648 §6) without padding of the public key
/// and the last 4 bytes of its SHA-512/256, 58 characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account(pub(crate) [u8; 32]);

impl Account {
    /// Stands for no account wherever there may be none, and is one that nobody has the key of.
    pub(crate) const ZERO: Self = Self([0; 32]);

    pub(crate) fn of_key(key: &PublicKey) -> Result<Self, KeyError> {
        Ok(Self(*key.ed25519()?))
    }

    /// The account, unless it is the one that stands for none.
    pub(crate) fn some(self) -> Option<Self> {
        (self != Self::ZERO).then_some(self)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [.., a, b, c, d] = <[u8; 32]>::from(Sha512_256::digest(self.0));
        let mut bytes = [0; 36];
        let (key, checksum) = bytes.split_at_mut(32);
        key.copy_from_slice(&self.0);
        checksum.copy_from_slice(&[a, b, c, d]);
        f.write_str(&BASE32_NOPAD.encode(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_their_checksum() {
        // The zero address of the developer documentation.
        assert_eq!(
            Account::ZERO.to_string(),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ"
        );
        assert_eq!(Account::ZERO.some(), None);
        assert_eq!(Account([1; 32]).some(), Some(Account([1; 32])));
    }
}
