//! The contract every plugin must keep, with the recorded transactions of Stellar.

use kms_stellar::STELLAR;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&STELLAR, include_str!("vectors/XLM.json"));
}
