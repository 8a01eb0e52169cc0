//! When transactions came.

use std::{collections::HashMap, time::Instant};

use super::listing::Listing;
use crate::chain::PendingTransaction;

/// A transaction, and when the cloud listed it for the first time.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) pending: PendingTransaction,
    pub(super) at: Instant,
}

/// Remembers when each transaction was listed for the first time, for as long as it is listed and
/// not done with.
#[derive(Debug, Default)]
pub(super) struct Arrivals(HashMap<String, Instant>);

impl Arrivals {
    /// Takes in a listed transaction.
    pub(super) fn note(&mut self, pending: PendingTransaction) -> Arrived {
        let at = match self.0.get(&pending.id) {
            Some(at) => *at,
            None => {
                let now = Instant::now();
                self.0.insert(pending.id.clone(), now);
                now
            }
        };
        Arrived { pending, at }
    }

    /// Forgets one that is done with.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Forgets what the cloud no longer lists.
    pub(super) fn keep_listed(&mut self, listing: &Listing) {
        self.0.retain(|id, _| listing.names(id));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn listing() -> Listing {
        let json = r#"{"id":"1","chain":"ETH","hashes":[],"serializedTransaction":"{}"}"#;
        let mut listing = Listing::default();
        listing
            .read(&RawValue::from_string(json.to_owned()).unwrap())
            .unwrap();
        listing
    }

    #[test]
    fn only_the_first_time_counts_until_it_is_over() {
        let mut arrivals = Arrivals::default();
        let note = |arrivals: &mut Arrivals| {
            let pending = listing().transactions.remove(0);
            arrivals.note(pending).at
        };
        let first = note(&mut arrivals);
        assert_eq!(note(&mut arrivals), first);
        arrivals.keep_listed(&listing());
        assert_eq!(note(&mut arrivals), first);
        arrivals.keep_listed(&Listing::default());
        let second = note(&mut arrivals);
        assert!(second > first);
        arrivals.forget("1");
        assert!(note(&mut arrivals) > second);
    }
}
