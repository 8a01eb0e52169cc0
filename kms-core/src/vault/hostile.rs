//! What must hold for any file that is given to us for a vault.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold fails by a panic"
)]

use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::{
    Changes, Entry, FileFormat, KdfParams, Vault,
    content::NotAVault,
    format::{self, HEADER_LEN, Header},
    kdf::MasterKey,
    legacy,
};
use crate::{keys::SecretText, process::LockedBuffer, testkit::fuzz::Property};

const PASSWORD: &str = "correct horse battery staple";
/// Bytes of the header that its checksum covers.
const CHECKSUM_AT: usize = HEADER_LEN - 32;
const TAG_LEN: usize = 16;

/// A vault's content as JSON: entries of each form, odd ones too.
const CONTENT: &str = r#"{
 "89a0f4fc-53fa-4757-9437-df66cff4daf9": {"mnemonic":"urge pulp usage","xpub":"xpub6E","chain":"BTC","testnet":false},
 "79b5e6e0-2a5c-47c7-93b2-7743b037b86c":{"address":"tbnb1c","privateKey":"6d82","chain":"BNB","testnet":true},
 "2783be04-e974-4405-a1aa-11b57a03d78b":{"secret":"sEd7","privateKey":null,"chain":"XRP","testnet":true,"more":[1,{"a":-2.5e3}]},
 "\u0061\"b":{"chain":1}, "":null, "79b5e6e0-2a5c-47c7-93b2-7743b037b86c":{"chain":"ETH","testnet":false}
}"#;

/// Vault files of the current format.
///
/// Each input is taken for a file as it is, for one whose checksum is right, and for the content
/// of one. The password is right, and costs nothing: its key is derived once.
#[derive(Debug)]
pub struct VaultFiles(MasterKey);

impl VaultFiles {
    /// With the key of a password.
    pub fn new() -> Self {
        let password = SecretText::new(PASSWORD);
        let master = MasterKey::derive(&password, KdfParams::LOWEST, [7; 16]);
        Self(master.expect("the lowest cost is within bounds"))
    }

    fn sealed(&self, content: &[u8]) -> Vec<u8> {
        format::seal_with(content, &self.0, [8; 32], [9; 12])
    }

    /// The text of a file, and its header, if it has the right length and nobody changed it.
    fn open(&self, file: &[u8]) -> Option<(Header, LockedBuffer)> {
        let format = FileFormat::of(file);
        let header = Header::parse(file).ok()?;
        assert!(
            format.is_ok_and(|format| matches!(format, FileFormat::Current { .. })),
            "readable, and not recognised"
        );
        let _ = (header.is_of(&self.0), header.derives_like(&self.0));
        let text = format::open(file, &header, &self.0).ok()?;
        Some((header, text))
    }
}

impl Default for VaultFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Property for VaultFiles {
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![
            self.sealed(CONTENT.as_bytes()),
            self.sealed(b"{}"),
            b"{}".to_vec(),
        ]
    }

    fn holds_for(&self, bytes: &[u8]) {
        let opened = self.open(bytes);
        if let Some((header, text)) = opened {
            let body = text.bytes().len().saturating_add(TAG_LEN);
            assert_eq!(bytes.len(), HEADER_LEN + body, "bytes that nobody wrote");
            assert!(header.derives_like(&self.0), "opened by another key");
        }
        // As only someone who means to would make it.
        if let Some((head, body)) = bytes.split_first_chunk::<HEADER_LEN>() {
            let mut forged = *head;
            forged[..9].copy_from_slice(b"\x89KMSV\r\n\x1a\x01");
            let checksum = Sha256::digest(&forged[..CHECKSUM_AT]);
            forged[CHECKSUM_AT..].copy_from_slice(&checksum);
            let forged = [&forged[..], body].concat();
            if let Some((_, text)) = self.open(&forged) {
                let sealed = self.sealed(text.bytes());
                assert!(forged == sealed, "opened, and nobody sealed it");
            }
        }
        let sealed = self.sealed(bytes);
        let (_, text) = self.open(&sealed).expect("what is sealed opens");
        assert!(text.bytes() == bytes, "another text than was sealed");
        if let Some((last, rest)) = sealed.split_last() {
            assert!(self.open(rest).is_none(), "opened without its end");
            let changed = [rest, &[last ^ 1]].concat();
            assert!(self.open(&changed).is_none(), "opened although changed");
        }
    }
}

/// What is found in a vault once it is decrypted.
#[derive(Debug)]
pub struct VaultContents;

impl Property for VaultContents {
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![CONTENT.as_bytes().to_vec(), b"{}".to_vec()]
    }

    fn holds_for(&self, bytes: &[u8]) {
        let Ok(vault) = Vault::parse(locked(bytes)) else {
            let value = serde_json::from_slice::<serde_json::Value>(bytes);
            assert!(
                !value.is_ok_and(|value| value.is_object()),
                "an object, and no vault"
            );
            return;
        };
        let ids: Vec<&str> = vault.ids().collect();
        assert_eq!(
            ids.len(),
            vault.len(),
            "entries without an id, or ids without an entry"
        );
        for id in &ids {
            let json = vault.verbatim(id).expect("an id of the vault");
            if let Some(Ok(entry)) = vault.entry(id) {
                let written = entry.to_json(&[]);
                let again = Entry::parse(written.expose()).expect("an entry reads back");
                let same = again.to_json(&[]).expose() == written.expose();
                assert!(same, "another entry once it is written");
                let mut listed = vault.ids_of(&entry.chain, entry.network);
                assert!(listed.any(|one| one == *id), "in no list of its chain");
            }
            assert!(!json.is_empty(), "an entry of nothing");
        }
        let listed: usize = vault
            .chains()
            .map(|(chain, network)| vault.ids_of(chain, network).count())
            .sum();
        assert!(
            listed <= vault.len(),
            "listed more often than there are entries"
        );
        assert!(
            vault.unreadable_ids().count() <= vault.len(),
            "more than all are unreadable"
        );
        assert!(
            vault.repeated_ids().all(|id| vault.contains(id)),
            "a lost entry"
        );

        let exported = Vault::parse(locked(vault.export_json().expose().as_bytes()));
        let exported = exported.expect("an export is a vault");
        assert!(
            exported.ids().eq(ids.iter().copied()),
            "other ids in the export"
        );
        changed(&vault, &ids);
    }
}

/// A vault with one entry more and one less has all others to the byte.
fn changed(vault: &Vault, ids: &[&str]) {
    const NEW: &str = "new";
    let mut changes = Changes::new(vault);
    let entry = SecretText::new(r#" {"chain":"ETH","testnet":true} "#);
    let inserted = changes.insert(NEW, &entry).is_ok();
    assert_eq!(
        inserted,
        !vault.contains(NEW),
        "an entry in place of another"
    );
    let removed = ids.iter().find(|id| **id != NEW).copied();
    if let Some(id) = removed {
        assert!(changes.remove(id), "an entry that cannot be removed");
    }
    let text = changes.apply().expect("changes of a vault");
    let after = Vault::parse(text).expect("a changed vault is a vault");
    let kept = ids.iter().copied().filter(|id| Some(*id) != removed);
    let expected: Vec<&str> = inserted.then_some(NEW).into_iter().chain(kept).collect();
    assert!(
        after.ids().eq(expected.iter().copied()),
        "other ids after a change"
    );
    for id in ids.iter().filter(|id| Some(**id) != removed) {
        assert!(
            after.verbatim(id) == vault.verbatim(id),
            "another entry after a change"
        );
    }
}

/// Files of tatum-kms up to version 8.
///
/// Each input is taken for a file as it is, for the bytes that its base64 stands for, and for the
/// text of one that its owner has encrypted.
#[derive(Debug)]
pub struct LegacyFiles(SecretText);

impl LegacyFiles {
    /// With a password.
    pub fn new() -> Self {
        Self(SecretText::new(PASSWORD))
    }

    fn sealed(&self, content: &[u8]) -> Vec<u8> {
        let salt = [7; 8];
        let key_and_iv = legacy::key_and_iv(&self.0, &salt);
        let (key, iv) = key_and_iv.split_at(32);
        let encryptor = cbc::Encryptor::<aes::Aes256>::new_from_slices(key, iv)
            .expect("AES-256-CBC takes a key of 32 bytes and an IV of 16");
        let mut buffer = content.to_vec();
        buffer.resize(content.len() / 16 * 16 + 16, 0);
        let ciphertext = encryptor
            .encrypt_padded::<Pkcs7>(&mut buffer, content.len())
            .expect("there is room for the padding");
        base64(&[b"Salted__", &salt[..], ciphertext].concat())
    }
}

impl Default for LegacyFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Property for LegacyFiles {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let file = self.sealed(CONTENT.as_bytes());
        let bytes = base64::engine::general_purpose::STANDARD.decode(&file);
        let bytes = bytes.expect("it was just encoded");
        vec![file, bytes, CONTENT.as_bytes().to_vec(), b"{}".to_vec()]
    }

    fn holds_for(&self, bytes: &[u8]) {
        if legacy::open(bytes, &self.0).is_ok() {
            assert!(legacy::recognises(bytes), "opened, and not recognised");
        }
        let _ = legacy::open(&base64(bytes), &self.0);
        let sealed = self.sealed(bytes);
        assert!(legacy::recognises(&sealed), "not recognised");
        let is_vault = Vault::parse(locked(bytes)).map(|vault| vault.len());
        match (legacy::open(&sealed, &self.0), is_vault) {
            (Ok(vault), Ok(len)) => assert_eq!(vault.len(), len, "entries were lost"),
            (Err(_), Err(NotAVault::Utf8 | NotAVault::Json)) => {}
            (Ok(_), Err(_)) => panic!("opened what is no vault"),
            (Err(error), Ok(_)) => panic!("did not open: {error}"),
        }
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .encode(bytes)
        .into_bytes()
}

fn locked(bytes: &[u8]) -> LockedBuffer {
    let mut text = LockedBuffer::zeroed(bytes.len());
    text.bytes_mut().copy_from_slice(bytes);
    text
}
