#![no_main]

use kms_bitcoin as _;

kms_fuzz::target!("bitcoin_serialized_transaction");
