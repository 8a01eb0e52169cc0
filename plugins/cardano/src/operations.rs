//! `serializedTransaction`: Rosetta operations that say what is spent and who gets what.

use std::collections::HashSet;

use kms_core::prelude::{Network, TransactionError};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{
    address::{AddressError, LedgerAddress},
    asset::{AssetId, Assets, NAME_LIMIT},
    body::{TransactionInput, TransactionOutput},
};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operations {
    /// The coins to be spent, each once.
    pub(crate) inputs: Vec<Coin>,
    /// Who gets what, in the order of the transaction's outputs.
    pub(crate) outputs: Vec<TransactionOutput>,
    /// What the inputs have more than the outputs, in lovelace.
    pub(crate) fee: u64,
}

/// A coin, whose it is, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coin {
    pub(crate) input: TransactionInput,
    pub(crate) holds: TransactionOutput,
}

impl Operations {
    /// Reads the list, a text in JSON, on which `network` depends what an address may be.
    pub(crate) fn read(network: Network, list: &str) -> Result<Self, OperationsError> {
        let list: Vec<Operation> = serde_json::from_str(list).map_err(OperationsError::json)?;
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        let (mut paid_in, mut paid_out) = (0_u64, 0_u64);
        for (number, operation) in list.iter().enumerate() {
            let at = |reason| OperationsError::Operation { number, reason };
            let is_input = operation.is_input().map_err(at)?;
            let holds = operation.output(network, is_input).map_err(at)?;
            let sum = if is_input {
                &mut paid_in
            } else {
                &mut paid_out
            };
            *sum = sum
                .checked_add(holds.lovelace)
                .ok_or_else(|| at(Reason::TooMuch))?;
            if is_input {
                let input = operation.coin().map_err(at)?;
                if !seen.insert(input) {
                    return Err(at(Reason::Twice(input)));
                }
                inputs.push(Coin { input, holds });
            } else {
                outputs.push(holds);
            }
        }
        if inputs.is_empty() || outputs.is_empty() {
            return Err(OperationsError::Nothing);
        }
        let fee = paid_in
            .checked_sub(paid_out)
            .ok_or(OperationsError::Overspent { paid_in, paid_out })?;
        Ok(Self {
            inputs,
            outputs,
            fee,
        })
    }

    /// The addresses whose coins are spent, each once, in the order of their first coins.
    pub(crate) fn owners(&self) -> Vec<&LedgerAddress> {
        let mut owners = Vec::new();
        for coin in &self.inputs {
            if !owners.contains(&&coin.holds.address) {
                owners.push(&coin.holds.address);
            }
        }
        owners
    }
}

/// Parses the text, which must be a list in JSON.
pub(crate) fn parse(text: &str) -> Result<Value, OperationsError> {
    let list: Value = serde_json::from_str(text).map_err(OperationsError::json)?;
    if list.is_array() {
        Ok(list)
    } else {
        Err(OperationsError::NotAList)
    }
}

#[derive(Deserialize)]
struct Operation {
    #[serde(rename = "type")]
    kind: String,
    account: Account,
    amount: Amount,
    coin_change: Option<CoinChange>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Account {
    address: String,
}

#[derive(Deserialize)]
struct Amount {
    value: String,
    currency: Currency,
}

#[derive(Deserialize)]
struct Currency {
    symbol: String,
    decimals: u32,
}

#[derive(Deserialize)]
struct CoinChange {
    coin_identifier: CoinIdentifier,
}

#[derive(Deserialize)]
struct CoinIdentifier {
    identifier: String,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "tokenBundle")]
    token_bundle: Option<Vec<Bundle>>,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "policyId")]
    policy_id: String,
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    value: String,
    currency: Symbol,
}

#[derive(Deserialize)]
struct Symbol {
    symbol: String,
}

impl Operation {
    fn is_input(&self) -> Result<bool, Reason> {
        match self.kind.as_str() {
            "input" => Ok(true),
            "output" => Ok(false),
            other => Err(Reason::Kind(other.to_owned())),
        }
    }

    /// The money that moves, and whose it is.
    fn output(&self, network: Network, is_input: bool) -> Result<TransactionOutput, Reason> {
        let Currency { symbol, decimals } = &self.amount.currency;
        if (symbol.as_str(), *decimals) != ("ADA", 6) {
            return Err(Reason::Currency(symbol.clone(), *decimals));
        }
        // What is spent has a minus before it.
        let digits = match (is_input, self.amount.value.strip_prefix('-')) {
            (true, Some(digits)) => digits,
            (false, None) => self.amount.value.as_str(),
            _ => return Err(Reason::Amount(self.amount.value.clone())),
        };
        let address = LedgerAddress::parse(&self.account.address)
            .map_err(|error| Reason::Address(self.account.address.clone(), error))?;
        if address.network() != network {
            return Err(Reason::Network(address, network));
        }
        Ok(TransactionOutput {
            address,
            lovelace: amount(digits)?,
            assets: self.assets(is_input)?,
        })
    }

    fn coin(&self) -> Result<TransactionInput, Reason> {
        let change = self.coin_change.as_ref().ok_or(Reason::NoCoin)?;
        let text = &change.coin_identifier.identifier;
        let read = || {
            let (id, index) = text.split_once(':')?;
            let mut transaction_id = [0; 32];
            hex::decode_to_slice(id, &mut transaction_id).ok()?;
            Some(TransactionInput {
                transaction_id,
                index: number(index)?.try_into().ok()?,
            })
        };
        read().ok_or_else(|| Reason::Coin(text.clone()))
    }

    /// The native tokens. The minus of what is spent is not written by all.
    fn assets(&self, is_input: bool) -> Result<Assets, Reason> {
        let bundles = self
            .metadata
            .as_ref()
            .and_then(|it| it.token_bundle.as_ref());
        let mut assets = Assets::new();
        for bundle in bundles.into_iter().flatten() {
            let mut policy = [0; 28];
            hex::decode_to_slice(&bundle.policy_id, &mut policy)
                .map_err(|_| Reason::Policy(bundle.policy_id.clone()))?;
            for token in &bundle.tokens {
                let symbol = &token.currency.symbol;
                let name = asset_name(symbol).ok_or_else(|| Reason::Token(symbol.clone()))?;
                let digits = match token.value.strip_prefix('-') {
                    Some(digits) if is_input => digits,
                    _ => token.value.as_str(),
                };
                let asset = AssetId { policy, name };
                if assets.insert(asset.clone(), amount(digits)?).is_some() {
                    return Err(Reason::TokenTwice(asset));
                }
            }
        }
        Ok(assets)
    }
}

/// The hexadecimal digits of a name; `\x` stands for none.
fn asset_name(symbol: &str) -> Option<Vec<u8>> {
    if symbol == "\\x" {
        return Some(Vec::new());
    }
    hex::decode(symbol)
        .ok()
        .filter(|name| name.len() <= NAME_LIMIT)
}

/// An amount, which is never zero.
fn amount(digits: &str) -> Result<u64, Reason> {
    match number(digits) {
        Some(0) | None => Err(Reason::Amount(digits.to_owned())),
        Some(amount) => Ok(amount),
    }
}

/// Decimal digits and nothing else.
fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

/// Why the operations are not signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum OperationsError {
    #[error("the operations are not readable: {0}")]
    Json(String),
    #[error("the operations are no list")]
    NotAList,
    #[error("operation {number}: {reason}")]
    Operation { number: usize, reason: Reason },
    #[error("the operations need at least one input and one output")]
    Nothing,
    #[error("the outputs pay {paid_out} lovelace and the inputs have only {paid_in}")]
    Overspent { paid_in: u64, paid_out: u64 },
}

/// What is wrong with one of them.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum Reason {
    #[error("only inputs and outputs are signed, not {0:?}")]
    Kind(String),
    #[error("amounts are in ADA with 6 decimals, not in {0:?} with {1}")]
    Currency(String, u32),
    #[error(
        "{0:?} is no amount: outputs have digits, inputs a minus before them, and none is zero"
    )]
    Amount(String),
    #[error("the sum of the amounts is larger than any amount")]
    TooMuch,
    #[error("{0:?}: {1}")]
    Address(String, AddressError),
    #[error("{0} is no address of the {1}")]
    Network(LedgerAddress, Network),
    #[error("an input needs the identifier of its coin")]
    NoCoin,
    #[error("{0:?} is no coin, which is written as transaction id, colon, output number")]
    Coin(String),
    #[error("the coin {0} stands in it twice")]
    Twice(TransactionInput),
    #[error("{0:?} is no policy id, which has 56 hexadecimal digits")]
    Policy(String),
    #[error("{0:?} is no name of a token, which has at most 64 hexadecimal digits")]
    Token(String),
    #[error("{0} stands in it twice")]
    TokenTwice(AssetId),
}

impl OperationsError {
    fn json(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}

impl From<OperationsError> for TransactionError {
    fn from(error: OperationsError) -> Self {
        match error {
            OperationsError::Json(_) | OperationsError::NotAList => {
                Self::Malformed(error.to_string())
            }
            other => Self::Refused(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALICE: &str = "addr_test1vzfp68vn36ze5yz7x7evracmasuptjmz99qk4j23gun3pcqhlevq5";

    fn input(value: &str, coin: &str) -> Value {
        json!({
            "type": "input", "account": {"address": ALICE},
            "amount": {"value": value, "currency": {"symbol": "ADA", "decimals": 6}},
            "coin_change": {"coin_identifier": {"identifier": coin}},
        })
    }

    fn output(value: &str) -> Value {
        json!({
            "type": "output", "account": {"address": ALICE},
            "amount": {"value": value, "currency": {"symbol": "ADA", "decimals": 6}},
        })
    }

    fn coin(index: &str) -> String {
        format!("{}:{index}", "ab".repeat(32))
    }

    fn read(list: &[Value]) -> Result<Operations, String> {
        Operations::read(Network::Testnet, &json!(list).to_string())
            .map_err(|error| error.to_string())
    }

    fn with(path: &str, value: Value) -> Result<Operations, String> {
        let mut list = json!([input("-10", &coin("0")), output("7")]);
        *list.pointer_mut(path).unwrap() = value;
        read(list.as_array().unwrap())
    }

    #[test]
    fn the_fee_is_what_is_left() {
        let largest = (u64::MAX - 1).to_string();
        let list = [
            input(&format!("-{}", u64::MAX), &coin("65535")),
            output(&largest),
        ];
        let operations = read(&list).unwrap();
        assert_eq!(operations.fee, 1);
        assert_eq!(operations.inputs[0].input.index, 65535);
        assert_eq!(operations.outputs[0].lovelace, u64::MAX - 1);
        assert_eq!(operations.owners().len(), 1);
    }

    #[test]
    fn sums_are_exact() {
        let most = format!("-{}", u64::MAX);
        let error = read(&[
            input(&most, &coin("0")),
            input("-1", &coin("1")),
            output("1"),
        ]);
        let expected = "operation 1: the sum of the amounts is larger than any amount";
        assert_eq!(error.unwrap_err(), expected);
        let error = read(&[input("-5", &coin("0")), output("6")]).unwrap_err();
        assert_eq!(
            error,
            "the outputs pay 6 lovelace and the inputs have only 5"
        );
    }

    #[test]
    fn amounts_are_digits_with_the_right_sign() {
        for value in [
            "10",
            "",
            "-",
            "--1",
            "-0",
            "-1.0",
            "-1e3",
            "- 1",
            "-+1",
            "-18446744073709551616",
        ] {
            assert!(with("/0/amount/value", json!(value)).is_err(), "{value}");
        }
        for value in ["-7", "", "0", "+7", "7.0", " 7", "٧", "0x7"] {
            assert!(with("/1/amount/value", json!(value)).is_err(), "{value}");
        }
        assert!(with("/1/amount/value", json!(7)).is_err());
        assert!(with("/1/amount/value", json!("007")).is_ok());
    }

    #[test]
    fn only_money_between_addresses_of_the_network_is_asked_for() {
        for (path, value, reason) in [
            (
                "/1/type",
                json!("stakeDelegation"),
                "only inputs and outputs",
            ),
            (
                "/1/amount/currency/symbol",
                json!("BTC"),
                "amounts are in ADA",
            ),
            (
                "/0/amount/currency/decimals",
                json!(8),
                "amounts are in ADA",
            ),
            ("/1/account/address", json!("x"), "no Cardano address"),
            (
                "/1/account/address",
                json!("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"),
                "no address of the testnet",
            ),
            (
                "/1/account/address",
                json!("stake_test1uqehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gssrtvn"),
                "stake address",
            ),
        ] {
            let error = with(path, value).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        assert!(read(&[output("1")]).is_err());
        assert!(read(&[input("-1", &coin("0"))]).is_err());
        assert!(read(&[]).is_err());
    }

    #[test]
    fn coins_are_named_once_and_fully() {
        let path = "/0/coin_change/coin_identifier/identifier";
        for text in [
            "",
            ":",
            &coin(""),
            &coin("-1"),
            &coin("65536"),
            &coin("0:0"),
            "ab:0",
        ] {
            assert!(with(path, json!(text)).is_err(), "{text}");
        }
        assert!(
            with("/0/coin_change", Value::Null)
                .unwrap_err()
                .contains("identifier")
        );
        let error = read(&[
            input("-1", &coin("0")),
            input("-2", &coin("0")),
            output("1"),
        ]);
        assert!(error.unwrap_err().contains("stands in it twice"));
    }

    #[test]
    fn tokens_are_named_by_hexadecimal_digits() {
        let bundle = |policy: &str, symbol: &str, value: &str| {
            let mut out = output("1");
            out["metadata"] = json!({"tokenBundle": [{"policyId": policy, "tokens": [
                {"value": value, "currency": {"symbol": symbol, "decimals": 0}},
            ]}]});
            read(&[input("-2", &coin("0")), out])
        };
        let policy = "ab".repeat(28);
        let found = bundle(&policy, "4e555453", "5").unwrap();
        let asset = AssetId {
            policy: [0xab; 28],
            name: b"NUTS".to_vec(),
        };
        assert_eq!(found.outputs[0].assets, Assets::from([(asset, 5)]));
        assert!(bundle(&policy, "\\x", "5").is_ok());
        assert!(bundle(&policy, "", "5").is_ok());
        for (policy, symbol, value) in [
            ("ab", "4e55", "5"),
            (&policy, "NUTS", "5"),
            (&policy, &"00".repeat(33), "5"),
            (&policy, "4e55", "-5"),
            (&policy, "4e55", "0"),
        ] {
            assert!(
                bundle(policy, symbol, value).is_err(),
                "{policy} {symbol} {value}"
            );
        }
    }
}
