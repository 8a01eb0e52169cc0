//! Bitcoin Cash: bcash mines what one key signs and what several keys sign.

use crate::utxo::{
    BITCOIN, BITCOIN_CASH, BLOCKS, COIN, FEE, SAYS, STRANGERS, Setting, Transaction,
};

#[test]
fn bcash_mines_what_one_key_and_several_keys_sign() {
    let Some(setting) = Setting::start(&BITCOIN_CASH) else {
        return;
    };
    let [first, second] = &[3, 7].map(|index| setting.key(index));
    let owners = [first, first, first, first, second];
    let coins = setting.fund(&owners.map(|key| key.script("p2pkh")));
    let owned: Vec<_> = coins.iter().zip(owners).collect();

    setting.sign_and_mine(&[
        Transaction::payment(&coins[0], first),
        Transaction {
            coins: owned[1..3].to_vec(),
            outputs: vec![(2 * COIN - FEE, STRANGERS[1])],
            locktime: 0,
        },
        Transaction {
            coins: owned[3..].to_vec(),
            outputs: vec![
                (1_0000_0001, STRANGERS[0]),
                (1_0000_0002, STRANGERS[1]),
                (2 * COIN - 2_0000_0003 - FEE, second.script("p2pkh")),
                (0, SAYS),
            ],
            locktime: BLOCKS - 2,
        },
    ]);
}

#[test]
fn bcash_refuses_what_is_signed_for_bitcoin() {
    if let Some(setting) = Setting::start(&BITCOIN_CASH) {
        setting.sign_for(&BITCOIN);
    }
}
