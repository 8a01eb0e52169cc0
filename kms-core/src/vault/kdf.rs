//! From the password to keys: Argon2id once per process, HKDF-SHA256 for every use.
//!
//! ```text
//! master key     = Argon2id(password, argon2 salt, params)            32 bytes
//! password check = HKDF-SHA256(master key, info "…/password-check")   16 bytes, in the header
//! file key       = HKDF-SHA256(master key, salt of this write, info "…/vault")
//! ```

use std::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::VaultError;
use crate::{
    keys::{SecretBytes, SecretText},
    process::LockedBuffer,
};

/// Cost of deriving the master key from the password (Argon2id version 1.3, RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KdfParams {
    /// Memory in KiB.
    memory_kib: u32,
    /// Passes over the memory.
    passes: u32,
    /// Lanes.
    lanes: u32,
}

impl KdfParams {
    /// The lowest cost that is accepted: 8 MiB, one pass. For tests.
    pub const LOWEST: Self = Self {
        memory_kib: 8 << 10,
        passes: 1,
        lanes: 1,
    };

    /// `memory_kib` KiB, `passes` over it, in `lanes` lanes.
    ///
    /// # Errors
    /// [`VaultError::KdfOutOfBounds`] unless memory is 8 MiB to 4 GiB, passes 1 to 64 and lanes
    /// 1 to 16. Files are held to the same bounds: a hostile one shall not exhaust the machine.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, VaultError> {
        let params = Self {
            memory_kib,
            passes,
            lanes,
        };
        let within = (8 << 10..=4 << 20).contains(&memory_kib)
            && (1..=64).contains(&passes)
            && (1..=16).contains(&lanes);
        if within {
            Ok(params)
        } else {
            Err(VaultError::KdfOutOfBounds(params))
        }
    }

    /// Memory in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for KdfParams {
    /// 64 MiB, 3 passes, 1 lane: about a tenth of a second.
    fn default() -> Self {
        Self {
            memory_kib: 64 << 10,
            passes: 3,
            lanes: 1,
        }
    }
}

impl fmt::Display for KdfParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Argon2id with {} KiB, {} passes, {} lanes",
            self.memory_kib, self.passes, self.lanes
        )
    }
}

/// What a key derived from the vault's password is for. Keys of different labels tell nothing
/// about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyLabel {
    /// Encrypts the journal.
    Journal,
    /// Authenticates the audit log.
    Audit,
}

impl KeyLabel {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Journal => b"tatum-kms/v1/journal",
            Self::Audit => b"tatum-kms/v1/audit",
        }
    }
}

const VAULT_INFO: &[u8] = b"tatum-kms/v1/vault";
const CHECK_INFO: &[u8] = b"tatum-kms/v1/password-check";

/// The key that the password gives under a salt, kept for the life of the process.
#[derive(Debug)]
pub(super) struct MasterKey {
    params: KdfParams,
    salt: [u8; 16],
    key: LockedBuffer,
}

impl MasterKey {
    pub(super) fn derive(
        password: &SecretText,
        params: KdfParams,
        salt: [u8; 16],
    ) -> Result<Self, VaultError> {
        let argon2 = argon2::Params::new(params.memory_kib, params.passes, params.lanes, Some(32))
            .map_err(|_| VaultError::KdfOutOfBounds(params))?;
        let argon2 =
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2);
        // Our own memory instead of the crate's: it is wiped, and its absence is an error.
        let blocks = argon2.params().block_count();
        let mut memory: Zeroizing<Vec<argon2::Block>> = Zeroizing::new(Vec::new());
        memory
            .try_reserve_exact(blocks)
            .map_err(|_| VaultError::OutOfMemory(params))?;
        memory.resize(blocks, argon2::Block::new());
        let mut key = LockedBuffer::zeroed(32);
        argon2
            .hash_password_into_with_memory(
                password.expose().as_bytes(),
                &salt,
                key.bytes_mut(),
                memory.as_mut_slice(),
            )
            .map_err(|_| VaultError::KdfOutOfBounds(params))?;
        Ok(Self { params, salt, key })
    }

    /// A master key under a fresh salt.
    pub(super) fn fresh(password: &SecretText, params: KdfParams) -> Result<Self, VaultError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| VaultError::NoRandomness)?;
        Self::derive(password, params, salt)
    }

    pub(super) fn params(&self) -> KdfParams {
        self.params
    }

    pub(super) fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// What stands in the header so that a wrong password can be told from damage.
    pub(super) fn password_check(&self) -> [u8; 16] {
        let mut check = [0; 16];
        self.expand(None, CHECK_INFO, &mut check);
        check
    }

    /// The key of one write of the vault.
    pub(super) fn file_key(&self, salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        self.expand(Some(salt), VAULT_INFO, key.as_mut_slice());
        key
    }

    pub(super) fn labelled(&self, label: KeyLabel) -> SecretBytes {
        let mut key = Zeroizing::new([0; 32]);
        self.expand(None, label.info(), key.as_mut_slice());
        SecretBytes::new(key.as_slice())
    }

    fn expand(&self, salt: Option<&[u8]>, info: &[u8], okm: &mut [u8]) {
        hkdf::Hkdf::<sha2::Sha256>::new(salt, self.key.bytes())
            .expand(info, okm)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
    }
}

/// The key for another file than the vault: HKDF-SHA256 under `label` of what Argon2id makes of
/// `password` and `salt`.
///
/// # Errors
/// [`VaultError::OutOfMemory`] when the machine has not the memory that `params` names.
pub fn derive_key(
    password: &SecretText,
    params: KdfParams,
    salt: &[u8; 16],
    label: KeyLabel,
) -> Result<SecretBytes, VaultError> {
    Ok(MasterKey::derive(password, params, *salt)?.labelled(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_out_of_bounds_are_refused() {
        for (memory, passes, lanes) in [
            ((8 << 10) - 1, 1, 1),
            ((4 << 20) + 1, 1, 1),
            (u32::MAX, 1, 1),
            (8 << 10, 0, 1),
            (8 << 10, 65, 1),
            (8 << 10, 1, 0),
            (8 << 10, 1, 17),
        ] {
            assert!(matches!(
                KdfParams::new(memory, passes, lanes),
                Err(VaultError::KdfOutOfBounds(_))
            ));
        }
        assert!(KdfParams::new(8 << 10, 1, 1).is_ok());
        assert!(KdfParams::new(4 << 20, 64, 16).is_ok());
    }

    #[test]
    fn costs_are_told_in_words() {
        let params = KdfParams::new(8 << 10, 2, 3).unwrap();
        assert_eq!(
            params.to_string(),
            "Argon2id with 8192 KiB, 2 passes, 3 lanes"
        );
    }

    #[test]
    fn keys_of_different_labels_differ() {
        let master =
            MasterKey::derive(&SecretText::new("password"), KdfParams::LOWEST, [1; 16]).unwrap();
        let journal = master.labelled(KeyLabel::Journal);
        let audit = master.labelled(KeyLabel::Audit);
        let file = master.file_key(&[0; 32]);
        assert_ne!(journal.expose(), audit.expose());
        assert_ne!(journal.expose(), file.as_slice());
        assert_ne!(journal.expose()[..16], master.password_check());
    }
}
