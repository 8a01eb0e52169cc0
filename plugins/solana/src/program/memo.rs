//! The Memo programs: text that the chain keeps.

use super::{Description, bytes};
use crate::pubkey::Pubkey;

/// The first version, and the one in use.
pub(super) const PROGRAMS: [Pubkey; 2] = [
    Pubkey::known("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"),
    Pubkey::known("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
];

/// The text, quoted and escaped: it can hold anything.
pub(super) fn describe(data: &[u8]) -> Description {
    let text = match std::str::from_utf8(data) {
        Ok(text) => format!("{text:?}"),
        Err(_) => bytes(data),
    };
    Description::default().detail("memo", text)
}
