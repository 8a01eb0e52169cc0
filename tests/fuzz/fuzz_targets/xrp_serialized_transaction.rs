#![no_main]

use kms_xrp as _;

kms_fuzz::target!("xrp_serialized_transaction");
