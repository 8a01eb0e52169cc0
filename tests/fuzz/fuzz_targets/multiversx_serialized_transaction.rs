#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_multiversx::MULTIVERSX;
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&MULTIVERSX]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
