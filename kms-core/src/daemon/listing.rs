//! What the polls of one cycle brought.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::chain::PendingTransaction;

/// What the polls of one cycle brought.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The pending transactions, each once, in the cloud's order.
    pub(super) transactions: Vec<PendingTransaction>,
    /// Ids of list elements that are no pending transaction, and why.
    pub(super) unreadable: Vec<(String, String)>,
    /// Whether every poll succeeded: what is not listed then is no longer pending.
    pub(super) complete: bool,
    seen: HashSet<String>,
}

impl Listing {
    /// Takes in one element of the cloud's list.
    ///
    /// # Errors
    /// Why it is no pending transaction, when it has not even an id to report.
    pub(crate) fn read(&mut self, raw: &RawValue) -> Result<(), String> {
        let error = match PendingTransaction::from_raw(raw) {
            Ok(pending) => {
                if self.seen.insert(pending.id.clone()) {
                    self.transactions.push(pending);
                }
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        let Ok(Identified { id }) = serde_json::from_str(raw.get()) else {
            return Err(error);
        };
        if self.seen.insert(id.clone()) {
            self.unreadable.push((id, error));
        }
        Ok(())
    }

    /// How many transactions are listed, readable or not.
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether the cloud lists a transaction `id`, readable or not.
    pub(crate) fn names(&self, id: &str) -> bool {
        self.seen.contains(id)
    }
}

/// The least that a list element must be to be reported.
#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn each_element_counts_once_and_hostile_ones_stay_alone() {
        let good = r#"{"id":"1","chain":"ETH","hashes":[],"serializedTransaction":"{}"}"#;
        let mut listing = Listing::default();
        listing.read(&raw(good)).unwrap();
        listing.read(&raw(good)).unwrap();
        listing.read(&raw(r#"{"id":"2","chain":7}"#)).unwrap();
        listing.read(&raw(r#"{"id":"2","chain":8}"#)).unwrap();
        for nameless in ["null", "7", "[]", "{}", r#"{"id":3}"#, r#""1""#] {
            listing.read(&raw(nameless)).unwrap_err();
        }
        assert_eq!(listing.transactions.len(), 1);
        assert_eq!(listing.unreadable.len(), 1);
        assert!(listing.names("1") && listing.names("2") && !listing.names("3"));
    }
}
