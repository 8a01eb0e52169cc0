#![no_main]

use kms_cardano as _;

kms_fuzz::target!("cardano_serialized_transaction");
