//! The contract of every plugin, with the recorded transactions of Bitcoin.

#[test]
fn contract() {
    kms_core::testkit::contract(&kms_bitcoin::BITCOIN, include_str!("vectors/BTC.json"));
}
