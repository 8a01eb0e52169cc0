#![no_main]

use kms_stellar as _;

kms_fuzz::target!("stellar_serialized_transaction");
