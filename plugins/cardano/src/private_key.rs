//! The text form of keys: kL ‖ kR in 128 hexadecimal digits.

use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// Reads 128 hexadecimal digits.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let text = text.expose();
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(invalid("it has other characters than hexadecimal digits"));
    }
    if text.len() == 256 {
        return Err(invalid(
            "it has 256 digits, so it carries public key and chain code as well: the first 128 are the key",
        ));
    }
    let mut bytes = Zeroizing::new([0; 64]);
    hex::decode_to_slice(text, bytes.as_mut_slice())
        .map_err(|_| invalid("it needs 128 hexadecimal digits"))?;
    let key = SecretKey::ed25519_bip32(bytes.as_slice())?;
    // A scalar of zero, or a multiple of the group order: anybody can sign for it.
    let mut identity = [0; 32];
    identity[0] = 1;
    if key.public_key().encoded() == identity {
        return Err(invalid("its scalar is zero"));
    }
    Ok(key)
}

/// Writes 128 hexadecimal digits.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    let mut digits = Zeroizing::new([0; 128]);
    let bytes = key.to_bytes();
    hex::encode_to_slice(bytes.expose(), digits.as_mut_slice())
        .expect("the keys of this chain have 64 bytes");
    SecretText::new(std::str::from_utf8(digits.as_slice()).expect("hexadecimal digits are text"))
}

fn invalid(reason: &str) -> WalletError {
    WalletError::InvalidPrivateKey {
        chain: "ADA",
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "8873d5e84af86978f03b63d9ffc9c6f940bd8501d32e91980c904e8d81c305507dc95992faa5aefccb263b28b411eda2dde7882d922742663804a69d78182e34";

    #[test]
    fn keys_are_read_and_written() {
        for text in [KEY, &KEY.to_uppercase()] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), KEY);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        for (text, reason) in [
            (String::new(), "128"),
            (KEY[..126].to_owned(), "128"),
            (KEY[..127].to_owned(), "128"),
            (format!("{KEY}00"), "128"),
            (KEY.repeat(2), "256"),
            (KEY.replace('f', "g"), "other characters"),
            (format!("0x{}", &KEY[2..]), "other characters"),
            ("0".repeat(128), "zero"),
            (format!("{order}{}", &KEY[64..]), "zero"),
        ] {
            let error = parse(&SecretText::new(text.as_str())).unwrap_err();
            assert!(matches!(error, WalletError::InvalidPrivateKey { .. }));
            assert!(error.to_string().contains(reason), "{error}");
            assert!(text.is_empty() || !error.to_string().contains(&text));
        }
    }
}
