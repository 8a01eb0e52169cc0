//! What a pending transaction asks for: its `serializedTransaction`, read strictly, its two forms
//! compared.

use kms_core::prelude::{Network, TransactionError};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    account::{Account, AccountError},
    transfer::{Coin, Party, Transfer, TransferError, TransferText},
};

/// The prefix of a transfer (`MsgSend`), the only message there is.
const SEND: &str = "2A2C87FA";

/// A transfer and its memo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) transfer: Transfer,
    /// Text; empty is none.
    pub(crate) memo: String,
}

impl Request {
    /// Reads `serializedTransaction` for `network`.
    pub(crate) fn parse(network: Network, json: &str) -> Result<Self, RequestError> {
        // The kind of message first: another one has other members, too.
        let kind: Kind = serde_json::from_str(json).map_err(unreadable)?;
        if kind.msg.amino_prefix != SEND {
            return Err(RequestError::NotATransfer);
        }
        let wire: Wire = serde_json::from_str(json).map_err(unreadable)?;
        let transfer = Transfer {
            inputs: parties(wire.msg.inputs)?,
            outputs: parties(wire.msg.outputs)?,
        };
        transfer.check()?;
        if wire.sign_msg.read(network)? != transfer {
            return Err(RequestError::Mismatch);
        }
        Ok(Self {
            transfer,
            memo: wire.memo.unwrap_or_default(),
        })
    }
}

#[derive(Deserialize)]
struct Kind {
    msg: Prefix,
}

#[derive(Deserialize)]
struct Prefix {
    #[serde(rename = "aminoPrefix")]
    amino_prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    msg: Message,
    sign_msg: TransferText,
    memo: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    inputs: Vec<WireParty>,
    outputs: Vec<WireParty>,
    #[serde(rename = "aminoPrefix")]
    _amino_prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireParty {
    address: Buffer,
    coins: Vec<Coin>,
}

/// Bytes as Node.js writes them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Buffer {
    #[serde(rename = "type")]
    _type: BufferType,
    data: Vec<u8>,
}

#[derive(Deserialize)]
enum BufferType {
    Buffer,
}

fn parties(parties: Vec<WireParty>) -> Result<Vec<Party>, RequestError> {
    let party = |party: WireParty| {
        let bytes = <[u8; 20]>::try_from(party.address.data);
        Ok(Party {
            account: Account(bytes.map_err(|_| RequestError::AccountLength)?),
            coins: party.coins,
        })
    };
    parties.into_iter().map(party).collect()
}

fn unreadable(error: serde_json::Error) -> RequestError {
    RequestError::Unreadable {
        reason: error.to_string(),
    }
}

/// Why a request is not signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// Not JSON, or a member is missing, unknown, there twice or of the wrong type.
    #[error("not a transfer in JSON: {reason}")]
    Unreadable {
        /// The parser's words.
        reason: String,
    },
    /// Another message than a transfer.
    #[error("the message is no transfer, whose aminoPrefix is {SEND}")]
    NotATransfer,
    /// An address in `msg` is not 20 bytes long.
    #[error("an address in msg has not 20 bytes")]
    AccountLength,
    /// An address in `signMsg` is none of this network.
    #[error("an address in signMsg {0}")]
    Account(#[from] AccountError),
    /// The transfer itself is impossible.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// What would be signed is not what would be sent.
    #[error("msg and signMsg do not say the same")]
    Mismatch,
}

impl From<RequestError> for TransactionError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Mismatch | RequestError::NotATransfer => Self::Refused(error.to_string()),
            other => Self::Malformed(other.to_string()),
        }
    }
}
