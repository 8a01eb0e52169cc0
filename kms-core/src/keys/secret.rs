//! Secrets that wipe themselves and cannot be printed, cloned or serialised by accident.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Secret text: a password, a mnemonic, a private key in a chain's own notation.
///
/// It is wiped when dropped, prints as `[redacted]`, and has neither `Clone` nor `Display` nor
/// any serialisation: each place that needs the text says [`expose`](Self::expose).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes over `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. What is made of it must be wiped as well.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A second copy, for the rare place that must keep one beside the owner's.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// The text without white space at its ends.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        Self(self.0.trim().to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<Zeroizing<String>> for SecretText {
    fn from(mut text: Zeroizing<String>) -> Self {
        Self(std::mem::take(&mut *text))
    }
}

/// Secret bytes: an encoded key, a seed, random entropy.
///
/// The same rules as for [`SecretText`].
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes over `bytes`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// `len` bytes from the operating system's random source.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn random(len: usize) -> Result<Self, super::KeyError> {
        let mut bytes = Self(vec![0; len]);
        getrandom::fill(&mut bytes.0).map_err(|_| super::KeyError::NoRandomness)?;
        Ok(bytes)
    }

    /// The bytes themselves. What is made of them must be wiped as well.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_as_redacted() {
        let text = SecretText::new("hunter2");
        let bytes = SecretBytes::new(*b"hunter2");
        assert_eq!(format!("{text:?} {bytes:?}"), "[redacted] [redacted]");
    }

    #[test]
    fn random_bytes_differ() {
        let a = SecretBytes::random(32).unwrap();
        let b = SecretBytes::random(32).unwrap();
        assert_ne!(a.expose(), b.expose());
    }
}
