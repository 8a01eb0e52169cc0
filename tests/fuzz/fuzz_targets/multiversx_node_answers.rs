#![no_main]

use kms_multiversx as _;

kms_fuzz::target!("multiversx_node_answers");
