//! Addresses and private keys that others have published: Bitcoin Core, and the BIPs on SegWit
//! addresses. Those of one recipe only stand beside it.

use bitcoin::{
    Script,
    bech32::{
        self, Bech32, Bech32m,
        primitives::decode::{CheckedHrpstring, SegwitHrpstring},
    },
};
use kms_core::{
    chain::Network,
    keys::SecretText,
    testkit::{published_wallets, tally},
};
use serde_json::Value;

use crate::{
    address::{of_script, pubkey_hash},
    btc::BTC,
    params::Prefixes,
    wif,
};

/// The list `member` of a file, which has `count` cases.
fn cases(file: &str, member: &str, count: usize, what: &str) -> Vec<Value> {
    let mut published: Value = serde_json::from_str(file).unwrap();
    let cases: Vec<Value> = serde_json::from_value(published[member].take()).unwrap();
    assert_eq!(cases.len(), count, "{member}");
    tally("published", count, what);
    cases
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    hex::decode(text(case, member)).unwrap()
}

/// Everything that may stand before a checksum of its own: the networks, and what Bitcoin Core
/// plays alone.
fn prefixes(chain: &str) -> Prefixes {
    let known = match chain {
        "main" => &BTC.mainnet,
        "testnet4" | "signet" | "regtest" => &BTC.testnet,
        other => panic!("{other}"),
    };
    let segwit = match chain {
        "regtest" => Some("bcrt"),
        _ => known.segwit,
    };
    Prefixes { segwit, ..*known }
}

#[test]
fn bitcoin_cores_addresses_and_keys() {
    let file = include_str!("../tests/vectors/published/key-io.json");
    let (mut addresses, mut keys) = (0, 0);
    for case in cases(file, "valid", 70, "vectors of Bitcoin Core") {
        let found = text(&case, "text");
        let network = Network::from_testnet_flag(text(&case, "chain") != "main");
        if case["isPrivkey"] == true {
            let secret = SecretText::new(found);
            let key = wif::parse(&BTC, &secret).unwrap();
            assert_eq!(key.to_bytes().expose(), bytes(&case, "payload"));
            let compressed = key.public_key().encoded().len() == 33;
            assert_eq!(case["isCompressed"], compressed);
            assert_eq!(wif::network(&BTC, &secret), Some(network));
            assert_eq!(wif::format(&BTC, network, &key).expose(), found);
            keys += 1;
            continue;
        }
        let script = bytes(&case, "payload");
        let script = Script::from_bytes(&script);
        let written = of_script(&prefixes(text(&case, "chain")), script);
        assert_eq!(written.as_deref(), Some(found));
        let hash = script.is_p2pkh().then(|| script.as_bytes()[3..23].to_vec());
        let read = pubkey_hash(&BTC, network, found).map(|hash| hash.to_vec());
        assert_eq!(read, hash, "{found}");
        assert!(wif::parse(&BTC, &SecretText::new(found)).is_err());
        addresses += 1;
    }
    assert_eq!((addresses, keys), (54, 16));
}

#[test]
fn what_bitcoin_core_refuses_is_refused() {
    let file = include_str!("../tests/vectors/published/key-io.json");
    for case in cases(file, "invalid", 70, "vectors of Bitcoin Core") {
        let text = case.as_str().unwrap();
        assert!(wif::parse(&BTC, &SecretText::new(text)).is_err(), "{text}");
        for network in [Network::Mainnet, Network::Testnet] {
            assert_eq!(pubkey_hash(&BTC, network, text), None, "{text}");
        }
        let segwit = SegwitHrpstring::new(text);
        let is_ours = |address: SegwitHrpstring<'_>| {
            let hrp = address.hrp().to_lowercase();
            ["bc", "tb", "bcrt"].contains(&hrp.as_str())
        };
        assert!(!segwit.is_ok_and(is_ours), "{text}");
    }
}

#[test]
fn base58() {
    let file = include_str!("../tests/vectors/published/base58.json");
    for case in cases(file, "cases", 21, "vectors of Bitcoin Core") {
        let (plain, coded) = (case[0].as_str().unwrap(), case[1].as_str().unwrap());
        let plain = hex::decode(plain).unwrap();
        assert_eq!(bs58::encode(&plain).into_string(), coded);
        assert_eq!(bs58::decode(coded).into_vec().unwrap(), plain);
    }
}

/// BIP-173 and BIP-350: no text is right by both checksums.
#[test]
fn bech32_and_bech32m() {
    let bech32 = include_str!("../tests/vectors/published/bip173.json");
    let bech32m = include_str!("../tests/vectors/published/bip350.json");
    for (file, is_m, valid, invalid) in [(bech32, false, 7, 12), (bech32m, true, 7, 14)] {
        let what = "vectors of BIP-173 and BIP-350";
        let checks = |text: &str| {
            [
                CheckedHrpstring::new::<Bech32>(text).is_ok(),
                CheckedHrpstring::new::<Bech32m>(text).is_ok(),
            ]
        };
        for case in cases(file, "valid", valid, what) {
            let text = case.as_str().unwrap();
            assert_eq!(checks(text), [!is_m, is_m], "{text}");
        }
        for case in cases(file, "invalid", invalid, what) {
            let text = case.as_str().unwrap();
            assert_eq!(checks(text), [false; 2], "{text}");
        }
    }
}

#[test]
fn segwit_addresses() {
    let file = include_str!("../tests/vectors/published/bip350.json");
    let what = "vectors of BIP-173 and BIP-350";
    for case in cases(file, "addresses", 8, what) {
        let address = text(&case, "address").to_lowercase();
        let chain = if address.starts_with("bc") {
            "main"
        } else {
            "testnet4"
        };
        let script = bytes(&case, "script");
        let written = of_script(&prefixes(chain), Script::from_bytes(&script));
        assert_eq!(written.as_ref(), Some(&address));
        let (_, version, program) = bech32::segwit::decode(text(&case, "address")).unwrap();
        assert_eq!(program, script[2..]);
        let opcode = match version.to_u8() {
            0 => 0,
            version => 0x50 + version,
        };
        assert_eq!(opcode, script[0]);
    }
    for case in cases(file, "notAddresses", 15, what) {
        let text = case.as_str().unwrap();
        let segwit = SegwitHrpstring::new(text);
        assert!(!segwit.is_ok_and(|it| it.has_valid_hrp()), "{text}");
    }
}

/// BIP-341: coins of a Taproot output are not spent by this program, but paid to.
#[test]
fn taproot_outputs() {
    let file = include_str!("../tests/vectors/published/bip341.json");
    for case in cases(file, "outputs", 7, "vectors of BIP-341") {
        let script = bytes(&case, "script");
        let written = of_script(&BTC.mainnet, Script::from_bytes(&script));
        assert_eq!(written.as_deref(), Some(text(&case, "address")));
    }
}

/// Keys and addresses below the words of BIP-39 that every library tests with.
#[test]
fn wallets() {
    let file = include_str!("../tests/vectors/published/bip44.json");
    published_wallets(&crate::BITCOIN, file);
    published_wallets(&crate::BITCOIN_CASH, file);
    published_wallets(&crate::DOGECOIN, file);
    published_wallets(&crate::LITECOIN, file);
}
