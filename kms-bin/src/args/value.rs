//! Values of arguments, parsed where they arrive.

use std::{convert::Infallible, sync::Arc};

use kms_core::keys::SecretText;

/// A secret, kept where it is wiped.
pub(super) fn secret(text: &str) -> Result<Arc<SecretText>, Infallible> {
    Ok(Arc::new(SecretText::new(text)))
}

/// The index of a key. Digits only: `1.9`, `+1` and `0x1` are mistakes, not numbers.
pub(super) fn index(text: &str) -> Result<u32, String> {
    digits(text)
        .filter(|index| *index < 1 << 31)
        .ok_or_else(|| "an index is a number from 0 to 2147483647".to_owned())
}

/// How many, at most a million.
pub(super) fn count(text: &str) -> Result<u32, String> {
    digits(text)
        .filter(|count| (1..=1_000_000).contains(count))
        .ok_or_else(|| "a count is a number from 1 to 1000000".to_owned())
}

fn digits(text: &str) -> Option<u32> {
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}
