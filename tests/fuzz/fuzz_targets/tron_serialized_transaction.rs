#![no_main]

use kms_tron as _;

kms_fuzz::target!("tron_serialized_transaction");
