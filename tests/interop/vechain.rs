//! VeChain, in the eyes of its own SDK.

use kms_tests::{
    cloud::{Answer, Cloud},
    program::User,
};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network, text},
};

/// How many transactions of each network.
const TRANSACTIONS: u64 = 150;
/// What is added to the gas that a call used in the simulation.
const MARGIN: u64 = 15_000;

#[test]
fn the_sdk_reads_what_is_signed_for_vechain() {
    let Some(sdk) = Library::of("vechain") else {
        return;
    };
    // The last byte of the genesis block's id.
    for (network, chain_tag) in Network::BOTH.into_iter().zip([0x4a, 0x27]) {
        let mut random = Random::seeded(chain_tag);
        let user = session::user();
        let keys = wallets(&sdk, &mut random, network, &user);
        let cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| {
                let key = random.one_of(&keys).clone();
                Case::random(&mut random, number, chain_tag, &key)
            })
            .collect();

        let cloud = Cloud::start();
        cloud.route("POST", "/accounts/*", |request| {
            let clause = &request.json()["clauses"][0];
            Answer::ok(&json!([{"gasUsed": gas_used(text(&clause["data"]))}]))
        });
        let genesis = json!({"id": format!("0x{chain_tag:064x}")});
        cloud.route("GET", "/blocks/0", move |_| Answer::ok(&genesis));
        let best = json!({"id": format!("{BEST}{:0>48}", 7)});
        cloud.route("GET", "/blocks/best", move |_| Answer::ok(&best));
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let signed = session::sign(&user, network, &cloud, "", &pending);
        let ids = session::ids(&user, &pending);

        let found = sdk.ask("transactions", &json!(signed));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            let mut found = found.clone();
            let members = found.as_object_mut().expect("an object");
            let intrinsic = members.remove("intrinsicGas");
            let intrinsic = intrinsic.and_then(|gas| gas.as_u64()).expect("a number");
            let mut expected = case.expected.clone();
            expected["id"] = json!(id);
            let used = gas_used(text(&expected["clauses"][0]["data"]));
            let more = if used > 0 { used + MARGIN } else { 0 };
            expected["gas"] = json!((intrinsic + more).to_string());
            assert_eq!(found, expected, "{network:?}: {}", case.pending);
        }
        session::tally_transactions("VET", cases.len());
    }
}

/// The best block's id begins with this.
const BEST: &str = "0x0149d4be5c3b3d1c";

/// What the simulation says of this call data: nothing without any.
fn gas_used(data: &str) -> u64 {
    let digits = data.trim_start_matches("0x").len();
    u64::try_from(digits).expect("a short text") * 13
}

fn wallets(sdk: &Library, random: &mut Random, network: Network, user: &User) -> Vec<Key> {
    let coin_type = if network.is_testnet() { 1 } else { 818 };
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
    let wallets = sdk.ask("wallets", &json!(asked));
    session::store(user, "VET", network, &wallets)
}

/// A transaction that is asked for, and what the SDK must find.
struct Case {
    pending: Value,
    expected: Value,
}

impl Case {
    fn random(random: &mut Random, number: u64, chain_tag: u64, key: &Key) -> Self {
        let value = random.magnitude(128);
        let nonce = random.magnitude(64);
        let data = match random.within(0..=3) {
            0 => String::new(),
            1 => format!("a9059cbb{:0>64}{:0>64}", random.hex(20), random.hex(16)),
            _ => {
                let len = random.index(300);
                random.hex(len)
            }
        };
        let to = (random.within(0..=4) > 0).then(|| format!("0x{}", random.hex(20)));
        let mut request = json!({
            "from": 0,
            "to": to,
            "value": quantity(random, value),
            "data": format!("0x{data}"),
            "nonce": quantity(random, nonce),
        });
        let mut expected = json!({
            "from": key.address,
            "clauses": [{"to": to, "value": value.to_string(), "data": format!("0x{data}")}],
            "nonce": nonce.to_string(),
            "chainTag": chain_tag,
            "blockRef": BEST,
            "expiration": 720,
            "gasPriceCoef": 0,
            "dependsOn": null,
            "delegated": false,
            "same": true,
        });
        let mut fill = |name: &str, value: Value| {
            request[name] = value.clone();
            expected[name] = value;
        };
        if random.coin() {
            fill("chainTag", json!(chain_tag));
        }
        if random.coin() {
            let len = random.within(0..=64);
            let reference = random.number() >> len.min(63);
            fill("blockRef", json!(format!("0x{reference:016x}")));
        }
        if random.coin() {
            fill("expiration", json!(random.within(1..=u64::from(u32::MAX))));
        }
        if random.coin() {
            fill("gasPriceCoef", json!(random.within(0..=255)));
        }
        if random.coin() {
            fill("dependsOn", json!(format!("0x{}", random.hex(32))));
        }
        if random.coin() {
            request["gas"] = json!("21000");
        }
        Self {
            pending: key.pending(number, "VET", &request.to_string()),
            expected,
        }
    }
}

/// A number in one of the notations that there are.
fn quantity(random: &mut Random, value: u128) -> Value {
    match (random.within(0..=2), u64::try_from(value)) {
        (0, Ok(number)) => json!(number),
        (1, _) => json!(format!("{value:#x}")),
        _ => json!(value.to_string()),
    }
}
