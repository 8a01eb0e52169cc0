//! What the owner has to permit: what gives more away than it names.

use kms_core::prelude::{ChainOption, NodeApi, TransactionError};

use crate::{
    account::Account,
    transaction::{Action, Transaction},
};

/// A kind of transaction that is signed only with the owner's permit. None of them could be
/// signed by tatum-kms 8, so nobody relies on any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Creation, configuration and destruction of assets, and taking them from their holders.
    Assets,
    /// All that is left goes to somebody, and the account or holding ends.
    CloseOut,
    /// Another key signs for the account from then on.
    Rekey,
}

impl Permit {
    const ALL: [Self; 3] = [Self::Assets, Self::CloseOut, Self::Rekey];

    /// How the owner gives them.
    pub(crate) const OPTION: ChainOption = ChainOption {
        name: "permit",
        help: "what else is signed than payments and asset transfers, joined by +: assets (creation, configuration, destruction, clawback), close-out, rekey; or none",
        default: "none",
        accepts: |value| Self::parse(value).is_some(),
    };

    /// Refuses `transaction` if it needs a permit that the owner has not given.
    pub(crate) fn check(
        transaction: &Transaction,
        node: &dyn NodeApi,
    ) -> Result<(), TransactionError> {
        let given = node.option(Self::OPTION.name).and_then(Self::parse);
        let given = given.unwrap_or_default();
        let needed = Self::needed_for(transaction);
        let missing: Vec<_> = needed
            .iter()
            .filter(|permit| !given.contains(permit))
            .map(|permit| permit.reason())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let all: Vec<_> = Self::ALL
            .into_iter()
            .filter(|permit| given.contains(permit) || needed.contains(permit))
            .map(Self::name)
            .collect();
        Err(TransactionError::Refused(format!(
            "it {}; to permit this, add --chain-option ALGO.permit={}",
            missing.join(" and "),
            all.join("+")
        )))
    }

    fn needed_for(transaction: &Transaction) -> Vec<Self> {
        let (assets, close_to) = match transaction.action {
            Action::Payment { close_to, .. } => (false, close_to),
            Action::AssetTransfer {
                revoked_from,
                close_to,
                ..
            } => (revoked_from.some().is_some(), close_to),
            Action::AssetConfiguration { .. } => (true, Account::ZERO),
        };
        let needs = |permit: &Self| match permit {
            Self::Assets => assets,
            Self::CloseOut => close_to.some().is_some(),
            Self::Rekey => transaction.rekey_to.some().is_some(),
        };
        Self::ALL.into_iter().filter(needs).collect()
    }

    fn parse(text: &str) -> Option<Vec<Self>> {
        if text == "none" {
            return Some(Vec::new());
        }
        let named = |name: &str| Self::ALL.into_iter().find(|one| one.name() == name.trim());
        text.split('+').map(named).collect()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::CloseOut => "close-out",
            Self::Rekey => "rekey",
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Assets => "administers an asset",
            Self::CloseOut => "gives away all that is left, closing the account or holding,",
            Self::Rekey => "hands the account over to another key",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_listed_by_name() {
        use Permit::*;
        assert_eq!(Permit::parse("none"), Some(Vec::new()));
        assert_eq!(Permit::parse("rekey + assets"), Some(vec![Rekey, Assets]));
        assert_eq!(Permit::parse("close-out"), Some(vec![CloseOut]));
        for text in ["", "all", "rekey+", "none+rekey", "rekey,assets", "Rekey"] {
            assert_eq!(Permit::parse(text), None, "{text}");
        }
        assert!((Permit::OPTION.accepts)(Permit::OPTION.default));
    }
}
