//! What must hold before a transaction is signed, beyond what its format demands.

use bitcoin::Weight;
use kms_core::chain::TransactionError;
use serde_json::Value;
use thiserror::Error;

use crate::{
    max_fee,
    params::{Params, Units},
    unsigned::Spending,
};

/// A rule. Rows name those of their chain.
pub(crate) type Check = fn(&Params, &Subject<'_>) -> Result<(), CheckError>;

/// What is checked.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) spending: &'a Spending,
    /// Whether it is no off-chain withdrawal.
    pub(crate) on_chain: bool,
    /// The `fee` member, as it stands in the request.
    pub(crate) declared_fee: Option<&'a Value>,
    /// The `changeScript` member, as it stands in the request.
    pub(crate) change_script: Option<&'a Value>,
    /// The highest fee in base units, where the owner has set one.
    pub(crate) max_fee: Option<u64>,
}

/// Refuses what no node relays, and with it the quadratic cost of signing it.
///
/// # Errors
/// [`CheckError::TooHeavy`] above `MAX_STANDARD_TX_WEIGHT` of Bitcoin Core.
pub(crate) fn standard_weight(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let weight = subject.spending.signed_weight(params.longest_signature);
    if weight > Weight::from_wu(400_000) {
        return Err(CheckError::TooHeavy(weight));
    }
    Ok(())
}

/// Refuses a fee that can only be a mistake, such as a forgotten change output. What the owner has
/// set as the highest fee holds in place of what the chain's row says.
///
/// # Errors
/// [`CheckError::AbsurdFee`], [`CheckError::AboveMaxFee`].
pub(crate) fn fee_is_not_absurd(params: &Params, subject: &Subject<'_>) -> Result<(), CheckError> {
    let limit = params.absurd_fee;
    let fee = subject.spending.fee().to_sat();
    if let Some(most) = subject.max_fee {
        return if fee > most {
            Err(CheckError::AboveMaxFee {
                fee,
                most,
                units: params.units,
                code: params.info.code,
            })
        } else {
            Ok(())
        };
    }
    let size = subject
        .spending
        .signed_weight(params.longest_signature)
        .to_vbytes_ceil();
    if fee > limit.total && fee > limit.per_vbyte.saturating_mul(size) {
        return Err(CheckError::AbsurdFee {
            fee,
            size,
            limit: limit.per_vbyte,
            units: params.units,
            code: params.info.code,
        });
    }
    Ok(())
}

/// The rule that does not hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum CheckError {
    /// Larger than nodes relay.
    #[error("it weighs {0} weight units, and nodes relay no more than 400000")]
    TooHeavy(Weight),
    /// The fee can only be a mistake.
    #[error(
        "the fee of {fee} {} for {size} {} is above {limit} {}/{}, which can only be a mistake; if \
         it is not, {} allows it",
        units.base, units.size, units.base, units.size, max_fee::allowing(code, *fee)
    )]
    AbsurdFee {
        /// The fee in base units.
        fee: u64,
        /// The size of the signed transaction in virtual bytes.
        size: u64,
        /// The largest fee for each of them.
        limit: u64,
        /// How both are called.
        units: Units,
        /// The chain.
        code: &'static str,
    },
    /// The fee is above what the owner has set.
    #[error(
        "the fee of {fee} {} is above the highest that is set, {most} {}; {} allows it",
        units.base, units.base, max_fee::allowing(code, *fee)
    )]
    AboveMaxFee {
        /// The fee in base units.
        fee: u64,
        /// The largest one.
        most: u64,
        /// How both are called.
        units: Units,
        /// The chain.
        code: &'static str,
    },
    /// The fee is another than the request says.
    #[error("the fee is said to be {declared} {0}, but it is {fee} {0}", units.base)]
    DeclaredFee {
        /// What the request says.
        declared: String,
        /// What it is, in base units.
        fee: u64,
        /// How they are called.
        units: Units,
    },
    /// The fee is above the limit of the chain.
    #[error(
        "the fee of {fee} {0} is above {limit} {0}{1}; if it is meant, {2} allows it",
        units.base,
        if *change { "" } else { ", and no change output is named: it may have been forgotten" },
        max_fee::allowing(code, *fee)
    )]
    FeeTooLarge {
        /// The fee in base units.
        fee: u64,
        /// The largest one.
        limit: u64,
        /// Whether a change output is named.
        change: bool,
        /// How both are called.
        units: Units,
        /// The chain.
        code: &'static str,
    },
    /// The fee is below what nodes relay.
    #[error("the fee of {fee} {0} is below {least} {0}, nodes do not relay it", units.base)]
    FeeTooSmall {
        /// The fee in base units.
        fee: u64,
        /// The smallest one.
        least: u64,
        /// How both are called.
        units: Units,
    },
    /// An output is worth less than nodes relay.
    #[error("output {index} of {amount} {0} is below {least} {0}, nodes do not relay it", units.base)]
    Dust {
        /// The output.
        index: usize,
        /// Its amount in base units.
        amount: u64,
        /// The smallest one.
        least: u64,
        /// How both are called.
        units: Units,
    },
}

impl From<CheckError> for TransactionError {
    fn from(error: CheckError) -> Self {
        Self::Refused(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{HASH, STRANGER, run, spend};

    #[test]
    fn a_forgotten_change_output_is_refused() {
        let coin = format!("0014{HASH}");
        let forgotten = spend(&[(100_000_000, &coin)], &[(1_000_000, STRANGER)]);
        assert_eq!(
            run(&forgotten.to_string()).unwrap_err().to_string(),
            "refused: the fee of 99000000 sat for 110 vB is above 5000 sat/vB, which can only be a \
             mistake; if it is not, --chain-option BTC.max-fee=0.99 allows it"
        );
    }

    #[test]
    fn both_limits_must_be_exceeded() {
        let coin = format!("0014{HASH}");
        // 45,454 sat/vB, but 0.05 BTC in all.
        let small = spend(&[(5_000_000 + 1_000, &coin)], &[(1_000, STRANGER)]);
        assert!(run(&small.to_string()).is_ok());
        let more = spend(&[(5_000_001 + 1_000, &coin)], &[(1_000, STRANGER)]);
        assert!(run(&more.to_string()).is_err());
        // 0.06 BTC, but for a hundred coins.
        let coins = vec![(60_000 + 10, coin.as_str()); 100];
        let large = spend(&coins, &[(1_000, STRANGER)]);
        assert!(run(&large.to_string()).is_ok());
    }

    #[test]
    fn what_no_node_relays_is_refused() {
        let coin = format!("76a914{HASH}88ac");
        let coins = vec![(10_000, coin.as_str()); 700];
        let heavy = spend(&coins, &[(6_900_000, STRANGER)]);
        let error = run(&heavy.to_string()).unwrap_err().to_string();
        assert!(error.contains("no more than 400000"), "{error}");
    }
}
