#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_bnb::BEACON_CHAIN;
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&BEACON_CHAIN]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
