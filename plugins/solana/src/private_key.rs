//! The text forms of keys: 64 bytes, the seed (RFC 8032) and then its public key. In base58, or
//! as 128 hexadecimal digits.

use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// The most base58 digits of 64 bytes.
const LONGEST_BASE58: usize = 88;

/// Reads base58, or hexadecimal digits when there are exactly 128.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let mut bytes = Zeroizing::new([0; 64]);
    let text = text.expose();
    let len = if text.len() == 128 {
        hex::decode_to_slice(text, bytes.as_mut_slice())
            .map_err(|_| invalid("its 128 characters are not all hexadecimal digits"))?;
        bytes.len()
    } else if text.len() > LONGEST_BASE58 {
        return Err(invalid("it is too long"));
    } else {
        bs58::decode(text)
            .onto(bytes.as_mut_slice())
            .map_err(|error| match error {
                bs58::decode::Error::BufferTooSmall => invalid("it is longer than 64 bytes"),
                _ => invalid("it is not base58"),
            })?
    };
    if len != bytes.len() {
        return Err(invalid(&format!("it has {len} bytes, not 64")));
    }
    let (seed, public) = bytes.split_at(32);
    let key = SecretKey::ed25519(seed)?;
    if key.public_key().ed25519()? != public {
        return Err(invalid(
            "its second half is not the public key of its first half",
        ));
    }
    Ok(key)
}

/// Writes base58.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    let seed = key.to_bytes();
    let public = key.public_key();
    let mut bytes = Zeroizing::new([0; 64]);
    for (to, from) in bytes
        .iter_mut()
        .zip(seed.expose().iter().chain(public.encoded()))
    {
        *to = *from;
    }
    // More room than the encoder takes: no reallocation leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(128));
    bs58::encode(bytes.as_slice())
        .onto(&mut *text)
        .expect("a text has room for every encoding");
    SecretText::from(text)
}

fn invalid(reason: &str) -> WalletError {
    WalletError::InvalidPrivateKey {
        chain: "SOL",
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE58: &str =
        "5vQPskjFjqKVzoYMhy299tJUaTtGdntXBzYLy1efbkBLVZtHj6f7rycfYWnzY3wK8UxdXaH9MMYDdcJy2AksKKP5";

    fn digits() -> String {
        hex::encode(bs58::decode(BASE58).into_vec().unwrap())
    }

    #[test]
    fn both_texts_are_read_and_base58_is_written() {
        for text in [BASE58.to_owned(), digits(), digits().to_uppercase()] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), BASE58);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let mut other_half = digits();
        other_half.replace_range(126.., "00");
        let seed = bs58::encode(hex::decode(&digits()[..64]).unwrap()).into_string();
        let cases = [
            "",
            "0OIl",
            &BASE58[..87],
            &BASE58.replace("5vQ", "0vQ"),
            &BASE58.replace("KKP5", "KKP6"),
            &format!("{BASE58}1"),
            &format!("1{}", &BASE58[1..]),
            &seed,
            &digits()[..64],
            &digits()[..126],
            &digits().replace('a', "g"),
            &other_half,
            &"1".repeat(64),
            &"z".repeat(88),
            &"1".repeat(100_000),
        ];
        for text in cases {
            let error = parse(&SecretText::new(text)).unwrap_err();
            assert!(
                matches!(error, WalletError::InvalidPrivateKey { .. }),
                "{error}"
            );
            assert!(text.len() < 5 || !error.to_string().contains(text));
        }
    }

    proptest! {
        #[test]
        fn every_key_reads_back(seed: [u8; 32]) {
            let key = SecretKey::ed25519(&seed).unwrap();
            let again = parse(&super::format(&key)).unwrap();
            let bytes = again.to_bytes();
            prop_assert_eq!(bytes.expose(), &seed);
        }
    }
}
