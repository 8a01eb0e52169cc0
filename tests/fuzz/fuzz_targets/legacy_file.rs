#![no_main]

kms_fuzz::target!("legacy_file");
