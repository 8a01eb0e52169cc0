//! The contract every plugin must keep, with the recorded transactions of BNB Beacon Chain.

use kms_bnb::BEACON_CHAIN;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&BEACON_CHAIN, include_str!("vectors/BNB.json"));
}
