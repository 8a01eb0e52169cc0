//! The transaction between reading and signing, and its encoding in
//! [`Unsigned::body`](kms_core::chain::Unsigned::body).

use bitcoin::{Amount, Psbt, Transaction, TxOut, Weight};
use kms_core::chain::TransactionError;
use thiserror::Error;

use crate::input_type::InputType;

/// An unsigned transaction and the coins it spends, one for each input. It pays out no more than
/// it spends.
///
/// Encoded as a partially signed Bitcoin transaction (BIP-174), which wallets and block explorers
/// can show. Each coin stands under `PSBT_IN_WITNESS_UTXO`, also the legacy ones, whose whole
/// previous transaction the cloud does not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spending {
    transaction: Transaction,
    coins: Vec<TxOut>,
    fee: Amount,
}

impl Spending {
    /// Puts a transaction, which has no signature yet, and its coins together.
    ///
    /// # Errors
    /// [`SpendingError`].
    pub(crate) fn new(transaction: Transaction, coins: Vec<TxOut>) -> Result<Self, SpendingError> {
        if transaction.input.is_empty() || transaction.output.is_empty() {
            return Err(SpendingError::Empty);
        }
        if transaction.input.len() != coins.len() {
            return Err(SpendingError::CoinCount);
        }
        let spent = sum(&coins)?;
        let paid = sum(&transaction.output)?;
        let fee = spent
            .checked_sub(paid)
            .ok_or(SpendingError::PaysMoreThanItSpends { spent, paid })?;
        Ok(Self {
            transaction,
            coins,
            fee,
        })
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] for anything that [`encode`](Self::encode) did not write.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        let malformed = |reason: String| {
            TransactionError::Malformed(format!("the unsigned transaction: {reason}"))
        };
        let psbt = Psbt::deserialize(body).map_err(|error| malformed(error.to_string()))?;
        let coins = psbt
            .inputs
            .iter()
            .map(|input| input.witness_utxo.clone())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| malformed("a coin is missing".to_owned()))?;
        let spending =
            Self::new(psbt.unsigned_tx, coins).map_err(|error| malformed(error.to_string()))?;
        // One value, one encoding: nothing hides in fields that are not looked at.
        if spending.encode()? != body {
            return Err(malformed("it holds more than it should".to_owned()));
        }
        Ok(spending)
    }

    /// Writes the encoding.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] when the transaction is signed already.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, TransactionError> {
        let mut psbt = Psbt::from_unsigned_tx(self.transaction.clone())
            .map_err(|error| TransactionError::Malformed(error.to_string()))?;
        for (input, coin) in psbt.inputs.iter_mut().zip(&self.coins) {
            input.witness_utxo = Some(coin.clone());
        }
        Ok(psbt.serialize())
    }

    /// The unsigned transaction.
    pub(crate) fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The coins, one for each input.
    pub(crate) fn coins(&self) -> &[TxOut] {
        &self.coins
    }

    /// What the coins are worth beyond what is paid out.
    pub(crate) fn fee(&self) -> Amount {
        self.fee
    }

    /// Its weight when it is signed (BIP-141), with compressed keys and signatures of the length
    /// `signature`, their hash type included.
    pub(crate) fn signed_weight(&self, signature: u64) -> Weight {
        let spends_segwit = self.coins.iter().any(is_segwit);
        // The marker and flag of the witness serialization; an empty witness for each input.
        let inputs = u64::try_from(self.coins.len()).unwrap_or(u64::MAX);
        let overhead = if spends_segwit {
            inputs.saturating_add(2)
        } else {
            0
        };
        self.coins
            .iter()
            .map(|coin| signature_weight(coin, signature))
            .fold(self.transaction.weight(), |sum, weight| {
                sum.checked_add(weight).unwrap_or(Weight::MAX)
            })
            .checked_add(Weight::from_wu(overhead))
            .unwrap_or(Weight::MAX)
    }
}

/// Why a transaction and coins do not go together.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum SpendingError {
    /// Nothing comes in, or nothing goes out.
    #[error("a transaction has at least one input and one output")]
    Empty,
    /// Another number of coins than of inputs.
    #[error("there is not one coin for each input")]
    CoinCount,
    /// Amounts that do not exist.
    #[error("the amounts add up to more than 2^64-1")]
    Overflow,
    /// A negative fee.
    #[error("it pays {} but spends only {}", paid.to_sat(), spent.to_sat())]
    PaysMoreThanItSpends { spent: Amount, paid: Amount },
}

fn sum(outputs: &[TxOut]) -> Result<Amount, SpendingError> {
    outputs.iter().try_fold(Amount::ZERO, |sum, output| {
        sum.checked_add(output.value).ok_or(SpendingError::Overflow)
    })
}

fn is_segwit(coin: &TxOut) -> bool {
    InputType::of(&coin.script_pubkey).is_some_and(InputType::is_segwit)
}

/// What a signature adds to an input: each piece with its length byte, four weight units for a
/// byte outside the witness.
fn signature_weight(coin: &TxOut, signature: u64) -> Weight {
    const KEY: u64 = 1 + 33;
    let signature = signature.saturating_add(1);
    Weight::from_wu(match InputType::of(&coin.script_pubkey) {
        Some(InputType::P2pkh) => signature.saturating_add(KEY).saturating_mul(4),
        Some(InputType::P2pk) => signature.saturating_mul(4),
        Some(InputType::P2wpkh) => signature.saturating_add(KEY),
        Some(InputType::P2shP2wpkh) => signature.saturating_add(KEY).saturating_add(4 * 23),
        None => 0,
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::{
        OutPoint, ScriptBuf, Sequence, TxIn, Txid, Witness, absolute::LockTime, hashes::Hash as _,
        transaction::Version,
    };
    use proptest::prelude::*;

    use super::*;

    fn output() -> impl Strategy<Value = TxOut> {
        (0..1_u64 << 53, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(sat, script)| {
            TxOut {
                value: Amount::from_sat(sat),
                script_pubkey: ScriptBuf::from_bytes(script),
            }
        })
    }

    fn input() -> impl Strategy<Value = TxIn> {
        (any::<[u8; 32]>(), any::<u32>(), any::<u32>()).prop_map(|(txid, vout, sequence)| TxIn {
            previous_output: OutPoint::new(Txid::from_byte_array(txid), vout),
            script_sig: ScriptBuf::new(),
            sequence: Sequence(sequence),
            witness: Witness::new(),
        })
    }

    prop_compose! {
        fn spending()(
            version in any::<i32>(),
            lock_time in any::<u32>(),
            inputs in prop::collection::vec((input(), output()), 1..5),
            output in prop::collection::vec(output(), 1..5),
        ) -> (Transaction, Vec<TxOut>) {
            let (input, coins) = inputs.into_iter().unzip();
            let transaction = Transaction {
                version: Version(version),
                lock_time: LockTime::from_consensus(lock_time),
                input,
                output,
            };
            (transaction, coins)
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded((transaction, mut coins) in spending()) {
            coins[0].value = Amount::from_sat(1 << 60);
            let spending = Spending::new(transaction, coins).unwrap();
            let body = spending.encode().unwrap();
            prop_assert_eq!(Spending::decode(&body).unwrap(), spending);
        }

        #[test]
        fn nothing_may_follow_the_encoding(
            (transaction, mut coins) in spending(),
            tail in prop::collection::vec(any::<u8>(), 1..9),
        ) {
            coins[0].value = Amount::from_sat(1 << 60);
            let mut body = Spending::new(transaction, coins).unwrap().encode().unwrap();
            body.extend(tail);
            prop_assert!(Spending::decode(&body).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Spending::decode(&bytes);
        }

        #[test]
        fn the_fee_is_never_negative((transaction, coins) in spending()) {
            let total = |outputs: &[TxOut]| outputs.iter().map(|o| o.value.to_sat()).sum::<u64>();
            let (spent, paid) = (total(&coins), total(&transaction.output));
            match Spending::new(transaction, coins) {
                Ok(spending) => prop_assert_eq!(spending.fee().to_sat(), spent - paid),
                Err(error) => {
                    let expected = SpendingError::PaysMoreThanItSpends {
                        spent: Amount::from_sat(spent),
                        paid: Amount::from_sat(paid),
                    };
                    prop_assert!(paid > spent);
                    prop_assert_eq!(error, expected);
                }
            }
        }
    }
}
