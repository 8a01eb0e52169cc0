#![no_main]

use kms_evm as _;

kms_fuzz::target!("evm_serialized_transaction");
