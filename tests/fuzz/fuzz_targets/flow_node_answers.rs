#![no_main]

use kms_flow as _;

kms_fuzz::target!("flow_node_answers");
