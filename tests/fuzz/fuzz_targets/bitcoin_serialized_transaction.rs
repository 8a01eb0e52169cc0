#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_bitcoin::{BITCOIN, BITCOIN_CASH, DOGECOIN, LITECOIN};
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&BITCOIN, &BITCOIN_CASH, &DOGECOIN, &LITECOIN]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
