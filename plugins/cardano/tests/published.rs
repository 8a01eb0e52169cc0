//! Keys and addresses that others have published (CIP-1852). The addresses of CIP-19 are beside
//! their code, the master keys of CIP-3 in the core.

use bech32::{Bech32, primitives::decode::CheckedHrpstring};
use blake2::{Blake2b, Digest as _, digest::consts::U28};
use kms_cardano::CARDANO;
use kms_core::{
    keys::{Ed25519Bip32Node, Mnemonic},
    prelude::*,
    testkit::tally,
};
use serde_json::Value;

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap()
}

/// The bytes behind the header of an address.
fn payload(address: &str) -> Vec<u8> {
    let checked = CheckedHrpstring::new::<Bech32>(address).unwrap();
    checked.byte_iter().skip(1).collect()
}

/// Both sides of every key of an account; and the payment part of every address is the hash that
/// the enterprise address of this program has.
#[test]
fn cip_1852() {
    let published = include_str!("vectors/published/cip1852.json");
    let published: Value = serde_json::from_str(published).unwrap();
    let entropy = hex::decode(text(&published, "entropy")).unwrap();
    let mnemonic = Mnemonic::from_entropy(&entropy).unwrap();
    let node = |path: &str| Ed25519Bip32Node::derive_icarus(&mnemonic, &path.parse().unwrap());

    // The private side of these is not shown to a plugin, but for its last step.
    for member in ["account", "external"] {
        let case = &published[member];
        let public = node(text(case, "path")).public().to_string();
        assert_eq!(public[..64], *text(case, "public"), "{member}");
        assert_eq!(
            CARDANO
                .parse_private_key(Network::Mainnet, &SecretText::new(text(case, "private")))
                .unwrap()
                .public_key()
                .encoded(),
            hex::decode(text(case, "public")).unwrap()
        );
    }
    let stake = &published["stake"];
    let (role, index) = text(stake, "path").rsplit_once('/').unwrap();
    let key = node(role).child(index.parse().unwrap()).unwrap();
    check(&key, stake);
    let stake_hash = Blake2b::<U28>::digest(key.public_key().encoded());
    assert_eq!(payload(text(stake, "address")), stake_hash.as_slice());

    let external = node(text(&published["external"], "path"));
    let payment = published["payment"].as_array().unwrap();
    for (index, case) in (0..).zip(payment) {
        check(&external.child(index).unwrap(), case);
    }
    let lists = [
        (Network::Mainnet, "mainnetAddresses"),
        (Network::Testnet, "testnetAddresses"),
    ];
    let mut count = 3 + payment.len();
    for (network, member) in lists {
        for (index, address) in (0..).zip(published[member].as_array().unwrap()) {
            let payload = payload(address.as_str().unwrap());
            let (payment, rest) = payload.split_at(28);
            let key = external.child(index).unwrap().public_key();
            let ours = CARDANO.address(network, &key).unwrap();
            assert_eq!(self::payload(ours.as_str()), payment, "{address}");
            assert_eq!(rest, stake_hash.as_slice(), "{address}");
            count += 1;
        }
    }
    assert_eq!(count, 16);
    tally("published", count, "vectors of CIP-1852");
}

fn check(key: &SecretKey, case: &Value) {
    assert_eq!(hex::encode(key.to_bytes().expose()), case["private"]);
    assert_eq!(hex::encode(key.public_key().encoded()), case["public"]);
}
