//! AES-256-GCM as the vault uses it, and AES-256-CBC as files of tatum-kms 8 do.

use ::aes::{
    Aes256,
    cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7},
};
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{AeadInOut as _, inout::InOutBuf},
};

use crate::{Count, run};

#[test]
fn aes_256_gcm() {
    let count = run("aes_gcm_test.json", |case| {
        let key = <[u8; 32]>::try_from(case.bytes("key")).ok()?;
        let nonce = <[u8; 12]>::try_from(case.bytes("iv")).ok()?;
        let (aad, message) = (case.bytes("aad"), case.bytes("msg"));
        let (ciphertext, tag) = (case.bytes("ct"), case.bytes("tag"));
        let cipher = Aes256Gcm::new_from_slice(&key).unwrap();

        let mut sealed = message.clone();
        let made = cipher
            .encrypt_inout_detached(&nonce.into(), &aad, InOutBuf::from(sealed.as_mut_slice()))
            .unwrap();
        let seals_alike = sealed == ciphertext && made[..] == tag[..];
        assert_eq!(seals_alike, case.is_valid(), "{}", case.name());

        let mut opened = ciphertext;
        let tag = <[u8; 16]>::try_from(tag).ok()?;
        let result = cipher.decrypt_inout_detached(
            &nonce.into(),
            &aad,
            InOutBuf::from(opened.as_mut_slice()),
            &tag.into(),
        );
        Some(result.is_ok() && opened == message)
    });
    // 66 of the 316 have a key of 256 and a nonce of 96 bits.
    assert_eq!(count.foreign, 316 - 66);
    assert_eq!(count.valid + count.invalid, 66);
}

#[test]
fn aes_256_cbc_with_padding() {
    let count = run("aes_cbc_pkcs5_test.json", |case| {
        let key = <[u8; 32]>::try_from(case.bytes("key")).ok()?;
        let decryptor = cbc::Decryptor::<Aes256>::new_from_slices(&key, &case.bytes("iv")).unwrap();
        let mut bytes = case.bytes("ct");
        let plaintext = decryptor.decrypt_padded::<Pkcs7>(&mut bytes);
        Some(plaintext.is_ok_and(|text| text == case.bytes("msg")))
    });
    let expected = Count {
        valid: 24,
        invalid: 48,
        foreign: 144,
    };
    assert_eq!(count, expected);
}
