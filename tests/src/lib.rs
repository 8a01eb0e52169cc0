//! Black-box tests of the built `tatum-kms`, and what they share.

pub mod cloud;
