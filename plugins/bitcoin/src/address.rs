//! Scripts as addresses.

use bitcoin::{Script, bech32};
use kms_core::{
    chain::{Address, Network, WalletError},
    keys::{KeyError, PublicKey},
};

use crate::{
    input_type::InputType,
    params::{Params, Prefixes},
};

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

fn base58check(version: u8, hash: &[u8]) -> Option<String> {
    let mut payload = Vec::with_capacity(21);
    payload.push(version);
    payload.extend_from_slice(hash);
    Some(bs58::encode(payload).with_check().into_string())
}
