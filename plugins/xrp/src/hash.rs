//! The network's hash, and the addresses that keys have by it.

use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

/// The first half of SHA-512 of the parts, one after the other.
pub(crate) fn sha512_half(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    // Seeds and keys are hashed, too.
    let hash = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    *hash.first_chunk().expect("half of 64 bytes")
}

/// RIPEMD-160 of SHA-256.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}
