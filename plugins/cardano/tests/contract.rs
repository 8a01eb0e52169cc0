//! The contract every plugin must keep, with the recorded transactions of Cardano.

use kms_cardano::CARDANO;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&CARDANO, include_str!("vectors/ADA.json"));
}
