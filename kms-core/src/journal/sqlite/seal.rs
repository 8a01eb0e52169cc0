//! The journal's own key: seals signed transactions, and authenticates every row.
//!
//! A random data key is sealed under a key that Argon2id makes of the vault's password and a salt
//! of the journal's own, so that another password means sealing 32 bytes anew, not every row.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::JournalError;
use crate::keys::SecretBytes;

const NONCE_LEN: usize = 12;
const KEY_LEN: usize = 32;
/// What the data key is sealed with besides itself.
const KEY_CONTEXT: &[u8] = b"tatum-kms/journal/v1/data-key";
const SEAL_INFO: &[u8] = b"tatum-kms/journal/v1/seal";
const MAC_INFO: &[u8] = b"tatum-kms/journal/v1/row";

/// The keys of one journal.
#[derive(Debug)]
pub(super) struct JournalKey {
    data: SecretBytes,
    seal: SecretBytes,
    mac: SecretBytes,
}

impl JournalKey {
    /// A new one.
    pub(super) fn fresh() -> Result<Self, JournalError> {
        let mut data = Zeroizing::new([0; KEY_LEN]);
        fill(data.as_mut_slice())?;
        Ok(Self::of(data.as_slice()))
    }

    fn of(data: &[u8]) -> Self {
        let derive = |info: &[u8]| {
            let mut key = Zeroizing::new([0; KEY_LEN]);
            hkdf::Hkdf::<Sha256>::new(None, data)
                .expand(info, key.as_mut_slice())
                .expect("HKDF-SHA256 gives up to 8160 bytes");
            SecretBytes::new(key.as_slice())
        };
        Self {
            data: SecretBytes::new(data),
            seal: derive(SEAL_INFO),
            mac: derive(MAC_INFO),
        }
    }

    /// The data key, sealed under `outer`.
    pub(super) fn sealed_under(&self, outer: &SecretBytes) -> Result<Vec<u8>, JournalError> {
        seal(outer, self.data.expose(), KEY_CONTEXT)
    }

    /// Opens what [`sealed_under`](Self::sealed_under) made; nothing when `outer` is another key.
    pub(super) fn open(outer: &SecretBytes, sealed: &[u8]) -> Option<Self> {
        let data = open(outer, sealed, KEY_CONTEXT)?;
        (data.len() == KEY_LEN).then(|| Self::of(&data))
    }

    /// Seals a signed transaction; `context` says whose it is.
    pub(super) fn seal(&self, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, JournalError> {
        seal(&self.seal, plain, context)
    }

    /// Opens a signed transaction; nothing when it is not as it was sealed.
    pub(super) fn unseal(&self, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.seal, sealed, context)
    }

    /// Authenticates a row.
    pub(super) fn mac(&self, row: &[u8]) -> [u8; 32] {
        self.keyed(row).finalize().into_bytes().into()
    }

    /// Whether `mac` is that of `row`, compared in constant time.
    pub(super) fn is_mac(&self, row: &[u8], mac: &[u8]) -> bool {
        self.keyed(row).verify_slice(mac).is_ok()
    }

    fn keyed(&self, row: &[u8]) -> Hmac<Sha256> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(self.mac.expose())
            .expect("HMAC takes keys of any length");
        hmac.update(row);
        hmac
    }
}

/// A random salt.
pub(super) fn salt() -> Result<[u8; 16], JournalError> {
    let mut salt = [0; 16];
    fill(&mut salt)?;
    Ok(salt)
}

fn fill(bytes: &mut [u8]) -> Result<(), JournalError> {
    getrandom::fill(bytes)
        .map_err(|_| JournalError::Storage("the system gives no random bytes".to_owned()))
}

/// Nonce, ciphertext and tag. Nonces are random: a data key seals far fewer than 2^32 values.
fn seal(key: &SecretBytes, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, JournalError> {
    let failed = || JournalError::Storage("sealing failed".to_owned());
    let mut nonce = [0; NONCE_LEN];
    fill(&mut nonce)?;
    let cipher = Aes256Gcm::new_from_slice(key.expose()).map_err(|_| failed())?;
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let sealed = cipher
        .encrypt(&nonce.into(), payload)
        .map_err(|_| failed())?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &SecretBytes, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let cipher = Aes256Gcm::new_from_slice(key.expose()).ok()?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    let plain = cipher.decrypt(&(*nonce).into(), payload).ok()?;
    Some(Zeroizing::new(plain))
}
