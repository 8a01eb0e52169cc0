//! Messages put together for tests, as `compileMessage` of the official library does it, and
//! without any code of the plugin.

#![allow(dead_code, reason = "each test uses a part")]

use proptest::prelude::*;

pub(crate) type Key = [u8; 32];

/// A program, the accounts that it gets, its data.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) program: Key,
    pub(crate) accounts: Vec<Key>,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn call(program: &str, accounts: &[Key], data: &[&[u8]]) -> Call {
    Call {
        program: known(program),
        accounts: accounts.to_vec(),
        data: data.concat(),
    }
}

pub(crate) fn known(base58: &str) -> Key {
    let bytes = bs58::decode(base58).into_vec().unwrap();
    bytes.try_into().unwrap()
}

/// A message that only `payer` signs; nothing when it is too large for a transaction.
pub(crate) fn message(payer: Key, calls: &[Call]) -> Option<Vec<u8>> {
    let mut accounts = vec![payer];
    for call in calls {
        for account in call.accounts.iter().chain([&call.program]) {
            if !accounts.contains(account) {
                accounts.push(*account);
            }
        }
    }
    if calls.iter().any(|call| call.program == payer) {
        return None;
    }
    let index = |account: &Key| {
        let position = accounts.iter().position(|one| one == account);
        u8::try_from(position.unwrap()).unwrap()
    };
    let mut bytes = vec![1, 0, 0, u8::try_from(accounts.len()).unwrap()];
    bytes.extend(accounts.concat());
    bytes.extend([0xee; 32]);
    bytes.push(u8::try_from(calls.len()).unwrap());
    for call in calls {
        bytes.push(index(&call.program));
        bytes.push(u8::try_from(call.accounts.len()).unwrap());
        bytes.extend(call.accounts.iter().map(index));
        let len = call.data.len();
        if len > 127 {
            bytes.push(u8::try_from(len % 128).unwrap() | 0x80);
            bytes.push(u8::try_from(len / 128).unwrap());
        } else {
            bytes.push(u8::try_from(len).unwrap());
        }
        bytes.extend(&call.data);
    }
    (bytes.len() + 65 <= 1232).then_some(bytes)
}

/// Calls of programs that are told and of others, mostly with a number that means something.
pub(crate) fn any_message() -> impl Strategy<Value = Vec<Call>> {
    let program = prop::sample::select(vec![
        "11111111111111111111111111111111",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
        "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
        "ComputeBudget111111111111111111111111111111",
        "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
        "Ed25519SigVerify111111111111111111111111111",
        "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s",
    ]);
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..150),
        (0..30_u8, prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(number, rest)| [
            vec![number],
            rest
        ]
        .concat()),
        (0..13_u8, prop::collection::vec(any::<u8>(), 0..80)).prop_map(|(number, rest)| [
            vec![number, 0, 0, 0],
            rest
        ]
        .concat()),
    ];
    let accounts = prop::collection::vec((1..9_u8).prop_map(|byte| [byte; 32]), 0..8);
    let call = (program, accounts, data).prop_map(|(program, accounts, data)| Call {
        program: known(program),
        accounts,
        data,
    });
    prop::collection::vec(call, 0..6)
}
