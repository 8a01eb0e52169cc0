//! The plugins of this build: each is named once, or the linker would leave it out.

#[cfg(feature = "algorand")]
use kms_algorand as _;
#[cfg(feature = "bitcoin")]
use kms_bitcoin as _;
#[cfg(feature = "bnb")]
use kms_bnb as _;
#[cfg(feature = "cardano")]
use kms_cardano as _;
#[cfg(feature = "evm")]
use kms_evm as _;
#[cfg(feature = "flow")]
use kms_flow as _;
#[cfg(feature = "multiversx")]
use kms_multiversx as _;
#[cfg(feature = "solana")]
use kms_solana as _;
#[cfg(feature = "stellar")]
use kms_stellar as _;
#[cfg(feature = "tron")]
use kms_tron as _;
#[cfg(feature = "vechain")]
use kms_vechain as _;
#[cfg(feature = "xrp")]
use kms_xrp as _;
