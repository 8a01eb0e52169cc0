#![no_main]

kms_fuzz::target!("pending_list");
