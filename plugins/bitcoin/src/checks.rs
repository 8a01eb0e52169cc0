//! What must hold before a transaction is signed, beyond what its format demands.

use bitcoin::Weight;
use kms_core::chain::TransactionError;
use thiserror::Error;

use crate::{params::Params, unsigned::Spending};

/// A rule. Rows name those of their chain.
pub(crate) type Check = fn(&Params, &Subject<'_>) -> Result<(), CheckError>;

/// What is checked.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) spending: &'a Spending,
}

/// Refuses what no node relays, and with it the quadratic cost of signing it.
///
/// # Errors
/// [`CheckError::TooHeavy`] above `MAX_STANDARD_TX_WEIGHT` of Bitcoin Core.
pub(crate) fn standard_weight(_: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let weight = subject.spending.signed_weight();
    if weight > Weight::from_wu(400_000) {
        return Err(CheckError::TooHeavy(weight));
    }
    Ok(())
}

/// Refuses a fee that can only be a mistake, such as a forgotten change output.
///
/// # Errors
/// [`CheckError::AbsurdFee`].
pub(crate) fn fee_is_not_absurd(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let limit = params.absurd_fee;
    let sat = subject.spending.fee().to_sat();
    let vbytes = subject.spending.signed_weight().to_vbytes_ceil();
    if sat > limit.sat && sat > limit.sat_per_vbyte.saturating_mul(vbytes) {
        return Err(CheckError::AbsurdFee {
            sat,
            vbytes,
            limit: limit.sat_per_vbyte,
        });
    }
    Ok(())
}

/// The rule that does not hold.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum CheckError {
    /// Larger than nodes relay.
    #[error("it weighs {0} weight units, and nodes relay no more than 400000")]
    TooHeavy(Weight),
    /// The fee can only be a mistake.
    #[error(
        "the fee of {sat} satoshis for {vbytes} virtual bytes is above {limit} satoshis for each, which can only be a mistake"
    )]
    AbsurdFee {
        /// The fee in satoshis.
        sat: u64,
        /// The size of the signed transaction in virtual bytes.
        vbytes: u64,
        /// The largest fee in satoshis for each of them.
        limit: u64,
    },
}

impl From<CheckError> for TransactionError {
    fn from(error: CheckError) -> Self {
        Self::Refused(error.to_string())
    }
}
