//! Published transactions and addresses, made by software that shares no code with this one.

use kms_core::{
    chain::{KeyRequest, KeySet, sign},
    prelude::*,
};
use kms_evm::ETHEREUM;
use serde_json::Value;

fn cases(text: &str, member: &str) -> Vec<Value> {
    let mut whole: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(whole[member].take()).unwrap()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    let text = case[member].as_str().unwrap().trim_start_matches("0x");
    hex::decode(text).unwrap()
}

/// The frozen form of a transaction: `rlp[transaction, notes]`, without notes.
fn frozen(keys: &KeySet, transaction: &[u8]) -> Unsigned {
    let mut body = Vec::new();
    let mut fields = Vec::new();
    alloy_rlp::Encodable::encode(transaction, &mut fields);
    alloy_rlp::Encodable::encode(&0_u8, &mut fields);
    let header = alloy_rlp::Header {
        list: true,
        payload_length: fields.len(),
    };
    header.encode(&mut body);
    body.extend(fields);
    Unsigned::new(keys.signers(&ETHEREUM, Network::Testnet).unwrap(), body)
}

fn keys(case: &Value) -> KeySet {
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, SecretKey::secp256k1(&bytes(case, "key")).unwrap());
    keys
}

/// Signs each case; gives how many came out byte for byte, and the names of those refused.
fn sign_all(cases: &[Value]) -> (usize, Vec<String>) {
    let (mut signed, mut refused) = (0, Vec::new());
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let keys = keys(case);
        let unsigned = frozen(&keys, &bytes(case, "unsigned"));
        match sign(&ETHEREUM, &unsigned, &keys) {
            Ok(result) => {
                assert_eq!(result.tx_data, case["signed"], "{name}");
                signed += 1;
            }
            Err(_) => refused.push(name.to_owned()),
        }
    }
    (signed, refused)
}

/// The names of the cases whose field of this index fits.
fn named(cases: &[Value], index: usize, fits: impl Fn(&[u8]) -> bool) -> Vec<String> {
    let wanted = cases.iter().filter(|case| {
        let unsigned = bytes(case, "unsigned");
        // A type stands before the list.
        let list = &unsigned[usize::from(unsigned[0] < 0xc0)..];
        let mut fields = alloy_rlp::Header::decode_bytes(&mut &*list, true).unwrap();
        for _ in 0..index {
            alloy_rlp::Header::decode_bytes(&mut fields, false).unwrap();
        }
        fits(alloy_rlp::Header::decode_bytes(&mut fields, false).unwrap())
    });
    wanted
        .map(|case| case["name"].as_str().unwrap().to_owned())
        .collect()
}

/// EIP-155: the key signs what ethers signed, to the byte. A gas limit beyond 64 bits, which no
/// block can hold, is not signed here.
#[test]
fn legacy_transactions_come_out_byte_for_byte() {
    let text = include_str!("vectors/published/eip155.json");
    let standard = cases(text, "standard");
    assert_eq!(standard.len(), 1);
    assert_eq!(sign_all(&standard), (1, Vec::new()));
    let keys = keys(&standard[0]);
    let preimages = ETHEREUM.preimages(&frozen(&keys, &bytes(&standard[0], "unsigned")));
    assert_eq!(preimages.unwrap()[0].payload, bytes(&standard[0], "hash"));

    let cases = cases(text, "transactions");
    let (signed, refused) = sign_all(&cases);
    println!(
        "eip155: {signed} of {} signed alike, {} with a gas limit beyond 64 bits refused",
        cases.len(),
        refused.len()
    );
    assert_eq!(refused, named(&cases, 2, |gas| gas.len() > 8));
    assert_eq!((signed, refused.len()), (1067 - 83, 83));
    kms_core::testkit::tally("published", 1 + cases.len(), "vectors of EIP-155");
}

/// EIP-2930 and EIP-1559. A transaction without a chain id is of no chain, and not signed here.
#[test]
fn typed_transactions_come_out_byte_for_byte() {
    let text = include_str!("vectors/published/eip2930-eip1559.json");
    let cases = cases(text, "transactions");
    let (signed, refused) = sign_all(&cases);
    println!(
        "eip2930 and eip1559: {signed} of {} signed alike, {} without a chain id refused",
        cases.len(),
        refused.len()
    );
    assert_eq!(refused, named(&cases, 0, <[u8]>::is_empty));
    assert_eq!(signed + refused.len(), 1792);
    kms_core::testkit::tally("published", cases.len(), "vectors of EIP-2930 and EIP-1559");
    assert!(signed > 800, "{signed}");
}

#[test]
fn wallets() {
    let file = include_str!("vectors/published/bip44.json");
    for plugin in [
        &kms_evm::BSC,
        &kms_evm::CELO,
        &kms_evm::ETHEREUM,
        &kms_evm::ONE,
    ] {
        kms_core::testkit::published_wallets(plugin, file);
    }
}
