//! Bitcoin, Litecoin and Dogecoin, in the eyes of bitcoinjs-lib: it derives the wallets, reads the
//! transactions, and recovers from each signature whose it is.

mod case;

use kms_tests::{cloud::Cloud, program::User};
use serde_json::{Value, json};

use crate::{
    library::Library,
    random::Random,
    session::{self, Key, Network},
};
use case::Case;

/// How many transactions of each chain and network.
const TRANSACTIONS: u64 = 150;

/// What differs between the chains.
struct Chain {
    code: &'static str,
    seed: u64,
    /// The kind of address that a compressed key has.
    address: &'static str,
    /// The kinds of coins that are spent.
    inputs: &'static [&'static str],
    /// The kinds of outputs that are paid to.
    outputs: &'static [&'static str],
    /// Amounts have at most so many bits.
    amount_bits: u32,
    /// What every output is worth that anybody can spend.
    least_amount: u64,
    /// Fees that are signed without asking, whatever the size of these transactions.
    fees: [u64; 2],
}

#[test]
fn bitcoinjs_reads_what_is_signed_for_bitcoin() {
    check(&Chain {
        code: "BTC",
        seed: 0,
        address: "p2wpkh",
        inputs: &["p2pkh", "p2pk", "p2wpkh", "p2sh-p2wpkh"],
        outputs: &[
            "p2pkh", "p2sh", "p2pk", "multisig", "return", "p2wpkh", "p2wsh", "p2tr", "witness",
            "other",
        ],
        // Somewhat beyond 21 million coins.
        amount_bits: 51,
        least_amount: 0,
        fees: [0, 5_000_000],
    });
}

#[test]
fn bitcoinjs_reads_what_is_signed_for_litecoin() {
    check(&Chain {
        code: "LTC",
        seed: 2,
        address: "p2pkh",
        inputs: &["p2pkh", "p2pk", "p2wpkh", "p2sh-p2wpkh"],
        outputs: &[
            "p2pkh", "p2sh", "p2pk", "multisig", "return", "p2wpkh", "p2wsh", "p2tr", "witness",
            "other",
        ],
        amount_bits: 53,
        least_amount: 0,
        fees: [0, 5_000_000],
    });
}

#[test]
fn bitcoinjs_reads_what_is_signed_for_dogecoin() {
    check(&Chain {
        code: "DOGE",
        seed: 3,
        address: "p2pkh",
        inputs: &["p2pkh", "p2pk"],
        outputs: &["p2pkh", "p2sh", "p2pk", "multisig", "return", "other"],
        // Beyond what a double holds: ten thousand million coins.
        amount_bits: 60,
        least_amount: 1_000_000,
        fees: [10_000_000, 200_000_000],
    });
}

fn check(chain: &Chain) {
    let Some(library) = Library::of("bitcoin") else {
        return;
    };
    for network in Network::BOTH {
        let mut random = Random::seeded(2 * chain.seed + u64::from(network.is_testnet()));
        let user = session::user();
        let keys = keys(&library, &mut random, chain, network, &user);
        let mut cases: Vec<Case> = (0..TRANSACTIONS)
            .map(|number| Case::random(&mut random, number, chain, &keys))
            .collect();
        declare_ids(&library, &mut random, &mut cases);

        let pending: Vec<Value> = (0..)
            .zip(&cases)
            .map(|(number, case)| case.pending(number, chain))
            .collect();
        let signed = session::sign(&user, network, &Cloud::start(), "", &pending);
        let ids = session::ids(&user, &pending);

        let asked: Vec<Value> = cases
            .iter()
            .zip(&signed)
            .map(|(case, hex)| json!({"hex": hex, "coins": case.coins()}))
            .collect();
        let found = library.ask("transactions", &json!(asked));
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), cases.len());
        for ((case, found), id) in cases.iter().zip(found).zip(&ids) {
            case.compare(found, id, &format!("{network:?}: {}", case.request));
        }
        session::tally_transactions(chain.code, cases.len());
    }
}

/// Wallets of random mnemonics of every length, with keys at small and large indexes, and single
/// keys, some of which are known by their long public key.
fn keys(
    library: &Library,
    random: &mut Random,
    chain: &Chain,
    network: Network,
    user: &User,
) -> Vec<Key> {
    let code = chain.code.to_lowercase();
    let asked: Vec<Value> = [16, 20, 24, 28, 32]
        .into_iter()
        .map(|bytes| {
            json!({
                "entropy": random.hex(bytes),
                "chain": code,
                "testnet": network.is_testnet(),
                "address": chain.address,
                "indexes": [0, 1, random.within(2..=0x7fff_fffe), 0x7fff_ffff],
            })
        })
        .collect();
    let wallets = library.ask("wallets", &json!(asked));
    let mut keys = session::store(user, chain.code, network, &wallets);

    let asked: Vec<Value> = [true, false, false]
        .into_iter()
        .map(|compressed| {
            json!({
                "secret": random.hex(32),
                "compressed": compressed,
                "chain": code,
                "testnet": network.is_testnet(),
                // No witness program commits to a long key.
                "address": if compressed { chain.address } else { "p2pkh" },
            })
        })
        .collect();
    let single = library.ask("keys", &json!(asked));
    let single = single.as_array().expect("a list").iter();
    keys.extend(single.map(|key| session::store_single(user, chain.code, network, key)));
    keys
}

/// Half of the requests say which id the transaction has before it is signed. The program signs
/// none that has another.
fn declare_ids(library: &Library, random: &mut Random, cases: &mut [Case]) {
    let asked: Vec<Value> = cases.iter().map(Case::unsigned).collect();
    let ids = library.ask("ids", &json!(asked));
    for (case, id) in cases.iter_mut().zip(ids.as_array().expect("a list")) {
        if random.coin() {
            case.request["hash"] = id.clone();
        }
    }
}
