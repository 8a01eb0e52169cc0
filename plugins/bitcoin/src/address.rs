//! Scripts as addresses.

use bitcoin::{Script, bech32};
use kms_core::{
    chain::{Address, Network, WalletError},
    keys::{KeyError, PublicKey},
};

use crate::{
    cash::cashaddr,
    input_type::InputType,
    params::{Params, Prefixes},
};

/// The most characters of an address in Base58Check: 25 bytes have 35.
const LONGEST_BASE58: usize = 64;

/// The address of `key`: of the chain's usual kind, or P2PKH for a key known by its 65-byte form.
///
/// # Errors
/// [`WalletError::Key`] for a key of another curve.
pub(crate) fn of_key(
    params: &Params,
    network: Network,
    key: &PublicKey,
) -> Result<Address, WalletError> {
    let point = key.secp256k1()?;
    let script = params
        .address
        .script_for(point)
        .or_else(|| InputType::P2pkh.script_for(point));
    script
        .and_then(|script| of_script(params.prefixes(network), &script))
        .map(Address::new)
        .ok_or(WalletError::Key(KeyError::InvalidPublicKey(key.curve())))
}

/// The address that pays to `script`; none for a script without one.
pub(crate) fn of_script(prefixes: &Prefixes, script: &Script) -> Option<String> {
    if let Some(prefix) = prefixes.cashaddr {
        return cashaddr::of_script(prefix, script);
    }
    let bytes = script.as_bytes();
    if script.is_p2pkh() {
        base58check(prefixes.pubkey_hash, bytes.get(3..23)?)
    } else if script.is_p2sh() {
        base58check(prefixes.script_hash, bytes.get(2..22)?)
    } else {
        let version = script.witness_version()?;
        let hrp = bech32::Hrp::parse(prefixes.segwit?).ok()?;
        bech32::segwit::encode(hrp, version.to_fe(), bytes.get(2..)?).ok()
    }
}

/// The public key hash of a P2PKH address, in Base58Check of either network or CashAddr, the
/// latter without its prefix only for `network`; none for anything else.
pub(crate) fn pubkey_hash(params: &Params, network: Network, text: &str) -> Option<[u8; 20]> {
    if let Some(prefix) = params.prefixes(network).cashaddr
        && let Some(hash) = cashaddr::pubkey_hash(prefix, text)
    {
        return Some(hash);
    }
    // Decoding takes a time that grows with the square of the length.
    if text.len() > LONGEST_BASE58 {
        return None;
    }
    let payload = bs58::decode(text).with_check(None).into_vec().ok()?;
    let (version, hash) = payload.split_first()?;
    let known = [params.mainnet.pubkey_hash, params.testnet.pubkey_hash];
    known
        .contains(version)
        .then(|| hash.try_into().ok())
        .flatten()
}

fn base58check(version: u8, hash: &[u8]) -> Option<String> {
    let mut payload = Vec::with_capacity(21);
    payload.push(version);
    payload.extend_from_slice(hash);
    Some(bs58::encode(payload).with_check().into_string())
}

#[cfg(test)]
mod tests {
    use bitcoin::{Address as BitcoinAddress, NetworkKind, ScriptBuf};
    use kms_core::keys::SecretText;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::{btc::BTC, wif};

    /// The recorded addresses of single keys are P2PKH.
    #[test]
    fn recorded_p2pkh_addresses() {
        let vectors: Value =
            serde_json::from_str(include_str!("../tests/vectors/BTC.json")).unwrap();
        let keys = vectors["keys"].as_array().unwrap();
        assert!(!keys.is_empty());
        for case in keys {
            let network = Network::from_testnet_flag(case["testnet"].as_bool().unwrap());
            let text = SecretText::new(case["privateKey"].as_str().unwrap());
            let key = wif::parse(&BTC, &text).unwrap().public_key();
            let script = InputType::P2pkh
                .script_for(key.secp256k1().unwrap())
                .unwrap();
            let address = of_script(BTC.prefixes(network), &script).unwrap();
            assert_eq!(address, case["address"].as_str().unwrap());
        }
    }

    #[test]
    fn a_key_known_by_its_long_form_has_a_p2pkh_address() {
        let key = kms_core::keys::SecretKey::secp256k1(&[7; 32])
            .unwrap()
            .with_uncompressed_public_key()
            .public_key();
        let address = of_key(&BTC, Network::Mainnet, &key).unwrap();
        let public = bitcoin::PublicKey::from_slice(key.encoded()).unwrap();
        let expected = BitcoinAddress::p2pkh(public, NetworkKind::Main);
        assert_eq!(address.as_str(), expected.to_string());
    }

    /// By decoding it, that would take hours.
    #[test]
    fn a_long_text_is_no_address_at_once() {
        let long = "2".repeat(4 << 20);
        for params in [&BTC, &crate::cash::BCH] {
            assert_eq!(pubkey_hash(params, Network::Mainnet, &long), None);
        }
    }

    proptest! {
        #[test]
        fn addresses_agree_with_the_library(
            prefix in prop::sample::select(vec!["76a914", "a914", "0014", "0020", "5120", "6a14"]),
            hash: [u8; 32],
        ) {
            let length = if prefix.ends_with("20") { 32 } else { 20 };
            let suffix = match prefix {
                "76a914" => "88ac",
                "a914" => "87",
                _ => "",
            };
            let text = format!("{prefix}{}{suffix}", hex::encode(&hash[..length]));
            let script = ScriptBuf::from_bytes(hex::decode(text).unwrap());
            for (network, params) in [
                (Network::Mainnet, &bitcoin::params::MAINNET),
                (Network::Testnet, &bitcoin::params::TESTNET3),
            ] {
                let expected = BitcoinAddress::from_script(&script, params).ok();
                prop_assert_eq!(
                    of_script(BTC.prefixes(network), &script),
                    expected.map(|address| address.to_string())
                );
            }
        }
    }
}
