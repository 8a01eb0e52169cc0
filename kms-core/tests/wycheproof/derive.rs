//! HMAC, HKDF and PBKDF2, from which all keys come.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};

use crate::{Case, run};

#[test]
fn hkdf_sha256() {
    let count = run("hkdf_sha256_test.json", |case| {
        let hkdf = hkdf::Hkdf::<Sha256>::new(Some(&case.bytes("salt")), &case.bytes("ikm"));
        let mut okm = vec![0; case.number("size")];
        let expanded = hkdf.expand(&case.bytes("info"), &mut okm);
        Some(expanded.is_ok() && okm == case.bytes("okm"))
    });
    assert_eq!((count.valid, count.invalid), (83, 3));
}

#[test]
fn hmac() {
    let sha256 = run("hmac_sha256_test.json", |case| {
        tag_fits::<Hmac<Sha256>>(case)
    });
    assert_eq!((sha256.valid, sha256.invalid), (66, 108));
    let sha512 = run("hmac_sha512_test.json", |case| {
        tag_fits::<Hmac<Sha512>>(case)
    });
    assert_eq!((sha512.valid, sha512.invalid), (66, 108));
}

#[test]
fn pbkdf2_hmac_sha512() {
    let count = run("pbkdf2_hmacsha512_test.json", |case| {
        let rounds = u32::try_from(case.number("iterationCount")).unwrap();
        let mut key = vec![0; case.number("dkLen")];
        pbkdf2::pbkdf2_hmac::<Sha512>(
            &case.bytes("password"),
            &case.bytes("salt"),
            rounds,
            &mut key,
        );
        Some(key == case.bytes("dk"))
    });
    assert_eq!((count.valid, count.invalid), (58, 0));
}

/// Whether the tag, which may be shortened, is the MAC of the message.
fn tag_fits<M: KeyInit + Mac>(case: &Case) -> Option<bool> {
    let mut mac = <M as KeyInit>::new_from_slice(&case.bytes("key")).unwrap();
    mac.update(&case.bytes("msg"));
    let made = mac.finalize().into_bytes();
    Some(made[..case.number("tagSize") / 8] == case.bytes("tag")[..])
}
