//! The contract of every plugin, with the recorded transactions of each blockchain.

use kms_core::testkit::contract;

#[test]
fn bitcoin() {
    contract(&kms_bitcoin::BITCOIN, include_str!("vectors/BTC.json"));
}

#[test]
fn bitcoin_cash() {
    contract(&kms_bitcoin::BITCOIN_CASH, include_str!("vectors/BCH.json"));
}

#[test]
fn dogecoin() {
    contract(&kms_bitcoin::DOGECOIN, include_str!("vectors/DOGE.json"));
}

#[test]
fn litecoin() {
    contract(&kms_bitcoin::LITECOIN, include_str!("vectors/LTC.json"));
}
