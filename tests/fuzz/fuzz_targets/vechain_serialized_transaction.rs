#![no_main]

use kms_vechain as _;

kms_fuzz::target!("vechain_serialized_transaction");
