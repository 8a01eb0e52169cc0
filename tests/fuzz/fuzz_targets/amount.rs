#![no_main]

kms_fuzz::target!("amount");
