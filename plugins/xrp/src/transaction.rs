//! A pending transaction, checked: the fields that are signed.

use kms_core::prelude::TransactionError;

use crate::{
    codec::{Amount, CodecError, Field, Object, Value, excerpt},
    formats::Format,
    hash::sha512_half,
    json::Json,
};

/// What stands before the fields of a transaction that is signed: `STX` and a zero.
const SIGNING_PREFIX: [u8; 4] = *b"STX\0";
/// What stands before a signed transaction that is hashed for its id: `TXN` and a zero.
const ID_PREFIX: [u8; 4] = *b"TXN\0";

/// The bit of `Flags` that marks a transaction within a batch.
const INNER_BATCH: u32 = 0x4000_0000;

/// A transaction of a known type with the fields of that type, a key and no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction(Object);

impl Transaction {
    /// Reads `serializedTransaction`, which the key will sign.
    pub(crate) fn parse(text: &str, public_key: &[u8; 33]) -> Result<Self, TransactionError> {
        let json = Json::parse(text).map_err(|error| malformed(&error.to_string()))?;
        let Json::Object(mut members) = json else {
            return Err(malformed("it is no JSON object"));
        };
        // The platform sends what it does not want as null.
        members.retain(|(_, value)| *value != Json::Null);
        for signature in ["TxnSignature", "Signers"] {
            if members.iter().any(|(name, _)| name == signature) {
                return Err(TransactionError::Refused(
                    "it carries a signature already".to_owned(),
                ));
            }
        }
        // Whoever signs says by which key.
        members.retain(|(name, _)| name != "SigningPubKey");
        match members.iter().find(|(name, _)| name == "TransactionType") {
            None => return Err(malformed("it has no TransactionType")),
            Some((_, Json::Text(name))) if Format::by_name(name).is_none() => {
                let name = excerpt(name);
                let reason = format!("there is no transaction of type {name:?} to sign");
                return Err(TransactionError::Refused(reason));
            }
            Some(_) => {}
        }
        let mut object = Object::from_json(&members).map_err(|error| codec(&error))?;
        object.set(
            known("SigningPubKey")?,
            Value::Blob(public_key.as_slice().to_vec()),
        );
        Self::check(object)
    }

    /// Reads what [`encode`](Self::encode) wrote, and nothing else.
    pub(crate) fn decode(body: &[u8]) -> Result<Self, TransactionError> {
        Self::check(Object::decode(body).map_err(|error| codec(&error))?)
    }

    fn check(object: Object) -> Result<Self, TransactionError> {
        if object.get("TxnSignature").is_some() || object.get("Signers").is_some() {
            return Err(malformed("it carries a signature"));
        }
        check_format(&object)?;
        if object
            .uint32("Flags")
            .is_some_and(|it| it & INNER_BATCH != 0)
        {
            return Err(TransactionError::Refused(
                "it is marked as a part of a batch, which is never signed alone".to_owned(),
            ));
        }
        check_amounts(&object)?;
        if object.get("RawTransactions").is_some() {
            for inner in Self::inner(&object) {
                let inner = inner?;
                check_format(inner)?;
                // The network takes none, and nobody would be told of its transactions.
                if inner.get("RawTransactions").is_some() {
                    return Err(malformed("RawTransactions: a batch within a batch"));
                }
            }
        }
        Ok(Self(object))
    }

    /// The transaction without a signature.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, TransactionError> {
        self.0.encode().map_err(|error| codec(&error))
    }

    /// What is signed.
    pub(crate) fn signing_message(&self) -> Result<Vec<u8>, TransactionError> {
        let fields = self.0.encode_signed().map_err(|error| codec(&error))?;
        Ok([SIGNING_PREFIX.as_slice(), &fields].concat())
    }

    /// The bytes that are sent.
    pub(crate) fn with_signature(&self, signature: Vec<u8>) -> Result<Vec<u8>, TransactionError> {
        let mut signed = self.clone();
        signed.0.set(known("TxnSignature")?, Value::Blob(signature));
        signed.encode()
    }

    /// The fields.
    pub(crate) fn object(&self) -> &Object {
        &self.0
    }

    /// The type.
    pub(crate) fn format(object: &Object) -> Result<&'static Format, TransactionError> {
        match object.get("TransactionType") {
            Some(Value::UInt16(code)) => Format::by_code(*code),
            _ => None,
        }
        .ok_or_else(|| malformed("it is of a type that nobody signs"))
    }

    /// The transactions within a batch.
    pub(crate) fn inner(
        object: &Object,
    ) -> impl Iterator<Item = Result<&Object, TransactionError>> {
        let items = match object.get("RawTransactions") {
            Some(Value::Array(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(|(field, inner)| match field.name() {
            "RawTransaction" => Ok(inner),
            other => Err(malformed(&format!(
                "RawTransactions: there is no {other} in it"
            ))),
        })
    }

    /// The last ledger that can take it.
    pub(crate) fn last_ledger(&self) -> Option<u64> {
        self.0.uint32("LastLedgerSequence").map(u64::from)
    }
}

/// The id of a signed transaction.
pub(crate) fn id(blob: &[u8]) -> [u8; 32] {
    sha512_half(&[&ID_PREFIX, blob])
}

/// The fields of its type, all that it needs, and no others.
fn check_format(object: &Object) -> Result<(), TransactionError> {
    let format = Transaction::format(object)?;
    if let Some(missing) = format
        .all_required()
        .find(|name| object.get(name).is_none())
    {
        return Err(malformed(&format!("{}: {missing} is missing", format.name)));
    }
    if let Some((foreign, _)) = object.iter().find(|(field, _)| !format.takes(field.name())) {
        let foreign = foreign.name();
        return Err(malformed(&format!("{}: it has no {foreign}", format.name)));
    }
    match object.amount("Fee") {
        Some(Amount::Xrp(_)) => Ok(()),
        _ => Err(malformed("Fee: a fee is paid in XRP")),
    }
}

/// No amount is below zero, save the one that is a difference.
fn check_amounts(object: &Object) -> Result<(), TransactionError> {
    for (field, value) in object.iter() {
        match value {
            Value::Amount(amount) if amount.is_negative() && field.name() != "FeeAmountDelta" => {
                let name = field.name();
                return Err(malformed(&format!("{name}: an amount below zero")));
            }
            Value::Object(inner) => check_amounts(inner)?,
            Value::Array(items) => {
                for (_, inner) in items {
                    check_amounts(inner)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn known(name: &'static str) -> Result<&'static Field, TransactionError> {
    Field::by_name(name).ok_or_else(|| malformed(&format!("there is no field {name}")))
}

fn codec(error: &CodecError) -> TransactionError {
    malformed(&error.to_string())
}

pub(crate) fn malformed(reason: &str) -> TransactionError {
    TransactionError::Malformed(reason.to_owned())
}
