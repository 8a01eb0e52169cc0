#![no_main]

kms_fuzz::target!("typed_secret");
