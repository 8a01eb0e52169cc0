//! What the plugin tells of messages that a test puts together.

#![allow(dead_code, reason = "each test uses a part")]

use kms_core::prelude::*;
use kms_solana::SOLANA;

use crate::messages::{Call, Key, message};

pub(crate) const SYSTEM: &str = "11111111111111111111111111111111";
pub(crate) const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
pub(crate) const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
pub(crate) const TOKEN_ACCOUNTS: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
pub(crate) const BUDGET: &str = "ComputeBudget111111111111111111111111111111";
pub(crate) const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

pub(crate) const PAYER: Key = [1; 32];
pub(crate) const TO: Key = [2; 32];
pub(crate) const FROM: Key = [3; 32];
pub(crate) const MINT: Key = [4; 32];
pub(crate) const OWNER: Key = [5; 32];

pub(crate) fn name(key: Key) -> String {
    bs58::encode(key).into_string()
}

pub(crate) fn summary_of(message: &[u8]) -> Summary {
    let unsigned = Unsigned::new(
        Vec::new(),
        [900_u64.to_be_bytes().as_slice(), message].concat(),
    );
    SOLANA.summarize(Network::Mainnet, &unsigned).unwrap()
}

pub(crate) fn told(calls: &[Call]) -> Summary {
    summary_of(&message(PAYER, calls).unwrap())
}

/// The details, but for the last valid block height, which all have.
pub(crate) fn details(summary: &Summary) -> Vec<String> {
    let (last, details) = summary.details.split_last().unwrap();
    assert_eq!(
        *last,
        ("last valid block height".to_owned(), "900".to_owned())
    );
    details
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}
