//! How the sandbox plays VeChain. Nothing here is shared with the signing side: a broadcast
//! transaction is taken apart item by item, and the sender is recovered from the signature.

use alloy_primitives::keccak256;
use alloy_rlp::{Header, PayloadView};
use blake2::{Blake2b256, Digest as _};
use k256::ecdsa::{RecoveryId, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};

/// The genesis blocks of both networks; the last byte is the chain tag.
const MAINNET_GENESIS: &str = "0x00000000851caf3cfdb6e899cf5958bfb1ac3413d346d43539627e6be7ec1b4a";
const TESTNET_GENESIS: &str = "0x000000000b2bce3c70bc649a02749e8687721b09ed2e15997f466536b20bb127";
/// The best block of the played node.
const BEST: &str = "0x00fb2c3a9d4be5c3b3d1c9f7e3a70bd1a9d4be5c3b3d1c9f7e3a70bd1a9d4be5";

#[derive(Debug)]
pub(crate) struct VeChainRehearsal;

impl Rehearsal for VeChainRehearsal {
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let account = "3535353535353535353535353535353535353535";
        let recipient = format!("0x{account}");
        let vtho = "0x0000000000000000000000000000456e65726779";
        // transfer(address,uint256) of 10 VTHO.
        let transfer = format!("0xa9059cbb{:0>64}{:0>64}", account, "8ac7230489e80000");
        let chain_tag = match network {
            Network::Mainnet => 0x4a,
            Network::Testnet => 0x27,
        };
        let requests = [
            (
                "transfer, the node completes it",
                json!({"from": 0, "to": recipient, "value": "1250000000000000000"}),
            ),
            (
                "VTHO transfer",
                json!({"from": 0, "to": vtho, "data": transfer, "nonce": 43}),
            ),
            (
                "transfer with everything given",
                json!({
                    "to": recipient, "value": "0x1111d67bb1bb0000", "gas": "21000",
                    "chainTag": chain_tag, "blockRef": "0x00fb2c3a1122aabb", "expiration": 32,
                    "gasPriceCoef": 128, "nonce": "0x1234567890abcdef",
                }),
            ),
        ];
        requests
            .into_iter()
            .zip(wallets.iter().cycle())
            .map(|((title, request), wallet)| RehearsalTransaction {
                title,
                serialized: request.to_string(),
                hashes: vec![wallet.id.clone()],
                index: wallet.mnemonic.then_some(0),
                signatures: Vec::new(),
            })
            .collect()
    }

    fn answer(&self, network: Network, call: &RehearsalCall) -> Option<Value> {
        let genesis = match network {
            Network::Mainnet => MAINNET_GENESIS,
            Network::Testnet => TESTNET_GENESIS,
        };
        match (call.method.as_str(), call.path.as_str()) {
            ("POST", "/accounts/*?revision=best") => {
                let data = call.body.as_ref()?.pointer("/clauses/0/data")?.as_str()?;
                let gas_used = if data == "0x" { 0 } else { 13_326 };
                Some(json!([{
                    "data": "0x", "events": [], "transfers": [], "gasUsed": gas_used,
                    "reverted": false, "vmError": "",
                }]))
            }
            ("GET", "/blocks/0") => Some(json!({"number": 0, "id": genesis})),
            ("GET", "/blocks/best") => Some(json!({"number": 16_460_858, "id": BEST})),
            _ => None,
        }
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let digits = tx_data.strip_prefix("0x").ok_or("txData lacks its 0x")?;
        let raw = hex::decode(digits).map_err(|_| "txData is not hexadecimal")?;
        let mut rest = raw.as_slice();
        let wrong = |error| format!("txData is no RLP list: {error}");
        let PayloadView::List(items) = Header::decode_raw(&mut rest).map_err(wrong)? else {
            return Err("txData is no RLP list".to_owned());
        };
        if !rest.is_empty() {
            return Err(format!("{} bytes follow the transaction", rest.len()));
        }
        let [body @ .., signature] = items.as_slice() else {
            return Err("the transaction is empty".to_owned());
        };
        if body.len() != 9 {
            return Err(format!("a transaction has ten items, not {}", items.len()));
        }
        let chain_tag = match network {
            Network::Mainnet => 0x4a,
            Network::Testnet => 0x27,
        };
        if body.first() != Some(&[chain_tag].as_slice()) {
            return Err(format!(
                "the chain tag is not {chain_tag:#04x} of {network}"
            ));
        }
        let mut signature = *signature;
        let signature = Header::decode_bytes(&mut signature, false).map_err(wrong)?;

        let payload = body.concat();
        let header = Header {
            list: true,
            payload_length: payload.len(),
        };
        let mut unsigned = Vec::new();
        header.encode(&mut unsigned);
        unsigned.extend(payload);
        let digest = Blake2b256::digest(&unsigned);
        let sender = recover(&digest, signature)?;
        let id = Blake2b256::digest([digest.as_slice(), &sender].concat());
        Ok(Verdict {
            transaction_id: format!("0x{}", hex::encode(id)),
            signers: vec![Address::new(format!("0x{}", hex::encode(sender)))],
        })
    }
}

/// The last 20 bytes of the Keccak-256 of the key that made `signature`.
fn recover(digest: &[u8], signature: &[u8]) -> Result<[u8; 20], String> {
    let wrong = |_| "the signature recovers to no key".to_owned();
    let (rs, odd) = match signature {
        [rs @ .., 0] if rs.len() == 64 => (rs, false),
        [rs @ .., 1] if rs.len() == 64 => (rs, true),
        _ => return Err("a signature has 65 bytes, of which the last is 0 or 1".to_owned()),
    };
    let rs = k256::ecdsa::Signature::from_slice(rs).map_err(wrong)?;
    if rs.normalize_s() != rs {
        return Err("the S of the signature is in the upper half".to_owned());
    }
    let recovery_id = RecoveryId::new(odd, false);
    let key = VerifyingKey::recover_from_prehash(digest, &rs, recovery_id).map_err(wrong)?;
    let point = k256::PublicKey::from(&key);
    let point = k256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&point, false);
    let coordinates = point.as_bytes().get(1..).unwrap_or_default();
    let mut address = [0; 20];
    address.copy_from_slice(&keccak256(coordinates).0[12..]);
    Ok(address)
}
