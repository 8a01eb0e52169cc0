//! Writes `wallet.dat` files as tatum-kms 8 did, from its description: the vaults of users who
//! migrate, and the quickest way to a vault with given content.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use base64::Engine as _;
use md5::{Digest as _, Md5};
use serde_json::Value;

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
    let file = encrypt(&format!("{{{}}}", members.join(",")), password, b"8 octets");
    fs::write(path, file).expect("a writable file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our file");
}

/// What stands in the file for this text: OpenSSL's salted AES-256-CBC under an MD5 key.
pub fn encrypt(text: &str, password: &str, salt: &[u8; 8]) -> String {
    let mut derived = Vec::with_capacity(48);
    let mut block = Vec::new();
    while derived.len() < 48 {
        let digest = Md5::new()
            .chain_update(&block)
            .chain_update(password)
            .chain_update(salt)
            .finalize();
        block = digest.to_vec();
        derived.extend_from_slice(&block);
    }
    let mut padded = text.as_bytes().to_vec();
    padded.resize(text.len() + 16, 0);
    let ciphertext = cbc::Encryptor::<aes::Aes256>::new_from_slices(&derived[..32], &derived[32..])
        .expect("a key of 32 bytes and an IV of 16")
        .encrypt_padded::<Pkcs7>(&mut padded, text.len())
        .expect("room for one more block");
    let file = [b"Salted__".as_slice(), salt, ciphertext].concat();
    base64::engine::general_purpose::STANDARD.encode(file)
}
