//! A transfer (`MsgSend`): who gives and who receives which coins.

use kms_core::chain::Network;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::account::{Account, AccountError};

/// The coins that some accounts give and others receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) inputs: Vec<Party>,
    pub(crate) outputs: Vec<Party>,
}

/// An account, and the coins it gives or receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) account: Account,
    pub(crate) coins: Vec<Coin>,
}

/// So much of one coin or token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coin {
    /// In units of 10^-8, which all tokens of this chain have. Below 2^63.
    pub(crate) amount: u64,
    /// `BNB`, or a token's symbol with its suffix, for instance `TOK-1A2`.
    pub(crate) denom: String,
}

/// A transfer as it stands in the signed document, its members in the document's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferText {
    pub(crate) inputs: Vec<PartyText>,
    pub(crate) outputs: Vec<PartyText>,
}

/// A [`Party`] with its address on one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyText {
    pub(crate) address: String,
    pub(crate) coins: Vec<Coin>,
}

impl Transfer {
    /// Checks what can be known without the network: there are inputs and outputs, symbols and
    /// amounts are possible, and of every coin as much comes out as goes in.
    pub(crate) fn check(&self) -> Result<(), TransferError> {
        if self.inputs.is_empty() || self.outputs.is_empty() {
            return Err(TransferError::Empty);
        }
        let coins = |parties: &[Party]| parties.iter().flat_map(|it| it.coins.clone()).collect();
        let (given, received): (Vec<Coin>, Vec<Coin>) = (coins(&self.inputs), coins(&self.outputs));
        for coin in given.iter().chain(&received) {
            coin.check()?;
            if total(&given, &coin.denom) != total(&received, &coin.denom) {
                return Err(TransferError::Unbalanced(coin.denom.clone()));
            }
        }
        Ok(())
    }

    /// The form that is signed, with the addresses of `network`.
    pub(crate) fn to_text(&self, network: Network) -> TransferText {
        let parties = |parties: &[Party]| {
            let text = |party: &Party| PartyText {
                address: party.account.to_text(network),
                coins: party.coins.clone(),
            };
            parties.iter().map(text).collect()
        };
        TransferText {
            inputs: parties(&self.inputs),
            outputs: parties(&self.outputs),
        }
    }
}

impl TransferText {
    /// Reads the addresses, which must be of `network`.
    pub(crate) fn read(&self, network: Network) -> Result<Transfer, AccountError> {
        let parties = |parties: &[PartyText]| {
            let read = |party: &PartyText| {
                Ok(Party {
                    account: Account::parse(network, &party.address)?,
                    coins: party.coins.clone(),
                })
            };
            parties.iter().map(read).collect::<Result<Vec<_>, _>>()
        };
        Ok(Transfer {
            inputs: parties(&self.inputs)?,
            outputs: parties(&self.outputs)?,
        })
    }
}

impl Coin {
    fn check(&self) -> Result<(), TransferError> {
        let in_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if !(1..=40).contains(&self.denom.len()) || !self.denom.bytes().all(in_symbol) {
            return Err(TransferError::NoSymbol);
        }
        // The network counts in signed numbers.
        if i64::try_from(self.amount).is_err() {
            return Err(TransferError::TooLarge(self.denom.clone()));
        }
        Ok(())
    }
}

fn total(coins: &[Coin], denom: &str) -> u128 {
    coins
        .iter()
        .filter(|coin| coin.denom == denom)
        .map(|coin| u128::from(coin.amount))
        .sum()
}

/// Why a transfer is none.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum TransferError {
    /// Nobody gives, or nobody receives.
    #[error("a transfer needs an input and an output")]
    Empty,
    /// A symbol has other characters than letters, digits, `-` and `.`, or too many.
    #[error("a coin's denom is no symbol")]
    NoSymbol,
    /// 2^63 or more.
    #[error("the amount of {0} is too large")]
    TooLarge(String),
    /// The outputs have more or less than the inputs.
    #[error("of {0} the outputs have not as much as the inputs")]
    Unbalanced(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(amounts: &[(u64, &str)]) -> Party {
        let address = "bnb1ur7f85zqc7v279cgnjrd867y9ge8584z5gtpxy";
        let coin = |(amount, denom): &(u64, &str)| Coin {
            amount: *amount,
            denom: (*denom).to_owned(),
        };
        Party {
            account: Account::parse(Network::Mainnet, address).unwrap(),
            coins: amounts.iter().map(coin).collect(),
        }
    }

    #[test]
    fn of_every_coin_as_much_comes_out_as_goes_in() {
        let check = |inputs: &[&[(u64, &str)]], outputs: &[&[(u64, &str)]]| {
            let parties = |coins: &[&[_]]| coins.iter().map(|coins| party(coins)).collect();
            let transfer = Transfer {
                inputs: parties(inputs),
                outputs: parties(outputs),
            };
            transfer.check()
        };
        let unbalanced = |denom: &str| Err(TransferError::Unbalanced(denom.to_owned()));
        assert_eq!(check(&[&[(5, "BNB")]], &[&[(5, "BNB")]]), Ok(()));
        assert_eq!(
            check(&[&[(2, "BNB")], &[(3, "BNB")]], &[&[(5, "BNB")]]),
            Ok(())
        );
        // Not even when there is no other coin.
        assert_eq!(check(&[&[(5, "BNB")]], &[&[(6, "BNB")]]), unbalanced("BNB"));
        assert_eq!(
            check(&[&[(5, "BNB")]], &[&[(5, "BNB"), (1, "TOK-1A2")]]),
            unbalanced("TOK-1A2")
        );
        // What one coin has less, another cannot have more.
        assert_eq!(
            check(
                &[&[(1, "BNB"), (2, "TOK-1A2")]],
                &[&[(2, "BNB"), (1, "TOK-1A2")]]
            ),
            unbalanced("BNB")
        );
    }
}
