//! BNB Beacon Chain, in the eyes of a protobuf library and of another secp256k1. Its own SDK is
//! no longer maintained.

use kms_tests::cloud::{Answer, Cloud};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network},
};

/// How many transactions of each network.
const TRANSACTIONS: u64 = 150;
/// The largest integer that is exact in JavaScript has this many bits.
const EXACT_BITS: u32 = 53;

#[test]
fn other_libraries_read_what_is_signed_for_bnb() {
    let Some(library) = Library::of("bnb") else {
        return;
    };
    for (network, prefix, chain_id) in [
        (Network::Main, "bnb", "Binance-Chain-Tigris"),
        (Network::Test, "tbnb", "Binance-Chain-Ganges"),
    ] {
        let mut random = Random::seeded(u64::from(network.is_testnet()));
        let user = session::user();
        let secrets: Vec<String> = (0..8).map(|_| random.hex(32)).collect();
        let wallets = library.ask("wallets", &json!({"prefix": prefix, "keys": secrets}));
        let wallets = wallets.as_array().expect("a list");
        let mut keys: Vec<Key> = wallets
            .iter()
            .map(|wallet| session::store_single(&user, "BNB", network, wallet))
            .collect();
        for _ in 0..3 {
            keys.push(session::make_single(&user, "BNB", network, |key| {
                library.ask("wallets", &json!({"prefix": prefix, "keys": [key]}))[0].clone()
            }));
        }
        let cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| Case::random(&mut random, number, &keys))
            .collect();

        let cloud = Cloud::start();
        cloud.route("GET", "/v3/bnb/account/*", |request| {
            let address = request.path.rsplit('/').next().expect("an address");
            let (number, sequence) = account(address);
            Answer::ok(&json!({"account_number": number, "sequence": sequence}))
        });
        let pending: Vec<Value> = cases.iter().map(|case| case.pending.clone()).collect();
        let signed = session::sign(&user, network, &cloud, "", &pending);
        let ids = session::ids(&user, &pending);

        let question = json!({"prefix": prefix, "chainId": chain_id, "signed": signed});
        let found = library.ask("transactions", &question);
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            let mut expected = case.expected.clone();
            expected["id"] = json!(id);
            assert_eq!(*found, expected, "{network:?}: {}", case.pending);
        }
        session::tally_transactions("BNB", cases.len());
    }
}

/// What the cloud says of an account: its number and sequence.
fn account(address: &str) -> (u64, u64) {
    let sum: u64 = address.bytes().map(u64::from).sum();
    (sum, sum % 3)
}

/// A transaction that is asked for, and what the libraries must find.
struct Case {
    pending: Value,
    expected: Value,
}

impl Case {
    fn random(random: &mut Random, number: u64, keys: &[Key]) -> Self {
        let from = random.one_of(keys).clone();
        let outputs: Vec<(String, Vec<(&str, u64)>)> = (0..random.within(1..=3))
            .map(|_| (random.one_of(keys).address.clone(), coins(random)))
            .collect();
        // One input for each output: the sums are right by that.
        let inputs: Vec<_> = outputs
            .iter()
            .map(|(_, coins)| (from.address.clone(), coins.clone()))
            .collect();
        let memo = memo(random);
        let mut request = json!({
            "msg": {
                "inputs": parties(&inputs, bytes_of), "outputs": parties(&outputs, bytes_of),
                "aminoPrefix": "2A2C87FA",
            },
            "signMsg": {
                "inputs": parties(&inputs, |address| json!(address)),
                "outputs": parties(&outputs, |address| json!(address)),
            },
        });
        if !memo.is_empty() || random.coin() {
            request["memo"] = json!(memo);
        }
        let (account_number, sequence) = account(&from.address);
        Self {
            expected: json!({
                "inputs": found(&inputs),
                "outputs": found(&outputs),
                "memo": memo,
                "accountNumber": account_number.to_string(),
                "sequence": sequence.to_string(),
                "source": "0",
                "data": "",
                "from": from.address,
                "byKey": true,
                "whole": true,
                "same": true,
            }),
            pending: from.pending(number, "BNB", &request.to_string()),
        }
    }
}

fn coins(random: &mut Random) -> Vec<(&'static str, u64)> {
    let amount =
        |random: &mut Random| u64::try_from(random.magnitude(EXACT_BITS).max(1)).expect("53 bits");
    let mut coins = vec![("BNB", amount(random))];
    if random.coin() {
        coins.push(("TOK-1A2", amount(random)));
    }
    coins
}

fn memo(random: &mut Random) -> String {
    let letters = [
        'a', 'Z', '0', ' ', '"', '\\', '\n', '\u{1}', '<', 'é', '漢', '🦀',
    ];
    let len = random.index(40);
    (0..len).map(|_| *random.one_of(&letters)).collect()
}

type Party<'a> = (String, Vec<(&'a str, u64)>);

/// In the form of the request, with addresses written as `address` does.
fn parties(parties: &[Party<'_>], address: impl Fn(&str) -> Value) -> Value {
    let coin = |(denom, amount): &(&str, u64)| json!({"denom": denom, "amount": amount});
    parties
        .iter()
        .map(|(to, coins)| {
            let coins: Vec<Value> = coins.iter().map(coin).collect();
            json!({"address": address(to), "coins": coins})
        })
        .collect()
}

/// In the form of the answer.
fn found(parties: &[Party<'_>]) -> Value {
    let coin =
        |(denom, amount): &(&str, u64)| json!({"denom": denom, "amount": amount.to_string()});
    parties
        .iter()
        .map(|(address, coins)| {
            let coins: Vec<Value> = coins.iter().map(coin).collect();
            json!({"address": address, "coins": coins})
        })
        .collect()
}

/// The 20 bytes of an address, as Node.js writes them. The checksum was checked by whoever made
/// the address.
fn bytes_of(address: &str) -> Value {
    const ALPHABET: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let (_, digits) = address.rsplit_once('1').expect("an address");
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits[..digits.len() - 6].chars() {
        let value = ALPHABET.find(digit).expect("a digit of Bech32");
        bits = (bits << 5 | u32::try_from(value).expect("five bits")) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(bits >> count & 0xff);
        }
    }
    assert_eq!(bytes.len(), 20);
    json!({"type": "Buffer", "data": bytes})
}
