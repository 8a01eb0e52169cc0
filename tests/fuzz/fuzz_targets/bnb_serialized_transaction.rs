#![no_main]

use kms_bnb as _;

kms_fuzz::target!("bnb_serialized_transaction");
