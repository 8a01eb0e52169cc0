//! Writes vaults in the current format, from its description in `kms-core/docs/vault-format.md`
//! and with the least key derivation it allows: tests open vaults hundreds of times.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Length of the header in bytes.
pub const HEADER: usize = 140;
const MEMORY_KIB: u32 = 8192;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// Writes a vault with these entries in this order: signature id and entry. The mode is 0600.
pub fn write<'a>(
    path: &Path,
    password: &str,
    entries: impl IntoIterator<Item = (&'a str, &'a Value)>,
) {
    let members: Vec<String> = entries
        .into_iter()
        .map(|(id, entry)| format!("{}:{entry}", Value::from(id)))
        .collect();
    let content = format!("{{{}}}", members.join(","));
    fs::write(path, encrypt(&content, password)).expect("a writable file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our file");
}

/// What stands in the file for this content. The salts and the nonce are constants: good for
/// tests and for nothing else.
pub fn encrypt(content: &str, password: &str) -> Vec<u8> {
    let argon2_salt = *b"salt of password";
    let file_salt = *b"salt of this version of the file";
    let nonce = *b"nonce of it.";
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).expect("costs within bounds");
    let mut master = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), &argon2_salt, &mut master)
        .expect("memory for the key derivation");
    let body_len = u64::try_from(content.len() + 16).expect("a small vault");

    let mut header = b"\x89KMSV\r\n\x1a".to_vec();
    header.extend([1, 1, 1, 0]);
    for cost in [MEMORY_KIB, PASSES, LANES] {
        header.extend(cost.to_be_bytes());
    }
    header.extend(argon2_salt);
    header.extend(file_salt);
    header.extend(nonce);
    header.extend(body_len.to_be_bytes());
    header.extend(derive::<16>(&master, None, b"tatum-kms/v1/password-check"));
    header.extend(Sha256::digest(&header));
    assert_eq!(header.len(), HEADER);

    let key = derive::<32>(&master, Some(&file_salt), b"tatum-kms/v1/vault");
    let payload = Payload {
        msg: content.as_bytes(),
        aad: &header,
    };
    let body = Aes256Gcm::new(&key.into())
        .encrypt(&nonce.into(), payload)
        .expect("a small message");
    [header, body].concat()
}

/// Makes the checksum of the header fit the header.
pub fn put_checksum_right(vault: &mut [u8]) {
    let (header, _) = vault.split_at_mut(HEADER);
    let (checked, checksum) = header.split_at_mut(HEADER - 32);
    checksum.copy_from_slice(&Sha256::digest(checked));
}

fn derive<const N: usize>(master: &[u8], salt: Option<&[u8]>, label: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    Hkdf::<Sha256>::new(salt, master)
        .expand(label, &mut key)
        .expect("a short key");
    key
}
