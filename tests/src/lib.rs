//! Black-box tests of the built `tatum-kms`, and what they share.

pub mod binary;
pub mod cloud;
pub mod daemon;
pub mod legacy;
pub mod node;
pub mod samples;
pub mod vectors;
