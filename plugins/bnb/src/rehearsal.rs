//! How the sandbox plays BNB Beacon Chain. Nothing here is shared with the signing side: a
//! broadcast transaction is taken apart byte by byte, its document is written anew, and the
//! signature is checked under the public key that it carries.

use std::fmt::Write as _;

use bech32::{Bech32, Hrp};
use k256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use ripemd::Ripemd160;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A recipient.
const RECIPIENT: [u8; 20] = [0x41; 20];

#[derive(Debug)]
pub(crate) struct BeaconChainRehearsal;

impl Rehearsal for BeaconChainRehearsal {
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        let samples = [
            ("transfer with a memo", "BNB", "109429545"),
            ("transfer of a token", "TOK-1A2", ""),
        ];
        samples
            .into_iter()
            .zip(wallets.iter().cycle())
            .filter_map(|((title, denom, memo), wallet)| {
                let (_, sender) = bech32::decode(wallet.addresses.first()?.as_str()).ok()?;
                let coins = json!([{"denom": denom, "amount": 1_700_000}]);
                let bytes = |account: &[u8]| {
                    json!([{"address": {"type": "Buffer", "data": account}, "coins": coins}])
                };
                let text = |account: &[u8]| {
                    Some(json!([{"address": address(network, account)?, "coins": coins}]))
                };
                let request = json!({
                    "msg": {
                        "inputs": bytes(&sender), "outputs": bytes(&RECIPIENT),
                        "aminoPrefix": "2A2C87FA",
                    },
                    "signMsg": {"inputs": text(&sender)?, "outputs": text(&RECIPIENT)?},
                    "memo": memo,
                });
                Some(RehearsalTransaction {
                    title,
                    serialized: request.to_string(),
                    hashes: vec![wallet.id.clone()],
                    index: None,
                    signatures: Vec::new(),
                })
            })
            .collect()
    }

    fn answer(&self, _network: Network, call: &RehearsalCall) -> Option<Value> {
        let account = call.path.strip_prefix("/v3/bnb/account/")?;
        (call.method == "GET")
            .then(|| json!({"address": account, "account_number": 41, "sequence": 5}))
    }

    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String> {
        let bytes = hex::decode(tx_data).map_err(|_| "txData is not hexadecimal".to_owned())?;
        let mut rest = bytes.as_slice();
        let body = sized(&mut rest).filter(|_| rest.is_empty());
        let body = body.ok_or("txData has another length than it says")?;
        let body = body
            .strip_prefix(&[0xf0, 0x62, 0x5d, 0xee])
            .ok_or("txData is no standard transaction")?;
        let transaction = fields(body).ok_or("the transaction is not readable")?;
        let signed = transaction.bytes(2).ok_or("there is no signature")?;
        let signed = fields(signed).ok_or("the signature is not readable")?;
        let key = signed
            .bytes(1)
            .and_then(|key| key.strip_prefix(&[0xeb, 0x5a, 0xe9, 0x87, 33]))
            .filter(|key| key.len() == 33)
            .ok_or("there is no public key")?;
        let account = Ripemd160::digest(Sha256::digest(key));
        let signer = address(network, &account).ok_or("the signer has no address")?;

        let send = transaction
            .bytes(1)
            .and_then(|message| message.strip_prefix(&[0x2a, 0x2c, 0x87, 0xfa]))
            .and_then(fields)
            .ok_or("the message is no transfer")?;
        let inputs = parties(network, &send, 1).ok_or("an input is not readable")?;
        let outputs = parties(network, &send, 2).ok_or("an output is not readable")?;
        if inputs.is_empty() || inputs.iter().any(|(input, _)| *input != signer) {
            return Err("an input is not the signer's".to_owned());
        }
        let memo = std::str::from_utf8(transaction.bytes(3).unwrap_or_default())
            .map_err(|_| "the memo is no text".to_owned())?;
        let document = format!(
            r#"{{"account_number":"{}","chain_id":"{}","data":null,"memo":{},"msgs":[{{"inputs":{},"outputs":{}}}],"sequence":"{}","source":"0"}}"#,
            signed.number(3),
            chain_id(network),
            Value::from(memo),
            document_of(&inputs),
            document_of(&outputs),
            signed.number(4),
        );
        let proof = signed
            .bytes(2)
            .and_then(|it| Signature::from_slice(it).ok());
        let proof = proof.ok_or("the signature has not 64 bytes, or not two scalars")?;
        if proof.normalize_s() != proof {
            return Err("the S of the signature is in the upper half".to_owned());
        }
        VerifyingKey::from_sec1_bytes(key)
            .map_err(|_| "the public key is no point".to_owned())?
            .verify(document.as_bytes(), &proof)
            .map_err(|_| "the signature does not hold".to_owned())?;
        Ok(Verdict {
            transaction_id: hex::encode_upper(Sha256::digest(&bytes)),
            signers: vec![Address::new(signer)],
        })
    }
}

fn chain_id(network: Network) -> &'static str {
    match network {
        Network::Mainnet => "Binance-Chain-Tigris",
        Network::Testnet => "Binance-Chain-Ganges",
    }
}

fn address(network: Network, account: &[u8]) -> Option<String> {
    let prefix = Hrp::parse(match network {
        Network::Mainnet => "bnb",
        Network::Testnet => "tbnb",
    });
    bech32::encode::<Bech32>(prefix.ok()?, account).ok()
}

/// An address with its coins: amount and symbol.
type Party = (String, Vec<(u64, String)>);

fn parties(network: Network, send: &Fields<'_>, number: u64) -> Option<Vec<Party>> {
    let coin = |coin: &[u8]| {
        let coin = fields(coin)?;
        let denom = std::str::from_utf8(coin.bytes(1)?).ok()?;
        Some((coin.number(2), denom.to_owned()))
    };
    let party = |party: &[u8]| {
        let party = fields(party)?;
        let account = party.bytes(1).filter(|account| account.len() == 20)?;
        let coins = party.all(2).map(coin).collect::<Option<_>>()?;
        Some((address(network, account)?, coins))
    };
    send.all(number).map(party).collect()
}

fn document_of(parties: &[Party]) -> String {
    let mut document = String::from("[");
    for (position, (address, coins)) in parties.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        let _ = write!(document, r#"{comma}{{"address":"{address}","coins":["#);
        for (position, (amount, denom)) in coins.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            let denom = Value::from(denom.as_str());
            let _ = write!(document, r#"{comma}{{"amount":{amount},"denom":{denom}}}"#);
        }
        document.push_str("]}");
    }
    document.push(']');
    document
}

/// The fields of a message in their order.
struct Fields<'a>(Vec<(u64, Field<'a>)>);

enum Field<'a> {
    Bytes(&'a [u8]),
    Number(u64),
}

impl<'a> Fields<'a> {
    fn all(&self, wanted: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter_map(move |(number, field)| match field {
                Field::Bytes(bytes) if *number == wanted => Some(*bytes),
                _ => None,
            })
    }

    fn bytes(&self, wanted: u64) -> Option<&'a [u8]> {
        self.all(wanted).next()
    }

    /// Zero when it is left out.
    fn number(&self, wanted: u64) -> u64 {
        let number = self.0.iter().find_map(|(number, field)| match field {
            Field::Number(value) if *number == wanted => Some(*value),
            _ => None,
        });
        number.unwrap_or_default()
    }
}

fn fields(mut message: &[u8]) -> Option<Fields<'_>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut message)?),
            2 => Field::Bytes(sized(&mut message)?),
            _ => return None,
        };
        fields.push((key >> 3, field));
    }
    Some(Fields(fields))
}

fn sized<'a>(message: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(message)?).ok()?;
    let (head, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(head)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
