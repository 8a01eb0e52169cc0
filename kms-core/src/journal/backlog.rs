//! How much is unfinished.

use super::record::State;

/// How many transactions are neither done nor failed, by where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Seen; nothing is approved.
    pub received: u64,
    /// The owner said no, and is asked again while the cloud lists them.
    pub declined: u64,
    /// Approved, and not signed.
    pub frozen: u64,
    /// Signed; nothing left yet.
    pub signed: u64,
    /// They may have arrived: the same bytes are sent again.
    pub sent: u64,
}

impl Backlog {
    /// The numbers with the names of the states, as the journal's file and `tatum-kms journal`
    /// have them.
    pub fn by_state(self) -> [(&'static str, u64); 5] {
        [
            ("received", self.received),
            ("declined", self.declined),
            ("frozen", self.frozen),
            ("signed", self.signed),
            ("sent", self.sent),
        ]
    }

    /// Adds transactions in the state of this name, unless it is that of finished ones.
    pub(super) fn add(&mut self, state: &str, count: u64) {
        let counter = match state {
            "received" => &mut self.received,
            "declined" => &mut self.declined,
            "frozen" => &mut self.frozen,
            "signed" => &mut self.signed,
            "sent" => &mut self.sent,
            _ => return,
        };
        *counter = counter.saturating_add(count);
    }
}

impl<'a> FromIterator<&'a State> for Backlog {
    fn from_iter<T: IntoIterator<Item = &'a State>>(states: T) -> Self {
        let mut backlog = Self::default();
        for state in states {
            backlog.add(state.name(), 1);
        }
        backlog
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Assembled, Unsigned};

    #[test]
    fn every_unfinished_state_is_counted_and_no_other() {
        let unsigned = || Unsigned::new(Vec::new(), Vec::new());
        let signed = |maybe_sent| State::Signed {
            unsigned: unsigned(),
            summary: String::new(),
            assembled: Assembled::new("bytes", "id"),
            maybe_sent,
        };
        let states = [
            State::Received,
            State::Declined(String::new()),
            State::Frozen {
                unsigned: unsigned(),
                summary: String::new(),
            },
            signed(false),
            signed(true),
            State::Done {
                summary: String::new(),
                transaction_id: String::new(),
            },
            State::Failed {
                reason: String::new(),
                again: true,
                reported: false,
            },
        ];
        let unfinished = states.iter().filter(|state| !state.is_finished()).count();
        let backlog = Backlog::from_iter(&states);
        assert_eq!(backlog.by_state().len(), unfinished);
        assert!(backlog.by_state().iter().all(|(_, count)| *count == 1));
    }
}
