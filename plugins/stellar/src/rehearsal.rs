//! How the sandbox plays Stellar. Nothing here is shared with the signing side: transactions are
//! written byte by byte, and a broadcast one is taken apart from its end.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stellar_strkey::ed25519::PublicKey;

#[derive(Debug)]
pub(crate) struct StellarRehearsal;

impl Rehearsal for StellarRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        // Type 1 is a payment, 0 creates an account; both name the recipient first.
        let samples: [(&str, u32, bool); 2] =
            [("payment", 1, true), ("creation of an account", 0, false)];
        samples
            .into_iter()
            .zip(wallets.iter().cycle())
            .filter_map(|((title, operation, asset), wallet)| {
                let source = PublicKey::from_string(wallet.addresses.first()?.as_str()).ok()?;
                Some(RehearsalTransaction {
                    title,
                    serialized: BASE64_STANDARD.encode(sample(&source.0, operation, asset)),
                    hashes: vec![wallet.id.clone()],
                    index: None,
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    /// Stellar's transactions come complete, nobody is asked.
    fn answer(&self, _network: Network, _call: &RehearsalCall) -> Option<Value> {
        None
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let bytes = BASE64_STANDARD
            .decode(tx_data)
            .map_err(|_| "txData is not base64".to_owned())?;
        let passphrase = match network {
            Network::Mainnet => "Public Global Stellar Network ; September 2015",
            Network::Testnet => "Test SDF Network ; September 2015",
        };
        let (kind, rest) = bytes.split_first_chunk().ok_or("txData is too short")?;
        // How the hash names the envelope, and the bytes that stand before the source's key.
        let (tag, inserted, skipped): (u32, &[u8], usize) = match u32::from_be_bytes(*kind) {
            0 => (2, &[0; 4], 0),
            2 => (2, &[], source_offset(rest)?),
            5 => (5, &[], source_offset(rest)?),
            _ => return Err("txData is of no known type".to_owned()),
        };
        let source = rest
            .get(skipped..)
            .and_then(|it| it.first_chunk::<32>())
            .ok_or("txData ends within its source")?;
        let key =
            VerifyingKey::from_bytes(source).map_err(|_| "the source is no key".to_owned())?;
        for count in 1..=20_u32 {
            let Some((transaction, signatures)) = split(rest, count) else {
                continue;
            };
            let mut hash = Sha256::new();
            hash.update(Sha256::digest(passphrase));
            hash.update(tag.to_be_bytes());
            hash.update(inserted);
            hash.update(transaction);
            let hash = hash.finalize();
            let signed = signatures.iter().any(|(hint, signature)| {
                source.ends_with(hint)
                    && key
                        .verify_strict(&hash, &Signature::from_bytes(signature))
                        .is_ok()
            });
            if signed {
                return Ok(Verdict {
                    transaction_id: hex::encode(hash),
                    signers: vec![Address::new(format!("{}", PublicKey(*source)))],
                });
            }
        }
        Err("the source account has not signed it".to_owned())
    }
}

/// Where the key of a multiplexed account begins: after its type, and its id if it has one.
fn source_offset(bytes: &[u8]) -> Result<usize, String> {
    match bytes.first_chunk() {
        Some([0, 0, 0, 0]) => Ok(4),
        Some([0, 0, 1, 0]) => Ok(12),
        _ => Err("the source is no account".to_owned()),
    }
}

type Decorated = ([u8; 4], [u8; 64]);

/// Transaction and signatures, if the bytes end with a list of `count` of them.
fn split(bytes: &[u8], count: u32) -> Option<(&[u8], Vec<Decorated>)> {
    let length = usize::try_from(count)
        .ok()?
        .checked_mul(72)?
        .checked_add(4)?;
    let (transaction, list) = bytes.split_at_checked(bytes.len().checked_sub(length)?)?;
    let list = list.strip_prefix(&count.to_be_bytes())?;
    let signatures = list.chunks_exact(72).map(|it| {
        let (hint, it) = it.split_first_chunk::<4>()?;
        let it = it.strip_prefix(&64_u32.to_be_bytes())?;
        Some((*hint, *it.first_chunk::<64>()?))
    });
    Some((transaction, signatures.collect::<Option<_>>()?))
}

/// An envelope of version 1 with one operation and no signature.
fn sample(source: &[u8; 32], operation: u32, asset: bool) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 2, 0, 0, 0, 0];
    bytes.extend(source);
    bytes.extend(100_u32.to_be_bytes());
    bytes.extend(4_294_967_297_u64.to_be_bytes());
    // No precondition; the memo "invoice 7" with its padding; one operation of the same source.
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 9]);
    bytes.extend(b"invoice 7\0\0\0");
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    bytes.extend(operation.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend([0x41; 32]);
    if asset {
        bytes.extend([0; 4]);
    }
    bytes.extend(12_500_000_u64.to_be_bytes());
    bytes.extend([0; 8]);
    bytes
}
