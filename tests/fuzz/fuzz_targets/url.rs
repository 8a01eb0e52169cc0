#![no_main]

kms_fuzz::target!("url");
