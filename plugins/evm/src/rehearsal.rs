//! How the sandbox plays a chain of this family. Nothing here is shared with the signing side:
//! transactions are decoded by alloy, and the sender is recovered from the signature.

mod celo;

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::Decodable2718 as _;
use alloy_primitives::{B256, Signature, U256, keccak256};
use k256::ecdsa::{RecoveryId, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};

use self::celo::Decoded;
use crate::{EvmChain, GasLimitAlias, GasPriceSource, NonceSource, calls};

/// What the played node says.
const GAS: u64 = 75_000;
const GAS_PRICE: u64 = 12_000_000_000;
const STATION_PRICE_GWEI: u64 = 40;
const BASE_FEE: u64 = 10_000_000_000;
const NONCE: u64 = 0;

impl Rehearsal for EvmChain {
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let recipient = "0x3535353535353535353535353535353535353535";
        let token = "0x1111111111111111111111111111111111111111";
        let transfer = calls::encode_transfer([0x35; 20].into(), U256::from(1_250_000_u64));
        let chain_id = self.chain_ids.of(network).first().copied();
        // On Celo `gasLimit` is the only name of the gas limit.
        let gas = match self.gas_limit_alias {
            GasLimitAlias::OnlyName => "gasLimit",
            GasLimitAlias::Wins | GasLimitAlias::Ignored => "gas",
        };
        let mut requests = vec![
            (
                "transfer, the node completes it",
                json!({"from": 0, "to": recipient, "value": "10000000000000000"}),
            ),
            (
                "ERC-20 transfer",
                json!({
                    "from": 0, "to": token, "data": format!("0x{}", hex::encode(transfer)),
                    gas: "65000", "gasPrice": "20000000000", "nonce": 1,
                }),
            ),
            (
                "EIP-1559 transfer",
                json!({
                    "to": recipient, "value": "0x2386f26fc10000", gas: 21_000, "nonce": "0x2",
                    "maxFeePerGas": "30000000000", "maxPriorityFeePerGas": "1000000000",
                    "chainId": chain_id,
                }),
            ),
        ];
        if let Some(celo) = &self.celo
            && let Some(currency) = celo.currencies.first()
        {
            requests.push((
                "transfer whose fee is paid in a token",
                json!({
                    "to": recipient, "value": "0x2386f26fc10000", "nonce": "0x3",
                    "feeCurrency": currency.address,
                }),
            ));
            requests.push((
                "CIP-64 transfer",
                json!({
                    "to": recipient, "value": "0x2386f26fc10000", gas: 71_000, "nonce": "0x4",
                    "feeCurrency": currency.address,
                    "maxFeePerGas": "30000000000", "maxPriorityFeePerGas": "1000000000",
                }),
            ));
        }
        let wallets = wallets.iter().cycle();
        requests
            .into_iter()
            .zip(wallets)
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
        if call.method == "POST" && call.path == self.node_path {
            return self.answer_rpc(network, call.body.as_ref()?);
        }
        if call.method != "GET" {
            return None;
        }
        match (self.nonce, self.gas_price) {
            (NonceSource::Rest { path }, _) if call.path.starts_with(path) => Some(NONCE.into()),
            (_, GasPriceSource::Rest { path, member }) if call.path == path => {
                Some(json!({ member: GAS_PRICE }))
            }
            (_, GasPriceSource::Station(station)) if call.path == station.path => {
                Some(nested(station.price_pointer, STATION_PRICE_GWEI.into()))
            }
            _ => None,
        }
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let digits = tx_data.strip_prefix("0x").ok_or("txData lacks its 0x")?;
        let raw = hex::decode(digits).map_err(|_| "txData is not hexadecimal")?;
        let of_celo = match self.celo {
            Some(_) => celo::decode(&raw)?,
            None => None,
        };
        let Decoded {
            chain_id,
            digest,
            signature,
        } = match of_celo {
            Some(decoded) => decoded,
            None => decode(&raw)?,
        };
        if !self.chain_ids.of(network).contains(&chain_id) {
            return Err(format!(
                "chain id {chain_id} is not one of {} {network}",
                self.info.name
            ));
        }
        let sender = recover(&digest, &signature)?;
        Ok(Verdict {
            transaction_id: format!("0x{}", hex::encode(keccak256(&raw))),
            signers: vec![Address::new(format!(
                "{}{}",
                self.dialect.addresses.prefix,
                hex::encode(sender)
            ))],
        })
    }
}

impl EvmChain {
    fn answer_rpc(&self, network: Network, body: &Value) -> Option<Value> {
        let method = body.get("method")?.as_str()?;
        let chain_id = *self.chain_ids.of(network).first()?;
        let methods = &self.methods;
        let result = if method == methods.chain_id {
            hex_quantity(chain_id)
        } else if method == methods.estimate_gas {
            hex_quantity(GAS)
        } else if method == methods.gas_price {
            hex_quantity(GAS_PRICE)
        } else if method == methods.transaction_count {
            hex_quantity(NONCE)
        } else if method == methods.block_by_number {
            json!({"baseFeePerGas": hex_quantity(BASE_FEE)})
        } else {
            return None;
        };
        let id = body.get("id").cloned().unwrap_or_default();
        Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
    }
}

/// Takes a transaction of the types that all chains have apart.
fn decode(raw: &[u8]) -> Result<Decoded, String> {
    let mut rest = raw;
    let transaction = TxEnvelope::decode_2718(&mut rest)
        .map_err(|error| format!("no transaction of this family: {error}"))?;
    if !rest.is_empty() {
        return Err(format!("{} bytes follow the transaction", rest.len()));
    }
    let chain_id = transaction
        .chain_id()
        .ok_or("a signature without chain id can be replayed on every chain")?;
    Ok(Decoded {
        chain_id,
        digest: transaction.signature_hash(),
        signature: *transaction.signature(),
    })
}

/// An object in which `value` stands where `pointer` (RFC 6901) points.
fn nested(pointer: &str, value: Value) -> Value {
    let wrap = |value: Value, name: &str| json!({ name: value });
    pointer
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rfold(value, wrap)
}

fn hex_quantity(value: u64) -> Value {
    format!("{value:#x}").into()
}

/// The last 20 bytes of the Keccak-256 of the key that made `signature`.
fn recover(digest: &B256, signature: &Signature) -> Result<[u8; 20], String> {
    let wrong = |_| "the signature recovers to no key".to_owned();
    let rs = k256::ecdsa::Signature::from_scalars(
        signature.r().to_be_bytes::<32>(),
        signature.s().to_be_bytes::<32>(),
    )
    .map_err(wrong)?;
    if rs.normalize_s() != rs {
        return Err("the S of the signature is in the upper half (EIP-2)".to_owned());
    }
    let recovery_id = RecoveryId::new(signature.v(), false);
    let key =
        VerifyingKey::recover_from_prehash(digest.as_slice(), &rs, recovery_id).map_err(wrong)?;
    let point = k256::PublicKey::from(&key);
    let point = k256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&point, false);
    let coordinates = point.as_bytes().get(1..).unwrap_or_default();
    let mut address = [0; 20];
    address.copy_from_slice(&keccak256(coordinates).0[12..]);
    Ok(address)
}
