//! The password while a vault is open.

use std::fmt;

use crate::{keys::SecretText, process::LockedBuffer};

/// A password that stays for the life of a process: in a locked page, left out of core files.
pub(super) struct KeptPassword(LockedBuffer);

impl KeptPassword {
    pub(super) fn new(password: &SecretText) -> Self {
        let bytes = password.expose().as_bytes();
        let mut kept = LockedBuffer::zeroed(bytes.len());
        kept.bytes_mut().copy_from_slice(bytes);
        Self(kept)
    }

    /// A copy to work with, wiped when it is dropped.
    pub(super) fn copy(&self) -> SecretText {
        let text = std::str::from_utf8(self.0.bytes()).expect("it was made of text");
        SecretText::new(text)
    }
}

impl fmt::Debug for KeptPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_out_as_it_went_in() {
        for text in ["", "x", "pässwörd \u{1f511}", &"long".repeat(5000)] {
            let kept = KeptPassword::new(&SecretText::new(text));
            assert_eq!(kept.copy().expose(), text);
            assert_eq!(format!("{kept:?}"), "[redacted]");
        }
    }
}
