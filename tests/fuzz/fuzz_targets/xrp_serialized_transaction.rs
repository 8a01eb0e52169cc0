#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_xrp::XRP;
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&XRP]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
