//! The contract of every plugin, with the recorded cases.

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&kms_flow::FLOW, include_str!("vectors/FLOW.json"));
}
