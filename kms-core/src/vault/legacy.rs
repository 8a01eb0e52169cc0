//! The `wallet.dat` of tatum-kms up to version 8: read, never written.
//!
//! ```text
//! file     = base64("Salted__" ‖ salt (8) ‖ ciphertext)
//! D1       = MD5(password ‖ salt), Di = MD5(D(i-1) ‖ password ‖ salt)
//! key ‖ iv = D1 ‖ D2 ‖ D3                      OpenSSL's EVP_BytesToKey, one iteration
//! text     = AES-256-CBC, PKCS#7 padding
//! ```
//!
//! There is no authentication. A wrong password leaves valid padding about once in 256 times, so
//! the text must be a JSON object besides.

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use base64::Engine as _;
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::{
    Damage, LegacyCheck, VaultError,
    content::{NotAVault, Vault},
};
use crate::{keys::SecretText, process::LockedBuffer};

/// `Salted__` in base64, as far as whole groups go.
const START: &[u8] = b"U2FsdGVkX1";
const MARKER: &[u8; 8] = b"Salted__";

/// Whether `file` is of the original: tools may have wrapped or indented its text.
pub(super) fn recognises(file: &[u8]) -> bool {
    file.iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .take(START.len())
        .eq(START)
}

/// Opens a file of the original.
///
/// # Errors
/// [`VaultError::Damaged`] or [`VaultError::WrongPasswordOrDamaged`], for the first check that
/// fails.
pub(super) fn open(file: &[u8], password: &SecretText) -> Result<Vault, VaultError> {
    let mut base64 = file.to_vec();
    base64.retain(|byte| !byte.is_ascii_whitespace());
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(&base64)
        .map_err(|_| VaultError::Damaged(Damage::Base64))?;
    let (salt, ciphertext) = bytes
        .strip_prefix(MARKER)
        .and_then(|rest| rest.split_first_chunk::<8>())
        .ok_or(VaultError::Damaged(Damage::Blocks))?;
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
        return Err(VaultError::Damaged(Damage::Blocks));
    }
    let wrong = VaultError::WrongPasswordOrDamaged;
    let key_and_iv = key_and_iv(password, salt);
    let (key, iv) = key_and_iv.split_at(32);
    let decryptor = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv)
        .expect("AES-256-CBC takes a key of 32 bytes and an IV of 16");
    let mut padded = LockedBuffer::zeroed(ciphertext.len());
    padded.bytes_mut().copy_from_slice(ciphertext);
    let plaintext = decryptor
        .decrypt_padded::<Pkcs7>(padded.bytes_mut())
        .map_err(|_| wrong(LegacyCheck::Padding))?;
    let mut text = LockedBuffer::zeroed(plaintext.len());
    text.bytes_mut().copy_from_slice(plaintext);
    Vault::parse(text).map_err(|error| {
        wrong(match error {
            NotAVault::Utf8 => LegacyCheck::Utf8,
            NotAVault::Json => LegacyCheck::Json,
        })
    })
}

pub(super) fn key_and_iv(password: &SecretText, salt: &[u8; 8]) -> Zeroizing<[u8; 48]> {
    let mut derived = Zeroizing::new([0; 48]);
    let mut previous = Zeroizing::new(Vec::with_capacity(16));
    for block in derived.chunks_exact_mut(16) {
        let digest = Md5::new()
            .chain_update(previous.as_slice())
            .chain_update(password.expose())
            .chain_update(salt)
            .finalize();
        block.copy_from_slice(&digest);
        previous.clear();
        previous.extend_from_slice(block);
    }
    derived
}
