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
    derive(seed.expose(), path.steps())
}

fn derive(seed: &[u8], steps: impl Iterator<Item = u32>) -> Result<SecretKey, KeyError> {
    let mut node = digest(b"ed25519 seed", &[seed]);
    for step in steps {
        if step & HARDENED == 0 {
            return Err(KeyError::NoKeyAtIndex);
        }
        let (key, chain_code) = node.split_at(32);
        node = digest(chain_code, &[&[0], key, &step.to_be_bytes()]);
    }
    SecretKey::ed25519(&node[..32])
}

const HARDENED: u32 = 1 << 31;

fn digest(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
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

    /// SLIP-10 §"Test vector 1 for ed25519" and §"Test vector 2 for ed25519".
    #[test]
    fn published_vectors() {
        let cases: &[(&str, &str, &str)] = &[
            (
                "000102030405060708090a0b0c0d0e0f",
                "m",
                "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0'/1'/2'/2'/1000000000'",
                "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
            ),
            (
                "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
                "m/0'/2147483647'/1'/2147483646'/2'",
                "551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d",
            ),
        ];
        for (seed, path, expected) in cases {
            let path: Bip32Path = path.parse().unwrap();
            let key = derive(&hex::decode(seed).unwrap(), path.steps()).unwrap();
            assert_eq!(hex::encode(key.to_bytes().expose()), *expected);
        }
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
