//! Black-box tests of the built `tatum-kms`, and what they share.

pub mod binary;
pub mod chance;
pub mod cloud;
pub mod current;
pub mod daemon;
pub mod fault_fs;
pub mod internet;
pub mod legacy;
pub mod library;
pub mod litecoin;
pub mod markdown;
pub mod moto;
pub mod node;
pub mod private_network;
pub mod program;
pub mod recorded;
pub mod rsa;
pub mod samples;
pub mod scrape;
pub mod secret_service;
pub mod terminal;
pub mod tls;
pub mod transcript;
pub mod vectors;
