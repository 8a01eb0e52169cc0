//! A complete transaction: the document that is signed.

use kms_core::prelude::{Network, TransactionError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    amino::Signed,
    transfer::{Transfer, TransferText},
};

/// Everything that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) network: Network,
    pub(crate) account_number: u64,
    pub(crate) sequence: u64,
    pub(crate) transfer: Transfer,
    /// Text; empty is none.
    pub(crate) memo: String,
}

impl Transaction {
    /// The document that is signed, which is also the frozen body: compact JSON, the members of
    /// every object sorted, all numbers but those of coins as text.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let document = Document {
            account_number: self.account_number.to_string(),
            chain_id: chain_id(self.network).to_owned(),
            data: None,
            memo: self.memo.clone(),
            msgs: [self.transfer.to_text(self.network)],
            sequence: self.sequence.to_string(),
            source: "0".to_owned(),
        };
        serde_json::to_vec(&document).expect("numbers and text are JSON")
    }

    /// Reads what [`encode`](Self::encode) has written, and nothing else.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        let document: Document = serde_json::from_slice(body).map_err(malformed)?;
        let network = [Network::Mainnet, Network::Testnet]
            .into_iter()
            .find(|network| chain_id(*network) == document.chain_id)
            .ok_or_else(|| malformed("the chain id is not known"))?;
        let [transfer] = document.msgs;
        let transfer = transfer.read(network).map_err(malformed)?;
        transfer.check().map_err(malformed)?;
        let transaction = Self {
            network,
            account_number: document.account_number.parse().map_err(malformed)?,
            sequence: document.sequence.parse().map_err(malformed)?,
            transfer,
            memo: document.memo,
        };
        if transaction.encode() != body {
            return Err(malformed("it is not written as it is signed"));
        }
        Ok(transaction)
    }

    /// What is signed: SHA-256 of the document.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// The bytes that are broadcast.
    pub(crate) fn with_signature(&self, public_key: &[u8; 33], signature: &[u8; 64]) -> Vec<u8> {
        let signed = Signed {
            transfer: &self.transfer,
            public_key,
            signature,
            account_number: self.account_number,
            sequence: self.sequence,
            memo: &self.memo,
        };
        signed.encode()
    }
}

/// The networks have never had others, and will not.
fn chain_id(network: Network) -> &'static str {
    match network {
        Network::Mainnet => "Binance-Chain-Tigris",
        Network::Testnet => "Binance-Chain-Ganges",
    }
}

/// In the order of the signed document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    account_number: String,
    chain_id: String,
    data: Option<String>,
    memo: String,
    msgs: [TransferText; 1],
    sequence: String,
    source: String,
}

pub(crate) fn malformed(error: impl std::fmt::Display) -> TransactionError {
    TransactionError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::Account,
        transfer::{Coin, Party},
    };
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decoding_undoes_encoding(
            (from, to) in any::<([u8; 20], [u8; 20])>(),
            (account_number, sequence) in any::<(u64, u64)>(),
            amount in 0..=u64::MAX >> 1,
            denom in "[A-Z0-9.]{1,8}(-[0-9A-F]{3}M?)?",
            memo in ".*",
            testnet: bool,
        ) {
            let parties = |account| {
                let coins = vec![Coin { amount, denom: denom.clone() }];
                vec![Party { account: Account(account), coins }]
            };
            let transaction = Transaction {
                network: Network::from_testnet_flag(testnet),
                account_number,
                sequence,
                transfer: Transfer { inputs: parties(from), outputs: parties(to) },
                memo,
            };
            prop_assert_eq!(Transaction::decode(&transaction.encode()).unwrap(), transaction);
        }

        #[test]
        fn no_body_panics(body: Vec<u8>, text in ".*") {
            prop_assert!(Transaction::decode(&body).is_err());
            prop_assert!(Transaction::decode(text.as_bytes()).is_err());
        }
    }
}
