#![no_main]

use kms_multiversx as _;

kms_fuzz::target!("multiversx_serialized_transaction");
