//! One transaction's record: where it stands, and the steps that lead on from there.
//!
//! Pure: the same record and step give the same result. Both journals store what is decided here.

use serde::{Deserialize, Serialize};

use super::{PayloadDigest, Standing, Step};
use crate::chain::{Assembled, Unsigned};

/// How often a transaction is signed anew after the network has definitely refused its bytes.
pub const MAX_SIGNINGS: u32 = 3;

/// What the journal has of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) payload: PayloadDigest,
    pub(super) state: State,
    /// How often it was signed: more than once only after an expiry or a definite refusal.
    pub(super) signings: u32,
}

/// Where a transaction stands. The order of the variants is the only direction there is, save
/// for the ways back to [`State::Received`] that [`Record::advance`] and
/// [`Record::receive`] name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// Seen; no value is fixed and no signature exists that could still count.
    Received,
    /// The owner said no, for this reason; asked again as long as the cloud lists it.
    Declined(String),
    /// This value or nothing. It was approved.
    Frozen { unsigned: Unsigned, summary: String },
    /// These bytes or nothing. They may have left.
    Signed {
        unsigned: Unsigned,
        summary: String,
        assembled: Assembled,
        maybe_sent: bool,
    },
    /// The network has it.
    Done {
        summary: String,
        transaction_id: String,
    },
    /// It failed for good.
    Failed {
        reason: String,
        /// Whether it may be prepared and signed anew when the cloud lists it after the report.
        again: bool,
        /// Whether the cloud has taken the report.
        reported: bool,
    },
}

impl State {
    /// The name for people and for the file.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Declined(_) => "declined",
            Self::Frozen { .. } => "frozen",
            Self::Signed {
                maybe_sent: false, ..
            } => "signed",
            Self::Signed {
                maybe_sent: true, ..
            } => "sent",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether nothing more happens to it.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. })
    }
}

impl Record {
    pub(super) fn new(payload: PayloadDigest) -> Self {
        Self {
            payload,
            state: State::Received,
            signings: 0,
        }
    }

    /// Says where the transaction stands for one that comes with `payload`. A failure that the
    /// cloud was told of and lists again is opened again, as far as that is allowed.
    pub(super) fn receive(&mut self, payload: PayloadDigest) -> Standing {
        if self.payload != payload {
            return Standing::Conflict;
        }
        if let State::Failed {
            again: true,
            reported: true,
            ..
        } = self.state
            && self.signings < MAX_SIGNINGS
        {
            self.state = State::Received;
        }
        match &self.state {
            State::Received | State::Declined(_) => Standing::Open,
            State::Frozen { unsigned, .. } => Standing::Frozen(unsigned.clone()),
            State::Signed {
                unsigned,
                assembled,
                maybe_sent,
                ..
            } => Standing::Signed {
                unsigned: unsigned.clone(),
                assembled: assembled.clone(),
                maybe_sent: *maybe_sent,
            },
            State::Done { .. } => Standing::Done,
            State::Failed { reason, .. } => Standing::Failed(reason.clone()),
        }
    }

    /// Takes one step, or leaves the record as it is and says no.
    pub(super) fn advance(&mut self, step: &Step) -> Result<(), OutOfOrder> {
        let out_of_order = OutOfOrder {
            state: self.state.name(),
            step: step.name(),
        };
        let next = match (&self.state, step) {
            (State::Received | State::Declined(_), Step::Declined(reason)) => {
                State::Declined(reason.clone())
            }
            (State::Received | State::Declined(_), Step::Frozen { unsigned, summary }) => {
                State::Frozen {
                    unsigned: unsigned.clone(),
                    summary: summary.clone(),
                }
            }
            (State::Frozen { unsigned, summary }, Step::Signed(assembled)) => {
                self.signings = self.signings.saturating_add(1);
                State::Signed {
                    unsigned: unsigned.clone(),
                    summary: summary.clone(),
                    assembled: assembled.clone(),
                    maybe_sent: false,
                }
            }
            (
                State::Signed {
                    unsigned,
                    summary,
                    maybe_sent: false,
                    ..
                },
                Step::Completed(assembled),
            ) => State::Signed {
                unsigned: unsigned.clone(),
                summary: summary.clone(),
                assembled: assembled.clone(),
                maybe_sent: false,
            },
            (
                State::Signed {
                    unsigned,
                    summary,
                    assembled,
                    ..
                },
                Step::Sending | Step::NotSent,
            ) => State::Signed {
                unsigned: unsigned.clone(),
                summary: summary.clone(),
                assembled: assembled.clone(),
                maybe_sent: *step == Step::Sending,
            },
            (State::Signed { .. }, Step::Expired) => State::Received,
            (
                State::Signed {
                    summary, assembled, ..
                },
                Step::Done,
            ) => State::Done {
                summary: summary.clone(),
                transaction_id: assembled.transaction_id.clone(),
            },
            (
                State::Received | State::Declined(_) | State::Frozen { .. } | State::Signed { .. },
                Step::Failed { reason, executed },
            ) => State::Failed {
                reason: reason.clone(),
                again: !executed,
                reported: false,
            },
            (State::Failed { reason, again, .. }, Step::Reported) => State::Failed {
                reason: reason.clone(),
                again: *again,
                reported: true,
            },
            _ => return Err(out_of_order),
        };
        self.state = next;
        Ok(())
    }
}

/// A step that does not follow from where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfOrder {
    pub(super) state: &'static str,
    pub(super) step: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> PayloadDigest {
        PayloadDigest::from_bytes([byte; 32])
    }

    fn unsigned() -> Unsigned {
        Unsigned::new(Vec::new(), vec![1])
    }

    fn all_steps() -> Vec<Step> {
        vec![
            Step::Declined("no".to_owned()),
            Step::Frozen {
                unsigned: unsigned(),
                summary: "pays".to_owned(),
            },
            Step::Signed(Assembled::new("bytes", "id")),
            Step::Completed(Assembled::new("more bytes", "id")),
            Step::Sending,
            Step::NotSent,
            Step::Expired,
            Step::Done,
            Step::Failed {
                reason: "refused".to_owned(),
                executed: false,
            },
            Step::Failed {
                reason: "reverted".to_owned(),
                executed: true,
            },
            Step::Reported,
        ]
    }

    /// Every sequence of up to six steps and receptions: the bytes that may have left are
    /// replaced by others only after an expiry or a definite, reported refusal.
    #[test]
    fn no_sequence_of_steps_signs_twice() {
        fn go(record: &Record, outstanding: bool, depth: usize, seen: &mut usize) {
            *seen += 1;
            if depth == 0 {
                return;
            }
            for step in all_steps() {
                let mut next = record.clone();
                if next.advance(&step).is_err() {
                    assert_eq!(&next, record, "a refused step changed the record");
                    continue;
                }
                let mut outstanding = outstanding;
                match &step {
                    Step::Signed(_) | Step::Frozen { .. } => {
                        assert!(!outstanding, "signed anew while bytes were out: {record:?}");
                    }
                    Step::Completed(_) => assert!(!outstanding),
                    Step::Sending => outstanding = true,
                    Step::NotSent | Step::Expired => outstanding = false,
                    Step::Failed { executed, .. } => outstanding = *executed,
                    _ => {}
                }
                go(&next, outstanding, depth - 1, seen);
            }
            let mut received = record.clone();
            assert_eq!(received.receive(digest(2)), Standing::Conflict);
            assert_eq!(&received, record, "a conflict changed the record");
            let standing = received.receive(digest(1));
            if outstanding {
                assert!(!matches!(standing, Standing::Open | Standing::Frozen(_)));
            }
            if &received != record {
                go(&received, outstanding, depth - 1, seen);
            }
        }
        let mut seen = 0;
        go(&Record::new(digest(1)), false, 7, &mut seen);
        assert!(seen > 1000, "{seen}");
    }

    /// What a step that may be taken leaves behind, from the first to each end.
    #[test]
    fn each_step_leads_on() {
        let frozen = || Step::Frozen {
            unsigned: unsigned(),
            summary: "pays".to_owned(),
        };
        let signed = || Step::Signed(Assembled::new("bytes", "id"));
        let completed = || Step::Completed(Assembled::new("more bytes", "other id"));
        let failed = |executed| Step::Failed {
            reason: "no".to_owned(),
            executed,
        };
        for (steps, end) in [
            (vec![Step::Declined("no".to_owned()), frozen()], "frozen"),
            (vec![frozen(), signed(), completed()], "signed"),
            (vec![frozen(), signed(), Step::Sending], "sent"),
            (
                vec![frozen(), signed(), Step::Sending, Step::NotSent],
                "signed",
            ),
            (
                vec![frozen(), signed(), Step::Sending, Step::Expired],
                "received",
            ),
            (vec![frozen(), signed(), Step::Expired, frozen()], "frozen"),
            (vec![frozen(), signed(), Step::Sending, Step::Done], "done"),
            (vec![frozen(), failed(false)], "failed"),
            (
                vec![frozen(), signed(), failed(true), Step::Reported],
                "failed",
            ),
        ] {
            let mut record = Record::new(digest(1));
            for step in &steps {
                record.advance(step).unwrap();
            }
            assert_eq!(record.state.name(), end, "{steps:?}");
        }

        let mut record = Record::new(digest(1));
        for step in [frozen(), signed(), completed(), Step::Sending] {
            record.advance(&step).unwrap();
        }
        assert_eq!(
            record.state,
            State::Signed {
                unsigned: unsigned(),
                summary: "pays".to_owned(),
                assembled: Assembled::new("more bytes", "other id"),
                maybe_sent: true,
            }
        );
        record.advance(&Step::Done).unwrap();
        assert_eq!(
            record.state,
            State::Done {
                summary: "pays".to_owned(),
                transaction_id: "other id".to_owned(),
            }
        );
    }

    #[test]
    fn a_failure_is_opened_again_only_after_its_report_and_so_often() {
        let mut record = Record::new(digest(1));
        for signing in 1..=MAX_SIGNINGS {
            for step in [
                Step::Frozen {
                    unsigned: unsigned(),
                    summary: String::new(),
                },
                Step::Signed(Assembled::new("bytes", "id")),
                Step::Sending,
                Step::Failed {
                    reason: "refused".to_owned(),
                    executed: false,
                },
            ] {
                record.advance(&step).unwrap();
            }
            let failed = Standing::Failed("refused".to_owned());
            assert_eq!(record.receive(digest(1)), failed);
            record.advance(&Step::Reported).unwrap();
            let again = record.receive(digest(1));
            let last = signing == MAX_SIGNINGS;
            assert_eq!(again, if last { failed } else { Standing::Open });
        }
    }

    #[test]
    fn what_was_executed_is_never_opened_again() {
        let mut record = Record::new(digest(1));
        record
            .advance(&Step::Failed {
                reason: "reverted".to_owned(),
                executed: true,
            })
            .unwrap();
        record.advance(&Step::Reported).unwrap();
        assert_eq!(
            record.receive(digest(1)),
            Standing::Failed("reverted".to_owned())
        );
    }
}
