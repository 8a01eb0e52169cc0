//! The text form of a key: base32 of the seed and the public key.

use data_encoding::BASE32_NOPAD;
use kms_core::prelude::{SecretKey, SecretText, WalletError};
use zeroize::Zeroizing;

/// How many characters 64 bytes take in base32 without padding.
const CHARACTERS: usize = 103;

/// Reads 103 characters; a padding behind them and small letters are as good.
pub(crate) fn parse(text: &SecretText) -> Result<SecretKey, WalletError> {
    let characters = text.expose().trim_end_matches('=');
    if characters.len() != CHARACTERS {
        return Err(invalid(format!(
            "it has {CHARACTERS} characters, not {}",
            characters.chars().count()
        )));
    }
    let upper = Zeroizing::new(characters.to_ascii_uppercase());
    let mut bytes = Zeroizing::new([0; 64]);
    let length = BASE32_NOPAD
        .decode_len(CHARACTERS)
        .map_err(|_| invalid("it is not base32"))?;
    let room = bytes
        .get_mut(..length)
        .ok_or_else(|| invalid("it is not base32"))?;
    BASE32_NOPAD
        .decode_mut(upper.as_bytes(), room)
        .map_err(|_| invalid("it is not base32"))?;
    let (seed, public_key) = bytes.split_at(32);
    let key = SecretKey::ed25519(seed)?;
    // To sign for another public key than the seed's would give the seed away.
    if key.public_key().ed25519()?.as_slice() != public_key {
        return Err(invalid(
            "its second half is not the public key of its first",
        ));
    }
    Ok(key)
}

/// Writes 103 characters.
pub(crate) fn format(key: &SecretKey) -> SecretText {
    let public_key = key.public_key();
    let mut bytes = Zeroizing::new([0; 64]);
    let (seed, rest) = bytes.split_at_mut(32);
    seed.copy_from_slice(key.to_bytes().expose());
    rest.copy_from_slice(public_key.encoded());
    let mut text = Zeroizing::new([0; CHARACTERS]);
    SecretText::new(BASE32_NOPAD.encode_mut_str(bytes.as_slice(), text.as_mut_slice()))
}

pub(crate) fn invalid(reason: impl Into<String>) -> WalletError {
    WalletError::InvalidPrivateKey {
        chain: "ALGO",
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "LDC3RPNUTDKD52TL4IXT6Y77FRUU5EQXBOINPC3A4LO3SXOIVFKOLRJ7OSMXRIJLNNNTWMLUBNJGXOFETNXFE4DLIHOPDE5LV5D5EEA";

    #[test]
    fn secrets_are_read_in_their_notations_and_written_in_one() {
        for text in [
            SECRET.to_owned(),
            SECRET.to_lowercase(),
            format!("{SECRET}="),
        ] {
            let key = parse(&SecretText::new(text)).unwrap();
            assert_eq!(super::format(&key).expose(), SECRET);
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        let address = "4XCT65EZPCQSW223HMYXIC2SNO4KJG3OKJYGWQO46GJ2XL2H2IIBXLVW7Q";
        let no_base32 = SECRET.replace('L', "1");
        let last_bits = format!("{}B", &SECRET[..102]);
        let other_half = format!("M{}", &SECRET[1..]);
        for (text, reason) in [
            ("", "103 characters, not 0"),
            (address, "103 characters, not 58"),
            (&SECRET[..40], "103 characters, not 40"),
            (&no_base32, "not base32"),
            (&last_bits, "not base32"),
            (&other_half, "second half"),
        ] {
            let error = parse(&SecretText::new(text)).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(text.is_empty() || !error.contains(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seed: [u8; 32]) {
            let key = SecretKey::ed25519(&seed).unwrap();
            let again = parse(&super::format(&key)).unwrap();
            let bytes = again.to_bytes();
            prop_assert_eq!(bytes.expose(), &seed);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            prop_assert!(parse(&SecretText::new(text)).is_err());
        }
    }
}
