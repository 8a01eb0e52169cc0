#![no_main]

kms_fuzz::target!("secret_answer");
