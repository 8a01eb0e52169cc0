//! SLIP-10: trees of Ed25519 keys, in which every step is hardened.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Bip32Path, KeyError, SecretKey, Seed};

/// The Ed25519 key at `path`, which must be hardened throughout (SLIP-10 §"Private parent key").
///
/// # Errors
/// [`KeyError::NoKeyAtIndex`] when a step is not hardened.
pub fn derive_ed25519(seed: &Seed, path: &Bip32Path) -> Result<SecretKey, KeyError> {
    seed.expose(|seed| derive(seed, path.steps()))
}

fn derive(seed: &[u8], steps: impl Iterator<Item = u32>) -> Result<SecretKey, KeyError> {
    let mut node = hmac_sha512(b"ed25519 seed", &[seed]);
    for step in steps {
        if step & HARDENED == 0 {
            return Err(KeyError::NoKeyAtIndex);
        }
        let (key, chain_code) = node.split_at(32);
        node = hmac_sha512(chain_code, &[&[0], key, &step.to_be_bytes()]);
    }
    let (key, _) = node.split_at(32);
    SecretKey::ed25519(key)
}

const HARDENED: u32 = 1 << 31;

/// HMAC-SHA512, the step of both kinds of trees.
pub(super) fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    let mut bytes = mac.finalize().into_bytes();
    let mut node = Zeroizing::new([0; 64]);
    node.copy_from_slice(&bytes);
    bytes.as_mut_slice().zeroize();
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SLIP-10 §"Test vector 1 for ed25519" and §"Test vector 2 for ed25519": every node.
    #[test]
    fn published_vectors() {
        let text = include_str!("../../tests/vectors/published/slip10-ed25519.json");
        let published: serde_json::Value = serde_json::from_str(text).unwrap();
        let mut count = 0;
        for seed in published["seeds"].as_array().unwrap() {
            let bytes = hex::decode(seed["seed"].as_str().unwrap()).unwrap();
            for case in seed["chains"].as_array().unwrap() {
                let [path, private, public] =
                    ["path", "private", "public"].map(|member| case[member].as_str().unwrap());
                let steps: Bip32Path = path.parse().unwrap();
                let key = derive(&bytes, steps.steps()).unwrap();
                assert_eq!(hex::encode(key.to_bytes().expose()), private, "{path}");
                // The standard puts a zero byte in front.
                let encoded = hex::encode(key.public_key().encoded());
                assert_eq!(format!("00{encoded}"), public, "{path}");
                count += 1;
            }
        }
        assert_eq!(count, 12);
        crate::testkit::tally("published", 12_u64, "vectors of SLIP-10");
    }

    #[test]
    fn a_step_that_is_not_hardened_is_refused() {
        let path: Bip32Path = "m/44'/1".parse().unwrap();
        assert_eq!(
            derive(&[0; 64], path.steps()).unwrap_err(),
            KeyError::NoKeyAtIndex
        );
    }
}
