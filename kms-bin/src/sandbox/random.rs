//! Names that occur once.

use kms_core::keys::{KeyError, SecretBytes};
use uuid::{Builder, Uuid};

/// A random (version 4) UUID, which holds 122 random bits.
///
/// # Errors
/// [`KeyError::NoRandomness`]
pub(super) fn uuid() -> Result<Uuid, KeyError> {
    let mut bytes = [0; 16];
    for (byte, random) in bytes.iter_mut().zip(SecretBytes::random(16)?.expose()) {
        *byte = *random;
    }
    Ok(Builder::from_random_bytes(bytes).into_uuid())
}

/// An id such as the cloud gives its pending transactions: 24 hexadecimal digits.
///
/// # Errors
/// [`KeyError::NoRandomness`]
pub(super) fn transaction_id() -> Result<String, KeyError> {
    let mut id = uuid()?.simple().to_string();
    id.truncate(24);
    Ok(id)
}
