//! The contract every plugin must keep, with the recorded transactions of the XRP Ledger.

use kms_xrp::XRP;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&XRP, include_str!("vectors/XRP.json"));
}
