#![no_main]

use kms_algorand as _;

kms_fuzz::target!("algorand_serialized_transaction");
