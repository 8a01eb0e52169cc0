//! TRON, in the eyes of tronweb: it builds the transactions as a full node does, and recovers the
//! signer.

use kms_tests::{cloud::Cloud, program::User};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each contract type and network.
const ROUNDS: usize = 6;

#[test]
fn tronweb_reads_what_is_signed_for_tron() {
    let Some(tronweb) = Library::of("tron") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(if network.is_testnet() { 195 } else { 194 });
        let user = session::user();
        let keys = wallets(&tronweb, &mut random, network, &user);
        let mut signers = Vec::new();
        let mut transactions = Vec::new();
        for round in 0..ROUNDS * TYPES.len() {
            let key = random.one_of(&keys).clone();
            transactions.push(transaction(&mut random, TYPES[round % TYPES.len()], &key));
            signers.push(key);
        }
        let built = tronweb.ask("build", &json!(transactions));
        let pending: Vec<Value> = (0..)
            .zip(&mut transactions)
            .zip(built.as_array().expect("a list"))
            .zip(&signers)
            .map(|(((number, transaction), built), key)| {
                for name in ["raw_data_hex", "txID"] {
                    transaction[name] = built[name].clone();
                }
                key.pending(number, "TRON", &transaction.to_string())
            })
            .collect();

        let cloud = Cloud::start();
        let signed = session::sign(&user, network, &cloud, "", &pending);
        let ids = session::ids(&user, &pending);

        let found = tronweb.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), signers.len());
        for (number, key) in signers.iter().enumerate() {
            let asked = text(&pending[number]["serializedTransaction"]);
            assert_eq!(found[number], json!([key.address]), "{network:?}: {asked}");
            assert_eq!(built[number]["txID"], *ids[number], "{network:?}: {asked}");
            // Nothing but the signature is added.
            let head = asked.strip_suffix('}').expect("an object");
            let tail = signed[number].strip_prefix(head).unwrap_or_default();
            assert!(
                tail.starts_with(",\"signature\":[\"") && tail.ends_with("\"]}"),
                "{asked}: {}",
                signed[number]
            );
        }
        session::tally_transactions("TRON", signers.len());
    }
}

fn wallets(tronweb: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "path": "m/44'/195'/0'/0",
                "indexes": [0, random.within(1..=0x7fff_ffff)],
            })
        })
        .collect();
    let wallets = tronweb.ask("wallets", &json!(asked));
    session::store(user, "TRON", network, &wallets)
}

/// All contract types that are signed.
const TYPES: [&str; 34] = [
    "AccountCreateContract",
    "TransferContract",
    "TransferAssetContract",
    "VoteWitnessContract",
    "WitnessCreateContract",
    "AssetIssueContract",
    "WitnessUpdateContract",
    "ParticipateAssetIssueContract",
    "AccountUpdateContract",
    "FreezeBalanceContract",
    "UnfreezeBalanceContract",
    "WithdrawBalanceContract",
    "UpdateAssetContract",
    "ProposalCreateContract",
    "ProposalApproveContract",
    "ProposalDeleteContract",
    "SetAccountIdContract",
    "CreateSmartContract",
    "TriggerSmartContract",
    "UpdateSettingContract",
    "ExchangeCreateContract",
    "ExchangeInjectContract",
    "ExchangeWithdrawContract",
    "ExchangeTransactionContract",
    "UpdateEnergyLimitContract",
    "AccountPermissionUpdateContract",
    "ClearABIContract",
    "UpdateBrokerageContract",
    "FreezeBalanceV2Contract",
    "UnfreezeBalanceV2Contract",
    "WithdrawExpireUnfreezeContract",
    "DelegateResourceContract",
    "UnDelegateResourceContract",
    "CancelAllUnfreezeV2Contract",
];

/// A random transaction of this type, without its bytes and its id.
fn transaction(random: &mut Random, kind: &str, key: &Key) -> Value {
    let visible = random.coin();
    let mut values = Values { random, visible };
    let mut value = values.contract(kind);
    value["owner_address"] = if visible {
        json!(key.address)
    } else {
        key.known["hexAddress"].clone()
    };
    let url = format!("type.googleapis.com/protocol.{kind}");
    let mut contract = json!({"parameter": {"value": value, "type_url": url}, "type": kind});
    if random.within(0..=3) == 0 {
        contract["Permission_id"] = json!(random.within(1..=9));
    }
    let mut raw = json!({
        "contract": [contract],
        "ref_block_bytes": random.hex(2),
        "ref_block_hash": random.hex(8),
        "expiration": 1 + random.magnitude(52),
        "timestamp": 1 + random.magnitude(52),
    });
    if random.coin() {
        raw["fee_limit"] = json!(1 + random.magnitude(40));
    }
    if random.coin() {
        let len = 1 + random.index(100);
        raw["data"] = json!(random.hex(len));
    }
    json!({"visible": visible, "txID": "", "raw_data": raw, "raw_data_hex": ""})
}

/// Random members in the notation of a transaction.
struct Values<'a> {
    random: &'a mut Random,
    visible: bool,
}

impl Values<'_> {
    fn address(&mut self) -> Value {
        /// Addresses in Base58, which is not what is looked at here.
        const VISIBLE: [&str; 3] = [
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8",
            "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy",
        ];
        if self.visible {
            json!(*self.random.one_of(&VISIBLE))
        } else {
            json!(format!("41{}", self.random.hex(20)))
        }
    }

    /// JavaScript counts no further.
    fn number(&mut self) -> Value {
        json!(1 + self.random.magnitude(52))
    }

    fn percent(&mut self) -> Value {
        json!(self.random.within(1..=100))
    }

    /// No digits alone: tronweb would take them for hexadecimal.
    fn name(&mut self) -> Value {
        let name = format!("tron-{}", self.random.within(0..=999_999));
        json!(if self.visible {
            name
        } else {
            hex::encode(name)
        })
    }

    fn data(&mut self) -> Value {
        let len = 1 + self.random.index(200);
        json!(self.random.hex(len))
    }

    fn resource(&mut self) -> Value {
        json!(*self.random.one_of(&["BANDWIDTH", "ENERGY", "TRON_POWER"]))
    }

    fn permission(&mut self, kind: &str) -> Value {
        let keys: Vec<Value> = (0..self.random.within(1..=3))
            .map(|_| json!({"address": self.address(), "weight": self.percent()}))
            .collect();
        let mut permission = json!({
            "permission_name": kind.to_lowercase(),
            "threshold": self.percent(),
            "keys": keys,
        });
        if kind != "Owner" {
            permission["type"] = json!(kind);
        }
        if kind == "Active" {
            permission["id"] = json!(self.random.within(2..=9));
            permission["operations"] = json!(self.random.hex(32));
        }
        permission
    }

    fn abi(&mut self) -> Value {
        let entry = |kind: &str, name: &str, mutability: &str| {
            json!({
                "type": kind, "name": name, "stateMutability": mutability,
                "inputs": [{"name": "to", "type": "address"}, {"name": "n", "type": "uint256"}],
                "outputs": [{"type": "bool"}],
                "constant": mutability == "View", "payable": mutability == "Payable",
            })
        };
        let event = json!({
            "type": "Event", "name": "Paid", "anonymous": self.random.coin(),
            "inputs": [{"indexed": self.random.coin(), "name": "from", "type": "address"}],
        });
        let entries = [
            entry("Constructor", "", "Nonpayable"),
            entry("Function", "f", "View"),
            entry("function", "g", "payable"),
            entry("Fallback", "", "Payable"),
            event,
        ];
        let count = self.random.index(entries.len() + 1);
        json!({"entrys": entries[..count]})
    }

    fn contract(&mut self, kind: &str) -> Value {
        match kind {
            "AccountCreateContract" => json!({"account_address": self.address()}),
            "TransferContract" => json!({"to_address": self.address(), "amount": self.number()}),
            "TransferAssetContract" | "ParticipateAssetIssueContract" => json!({
                "to_address": self.address(), "asset_name": self.name(), "amount": self.number(),
            }),
            "VoteWitnessContract" => {
                let votes: Vec<Value> = (0..self.random.within(1..=5))
                    .map(|_| json!({"vote_address": self.address(), "vote_count": self.number()}))
                    .collect();
                json!({"votes": votes})
            }
            "WitnessCreateContract" => json!({"url": self.name()}),
            "AssetIssueContract" => json!({
                "name": self.name(), "abbr": self.name(), "total_supply": self.number(),
                "frozen_supply": [{"frozen_amount": self.number(), "frozen_days": self.percent()}],
                "trx_num": self.percent(), "precision": self.random.within(0..=6),
                "num": self.percent(), "start_time": self.number(), "end_time": self.number(),
                "vote_score": self.percent(), "description": self.name(), "url": self.name(),
                "free_asset_net_limit": self.number(),
                "public_free_asset_net_limit": self.number(),
                "public_free_asset_net_usage": self.number(),
                "public_latest_free_net_time": self.number(),
            }),
            "WitnessUpdateContract" => json!({"update_url": self.name()}),
            "AccountUpdateContract" => json!({"account_name": self.name()}),
            "FreezeBalanceContract" => json!({
                "frozen_balance": self.number(), "frozen_duration": self.percent(),
                "resource": self.resource(), "receiver_address": self.address(),
            }),
            "UnfreezeBalanceContract" => {
                json!({"resource": self.resource(), "receiver_address": self.address()})
            }
            "UpdateAssetContract" => json!({
                "description": self.name(), "url": self.name(), "new_limit": self.number(),
                "new_public_limit": self.number(),
            }),
            "ProposalCreateContract" => {
                let parameters: Vec<Value> = (0..self.random.within(1..=4))
                    .map(|key| json!({"key": key * 7, "value": self.number()}))
                    .collect();
                json!({"parameters": parameters})
            }
            "ProposalApproveContract" => {
                json!({"proposal_id": self.number(), "is_add_approval": self.random.coin()})
            }
            "ProposalDeleteContract" => json!({"proposal_id": self.number()}),
            "SetAccountIdContract" => json!({"account_id": self.name()}),
            "CreateSmartContract" => json!({
                "call_token_value": self.number(), "token_id": self.number(),
                "new_contract": {
                    "abi": self.abi(), "bytecode": self.data(), "call_value": self.number(),
                    "consume_user_resource_percent": self.percent(), "name": "Näme",
                    "origin_energy_limit": self.number(),
                },
            }),
            "TriggerSmartContract" => json!({
                "contract_address": self.address(), "data": self.data(),
                "call_value": self.number(), "call_token_value": self.number(),
                "token_id": self.number(),
            }),
            "UpdateSettingContract" => json!({
                "contract_address": self.address(), "consume_user_resource_percent": self.percent(),
            }),
            "ExchangeCreateContract" => json!({
                "first_token_id": self.name(), "first_token_balance": self.number(),
                "second_token_id": self.name(), "second_token_balance": self.number(),
            }),
            "ExchangeInjectContract" | "ExchangeWithdrawContract" => json!({
                "exchange_id": self.number(), "token_id": self.name(), "quant": self.number(),
            }),
            "ExchangeTransactionContract" => json!({
                "exchange_id": self.number(), "token_id": self.name(), "quant": self.number(),
                "expected": self.number(),
            }),
            "UpdateEnergyLimitContract" => {
                json!({"contract_address": self.address(), "origin_energy_limit": self.number()})
            }
            "AccountPermissionUpdateContract" => {
                let actives: Vec<Value> = (0..self.random.within(1..=3))
                    .map(|_| self.permission("Active"))
                    .collect();
                json!({
                    "owner": self.permission("Owner"), "witness": self.permission("Witness"),
                    "actives": actives,
                })
            }
            "ClearABIContract" => json!({"contract_address": self.address()}),
            "UpdateBrokerageContract" => json!({"brokerage": self.percent()}),
            "FreezeBalanceV2Contract" => {
                json!({"frozen_balance": self.number(), "resource": self.resource()})
            }
            "UnfreezeBalanceV2Contract" => {
                json!({"unfreeze_balance": self.number(), "resource": self.resource()})
            }
            "DelegateResourceContract" => json!({
                "resource": self.resource(), "balance": self.number(),
                "receiver_address": self.address(), "lock": self.random.coin(),
                "lock_period": self.number(),
            }),
            "UnDelegateResourceContract" => json!({
                "resource": self.resource(), "balance": self.number(),
                "receiver_address": self.address(),
            }),
            "WithdrawBalanceContract"
            | "WithdrawExpireUnfreezeContract"
            | "CancelAllUnfreezeV2Contract" => json!({}),
            other => panic!("nothing is known of {other}"),
        }
    }
}
