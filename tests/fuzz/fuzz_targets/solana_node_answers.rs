#![no_main]

use kms_solana as _;

kms_fuzz::target!("solana_node_answers");
