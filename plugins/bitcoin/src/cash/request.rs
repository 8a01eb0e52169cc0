//! `serializedTransaction`: hexadecimal digits of the unsigned transaction, a colon, and a JSON
//! array of the amounts that its inputs spend, in satoshis.

use std::collections::HashSet;

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Transaction,
    consensus::encode::{deserialize, serialize},
    transaction::Version,
};
use kms_core::chain::TransactionError;
use thiserror::Error;

/// An unsigned transaction of version 2, and the amount of each coin that it spends. Whose coins
/// they are it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) transaction: Transaction,
    pub(super) amounts: Vec<Amount>,
}

/// Reads the request. Whatever version comes in, 2 is signed, as it always was.
///
/// # Errors
/// [`RequestError`].
pub(super) fn parse(text: &str) -> Result<Request, RequestError> {
    let (digits, amounts) = text.split_once(':').ok_or(RequestError::NoAmounts)?;
    let bytes = hex::decode(digits).map_err(|_| RequestError::NotHexadecimal)?;
    let mut transaction: Transaction =
        deserialize(&bytes).map_err(|error| RequestError::NoTransaction(error.to_string()))?;
    let has_witness = transaction
        .input
        .iter()
        .any(|input| !input.witness.is_empty());
    if has_witness || serialize(&transaction) != bytes {
        return Err(RequestError::Segwit);
    }
    let amounts: Vec<u64> = serde_json::from_str(amounts)
        .map_err(|error| RequestError::UnreadableAmounts(error.to_string()))?;
    if amounts.len() != transaction.input.len() {
        return Err(RequestError::AmountCount {
            amounts: amounts.len(),
            inputs: transaction.input.len(),
        });
    }
    let mut seen = HashSet::with_capacity(transaction.input.len());
    for input in &mut transaction.input {
        if !seen.insert(input.previous_output) {
            return Err(RequestError::SpentTwice(input.previous_output));
        }
        // Every input will be signed by us or the transaction refused, so nothing stays of them.
        input.script_sig = ScriptBuf::new();
    }
    transaction.version = Version::TWO;
    Ok(Request {
        transaction,
        amounts: amounts.into_iter().map(Amount::from_sat).collect(),
    })
}

/// Why `serializedTransaction` is not signed.
#[derive(Debug, Error)]
pub(super) enum RequestError {
    /// No colon.
    #[error("the amounts are missing: there is no colon after the transaction")]
    NoAmounts,
    /// Something else before the colon than hexadecimal digits.
    #[error("the transaction is not written in hexadecimal digits")]
    NotHexadecimal,
    /// The bytes are no transaction.
    #[error("the bytes are no transaction: {0}")]
    NoTransaction(String),
    /// A serialization that this blockchain does not know.
    #[error("the transaction is not serialized in the plain way, without a witness")]
    Segwit,
    /// Something else after the colon than amounts.
    #[error("the amounts are no array of whole numbers: {0}")]
    UnreadableAmounts(String),
    /// Not one amount for each input.
    #[error("there are {amounts} amounts for {inputs} inputs")]
    AmountCount { amounts: usize, inputs: usize },
    /// Two inputs name the same coin.
    #[error("the coin {0} is spent twice")]
    SpentTwice(OutPoint),
}

impl From<RequestError> for TransactionError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::AmountCount { .. } | RequestError::SpentTwice(_) => {
                Self::Refused(error.to_string())
            }
            _ => Self::Malformed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One coin to one output without a script; version 1, lock time 7.
    const PLAIN: &str = "01000000015f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f0000000000feffffff0110270000000000000007000000";

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn everything_but_the_version_is_kept() {
        let request = parse(&format!("{PLAIN}:[18446744073709551615]")).unwrap();
        assert_eq!(request.amounts, [Amount::from_sat(u64::MAX)]);
        let mut expected = PLAIN.to_owned();
        expected.replace_range(..2, "02");
        assert_eq!(hex::encode(serialize(&request.transaction)), expected);
    }

    #[test]
    fn a_script_that_is_there_already_is_dropped() {
        let signed = PLAIN.replace("0000000000feffffff", "000000000151feffffff");
        assert_eq!(
            parse(&format!("{signed}:[1]")).unwrap(),
            parse(&format!("{PLAIN}:[1]")).unwrap()
        );
    }

    #[test]
    fn what_is_no_request_is_refused_with_its_reason() {
        let segwit = format!(
            "01000000000101{}{}{}",
            &PLAIN[10..PLAIN.len() - 8],
            "0101aa",
            &PLAIN[PLAIN.len() - 8..]
        );
        let cases = [
            (PLAIN.to_owned(), "the amounts are missing"),
            (format!("{PLAIN}:"), "no array of whole numbers"),
            (format!("{PLAIN}:[1.5]"), "no array of whole numbers"),
            (format!("{PLAIN}:[-1]"), "no array of whole numbers"),
            (format!("{PLAIN}:[\"1\"]"), "no array of whole numbers"),
            (format!("{PLAIN}:[]"), "there are 0 amounts for 1 inputs"),
            (format!("{PLAIN}:[1,1]"), "there are 2 amounts for 1 inputs"),
            (format!("{PLAIN}00:[1]"), "the bytes are no transaction"),
            (
                format!("{}:[1]", &PLAIN[..100]),
                "the bytes are no transaction",
            ),
            (format!("{PLAIN}0:[1]"), "hexadecimal digits"),
            (format!("{segwit}:[1]"), "without a witness"),
        ];
        for (text, expected) in cases {
            let refusal = refusal(&text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), amounts: Vec<u64>) {
            let _ = parse(&format!("{}:{amounts:?}", hex::encode(bytes)));
        }

        #[test]
        fn no_changed_byte_panics(position in 0_usize..60, byte: u8) {
            let mut bytes = hex::decode(PLAIN).unwrap();
            let position = position % bytes.len();
            bytes[position] = byte;
            let _ = parse(&format!("{}:[1]", hex::encode(bytes)));
        }
    }
}
