//! ECDSA on secp256k1 and P-256: the check that every signature passes before it leaves.

use kms_core::keys::{PublicKey, Scheme, Signature};
use sha2::{Digest as _, Sha256, Sha512};
use sha3::Sha3_256;

use crate::{Case, Count, run};

/// The bitcoin set refuses high S as well as anything but strict DER.
#[test]
fn secp256k1_as_bitcoin_takes_it() {
    let count = run("ecdsa_secp256k1_sha256_bitcoin_test.json", |case| {
        Some(verifies(case, k256_der(case), Scheme::EcdsaSecp256k1))
    });
    assert_eq!((count.valid, count.foreign), (162, 0));
}

#[test]
fn secp256k1_with_each_s() {
    for (file, form) in [
        (
            "ecdsa_secp256k1_sha256_p1363_test.json",
            p1363 as fn(&Case) -> Option<[u8; 64]>,
        ),
        ("ecdsa_secp256k1_sha256_test.json", k256_der),
        ("ecdsa_secp256k1_sha3_256_test.json", k256_der),
        ("ecdsa_secp256k1_sha512_p1363_test.json", p1363),
        ("ecdsa_secp256k1_sha512_test.json", k256_der),
    ] {
        let mut high = 0;
        let count = run(file, |case| {
            let any = verifies(case, form(case), Scheme::EcdsaSecp256k1AnyS);
            let low = verifies(case, form(case), Scheme::EcdsaSecp256k1);
            // What only the scheme for each S takes has a high S, and is taken with the other.
            assert!(any || !low, "{}", case.name());
            if any && !low {
                high += 1;
                let turned = form(case).map(with_other_s);
                assert!(
                    verifies(case, turned, Scheme::EcdsaSecp256k1),
                    "{}",
                    case.name()
                );
            }
            Some(any)
        });
        assert!(count.valid > 160 && count.foreign == 0, "{count:?}");
        assert!(high > 0, "{file} has signatures with high S");
        println!("wycheproof {file}: {high} of the valid with high S, refused by the low-S scheme");
    }
}

#[test]
fn p256() {
    let expected = |count: Count| assert!(count.valid > 170 && count.foreign == 0, "{count:?}");
    expected(run("ecdsa_secp256r1_sha256_p1363_test.json", |case| {
        Some(verifies(case, p1363(case), Scheme::EcdsaP256))
    }));
    expected(run("ecdsa_secp256r1_sha256_test.json", |case| {
        let signature = p256::ecdsa::Signature::from_der(&case.bytes("sig")).ok();
        let rs = signature.map(|signature| signature.to_bytes().into());
        Some(verifies(case, rs, Scheme::EcdsaP256))
    }));
}

fn p1363(case: &Case) -> Option<[u8; 64]> {
    case.bytes("sig").try_into().ok()
}

fn k256_der(case: &Case) -> Option<[u8; 64]> {
    let signature = k256::ecdsa::Signature::from_der(&case.bytes("sig")).ok()?;
    Some(signature.to_bytes().into())
}

/// The same signature with n - s.
fn with_other_s(rs: [u8; 64]) -> [u8; 64] {
    let signature = k256::ecdsa::Signature::from_slice(&rs).unwrap();
    signature.normalize_s().to_bytes().into()
}

/// Whether there is a recovery id with which the signature is right. There is never more than
/// one, else a signature could be told under two names.
fn verifies(case: &Case, rs: Option<[u8; 64]>, scheme: Scheme) -> bool {
    let Some(rs) = rs else { return false };
    let message = case.bytes("msg");
    let digest: [u8; 32] = match case.group["sha"].as_str() {
        Some("SHA-256") => Sha256::digest(&message).into(),
        Some("SHA3-256") => Sha3_256::digest(&message).into(),
        // Of a longer digest ECDSA takes the left 256 bits (FIPS 186-5 §6.4.1), as XRP does.
        Some("SHA-512") => *Sha512::digest(&message).first_chunk().unwrap(),
        other => panic!("{other:?}"),
    };
    let point = case.group["publicKey"]["uncompressed"].as_str().unwrap();
    let (curve, ids) = match scheme {
        // Recovery belongs to the signatures of secp256k1 only.
        Scheme::EcdsaP256 => ("P-256", 0..1),
        _ => ("secp256k1", 0..4),
    };
    let key: PublicKey = format!("{curve}:{point}").parse().unwrap();
    let right = ids.filter(|recovery_id| {
        let signature = Signature::Ecdsa {
            rs,
            recovery_id: *recovery_id,
        };
        signature.verify(&key, scheme, &digest).is_ok()
    });
    let count = right.count();
    assert!(count < 2, "{}: {count} recovery ids", case.name());
    count == 1
}
