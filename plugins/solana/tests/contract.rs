//! The contract every plugin must keep, with the recorded transactions of Solana.

use kms_solana::SOLANA;

#[test]
fn keeps_the_contract() {
    kms_core::testkit::contract(&SOLANA, include_str!("vectors/SOL.json"));
}
