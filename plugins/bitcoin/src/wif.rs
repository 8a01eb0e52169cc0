//! Private keys as text: wallet import format, and bare hexadecimal digits.

use kms_core::{
    chain::{Network, WalletError},
    keys::{SecretKey, SecretText},
};
use zeroize::Zeroizing;

use crate::params::Params;

/// Version byte, key, and the byte `01` that says that the public key is compressed.
const LONGEST: usize = 1 + 32 + 1;
const CHECKSUM: usize = 4;

/// Reads a private key: wallet import format of `network`, or 64 hexadecimal digits, which mean
/// a key with a compressed public key.
///
/// # Errors
/// [`WalletError::WrongNetwork`] for a key of the other network,
/// [`WalletError::InvalidPrivateKey`] for everything else that is no key of this chain.
pub(crate) fn parse(
    params: &'static Params,
    network: Network,
    text: &SecretText,
) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: params.info.code,
        reason: reason.to_owned(),
    };
    let text = text.expose();
    if text.len() == 64 {
        let mut scalar = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, &mut *scalar)
            .map_err(|_| invalid("64 characters, but not all are hexadecimal digits"))?;
        return Ok(SecretKey::secp256k1(&*scalar)?);
    }
    let mut buffer = Zeroizing::new([0; LONGEST + CHECKSUM]);
    let length = bs58::decode(text)
        .with_check(None)
        .onto(&mut buffer[..])
        .map_err(|error| invalid(why_not_base58check(&error)))?;
    let payload = buffer.get(..length).unwrap_or_default();
    let Some((version, key)) = payload.split_first() else {
        return Err(invalid("there is nothing in it"));
    };
    require_network(params, network, *version)?;
    match key {
        [scalar @ .., 0x01] if scalar.len() == 32 => Ok(SecretKey::secp256k1(scalar)?),
        scalar if scalar.len() == 32 => {
            Ok(SecretKey::secp256k1(scalar)?.with_uncompressed_public_key())
        }
        _ => Err(invalid("wallet import format holds 32 bytes of key")),
    }
}

/// Writes a private key in wallet import format.
pub(crate) fn format(params: &Params, network: Network, key: &SecretKey) -> SecretText {
    let compressed = key
        .public_key()
        .secp256k1()
        .is_ok_and(kms_core::keys::EcPoint::prefers_compressed);
    // Large enough for the longest key: no reallocation leaves a copy behind.
    let mut payload = Zeroizing::new(Vec::with_capacity(LONGEST));
    payload.push(params.prefixes(network).wif);
    payload.extend_from_slice(key.to_bytes().expose());
    if compressed {
        payload.push(0x01);
    }
    let mut text = Zeroizing::new([0_u8; 64]);
    let length = bs58::encode(&*payload)
        .with_check()
        .onto(&mut text[..])
        .expect("wallet import format is at most 52 characters long");
    let text = std::str::from_utf8(text.get(..length).unwrap_or_default())
        .expect("Base58 is a part of ASCII");
    SecretText::new(text)
}

fn require_network(
    params: &'static Params,
    network: Network,
    version: u8,
) -> Result<(), WalletError> {
    let other = match network {
        Network::Mainnet => Network::Testnet,
        Network::Testnet => Network::Mainnet,
    };
    if params.prefixes(network).accepts_wif(version) {
        Ok(())
    } else if params.prefixes(other).accepts_wif(version) {
        Err(WalletError::WrongNetwork {
            chain: params.info.code,
            found: other,
            expected: network,
        })
    } else {
        Err(WalletError::InvalidPrivateKey {
            chain: params.info.code,
            reason: "the version byte is that of another chain".to_owned(),
        })
    }
}

/// In words of our own: those of the library quote characters of the key.
fn why_not_base58check(error: &bs58::decode::Error) -> &'static str {
    match error {
        bs58::decode::Error::BufferTooSmall => "it is too long",
        bs58::decode::Error::InvalidChecksum { .. } => "the checksum is wrong",
        bs58::decode::Error::NoChecksum => "it is too short",
        _ => "neither wallet import format nor 64 hexadecimal digits",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::btc::BTC;

    const BOTH: [Network; 2] = [Network::Mainnet, Network::Testnet];

    fn read(network: Network, text: &str) -> Result<SecretKey, WalletError> {
        parse(&BTC, network, &SecretText::new(text))
    }

    /// Bitcoin wiki, "Wallet import format", with its uncompressed key.
    #[test]
    fn published_example() {
        let text = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ";
        let key = read(Network::Mainnet, text).unwrap();
        assert_eq!(
            hex::encode(key.to_bytes().expose()),
            "0c28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d"
        );
        assert_eq!(key.public_key().encoded().len(), 65);
        assert_eq!(format(&BTC, Network::Mainnet, &key).expose(), text);
    }

    #[test]
    fn hexadecimal_digits_are_a_compressed_key() {
        let text = "0C28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d";
        for network in BOTH {
            let key = read(network, text).unwrap();
            assert_eq!(key.public_key().encoded().len(), 33);
        }
    }

    #[test]
    fn a_key_of_the_other_network_is_refused() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap();
        for (found, expected) in [
            (Network::Mainnet, Network::Testnet),
            (Network::Testnet, Network::Mainnet),
        ] {
            let text = format(&BTC, found, &key);
            assert_eq!(
                parse(&BTC, expected, &text).unwrap_err(),
                WalletError::WrongNetwork {
                    chain: "BTC",
                    found,
                    expected
                }
            );
        }
    }

    #[test]
    fn what_is_no_key_is_refused_for_a_reason() {
        let coded = |payload: &[u8]| bs58::encode(payload).with_check().into_string();
        let long = coded(&[0x80; 35]);
        let short = coded(&[0x80; 32]);
        let marked = coded(&[[0x80].as_slice(), &[7; 32], &[0x02]].concat());
        let litecoin = coded(&[[0xb0].as_slice(), &[7; 32], &[0x01]].concat());
        let empty = coded(&[]);
        let cases = [
            ("", "it is too short"),
            ("1", "it is too short"),
            (&empty, "there is nothing in it"),
            (&short, "wallet import format holds 32 bytes of key"),
            (&marked, "wallet import format holds 32 bytes of key"),
            (&long, "it is too long"),
            (&litecoin, "the version byte is that of another chain"),
            (
                "L28eMtvqDhtdrsQS53H5A5RU8eTGyXs37MDGTNek4gnBLeet6gEY",
                "the checksum is wrong",
            ),
            (
                "not-Base58-0OIl",
                "neither wallet import format nor 64 hexadecimal digits",
            ),
            (
                &"g".repeat(64),
                "64 characters, but not all are hexadecimal digits",
            ),
        ];
        for (text, expected) in cases {
            let error = read(Network::Mainnet, text).unwrap_err();
            let WalletError::InvalidPrivateKey { reason, .. } = error else {
                panic!("{text}: {error}");
            };
            assert_eq!(reason, expected, "{text}");
        }
        for scalar in ["00".repeat(32), "ff".repeat(32)] {
            assert!(matches!(
                read(Network::Mainnet, &scalar),
                Err(WalletError::Key(_))
            ));
        }
    }

    proptest! {
        #[test]
        fn text_and_key_agree(scalar in prop::array::uniform32(1_u8..255), compressed: bool) {
            let mut key = SecretKey::secp256k1(&scalar).unwrap();
            if !compressed {
                key = key.with_uncompressed_public_key();
            }
            for network in BOTH {
                let text = format(&BTC, network, &key);
                let read = parse(&BTC, network, &text).unwrap();
                let bytes = read.to_bytes();
                prop_assert_eq!(bytes.expose(), &scalar[..]);
                prop_assert_eq!(read.public_key(), key.public_key());
                let bitcoin = bitcoin::PrivateKey::from_wif(text.expose()).unwrap();
                prop_assert_eq!(&bitcoin.inner[..], &scalar[..]);
                prop_assert_eq!(bitcoin.compressed, compressed);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = read(Network::Mainnet, &text);
        }
    }
}
