//! The cloud's request: the JSON of a transaction object of the JavaScript SDK (algosdk 1.16).
//!
//! Every member that says something is read or refused: what is signed is all that was asked for.

use std::collections::BTreeMap;

use kms_core::prelude::TransactionError;
use thiserror::Error;

use crate::{
    account::Account,
    genesis::Genesis,
    json::Json,
    transaction::{Action, AssetParameters, Transaction},
};

/// Bytes of a note, rounds from the first to the last valid one, decimals of an asset, and bytes
/// of an asset's names, at most: what consensus allows.
const MAX_NOTE: usize = 1024;
const MAX_ROUNDS: u64 = 1000;
const MAX_DECIMALS: u64 = 19;
const MAX_UNIT_NAME: usize = 8;
const MAX_ASSET_NAME: usize = 32;
const MAX_URL: usize = 96;

/// Members of the object that are no part of the transaction. `flatFee` tells how the SDK found
/// the fee, which is the total either way.
const WITHOUT_EFFECT: [&str; 3] = ["name", "tag", "flatFee"];

/// Reads a `serializedTransaction`.
pub(crate) fn parse(text: &str) -> Result<Transaction, TransactionError> {
    let json =
        Json::parse(text).map_err(|error| TransactionError::Malformed(format!("JSON: {error}")))?;
    let Json::Object(members) = json else {
        return Err(RequestError::NotAnObject.into());
    };
    let mut members = Members(members);
    let transaction = read(&mut members)?;
    members.finish()?;
    check(&transaction)?;
    Ok(transaction)
}

fn read(members: &mut Members) -> Result<Transaction, RequestError> {
    let kind = members.text("type")?;
    let action = match kind.as_str() {
        "pay" => Action::Payment {
            receiver: members.required("to", Members::account)?,
            amount: members.required("amount", Members::integer)?,
            close_to: members.account("closeRemainderTo")?.unwrap_or_default(),
        },
        "axfer" => Action::AssetTransfer {
            asset: members.required("assetIndex", Members::integer)?,
            receiver: members.required("to", Members::account)?,
            amount: members.required("amount", Members::integer)?,
            revoked_from: members
                .account("assetRevocationTarget")?
                .unwrap_or_default(),
            close_to: members.account("closeRemainderTo")?.unwrap_or_default(),
        },
        "acfg" => Action::AssetConfiguration {
            asset: members.integer("assetIndex")?.unwrap_or_default(),
            parameters: AssetParameters {
                total: members.integer("assetTotal")?.unwrap_or_default(),
                decimals: members.integer("assetDecimals")?.unwrap_or_default(),
                default_frozen: members.flag("assetDefaultFrozen")?,
                unit_name: members.text("assetUnitName")?,
                name: members.text("assetName")?,
                url: members.text("assetURL")?,
                metadata_hash: members.array("assetMetadataHash")?,
                manager: members.account("assetManager")?.unwrap_or_default(),
                reserve: members.account("assetReserve")?.unwrap_or_default(),
                freeze: members.account("assetFreeze")?.unwrap_or_default(),
                clawback: members.account("assetClawback")?.unwrap_or_default(),
            },
        },
        "keyreg" | "appl" | "afrz" | "stpf" | "hb" => {
            return Err(RequestError::UnsupportedType { kind });
        }
        _ => return Err(RequestError::UnknownType),
    };
    Ok(Transaction {
        sender: members.required("from", Members::account)?,
        fee: members.required("fee", Members::integer)?,
        first_valid: members.required("firstRound", Members::integer)?,
        last_valid: members.required("lastRound", Members::integer)?,
        genesis: Genesis {
            id: members.text("genesisID")?,
            hash: members.array("genesisHash")?,
        },
        note: members.bytes("note")?,
        lease: members.array("lease")?,
        group: members.array("group")?,
        rekey_to: members.account("reKeyTo")?.unwrap_or_default(),
        action,
    })
}

/// Refuses what no network takes, before it is shown and signed.
fn check(transaction: &Transaction) -> Result<(), TransactionError> {
    let refuse = |reason: &str| Err(TransactionError::Refused(reason.to_owned()));
    if transaction.sender == Account::ZERO {
        return refuse("the sender is the zero address, nobody has its key");
    }
    if transaction.genesis.hash == [0; 32] {
        return refuse("genesisHash is missing, so it may be meant for any network");
    }
    let rounds = transaction
        .last_valid
        .checked_sub(transaction.first_valid)
        .filter(|_| transaction.last_valid > 0);
    if rounds.is_none_or(|rounds| rounds > MAX_ROUNDS) {
        return Err(TransactionError::Refused(format!(
            "it is valid from round {} to round {}: at most {MAX_ROUNDS} rounds are possible",
            transaction.first_valid, transaction.last_valid
        )));
    }
    if transaction.note.len() > MAX_NOTE {
        return Err(TransactionError::Refused(format!(
            "the note has {} bytes, the network takes at most {MAX_NOTE}",
            transaction.note.len()
        )));
    }
    match &transaction.action {
        Action::Payment { close_to, .. } if *close_to == transaction.sender => {
            refuse("an account cannot be closed to itself")
        }
        Action::AssetTransfer { asset: 0, .. } => refuse("it transfers an asset without an index"),
        Action::AssetTransfer {
            revoked_from,
            close_to,
            ..
        } if revoked_from.some().is_some() && close_to.some().is_some() => {
            refuse("a clawback cannot close the holding")
        }
        Action::AssetConfiguration { asset, parameters } => check_asset(*asset, parameters),
        _ => Ok(()),
    }
}

fn check_asset(asset: u64, parameters: &AssetParameters) -> Result<(), TransactionError> {
    let refuse = |reason: String| Err(TransactionError::Refused(reason));
    if asset == 0 && *parameters == AssetParameters::default() {
        return refuse("it names neither an asset nor the parameters of a new one".to_owned());
    }
    if parameters.decimals > MAX_DECIMALS {
        return refuse(format!(
            "the asset has {} decimals, at most {MAX_DECIMALS} are possible",
            parameters.decimals
        ));
    }
    for (what, text, limit) in [
        ("unit name", &parameters.unit_name, MAX_UNIT_NAME),
        ("name", &parameters.name, MAX_ASSET_NAME),
        ("URL", &parameters.url, MAX_URL),
    ] {
        if text.len() > limit {
            return refuse(format!(
                "the {what} of the asset has {} bytes, the network takes at most {limit}",
                text.len()
            ));
        }
    }
    Ok(())
}

/// The members that were not read yet.
struct Members(BTreeMap<String, Json>);

impl Members {
    /// What `read` finds under this name, which must be there.
    fn required<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Self, &'static str) -> Result<Option<T>, RequestError>,
    ) -> Result<T, RequestError> {
        read(self, name)?.ok_or(RequestError::Missing { name })
    }

    /// An integer below 2^64. Digits are one, too: JavaScript writes large ones as text.
    fn integer(&mut self, name: &'static str) -> Result<Option<u64>, RequestError> {
        let value = match self.take(name) {
            None => return Ok(None),
            Some(Json::Integer(value)) => Some(value),
            Some(Json::Text(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()
            }
            Some(_) => None,
        };
        value.map(Some).ok_or(RequestError::NotAnInteger { name })
    }

    /// An account; only its key counts, the checksum is for people.
    fn account(&mut self, name: &'static str) -> Result<Option<Account>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Object(mut account)) => account
                .remove("publicKey")
                .and_then(bytes)
                .and_then(|bytes| bytes.try_into().ok())
                .map(|key| Some(Account(key)))
                .ok_or(RequestError::NotAnAccount { name }),
            Some(_) => Err(RequestError::NotAnAccount { name }),
        }
    }

    /// 32 bytes; none are zeros.
    fn array(&mut self, name: &'static str) -> Result<[u8; 32], RequestError> {
        let bytes = self.bytes(name)?;
        if bytes.is_empty() {
            return Ok([0; 32]);
        }
        bytes
            .try_into()
            .map_err(|_| RequestError::Not32Bytes { name })
    }

    fn bytes(&mut self, name: &'static str) -> Result<Vec<u8>, RequestError> {
        self.take(name)
            .map_or(Some(Vec::new()), bytes)
            .ok_or(RequestError::NotBytes { name })
    }

    fn text(&mut self, name: &'static str) -> Result<String, RequestError> {
        match self.take(name) {
            None => Ok(String::new()),
            Some(Json::Text(text)) => Ok(text),
            Some(_) => Err(RequestError::NotText { name }),
        }
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, RequestError> {
        match self.take(name) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(value),
            Some(_) => Err(RequestError::NotAFlag { name }),
        }
    }

    /// `null` is as good as nothing.
    fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name).filter(|value| *value != Json::Null)
    }

    /// Refuses members that were not read and say something.
    fn finish(self) -> Result<(), RequestError> {
        let foreign = |(name, value): &(String, Json)| {
            !WITHOUT_EFFECT.contains(&name.as_str()) && !value.is_empty()
        };
        match self.0.into_iter().find(foreign) {
            None => Ok(()),
            Some((name, _)) => Err(RequestError::Foreign {
                name: name.chars().take(80).collect(),
            }),
        }
    }
}

/// Bytes as JavaScript writes them: a `Buffer`, a typed array, or a list.
fn bytes(json: Json) -> Option<Vec<u8>> {
    let byte = |json: Json| match json {
        Json::Integer(value) => u8::try_from(value).ok(),
        _ => None,
    };
    match json {
        Json::List(items) => items.into_iter().map(byte).collect(),
        Json::Object(mut members) if members.contains_key("type") => {
            let kind = members.remove("type");
            let data = members.remove("data");
            match (kind, data) {
                (Some(Json::Text(kind)), Some(data @ Json::List(_)))
                    if kind == "Buffer" && members.is_empty() =>
                {
                    bytes(data)
                }
                _ => None,
            }
        }
        // Positions count from zero, none is left out.
        Json::Object(mut members) => {
            let positions = 0..members.len();
            positions
                .map(|position| members.remove(&position.to_string()).and_then(byte))
                .collect()
        }
        _ => None,
    }
}

/// Why JSON is no transaction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum RequestError {
    #[error("it is no JSON object")]
    NotAnObject,
    #[error("its type is none of pay, axfer and acfg")]
    UnknownType,
    #[error("transactions of type {kind} are not supported")]
    UnsupportedType { kind: String },
    #[error("{name} is missing")]
    Missing { name: &'static str },
    #[error("{name:?} has no place in a transaction of this type")]
    Foreign { name: String },
    #[error("{name} is no integer from 0 to 18446744073709551615")]
    NotAnInteger { name: &'static str },
    #[error("{name} is no account with a publicKey of 32 bytes")]
    NotAnAccount { name: &'static str },
    #[error("{name} is neither a Buffer nor an array of bytes")]
    NotBytes { name: &'static str },
    #[error("{name} has not 32 bytes")]
    Not32Bytes { name: &'static str },
    #[error("{name} is no text")]
    NotText { name: &'static str },
    #[error("{name} is neither true nor false")]
    NotAFlag { name: &'static str },
}

impl From<RequestError> for TransactionError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::UnsupportedType { .. } | RequestError::Foreign { .. } => {
                Self::Refused(error.to_string())
            }
            _ => Self::Malformed(error.to_string()),
        }
    }
}
