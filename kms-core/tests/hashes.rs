//! Hash functions, and HMAC and HKDF over them, by the crates and versions that the core and the
//! plugins use. Where the vectors come from: `tests/vectors/README.md`.

use blake2::{Blake2b, Blake2b256, digest::consts::U28};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kms_core::testkit::tally;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

fn cases(text: &str, member: &str) -> Vec<Value> {
    let mut whole: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(whole[member].take()).unwrap()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    hex::decode(case[member].as_str().unwrap()).unwrap()
}

/// MD5 is part of how `wallet.dat` of tatum-kms 8 is read.
#[test]
fn digests() {
    fn check<D: Digest>(member: &str, count: usize) {
        let cases = cases(include_str!("vectors/published/hashes.json"), member);
        assert_eq!(cases.len(), count, "{member}");
        for case in &cases {
            let digest = D::digest(bytes(case, "message"));
            assert_eq!(hex::encode(digest), case["digest"], "{member}: {case}");
        }
        tally("published", count, "vectors of hash functions");
    }
    check::<md5::Md5>("md5", 7);
    check::<ripemd::Ripemd160>("ripemd160", 8);
    check::<Sha256>("sha256", 65);
    check::<Sha512>("sha512", 129);
    check::<sha2::Sha512_256>("sha512_256", 129);
    check::<sha3::Sha3_256>("sha3_256", 137);
}

/// BLAKE2b of 28 and 32 bytes, a hundred digests of all those before. (RFC 7693 itself has one
/// case, of 64 bytes, which nothing here uses.)
#[test]
fn blake2b() {
    fn last<D: Digest>() -> String {
        let mut digests = Vec::new();
        for _ in 0..100 {
            let digest = D::digest(&digests);
            digests.splice(..0, digest);
        }
        hex::encode(&digests[..<D as Digest>::output_size()])
    }
    let text = include_str!("vectors/published/blake2b.json");
    let published: Value = serde_json::from_str(text).unwrap();
    assert_eq!(last::<Blake2b<U28>>(), published["bytes28"]);
    assert_eq!(last::<Blake2b256>(), published["bytes32"]);
    tally("published", 2_u64, "vectors of hash functions");
}

/// RFC 4231.
#[test]
fn hmac() {
    let text = include_str!("vectors/published/rfc4231.json");
    let sha256 = cases(text, "sha256");
    for case in &sha256 {
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(case, "key")).unwrap();
        mac.update(&bytes(case, "message"));
        assert_eq!(hex::encode(mac.finalize().into_bytes()), case["mac"]);
    }
    let sha512 = cases(text, "sha512");
    for case in &sha512 {
        let mut mac = Hmac::<Sha512>::new_from_slice(&bytes(case, "key")).unwrap();
        mac.update(&bytes(case, "message"));
        assert_eq!(hex::encode(mac.finalize().into_bytes()), case["mac"]);
    }
    assert_eq!((sha256.len(), sha512.len()), (6, 6));
    tally("published", 12_u64, "vectors of RFC 4231");
}

/// RFC 5869 appendix A.
#[test]
fn hkdf() {
    let cases = cases(include_str!("vectors/published/rfc5869.json"), "sha256");
    assert_eq!(cases.len(), 3);
    tally("published", cases.len(), "vectors of RFC 5869");
    for case in &cases {
        let salt = bytes(case, "salt");
        let (prk, hkdf) = hkdf::Hkdf::<Sha256>::extract(Some(&salt), &bytes(case, "ikm"));
        assert_eq!(hex::encode(prk), case["prk"]);
        let mut okm = vec![0; usize::try_from(case["length"].as_u64().unwrap()).unwrap()];
        hkdf.expand(&bytes(case, "info"), &mut okm).unwrap();
        assert_eq!(hex::encode(okm), case["okm"]);
    }
}
