//! What a node sends: envelopes, bodies and transactions.

#![no_main]

use kms_cardano::{Envelope, SignedTransaction, TransactionBody};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = TransactionBody::decode(bytes);
    let _ = SignedTransaction::decode(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Envelope::parse(text);
    }
});
