#![no_main]

kms_fuzz::target!("journal_row");
