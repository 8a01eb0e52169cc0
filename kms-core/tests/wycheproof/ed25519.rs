//! Ed25519: the check that every signature passes before it leaves.

use kms_core::keys::{PublicKey, Scheme, Signature};

use crate::run;

#[test]
fn ed25519() {
    let count = run("ed25519_test.json", |case| {
        let key = case.group["publicKey"]["pk"].as_str().unwrap();
        let key: PublicKey = format!("Ed25519:{key}").parse().unwrap();
        let Ok(bytes) = case.bytes("sig").try_into() else {
            return Some(false);
        };
        let message = case.bytes("msg");
        let verified = Signature::Ed25519(bytes).verify(&key, Scheme::Ed25519, &message);
        Some(verified.is_ok())
    });
    assert_eq!((count.valid, count.foreign), (88, 0));
}
