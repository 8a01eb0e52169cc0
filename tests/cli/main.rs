//! The commands, as their users see them.
//!
//! Texts are compared with those in `snapshots`; `INSTA_UPDATE=always` accepts the new ones.

mod migrate;
mod passwords;
mod reading;
mod settings;
mod storing;
mod usage;

use kms_tests::{program::User, transcript::Transcript};
use serde_json::{Value, json};

/// Signature id of [`btc_wallet`].
const BTC: &str = "00000000-0000-4000-8000-000000000001";
/// Signature id of [`eth_key`].
const ETH_KEY: &str = "00000000-0000-4000-8000-000000000002";
/// A signature id that no vault has.
const UNKNOWN: &str = "00000000-0000-4000-8000-00000000ffff";

const MNEMONIC: &str = "urge pulp usage sister evidence arrest palm math please chief egg abuse";
const XPUB: &str = "xpub6EsCk1uU6cJzqvP9CdsTiJwT2rF748YkPnhv5Qo8q44DG7nn2vbyt48YRsNSUYS44jFCW9gwvD9kLQu9AuqXpTpM1c5hgg9PsuBLdeNncid";
/// The address of [`MNEMONIC`] for bitcoin on the main network at index 3.
const ADDRESS_3: &str = "bc1qrqq0u4jaj9na74fjfmpt3dze3pyq2dkpr84gp0";
/// Its key.
const KEY_3: &str = "KxNWiDShg98pCVZeWakKy9drrnboawcZcoKPVVkKaqPuBiicpPJU";

/// The published example of a bitcoin wallet.
fn btc_wallet() -> Value {
    json!({"mnemonic": MNEMONIC, "xpub": XPUB, "chain": "BTC", "testnet": false})
}

/// A wallet that is a key of Ethereum's test network.
fn eth_key() -> Value {
    kms_tests::samples::eth_wallet()
}

/// A user with [`btc_wallet`] and, newer, [`eth_key`].
fn owner() -> User {
    User::with_wallets([(ETH_KEY, &eth_key()), (BTC, &btc_wallet())])
}

/// What happens when this user types these lines, one after the other.
fn transcript<'a>(user: &User, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut transcript = Transcript::of(user);
    for line in lines {
        transcript.run(&user.run(line));
    }
    transcript.text()
}
