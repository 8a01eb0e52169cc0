#![no_main]

// Named, or the linker would leave them out.
use kms_algorand as _;
use kms_bitcoin as _;
use kms_bnb as _;
use kms_cardano as _;
use kms_evm as _;
use kms_flow as _;
use kms_multiversx as _;
use kms_solana as _;
use kms_stellar as _;
use kms_tron as _;
use kms_vechain as _;
use kms_xrp as _;

kms_fuzz::target!("sandbox_call");
