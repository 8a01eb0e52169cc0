//! When a transaction may be taken, for people (CAP-21).

use stellar_xdr::{
    FeeBumpTransactionInnerTx, LedgerBounds, Preconditions, TimeBounds, TransactionEnvelope,
};

/// The last ledger that can take the envelope: CAP-21 has the first one that cannot, or 0. Time
/// bounds are told to people only; they are seconds, and ledgers have no fixed length.
pub(crate) fn last_ledger(envelope: &TransactionEnvelope) -> Option<u64> {
    let conditions = match envelope {
        TransactionEnvelope::TxV0(_) => return None,
        TransactionEnvelope::Tx(it) => &it.tx.cond,
        TransactionEnvelope::TxFeeBump(it) => {
            let FeeBumpTransactionInnerTx::Tx(inner) = &it.tx.inner_tx;
            &inner.tx.cond
        }
    };
    let Preconditions::V2(all) = conditions else {
        return None;
    };
    let first_too_late = all.ledger_bounds.as_ref()?.max_ledger;
    first_too_late.checked_sub(1).map(u64::from)
}

/// The conditions as names and values, none for a transaction that may be taken at any time.
pub(crate) fn describe(conditions: &Preconditions) -> Vec<(&'static str, String)> {
    match conditions {
        Preconditions::None => Vec::new(),
        Preconditions::Time(bounds) => time(bounds),
        Preconditions::V2(all) => {
            let mut told = Vec::new();
            told.extend(all.time_bounds.iter().flat_map(time));
            told.extend(all.ledger_bounds.iter().flat_map(ledgers));
            if let Some(least) = &all.min_seq_num {
                told.push(("sequence number before it", format!("at least {}", least.0)));
            }
            if all.min_seq_age.0 > 0 {
                let seconds = all.min_seq_age.0;
                told.push(("after the last transaction", format!("{seconds} s")));
            }
            if all.min_seq_ledger_gap > 0 {
                let gap = all.min_seq_ledger_gap;
                told.push(("ledgers after the last transaction", gap.to_string()));
            }
            told.extend(
                all.extra_signers
                    .iter()
                    .map(|key| ("signature needed of", key.to_string())),
            );
            told
        }
    }
}

/// Zero is no bound.
fn time(bounds: &TimeBounds) -> Vec<(&'static str, String)> {
    let at = |time: u64| format!("Unix time {time}");
    let (first, last) = (bounds.min_time.0, bounds.max_time.0);
    let first = (first > 0).then(|| ("not before", at(first)));
    let last = (last > 0).then(|| ("not after", at(last)));
    first.into_iter().chain(last).collect()
}

/// Zero is no bound; the upper one is the first ledger that is too late.
fn ledgers(bounds: &LedgerBounds) -> Vec<(&'static str, String)> {
    let at = |ledger: u32| format!("ledger {ledger}");
    let (first, end) = (bounds.min_ledger, bounds.max_ledger);
    let first = (first > 0).then(|| ("not before", at(first)));
    let end = (end > 0).then(|| ("before", at(end)));
    first.into_iter().chain(end).collect()
}

#[cfg(test)]
mod tests {
    use stellar_xdr::{Duration, PreconditionsV2, SequenceNumber, SignerKey, TimePoint, Uint256};

    use super::*;

    #[test]
    fn every_condition_is_told_and_nothing_else() {
        let bounds = |min_time, max_time| TimeBounds {
            min_time: TimePoint(min_time),
            max_time: TimePoint(max_time),
        };
        assert_eq!(describe(&Preconditions::None), []);
        assert_eq!(describe(&Preconditions::Time(bounds(0, 0))), []);
        assert_eq!(
            describe(&Preconditions::Time(bounds(1, 1_800_000_000))),
            [
                ("not before", "Unix time 1".to_owned()),
                ("not after", "Unix time 1800000000".to_owned()),
            ]
        );
        let all = PreconditionsV2 {
            time_bounds: Some(bounds(0, 7)),
            ledger_bounds: Some(LedgerBounds {
                min_ledger: 8,
                max_ledger: 9,
            }),
            min_seq_num: Some(SequenceNumber(10)),
            min_seq_age: Duration(11),
            min_seq_ledger_gap: 12,
            extra_signers: vec![SignerKey::Ed25519(Uint256([0; 32]))]
                .try_into()
                .unwrap(),
        };
        let key = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF";
        assert_eq!(
            describe(&Preconditions::V2(all)),
            [
                ("not after", "Unix time 7".to_owned()),
                ("not before", "ledger 8".to_owned()),
                ("before", "ledger 9".to_owned()),
                ("sequence number before it", "at least 10".to_owned()),
                ("after the last transaction", "11 s".to_owned()),
                ("ledgers after the last transaction", "12".to_owned()),
                ("signature needed of", key.to_owned()),
            ]
        );
    }

    #[test]
    fn zero_is_no_condition() {
        let none = PreconditionsV2 {
            time_bounds: None,
            ledger_bounds: Some(LedgerBounds {
                min_ledger: 0,
                max_ledger: 0,
            }),
            min_seq_num: None,
            min_seq_age: Duration(0),
            min_seq_ledger_gap: 0,
            extra_signers: Vec::new().try_into().unwrap(),
        };
        assert_eq!(describe(&Preconditions::V2(none)), []);
    }

    /// Among the recorded envelopes there is none with ledger bounds.
    #[test]
    fn the_last_ledger_is_the_one_before_the_bound() {
        use stellar_xdr::{
            Memo, MuxedAccount, Transaction, TransactionExt, TransactionV1Envelope, VecM,
        };
        let last = |max_ledger: Option<u32>| {
            let conditions = PreconditionsV2 {
                time_bounds: None,
                ledger_bounds: max_ledger.map(|max_ledger| LedgerBounds {
                    min_ledger: 0,
                    max_ledger,
                }),
                min_seq_num: None,
                min_seq_age: Duration(0),
                min_seq_ledger_gap: 0,
                extra_signers: VecM::default(),
            };
            last_ledger(&TransactionEnvelope::Tx(TransactionV1Envelope {
                tx: Transaction {
                    source_account: MuxedAccount::Ed25519(Uint256([0; 32])),
                    fee: 100,
                    seq_num: SequenceNumber(1),
                    cond: Preconditions::V2(conditions),
                    memo: Memo::None,
                    operations: VecM::default(),
                    ext: TransactionExt::V0,
                },
                signatures: VecM::default(),
            }))
        };
        assert_eq!(last(None), None);
        assert_eq!(last(Some(0)), None);
        assert_eq!(last(Some(1)), Some(0));
        assert_eq!(last(Some(u32::MAX)), Some(u64::from(u32::MAX) - 1));
    }
}
