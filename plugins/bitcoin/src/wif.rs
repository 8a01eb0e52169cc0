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
