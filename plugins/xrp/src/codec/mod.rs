//! The network's types, and their two notations: JSON, and the binary one that is signed and
//! sent (<https://xrpl.org/docs/references/protocol/binary-format>).

mod amount;
mod binary;
mod currency;
mod decimal;
mod error;
mod field;
mod fields;
mod from_json;
mod number;
mod path;
mod text;
#[cfg(test)]
mod vectors;

pub(crate) use self::{
    amount::{Amount, Issued},
    currency::{Currency, Issue, MptId},
    error::{CodecError, excerpt},
    field::Field,
    text::readable,
};

use self::{number::Number, path::Path};
use crate::account::AccountId;

/// How deep objects may be nested: as deep as the network takes them.
const MAX_DEPTH: usize = 10;

/// An object (`STObject`): fields in the order of their ordinals, none of them twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object(Vec<(&'static Field, Value)>);

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    UInt8(u8),
    UInt16(u16),
    UInt32(u32),
    UInt64(u64),
    Int32(i32),
    /// Bytes of the length that the field's type says: `Hash128` and the like.
    Hash(Vec<u8>),
    /// Bytes of any length.
    Blob(Vec<u8>),
    Account(AccountId),
    Amount(Amount),
    Number(Number),
    Object(Object),
    /// Objects, each with the name of what it is.
    Array(Vec<(&'static Field, Object)>),
    Paths(Vec<Path>),
    Hashes(Vec<[u8; 32]>),
    Issue(Issue),
    Currency(Currency),
    Bridge(Box<Bridge>),
}

/// The two ends of a bridge between ledgers (`XChainBridge`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bridge {
    pub(crate) locking_door: AccountId,
    pub(crate) locking_issue: Issue,
    pub(crate) issuing_door: AccountId,
    pub(crate) issuing_issue: Issue,
}

impl Object {
    /// The fields in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// The value of the field with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let (_, value) = self.0.iter().find(|(field, _)| field.name() == name)?;
        Some(value)
    }

    /// Puts a field in its place, instead of the one that may be there.
    pub(crate) fn set(&mut self, field: &'static Field, value: Value) {
        let place = |(found, _): &(&'static Field, Value)| found.ordinal().cmp(&field.ordinal());
        match self.0.binary_search_by(place) {
            Ok(found) => {
                if let Some(entry) = self.0.get_mut(found) {
                    entry.1 = value;
                }
            }
            Err(free) => self.0.insert(free, (field, value)),
        }
    }

    /// The value of a field that is a number of 32 bits.
    pub(crate) fn uint32(&self, name: &str) -> Option<u32> {
        match self.get(name)? {
            Value::UInt32(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of a field that is an account.
    pub(crate) fn account(&self, name: &str) -> Option<AccountId> {
        match self.get(name)? {
            Value::Account(account) => Some(*account),
            _ => None,
        }
    }

    /// The value of a field that is an amount.
    pub(crate) fn amount(&self, name: &str) -> Option<&Amount> {
        match self.get(name)? {
            Value::Amount(amount) => Some(amount),
            _ => None,
        }
    }

    /// The bytes of a field that is a hash or of free length.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.get(name)? {
            Value::Hash(bytes) | Value::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}
