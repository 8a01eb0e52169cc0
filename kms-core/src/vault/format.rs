//! Version 1 of the vault file, as `docs/vault-format.md` describes it.
//!
//! A header of 140 bytes, then AES-256-GCM ciphertext and tag; the whole header is authenticated.

use std::path::Path;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{AeadInOut as _, inout::InOutBuf},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Damage, KdfParams, VaultError, kdf::MasterKey};
use crate::process::LockedBuffer;

/// The first bytes of every vault. The first is no text, and the line ends and the end-of-file
/// mark get lost when a transfer takes the file for text.
pub(super) const MAGIC: [u8; 8] = *b"\x89KMSV\r\n\x1a";
pub(super) const VERSION: u8 = 1;
const ARGON2ID: u8 = 1;
const HKDF_SHA256_AES_256_GCM: u8 = 1;

/// Bytes of the header, its checksum included.
pub(super) const HEADER_LEN: usize = 140;
/// What follows the magic and the version.
const FIELDS_AT: usize = MAGIC.len() + 1;
const CHECKSUM_AT: usize = 108;
const TAG_LEN: usize = 16;

/// The header of a vault file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) params: KdfParams,
    pub(super) argon2_salt: [u8; 16],
    file_salt: [u8; 32],
    nonce: [u8; 12],
    body_len: u64,
    password_check: [u8; 16],
}

impl Header {
    /// Whether a file that starts with `head` was meant to be a vault of this format.
    pub(super) fn recognises(head: &[u8]) -> bool {
        head.starts_with(&MAGIC)
            || MAGIC.starts_with(head)
            // A whole header but for the magic: damaged, not foreign.
            || head
                .first_chunk::<HEADER_LEN>()
                .is_some_and(|header| checksum_fits(header, VERSION))
    }

    /// Reads the header at the start of `file`.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when it is not as it was written,
    /// [`VaultError::UnsupportedVersion`], [`VaultError::UnsupportedAlgorithm`] or
    /// [`VaultError::KdfOutOfBounds`] when this program cannot or will not follow it.
    pub(super) fn parse(file: &[u8]) -> Result<Self, VaultError> {
        let bytes = file
            .first_chunk::<HEADER_LEN>()
            .ok_or(VaultError::Damaged(Damage::HeaderTruncated))?;
        let whole = checksum_fits(bytes, VERSION);
        let mut fields = Fields(bytes);
        let magic: [u8; 8] = fields.take();
        let [version] = fields.take();
        if magic == MAGIC && version != VERSION && !whole {
            return Err(VaultError::UnsupportedVersion { version });
        }
        if magic != MAGIC || version != VERSION || !whole {
            return Err(VaultError::Damaged(Damage::Header));
        }
        let [kdf, cipher, _reserved] = fields.take();
        for (kind, id, known) in [
            ("key derivation", kdf, ARGON2ID),
            ("cipher", cipher, HKDF_SHA256_AES_256_GCM),
        ] {
            if id != known {
                return Err(VaultError::UnsupportedAlgorithm { kind, id });
            }
        }
        Ok(Self {
            params: KdfParams::new(
                u32::from_be_bytes(fields.take()),
                u32::from_be_bytes(fields.take()),
                u32::from_be_bytes(fields.take()),
            )?,
            argon2_salt: fields.take(),
            file_salt: fields.take(),
            nonce: fields.take(),
            body_len: u64::from_be_bytes(fields.take()),
            password_check: fields.take(),
        })
    }

    fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend(MAGIC);
        bytes.extend([VERSION, ARGON2ID, HKDF_SHA256_AES_256_GCM, 0]);
        bytes.extend(self.params.memory_kib().to_be_bytes());
        bytes.extend(self.params.passes().to_be_bytes());
        bytes.extend(self.params.lanes().to_be_bytes());
        bytes.extend(self.argon2_salt);
        bytes.extend(self.file_salt);
        bytes.extend(self.nonce);
        bytes.extend(self.body_len.to_be_bytes());
        bytes.extend(self.password_check);
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes.try_into().expect("the fields add up to the header")
    }

    /// Whether `master` is the key of the password this file was written under.
    pub(super) fn is_of(&self, master: &MasterKey) -> bool {
        master.password_check().ct_eq(&self.password_check).into()
    }

    /// Whether `master` was derived with this file's salt and cost.
    pub(super) fn derives_like(&self, master: &MasterKey) -> bool {
        self.argon2_salt == *master.salt() && self.params == master.params()
    }
}

/// Encrypts `text` under a fresh salt and nonce.
pub(super) fn seal(text: &[u8], master: &MasterKey) -> Result<Vec<u8>, VaultError> {
    let mut random = [0; 44];
    getrandom::fill(&mut random).map_err(|_| VaultError::NoRandomness)?;
    let mut random = Fields(&random);
    Ok(seal_with(text, master, random.take(), random.take()))
}

pub(super) fn seal_with(
    text: &[u8],
    master: &MasterKey,
    file_salt: [u8; 32],
    nonce: [u8; 12],
) -> Vec<u8> {
    let body_len = text.len().saturating_add(TAG_LEN);
    let header = Header {
        params: master.params(),
        argon2_salt: *master.salt(),
        file_salt,
        nonce,
        body_len: u64::try_from(body_len).expect("a length in memory fits 64 bits"),
        password_check: master.password_check(),
    }
    .to_bytes();
    // Of the final size from the start: growing would leave plaintext behind.
    let mut file = Vec::with_capacity(HEADER_LEN.saturating_add(body_len));
    file.extend(header);
    file.extend_from_slice(text);
    let (_, body) = file.split_at_mut(HEADER_LEN);
    let tag = cipher(master, &file_salt)
        .encrypt_inout_detached(&nonce.into(), &header, InOutBuf::from(body))
        .expect("a vault is shorter than 64 GiB");
    file.extend_from_slice(&tag);
    file
}

/// Decrypts the body of `file`, whose header is `header`.
///
/// # Errors
/// [`VaultError::Damaged`].
pub(super) fn open(
    file: &[u8],
    header: &Header,
    master: &MasterKey,
) -> Result<LockedBuffer, VaultError> {
    let damaged = |damage| Err(VaultError::Damaged(damage));
    let Some((aad, body)) = file.split_at_checked(HEADER_LEN) else {
        return damaged(Damage::HeaderTruncated);
    };
    match u64::try_from(body.len()).map(|len| len.cmp(&header.body_len)) {
        Ok(std::cmp::Ordering::Equal) => {}
        Ok(std::cmp::Ordering::Less) => return damaged(Damage::Truncated),
        _ => return damaged(Damage::Trailing),
    }
    let Some((ciphertext, tag)) = body.split_last_chunk::<TAG_LEN>() else {
        return damaged(Damage::Truncated);
    };
    let mut text = LockedBuffer::zeroed(ciphertext.len());
    text.bytes_mut().copy_from_slice(ciphertext);
    cipher(master, &header.file_salt)
        .decrypt_inout_detached(
            &header.nonce.into(),
            aad,
            InOutBuf::from(text.bytes_mut()),
            tag.into(),
        )
        .map_err(|_| VaultError::Damaged(Damage::Body))?;
    Ok(text)
}

/// What kind of file starts with `head`, without a password.
pub(super) fn foreign(path: &Path, why: &'static str) -> VaultError {
    VaultError::Foreign {
        path: path.to_owned(),
        why,
    }
}

fn cipher(master: &MasterKey, file_salt: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(master.file_key(file_salt).as_slice())
        .expect("AES-256 takes a key of 32 bytes")
}

/// Whether the checksum fits when magic and version are what they should be: then the rest of
/// the header is whole, and what differs in those two is damage.
fn checksum_fits(header: &[u8; HEADER_LEN], version: u8) -> bool {
    let digest = Sha256::new()
        .chain_update(MAGIC)
        .chain_update([version])
        .chain_update(&header[FIELDS_AT..CHECKSUM_AT])
        .finalize();
    digest[..] == header[CHECKSUM_AT..]
}

/// Fields of fixed length, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self
            .0
            .split_first_chunk()
            .expect("the fields add up to the header");
        self.0 = rest;
        *field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretText;

    /// The vector of `docs/vault-format.md`: all random parts fixed.
    #[test]
    fn sealing_gives_the_published_vector() {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Vector {
            password: String,
            memory_kib: u32,
            passes: u32,
            lanes: u32,
            argon2_salt: String,
            file_salt: String,
            nonce: String,
            content: String,
            file: String,
        }
        fn bytes<const N: usize>(hex: &str) -> [u8; N] {
            hex::decode(hex).unwrap().try_into().unwrap()
        }
        let vector: Vector =
            serde_json::from_str(include_str!("../../tests/vectors/vault-v1.json")).unwrap();
        let params = KdfParams::new(vector.memory_kib, vector.passes, vector.lanes).unwrap();
        let password = SecretText::new(vector.password);
        let master = MasterKey::derive(&password, params, bytes(&vector.argon2_salt)).unwrap();
        let file = seal_with(
            vector.content.as_bytes(),
            &master,
            bytes(&vector.file_salt),
            bytes(&vector.nonce),
        );
        assert_eq!(hex::encode(&file), vector.file);
        let text = open(&file, &Header::parse(&file).unwrap(), &master).unwrap();
        assert_eq!(text.bytes(), vector.content.as_bytes());
    }

    #[test]
    fn every_write_has_its_own_salt_and_nonce() {
        let master =
            MasterKey::derive(&SecretText::new("password"), KdfParams::LOWEST, [1; 16]).unwrap();
        let first = Header::parse(&seal(b"{}", &master).unwrap()).unwrap();
        let second = Header::parse(&seal(b"{}", &master).unwrap()).unwrap();
        assert_ne!(first.file_salt, second.file_salt);
        assert_ne!(first.nonce, second.nonce);
        assert_eq!(first.argon2_salt, second.argon2_salt);
    }

    /// A header with a right checksum, as only someone who means to would make it.
    fn forged(change: impl FnOnce(&mut [u8; HEADER_LEN])) -> [u8; HEADER_LEN] {
        let master =
            MasterKey::derive(&SecretText::new("password"), KdfParams::LOWEST, [1; 16]).unwrap();
        let mut header = *seal(b"{}", &master).unwrap().first_chunk().unwrap();
        change(&mut header);
        let checksum = Sha256::digest(&header[..CHECKSUM_AT]);
        header[CHECKSUM_AT..].copy_from_slice(&checksum);
        header
    }

    #[test]
    fn forged_costs_are_refused_before_anything_is_derived() {
        let huge = forged(|header| header[12..16].fill(0xff));
        assert!(matches!(
            Header::parse(&huge),
            Err(VaultError::KdfOutOfBounds(_))
        ));
        let passes = forged(|header| header[16..20].fill(0xff));
        assert!(matches!(
            Header::parse(&passes),
            Err(VaultError::KdfOutOfBounds(_))
        ));
        let none = forged(|header| header[12..16].fill(0));
        assert!(matches!(
            Header::parse(&none),
            Err(VaultError::KdfOutOfBounds(_))
        ));
    }

    #[test]
    fn later_versions_and_other_algorithms_are_named() {
        let version = forged(|header| header[8] = 2);
        assert!(matches!(
            Header::parse(&version),
            Err(VaultError::UnsupportedVersion { version: 2 })
        ));
        for at in [9, 10] {
            let algorithm = forged(|header| header[at] = 7);
            assert!(matches!(
                Header::parse(&algorithm),
                Err(VaultError::UnsupportedAlgorithm { id: 7, .. })
            ));
        }
    }

    /// The header is authenticated: even with a right checksum no field of it can be changed.
    #[test]
    fn a_forged_header_does_not_open_the_body() {
        let master =
            MasterKey::derive(&SecretText::new("password"), KdfParams::LOWEST, [1; 16]).unwrap();
        let whole = seal(b"{}", &master).unwrap();
        // Reserved byte, salt of the file key, nonce.
        for at in [11, 40, 71, 72, 83] {
            let mut file = whole.clone();
            file[at] ^= 1;
            let checksum = Sha256::digest(&file[..CHECKSUM_AT]);
            file[CHECKSUM_AT..HEADER_LEN].copy_from_slice(&checksum);
            let header = Header::parse(&file).unwrap();
            assert!(matches!(
                open(&file, &header, &master),
                Err(VaultError::Damaged(Damage::Body))
            ));
        }
    }
}
