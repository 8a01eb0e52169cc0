#![no_main]

kms_fuzz::target!("vault_file");
