#![no_main]

use kms_flow::FLOW;
use kms_fuzz::{Targets, drive, targets};
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&FLOW]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
