#![no_main]

kms_fuzz::target!("cloud_answer");
