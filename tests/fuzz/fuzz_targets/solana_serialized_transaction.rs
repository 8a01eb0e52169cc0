#![no_main]

use kms_fuzz::{Targets, drive, targets};
use kms_solana::SOLANA;
use libfuzzer_sys::fuzz_target;

static TARGETS: Targets = Targets::new(|| targets(&[&SOLANA]));

fuzz_target!(|bytes: &[u8]| drive(&TARGETS, bytes));
