#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_evm::{CELO, ETHEREUM, KLAY, ONE, XDC};
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&CELO, &ETHEREUM, &KLAY, &ONE, &XDC]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
