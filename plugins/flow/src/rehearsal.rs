//! How the sandbox plays Flow: the platform that lends a key and signs, and an access node. The
//! judge takes apart what the access node was sent, with an encoder of its own.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use kms_core::{
    chain::rehearsal::{Rehearsal, RehearsalCall, RehearsalTransaction, RehearsalWallet, Verdict},
    prelude::{Address, Network},
};
use serde_json::{Value, json};
use sha3::{Digest as _, Sha3_256};

use crate::json::at;

const PAYER: &str = "80c8683c3e00e93b";
const PROPOSER: &str = "479028c39f63dced";
const RECIPIENT: &str = "0x87d2e07116818c8e";
const SCRIPT: &str = "transaction(greeting: String) {\n  prepare(signer: &Account) {}\n  execute { log(greeting) }\n}";
const BLOCK: [u8; 32] = [0x5b; 32];
const HEIGHT: &str = "90000000";
/// The platform's signatures are of nobody's key: only ours is judged.
const PLATFORM_SIGNATURE: [u8; 64] = [0x11; 64];

#[derive(Debug)]
pub(crate) struct FlowRehearsal;

impl Rehearsal for FlowRehearsal {
    fn transactions(
        &self,
        _network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction> {
        wallets
            .first()
            .into_iter()
            .flat_map(|wallet| {
                let owner = wallet.addresses.first().and_then(account_of);
                owner.map(|owner| samples(&owner).map(|sample| (wallet, sample)))
            })
            .flatten()
            .map(|(wallet, (title, request))| RehearsalTransaction {
                title,
                serialized: request.to_string(),
                hashes: vec![wallet.id.clone()],
                index: wallet.mnemonic.then_some(0),
                signatures: Vec::new(),
            })
            .collect()
    }

    fn answer(&self, _network: Network, call: &RehearsalCall) -> Option<Value> {
        let path = call.path.split('?').next().unwrap_or_default();
        let answer = match (call.method.as_str(), path) {
            ("GET", "/v3/flow/proposal/true") => {
                json!({"address": format!("0x{PAYER}"), "keyId": 3})
            }
            ("GET", "/v3/flow/proposal/false") => {
                json!({"address": format!("0x{PROPOSER}"), "keyId": 30})
            }
            ("GET", "/v1/blocks") => {
                json!([{"header": {"id": hex::encode(BLOCK), "height": HEIGHT}}])
            }
            ("GET", path) if path == format!("/v1/accounts/{PROPOSER}") => {
                json!({"address": PROPOSER, "keys": [{"index": "30", "sequence_number": "7"}]})
            }
            ("POST", "/v3/flow/sign") => json!({"signature": hex::encode(PLATFORM_SIGNATURE)}),
            ("POST", "/v1/transactions") => {
                json!({"id": Sent::parse(&self.sent(call)?).ok()?.id()})
            }
            ("GET", path) if path.starts_with("/v1/transaction_results/") => {
                json!({"status": "Sealed", "status_code": 0, "error_message": "", "execution": "Success"})
            }
            ("POST", "/v3/flow/broadcast") => {
                let body = call.body.as_ref()?;
                body.get("proposalKey")?;
                json!({"txId": at(body, "/txData")})
            }
            _ => return None,
        };
        Some(answer)
    }

    fn sent(&self, call: &RehearsalCall) -> Option<String> {
        let is_sent = call.method == "POST" && call.path == "/v1/transactions";
        is_sent.then(|| call.body.as_ref().map(Value::to_string))?
    }

    fn verify(&self, _network: Network, tx_data: &str) -> Result<Verdict, String> {
        let sent = Sent::parse(tx_data)?;
        Ok(Verdict {
            transaction_id: sent.id(),
            signers: sent.signers()?,
        })
    }

    fn verify_against(
        &self,
        network: Network,
        serialized: &str,
        tx_data: &str,
    ) -> Result<Verdict, String> {
        let asked: Value =
            serde_json::from_str(serialized).map_err(|error| format!("no JSON: {error}"))?;
        let sent = Sent::parse(tx_data)?;
        let account = json!(format!("0x{}", sent.authorizer()));
        if *at(&asked, "/body/account") != account {
            return Err("another account authorises it".to_owned());
        }
        let values: Vec<Value> = sent
            .arguments
            .iter()
            .map(|one| serde_json::from_slice::<Value>(one).map(|it| at(&it, "/value").clone()))
            .collect::<Result<_, _>>()
            .map_err(|_| "an argument is no JSON".to_owned())?;
        let body = at(&asked, "/body");
        let fits = match at(&asked, "/type").as_u64() {
            Some(8) => {
                at(body, "/transaction").as_str().map(str::as_bytes) == Some(&sent.script)
                    && Some(values.len()) == at(body, "/args").as_array().map(Vec::len)
            }
            Some(2) => values.get(1) == Some(at(body, "/to")),
            _ => true,
        };
        if !fits {
            return Err("it is not what was asked for".to_owned());
        }
        self.verify(network, tx_data)
    }
}

/// Transactions that the account asks for.
fn samples(owner: &str) -> [(&'static str, Value); 2] {
    let account = format!("0x{owner}");
    let transfer = json!({"type": 2, "body": {
        "currency": "FLOW", "to": RECIPIENT, "account": account, "amount": "12.5",
    }, "apiManagedProposal": true});
    let custom = json!({"type": 8, "body": {
        "account": account,
        "transaction": SCRIPT,
        "args": [{"type": "String", "value": "hello"}],
    }, "apiManagedProposal": true});
    [("transfer of FLOW", transfer), ("custom script", custom)]
}

/// A transaction as the access node was sent it.
struct Sent {
    json: Value,
    script: Vec<u8>,
    arguments: Vec<Vec<u8>>,
}

impl Sent {
    fn parse(text: &str) -> Result<Self, String> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
        let script = decoded(at(&json, "/script"))?;
        let arguments = at(&json, "/arguments")
            .as_array()
            .ok_or("it has no arguments")?;
        let arguments = arguments.iter().map(decoded).collect::<Result<_, _>>()?;
        let sent = Self {
            json,
            script,
            arguments,
        };
        for list in ["/payload_signatures", "/envelope_signatures"] {
            let signatures = at(&sent.json, list)
                .as_array()
                .ok_or("it lacks signatures")?;
            for one in signatures {
                if decoded(at(one, "/signature"))?.len() != 64 {
                    return Err("a signature has another length".to_owned());
                }
            }
        }
        if sent.authorizer().len() != 16 {
            return Err("nobody authorises it".to_owned());
        }
        Ok(sent)
    }

    fn authorizer(&self) -> &str {
        at(&self.json, "/authorizers/0")
            .as_str()
            .unwrap_or_default()
    }

    fn payload(&self) -> Vec<u8> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = at(&self.json, "/proposal_key");
        let hex = |value: &Value| rlp_bytes(&hex::decode(text(value)).unwrap_or_default());
        let number = |value: &Value| rlp_number(text(value).parse().unwrap_or(u64::MAX));
        let arguments: Vec<_> = self.arguments.iter().map(|one| rlp_bytes(one)).collect();
        rlp_list(&[
            rlp_bytes(&self.script),
            rlp_list(&arguments),
            hex(at(&self.json, "/reference_block_id")),
            number(at(&self.json, "/gas_limit")),
            hex(at(key, "/address")),
            number(at(key, "/key_index")),
            number(at(key, "/sequence_number")),
            hex(at(&self.json, "/payer")),
            rlp_list(&[hex(at(&self.json, "/authorizers/0"))]),
        ])
    }

    fn signatures(&self, list: &str) -> Vec<u8> {
        let mut accounts: Vec<&Value> = Vec::new();
        for one in [
            at(&self.json, "/proposal_key/address"),
            at(&self.json, "/payer"),
            at(&self.json, "/authorizers/0"),
        ] {
            if !accounts.contains(&one) {
                accounts.push(one);
            }
        }
        let encoded: Vec<_> = at(&self.json, list)
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| {
                let position = accounts.iter().position(|it| *it == at(one, "/address"));
                let position = position.and_then(|it| u64::try_from(it).ok());
                let key = at(one, "/key_index")
                    .as_str()
                    .and_then(|it| it.parse().ok());
                rlp_list(&[
                    rlp_number(position.unwrap_or(u64::MAX)),
                    rlp_number(key.unwrap_or(u64::MAX)),
                    rlp_bytes(&decoded(at(one, "/signature")).unwrap_or_default()),
                ])
            })
            .collect();
        rlp_list(&encoded)
    }

    fn id(&self) -> String {
        let whole = rlp_list(&[
            self.payload(),
            self.signatures("/payload_signatures"),
            self.signatures("/envelope_signatures"),
        ]);
        hex::encode(Sha3_256::digest(whole))
    }

    /// The key that signed for the authorizer: of the two that follow from a signature, the one
    /// whose account it is on the sandbox's chain.
    fn signers(&self) -> Result<Vec<Address>, String> {
        let mut message = b"FLOW-V0.0-transaction".to_vec();
        message.resize(32, 0);
        message.extend(self.payload());
        let digest = Sha3_256::digest(&message);
        let list = at(&self.json, "/payload_signatures").as_array();
        let own = list
            .into_iter()
            .flatten()
            .find(|one| at(one, "/address") == at(&self.json, "/authorizers/0"))
            .ok_or("the authorizer has not signed")?;
        let signature = Signature::from_slice(&decoded(at(own, "/signature"))?)
            .map_err(|_| "the signature is none".to_owned())?
            .normalize_s();
        let keys = [false, true].into_iter().filter_map(|parity| {
            let id = RecoveryId::new(parity, false);
            let key = VerifyingKey::recover_from_prehash(&digest, &signature, id).ok()?;
            let point = key.to_sec1_point(false);
            Some(Address::new(hex::encode(point.as_bytes().get(1..)?)))
        });
        let account = self.authorizer();
        let signers: Vec<_> = keys
            .filter(|key| account_of(key).as_deref() == Some(account))
            .collect();
        if signers.is_empty() {
            return Err(format!(
                "no key of account {account} signed it, as far as the sandbox's chain gives out accounts"
            ));
        }
        Ok(signers)
    }
}

/// The account that the sandbox's chain gives to a public key. The real one numbers them.
fn account_of(key: &Address) -> Option<String> {
    let hash = Sha3_256::digest(key.as_str());
    Some(hex::encode(hash.get(..8)?))
}

fn decoded(value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or("a part is no text")?;
    BASE64_STANDARD
        .decode(text)
        .map_err(|_| "a part is not base64".to_owned())
}

fn rlp_bytes(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => rlp_header(0x80, bytes),
    }
}

fn rlp_list(items: &[Vec<u8>]) -> Vec<u8> {
    rlp_header(0xc0, &items.concat())
}

fn rlp_number(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    rlp_bytes(bytes.get(zeros..).unwrap_or_default())
}

fn rlp_header(offset: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = match u8::try_from(content.len()) {
        Ok(len) if len < 56 => vec![offset.saturating_add(len)],
        _ => {
            let len = content.len().to_be_bytes();
            let zeros = len.iter().take_while(|byte| **byte == 0).count();
            let len = len.get(zeros..).unwrap_or_default();
            let count = u8::try_from(len.len()).unwrap_or(u8::MAX);
            let mut header = vec![offset.saturating_add(55).saturating_add(count)];
            header.extend_from_slice(len);
            header
        }
    };
    bytes.extend_from_slice(content);
    bytes
}
