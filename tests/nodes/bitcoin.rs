//! Bitcoin: bcoin mines inputs of every kind, alone, together, and of several keys.

use crate::utxo::{
    BITCOIN, BITCOIN_CASH, BLOCKS, COIN, FEE, SAYS, STRANGERS, Setting, Transaction,
};

const KINDS: [&str; 4] = ["p2pkh", "p2pk", "p2wpkh", "p2shP2wpkh"];
/// Somebody else, by P2WPKH and P2WSH.
const MODERN_STRANGERS: [&str; 2] = [
    "0014000102030405060708090a0b0c0d0e0f10111213",
    "0020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
];

#[test]
fn bcoin_mines_inputs_of_every_kind() {
    let Some(setting) = Setting::start(&BITCOIN) else {
        return;
    };
    let [first, second] = &[3, 7].map(|index| setting.key(index));
    let owners = [first, first, first, second];
    let scripts = owners.map(|key| KINDS.map(|kind| key.script(kind)));
    let coins = setting.fund(&scripts.concat());
    let owned: Vec<_> = coins
        .iter()
        .zip(owners.into_iter().flat_map(|key| [key; KINDS.len()]))
        .collect();

    // Each kind alone; all of one key; all of two keys, to outputs of every kind.
    let mut transactions: Vec<Transaction<'_>> = owned[..4]
        .iter()
        .map(|(coin, key)| Transaction::payment(coin, key))
        .collect();
    transactions.push(Transaction {
        coins: owned[4..8].to_vec(),
        outputs: vec![(4 * COIN - FEE, MODERN_STRANGERS[0])],
        locktime: 0,
    });
    let mut outputs: Vec<_> = STRANGERS.map(|script| (1_0000_0001, script)).to_vec();
    outputs.extend(MODERN_STRANGERS.map(|script| (1_0000_0002, script)));
    outputs.extend(KINDS.map(|kind| (2_0000_0003, second.script(kind))));
    let paid: u64 = outputs.iter().map(|(satoshis, _)| satoshis).sum();
    outputs.push((8 * COIN - paid - FEE, first.script("p2wpkh")));
    outputs.push((0, SAYS));
    transactions.push(Transaction {
        coins: owned[8..].to_vec(),
        outputs,
        locktime: BLOCKS - 3,
    });
    setting.sign_and_mine(&transactions);
}

#[test]
fn bcoin_refuses_what_is_signed_for_bitcoin_cash() {
    if let Some(setting) = Setting::start(&BITCOIN) {
        setting.sign_for(&BITCOIN_CASH);
    }
}
