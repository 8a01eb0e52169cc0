//! Ethereum and its relatives, in the eyes of ethers.

use kms_tests::{cloud::Cloud, program::User};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each chain and network.
const TRANSACTIONS: u64 = 120;
/// What the node says of gas, where it is asked whatever is given.
const ESTIMATE: u64 = 2_999_999;

/// What differs between the chains.
struct Chain {
    code: &'static str,
    /// The coin type of the main network (SLIP-44).
    coin_type: u32,
    /// The chain ids of the main and of the test network.
    chain_ids: [u64; 2],
    address_prefix: &'static str,
    /// Whether the node's estimate is signed in place of a given limit.
    always_estimates: bool,
    /// Which layout its own transactions have, where it has any.
    celo: Option<Layout>,
}

/// The layouts of Celo's own transactions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    PreL2,
    Cip64,
}

/// A chain with the coin type of its own and addresses like Ethereum's.
const fn chain(code: &'static str, coin_type: u32, chain_ids: [u64; 2]) -> Chain {
    Chain {
        code,
        coin_type,
        chain_ids,
        address_prefix: "0x",
        always_estimates: false,
        celo: None,
    }
}

#[test]
fn ethers_reads_what_is_signed_for_ethereum() {
    check(&chain("ETH", 60, [1, 11_155_111]));
}

#[test]
fn ethers_reads_what_is_signed_for_bsc() {
    check(&chain("BSC", 60, [56, 97]));
}

#[test]
fn ethers_reads_what_is_signed_for_polygon() {
    check(&chain("MATIC", 966, [137, 80_002]));
}

#[test]
fn ethers_reads_what_is_signed_for_klaytn() {
    check(&chain("KLAY", 8217, [8217, 1001]));
}

#[test]
fn ethers_reads_what_is_signed_for_kcs() {
    check(&chain("KCS", 60, [321, 322]));
}

#[test]
fn ethers_reads_what_is_signed_for_harmony() {
    check(&chain("ONE", 1023, [1_666_600_000, 1_666_700_000]));
}

#[test]
fn ethers_reads_what_is_signed_for_xdc() {
    check(&Chain {
        address_prefix: "xdc",
        always_estimates: true,
        ..chain("XDC", 550, [50, 51])
    });
}

#[test]
fn ethers_reads_what_is_signed_for_celo() {
    check(&Chain {
        celo: Some(Layout::PreL2),
        ..chain("CELO", 52_752, [42_220, 44_787])
    });
}

#[test]
fn ethers_reads_what_is_signed_for_celo_of_today() {
    check(&Chain {
        celo: Some(Layout::Cip64),
        ..chain("CELO", 52_752, [42_220, 11_142_220])
    });
}

fn check(chain: &Chain) {
    let Some(ethers) = Library::of("evm") else {
        return;
    };
    for (network, chain_id) in Network::BOTH.into_iter().zip(chain.chain_ids) {
        let mut random = Random::seeded(chain_id);
        let user = session::user();
        let keys = wallets(&ethers, &mut random, chain, network, &user);
        let cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| {
                let key = random.one_of(&keys).clone();
                Case::random(&mut random, number, chain, chain_id, &key)
            })
            .collect();

        let cloud = Cloud::start();
        for (method, result) in [
            ("eth_estimateGas", ESTIMATE),
            ("eth_gasPrice", 7),
            ("eth_getTransactionCount", 7),
            ("eth_chainId", chain_id),
            ("klay_chainID", chain_id),
        ] {
            cloud.rpc(method, json!(format!("{result:#x}")));
        }
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let arguments = match chain.celo {
            Some(Layout::Cip64) => "--chain-option=CELO.layout=cip64",
            _ => "",
        };
        let signed = session::sign(&user, network, &cloud, arguments, &pending);
        let ids = session::ids(&user, &pending);

        let found = ethers.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            let mut expected = case.expected.clone();
            expected["id"] = json!(id);
            assert_eq!(*found, expected, "{network:?}: {}", case.pending);
        }
        session::tally_transactions(chain.code, cases.len());
    }
}

/// Random mnemonics of every length, and keys at small and large indexes.
fn wallets(
    ethers: &Library,
    random: &mut Random,
    chain: &Chain,
    network: Network,
    user: &User,
) -> Vec<Key> {
    let coin_type = if network.is_testnet() {
        1
    } else {
        chain.coin_type
    };
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "path": format!("m/44'/{coin_type}'/0'/0"),
                "indexes": [0, random.within(1..=0x7fff_ffff)],
            })
        })
        .collect();
    let mut wallets = ethers.ask("wallets", &json!(asked));
    for wallet in wallets.as_array_mut().expect("a list") {
        for key in wallet["keys"].as_array_mut().expect("a list") {
            let digits = text(&key["address"]).trim_start_matches("0x");
            key["address"] = json!(format!("{}{digits}", chain.address_prefix));
        }
    }
    session::store(user, chain.code, network, &wallets)
}

/// A transaction that is asked for, and what ethers must find.
struct Case {
    pending: Value,
    expected: Value,
}

impl Case {
    fn random(random: &mut Random, number: u64, chain: &Chain, chain_id: u64, key: &Key) -> Self {
        let is_celo = chain.celo.is_some();
        let kind = random.within(0..=if is_celo { 3 } else { 2 });
        let gas = random.within(3_000_000..=u64::from(u32::MAX));
        let nonce = random.magnitude(52);
        let value = random.magnitude(128);
        // A contract is created now and then.
        let to = (random.within(0..=4) > 0).then(|| random.hex(20));
        let data = match random.within(0..=3) {
            0 => String::new(),
            // The recipient, in a transfer of ERC-20.
            1 => format!("a9059cbb{:0>64}{:0>64}", random.hex(20), random.hex(16)),
            _ => {
                let len = random.index(400);
                random.hex(len)
            }
        };
        let gas_name = if is_celo || random.within(0..=3) == 0 && chain.code != "KLAY" {
            "gasLimit"
        } else {
            "gas"
        };
        let data_name = if is_celo || random.coin() {
            "data"
        } else {
            "input"
        };
        let mut request = json!({
            "from": 0,
            (gas_name): quantity(random, gas.into()),
            "nonce": quantity(random, nonce),
            "value": quantity(random, value),
            (data_name): if random.coin() { format!("0x{data}") } else { data.clone() },
        });
        let mut expected = json!({
            "from": key.address.replacen(chain.address_prefix, "0x", 1),
            "chainId": chain_id.to_string(),
            "nonce": nonce.to_string(),
            "gas": gas.to_string(),
            "value": value.to_string(),
            "data": format!("0x{data}"),
            "to": null,
            "accessList": [],
            "same": true,
            "type": match kind {
                3 => 0x7b,
                kind => kind,
            },
        });
        if chain.always_estimates && gas_name == "gas" {
            expected["gas"] = json!(ESTIMATE.to_string());
        }
        if random.coin() {
            request["chainId"] = json!(chain_id);
        }
        if let Some(to) = to {
            request["to"] = json!(format!("{}{to}", chain.address_prefix));
            expected["to"] = json!(format!("0x{to}"));
        }
        let mut fill = |name: &str, value: u128| {
            request[name] = quantity(random, value);
            expected[name] = json!(value.to_string());
        };
        // No price of zero, which means that none is given.
        let price = 1 + u128::from(number) * 1_234_567_891;
        match kind {
            0 | 1 => fill("gasPrice", price),
            _ => {
                fill("maxFeePerGas", price);
                fill("maxPriorityFeePerGas", price / 3);
            }
        }
        match kind {
            0 if chain.celo == Some(Layout::PreL2) => {
                fill("gatewayFee", u128::from(number % 3) << 70);
                for name in ["feeCurrency", "gatewayFeeRecipient"] {
                    let address = random.coin().then(|| format!("0x{}", random.hex(20)));
                    request[name] = json!(address);
                    expected[name] = json!(address);
                }
            }
            // The price is both fees of CIP-64.
            0 if chain.celo == Some(Layout::Cip64) && random.coin() => {
                let currency = format!("0x{}", random.hex(20));
                request["feeCurrency"] = json!(currency);
                expected["feeCurrency"] = json!(currency);
                expected["type"] = json!(0x7b);
                let members = expected.as_object_mut().expect("an object");
                let price = members.remove("gasPrice").expect("a price");
                expected["maxFeePerGas"] = price.clone();
                expected["maxPriorityFeePerGas"] = price;
            }
            0 => {}
            1 => {
                let list = access_list(random);
                request["accessList"] = list.clone();
                expected["accessList"] = list;
            }
            2 => {
                if random.coin() {
                    let list = access_list(random);
                    request["accessList"] = list.clone();
                    expected["accessList"] = list;
                }
            }
            _ => {
                let currency = format!("0x{}", random.hex(20));
                request["feeCurrency"] = json!(currency);
                expected["feeCurrency"] = json!(currency);
            }
        }
        Self {
            pending: key.pending(number, chain.code, &request.to_string()),
            expected,
        }
    }
}

/// A number in one of the notations that there are. The JSON number 0 sometimes means that
/// nothing is given.
fn quantity(random: &mut Random, value: u128) -> Value {
    match (random.within(0..=2), u64::try_from(value)) {
        (0, Ok(number @ 1..)) => json!(number),
        (1, _) => json!(format!("{value:#x}")),
        _ => json!(value.to_string()),
    }
}

fn access_list(random: &mut Random) -> Value {
    let items: Vec<Value> = (0..random.within(0..=3))
        .map(|_| {
            let keys: Vec<String> = (0..random.within(0..=3))
                .map(|_| format!("0x{}", random.hex(32)))
                .collect();
            json!({"address": format!("0x{}", random.hex(20)), "storageKeys": keys})
        })
        .collect();
    json!(items)
}
