//! The highest fee that the owner has set, in place of the limits that hold without it.

use kms_core::chain::{Amount, ChainOption, NodeApi, TransactionError, Unit};

use crate::params::Params;

/// The option of a chain, with this help.
pub(crate) const fn option(help: &'static str) -> ChainOption {
    ChainOption {
        name: NAME,
        help,
        default: AUTO,
        accepts: |value| value == AUTO || parse(value, Unit::new("coins", 8)).is_ok(),
    }
}

/// What the owner has set, in base units; nothing leaves the limits of the chain as they are.
///
/// # Errors
/// [`TransactionError::Refused`] when it is no amount.
pub(crate) fn of(params: &Params, node: &dyn NodeApi) -> Result<Option<u64>, TransactionError> {
    match node.option(NAME) {
        None | Some(AUTO) => Ok(None),
        Some(value) => parse(value, params.info.unit.clone())
            .map(Some)
            .map_err(|error| {
                TransactionError::Refused(format!("{value:?} is no highest fee: {error}"))
            }),
    }
}

/// How the owner lets a fee of so many base units pass: `--chain-option BTC.max-fee=0.99`.
pub(crate) fn allowing(code: &str, fee: u64) -> String {
    let fee = Amount::new(ruint::aliases::U256::from(fee), Unit::new("coins", 8));
    format!("--chain-option {code}.{NAME}={}", fee.to_decimal())
}

const NAME: &str = "max-fee";
const AUTO: &str = "auto";

/// Base units.
fn parse(coins: &str, unit: Unit) -> Result<u64, String> {
    let amount = Amount::parse(coins, unit).map_err(|error| error.to_string())?;
    u64::try_from(amount.base_units).map_err(|_| "there are not so many coins".to_owned())
}

#[cfg(test)]
mod tests {
    use kms_core::{
        chain::{ChainPlugin, Network},
        testkit::ScriptedNode,
    };

    use super::*;
    use crate::{
        BITCOIN, BITCOIN_CASH, DOGECOIN, LITECOIN,
        testing::{HASH, pending, prepare_at, spend},
    };

    /// Each chain, and a transaction whose fee of 9.9 coins is absurd there.
    fn absurd() -> [(&'static dyn ChainPlugin, String); 4] {
        let spent = 1_000_000_000;
        let paid = 10_000_000;
        let coin = format!("76a914{HASH}88ac");
        let json = spend(&[(spent, &coin)], &[(paid, &coin)]).to_string();
        let cash = format!(
            "0100000001{}0000000000ffffffff01{}1976a914{HASH}88ac00000000:[{spent}]",
            "5f".repeat(32),
            hex::encode(paid.to_le_bytes())
        );
        [
            (&BITCOIN, json.clone()),
            (&LITECOIN, json.clone()),
            (&DOGECOIN, json),
            (&BITCOIN_CASH, cash),
        ]
    }

    fn prepare(
        chain: &dyn ChainPlugin,
        serialized: &str,
        most: Option<&'static str>,
    ) -> Result<(), String> {
        let node = ScriptedNode::new(Network::Mainnet, &[]);
        let node = match most {
            Some(most) => node.with_option(NAME, most),
            None => node,
        };
        let pending = pending(serialized, &serde_json::json!({}));
        prepare_at(chain, &pending, &node)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_chain_has_it_and_every_refusal_names_it() {
        for (chain, serialized) in absurd() {
            let code = chain.info().code;
            let [option] = chain.options() else {
                panic!("{code}: one option")
            };
            assert!((option.accepts)(option.default), "{code}");
            assert!(option.help.contains(code), "{code}: {}", option.help);
            for most in [None, Some("auto")] {
                let error = prepare(chain, &serialized, most).unwrap_err();
                let allowed = format!("--chain-option {code}.max-fee=9.9 allows it");
                assert!(error.ends_with(&allowed), "{error}");
            }
        }
    }

    #[test]
    fn a_fee_passes_up_to_what_is_set_and_no_further() {
        for (chain, serialized) in absurd() {
            let code = chain.info().code;
            for most in ["9.9", "9.90", "100"] {
                assert_eq!(prepare(chain, &serialized, Some(most)), Ok(()), "{code}");
            }
            for most in ["9.89999999", "0.00000001", "0"] {
                let error = prepare(chain, &serialized, Some(most)).unwrap_err();
                assert!(error.contains("above the highest that is set"), "{error}");
                let allowed = format!("--chain-option {code}.max-fee=9.9 allows it");
                assert!(error.ends_with(&allowed), "{error}");
            }
        }
    }

    /// What is lower than the limits of the chain holds, too.
    #[test]
    fn it_can_be_stricter() {
        let coin = format!("76a914{HASH}88ac");
        let usual = spend(&[(1_000_000, &coin)], &[(900_000, &coin)]).to_string();
        assert_eq!(prepare(&BITCOIN, &usual, None), Ok(()));
        assert_eq!(prepare(&BITCOIN, &usual, Some("0.001")), Ok(()));
        assert!(prepare(&BITCOIN, &usual, Some("0.00099999")).is_err());
    }

    /// It says how much a fee may be, not that a declared fee may be another.
    #[test]
    fn a_declared_fee_must_still_be_the_real_one() {
        let [_, _, (chain, serialized), _] = absurd();
        let mut json: serde_json::Value = serde_json::from_str(&serialized).unwrap();
        json["fee"] = serde_json::json!(1_000_000);
        let error = prepare(chain, &json.to_string(), Some("100")).unwrap_err();
        assert!(error.contains("the fee is said to be"), "{error}");
    }

    #[test]
    fn only_amounts_are_accepted() {
        for value in ["auto", "0", "1", "0.00000001", "184467440737.09551615"] {
            assert!((option("").accepts)(value), "{value}");
        }
        for value in [
            "",
            "-1",
            "1e3",
            "1,5",
            "0.000000001",
            "184467440737.09551616",
            "Auto",
        ] {
            assert!(!(option("").accepts)(value), "{value}");
        }
        let error = prepare(&BITCOIN, &absurd()[0].1, Some("much")).unwrap_err();
        assert!(
            error.starts_with("refused: \"much\" is no highest fee"),
            "{error}"
        );
    }
}
