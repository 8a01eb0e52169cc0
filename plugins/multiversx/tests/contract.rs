//! The contract every plugin must keep, with the recorded transactions of MultiversX.

use kms_multiversx::MULTIVERSX;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&MULTIVERSX, include_str!("vectors/EGLD.json"));
}
