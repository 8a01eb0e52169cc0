//! What the sandbox does otherwise for Bitcoin Cash.
//!
//! The judge builds the signature hash by itself and checks the signature with libsecp256k1's
//! points, which is not what signs.

use bitcoin::{
    Transaction, TxOut,
    consensus::encode::{serialize, serialize_hex},
    hashes::{Hash as _, HashEngine as _, sha256, sha256d},
    secp256k1::{PublicKey, Scalar, Secp256k1, SecretKey},
};
use ruint::aliases::U256;

use super::request;
use crate::{
    params::Params,
    rehearsal::{Asked, Dialect, Spend},
};

/// How Bitcoin Cash writes a transaction down, and judges a signature.
pub(super) static CASH: Dialect = Dialect { write, read, check };

/// The request does not say whose coins they are.
fn read(_: &Params, serialized: &str) -> Result<Asked, String> {
    let request = request::parse(serialized).map_err(|error| error.to_string())?;
    let coins = request.amounts.into_iter().map(|value| (value, None));
    Ok(Asked {
        coins: coins.collect(),
        transaction: request.transaction,
    })
}

fn write(transaction: &Transaction, coins: &[TxOut], _: u64) -> String {
    let amounts: Vec<u64> = coins.iter().map(|coin| coin.value.to_sat()).collect();
    format!("{}:{amounts:?}", serialize_hex(transaction))
}

fn check(
    spend: &Spend,
    transaction: &Transaction,
    index: usize,
    coin: &TxOut,
) -> Result<(), String> {
    let (rs, hash_type) = spend.signature.split_at_checked(64).ok_or("too short")?;
    if hash_type != [0x41] || spend.segwit {
        return Err("not a Schnorr signature of type SIGHASH_ALL with fork id".to_owned());
    }
    let digest = signature_hash(transaction, index, coin).ok_or("there is no such input")?;
    let key = PublicKey::from_slice(&spend.key).map_err(|error| error.to_string())?;
    match is_signature(rs, &key, &digest) {
        Some(true) => Ok(()),
        _ => Err("the signature is wrong".to_owned()),
    }
}

/// Replay-protected signature hash, type `0x41`.
fn signature_hash(transaction: &Transaction, index: usize, coin: &TxOut) -> Option<[u8; 32]> {
    let own = transaction.input.get(index)?;
    let mut prevouts = sha256d::Hash::engine();
    let mut sequences = sha256d::Hash::engine();
    let mut outputs = sha256d::Hash::engine();
    for input in &transaction.input {
        prevouts.input(&serialize(&input.previous_output));
        sequences.input(&serialize(&input.sequence));
    }
    for output in &transaction.output {
        outputs.input(&serialize(output));
    }
    let mut engine = sha256d::Hash::engine();
    engine.input(&serialize(&transaction.version));
    engine.input(sha256d::Hash::from_engine(prevouts).as_byte_array());
    engine.input(sha256d::Hash::from_engine(sequences).as_byte_array());
    engine.input(&serialize(&own.previous_output));
    engine.input(&serialize(&coin.script_pubkey));
    engine.input(&serialize(&coin.value));
    engine.input(&serialize(&own.sequence));
    engine.input(sha256d::Hash::from_engine(outputs).as_byte_array());
    engine.input(&serialize(&transaction.lock_time));
    engine.input(&[0x41, 0, 0, 0]);
    Some(sha256d::Hash::from_engine(engine).to_byte_array())
}

/// Whether R = sG - eP has the x-coordinate `r` and a y-coordinate that is a square; nothing when
/// the numbers are out of range.
fn is_signature(rs: &[u8], key: &PublicKey, digest: &[u8; 32]) -> Option<bool> {
    let secp = Secp256k1::new();
    let (r, s) = rs.split_at_checked(32)?;
    let mut engine = sha256::Hash::engine();
    engine.input(r);
    engine.input(&key.serialize());
    engine.input(digest);
    let e = sha256::Hash::from_engine(engine).to_byte_array();
    let s_g = SecretKey::from_slice(s).ok()?.public_key(&secp);
    let e_p = key.mul_tweak(&secp, &Scalar::from_be_bytes(e).ok()?).ok()?;
    let point = s_g
        .combine(&e_p.negate(&secp))
        .ok()?
        .serialize_uncompressed();
    let (x, y) = point.get(1..)?.split_at_checked(32)?;
    let p = U256::MAX.saturating_sub(U256::from(0x1_0000_03d0_u64));
    let half = p.wrapping_shr(1);
    let y = U256::try_from_be_slice(y)?;
    let is_square = y.pow_mod(half, p) == U256::from(1);
    Some(is_square && x == r)
}

#[cfg(test)]
mod tests {
    use bitcoin::{Amount, ScriptBuf, consensus::encode::deserialize_hex};
    use kms_core::testkit::Vectors;

    use super::*;

    /// The recorded transactions were checked with another implementation of the virtual machine.
    #[test]
    fn recorded_signatures_are_right_and_tampered_ones_are_not() {
        let vectors = Vectors::parse(include_str!("../../tests/vectors/BCH.json"));
        let mut judged = 0;
        for case in &vectors.transactions {
            let pending: serde_json::Value = serde_json::from_str(case.pending.get()).unwrap();
            let serialized = pending["serializedTransaction"].as_str().unwrap();
            let amounts: Vec<u64> =
                serde_json::from_str(serialized.split_once(':').unwrap().1).unwrap();
            let signed = case.broadcast.body["txData"].as_str().unwrap();
            let transaction: Transaction = deserialize_hex(signed).unwrap();
            for (index, (input, sat)) in transaction.input.iter().zip(amounts).enumerate() {
                let spend = Spend::of(input).unwrap();
                let coin = TxOut {
                    value: Amount::from_sat(sat),
                    script_pubkey: spend.script_pubkey.clone(),
                };
                assert_eq!(
                    check(&spend, &transaction, index, &coin),
                    Ok(()),
                    "{}",
                    case.name
                );
                let mut dearer = coin.clone();
                dearer.value += Amount::from_sat(1);
                assert!(check(&spend, &transaction, index, &dearer).is_err());
                let mut elsewhere = transaction.clone();
                elsewhere.output[0].script_pubkey = ScriptBuf::new();
                assert!(check(&spend, &elsewhere, index, &coin).is_err());
                for position in 0..65 {
                    let mut forged = Spend::of(input).unwrap();
                    forged.signature[position] ^= 1;
                    assert!(check(&forged, &transaction, index, &coin).is_err());
                }
                judged += 1;
            }
        }
        assert!(judged > 10, "{judged}");
    }
}
