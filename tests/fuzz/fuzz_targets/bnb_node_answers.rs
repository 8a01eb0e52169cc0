#![no_main]

use kms_bnb as _;

kms_fuzz::target!("bnb_node_answers");
