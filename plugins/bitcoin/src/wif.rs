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

/// Reads a private key: wallet import format of either network, or 64 hexadecimal digits, which
/// mean a key with a compressed public key.
///
/// The network is no reason to refuse here: it changes nothing about the key, and wallet files of
/// the original may hold coins under a key of the other one.
///
/// # Errors
/// [`WalletError::InvalidPrivateKey`] for everything that is no key of this chain.
pub(crate) fn parse(params: &'static Params, text: &SecretText) -> Result<SecretKey, WalletError> {
    let invalid = |reason: &str| WalletError::InvalidPrivateKey {
        chain: params.info.code,
        reason: reason.to_owned(),
    };
    if text.expose().len() == 64 {
        let mut scalar = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.expose(), &mut *scalar)
            .map_err(|_| invalid("64 characters, but not all are hexadecimal digits"))?;
        return Ok(SecretKey::secp256k1(&*scalar)?);
    }
    let payload = Payload::decode(text).map_err(|error| invalid(why_not_base58check(&error)))?;
    let Some((version, key)) = payload.bytes().split_first() else {
        return Err(invalid("there is nothing in it"));
    };
    if network_of_version(params, *version).is_none() {
        return Err(invalid("the version byte is that of another chain"));
    }
    match key {
        [scalar @ .., 0x01] if scalar.len() == 32 => Ok(SecretKey::secp256k1(scalar)?),
        scalar if scalar.len() == 32 => {
            Ok(SecretKey::secp256k1(scalar)?.with_uncompressed_public_key())
        }
        _ => Err(invalid("wallet import format holds 32 bytes of key")),
    }
}

/// The network that wallet import format names; hexadecimal digits name none.
pub(crate) fn network(params: &Params, text: &SecretText) -> Option<Network> {
    let payload = Payload::decode(text).ok()?;
    network_of_version(params, *payload.bytes().first()?)
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

/// What Base58Check text holds.
struct Payload {
    buffer: Zeroizing<[u8; LONGEST + CHECKSUM]>,
    length: usize,
}

impl Payload {
    fn decode(text: &SecretText) -> Result<Self, bs58::decode::Error> {
        let mut buffer = Zeroizing::new([0; LONGEST + CHECKSUM]);
        let length = bs58::decode(text.expose())
            .with_check(None)
            .onto(&mut buffer[..])?;
        Ok(Self { buffer, length })
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

fn network_of_version(params: &Params, version: u8) -> Option<Network> {
    [Network::Mainnet, Network::Testnet]
        .into_iter()
        .find(|network| params.prefixes(*network).accepts_wif(version))
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
    use crate::{btc::BTC, cash, doge, ltc};

    const BOTH: [Network; 2] = [Network::Mainnet, Network::Testnet];

    fn read(text: &str) -> Result<SecretKey, WalletError> {
        parse(&BTC, &SecretText::new(text))
    }

    #[test]
    fn hexadecimal_digits_are_a_compressed_key() {
        let text = "0C28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d";
        let key = read(text).unwrap();
        assert_eq!(key.public_key().encoded().len(), 33);
        assert_eq!(network(&BTC, &SecretText::new(text)), None);
    }

    #[test]
    fn a_key_names_its_network_and_is_stored_for_no_other() {
        let key = SecretKey::secp256k1(&[7; 32]).unwrap();
        for (found, other) in [
            (Network::Mainnet, Network::Testnet),
            (Network::Testnet, Network::Mainnet),
        ] {
            let text = format(&BTC, found, &key);
            assert_eq!(network(&BTC, &text), Some(found));
            let store = |network| {
                kms_core::wallet::from_private_key(&crate::BITCOIN, network, &text).map(|_| ())
            };
            assert_eq!(store(found), Ok(()));
            assert_eq!(
                store(other),
                Err(WalletError::WrongNetwork {
                    chain: "BTC",
                    found,
                    expected: other
                })
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
            let error = read(text).unwrap_err();
            let WalletError::InvalidPrivateKey { reason, .. } = error else {
                panic!("{text}: {error}");
            };
            assert_eq!(reason, expected, "{text}");
        }
        for scalar in ["00".repeat(32), "ff".repeat(32)] {
            assert!(matches!(read(&scalar), Err(WalletError::Key(_))));
        }
    }

    #[test]
    fn each_chain_has_version_bytes_of_its_own() {
        let coded = |version: u8| {
            let payload = [&[version], [7; 32].as_slice(), &[0x01]].concat();
            SecretText::new(bs58::encode(payload).with_check().into_string())
        };
        let mainnet = Some(Network::Mainnet);
        let testnet = Some(Network::Testnet);
        let cases: [(&'static Params, [Option<Network>; 5]); 4] = [
            (&BTC, [mainnet, None, None, None, testnet]),
            (&ltc::LTC, [None, mainnet, None, None, testnet]),
            (&doge::DOGE, [None, None, mainnet, testnet, testnet]),
            (&cash::BCH, [mainnet, None, None, None, testnet]),
        ];
        for (params, expected) in cases {
            for (version, expected) in [0x80, 0xb0, 0x9e, 0xf1, 0xef].into_iter().zip(expected) {
                let text = coded(version);
                let place = format!("{} {version:02x}", params.info.code);
                assert_eq!(network(params, &text), expected, "{place}");
                assert_eq!(parse(params, &text).is_ok(), expected.is_some(), "{place}");
            }
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
                let read = parse(&BTC, &text).unwrap();
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
            let _ = read(&text);
        }
    }
}
