//! Values in words.

use super::{Bridge, Field, Object, Value};
use crate::{
    formats::{ACCOUNT_FLAGS, Format, GRANULAR_PERMISSIONS},
    time,
};

/// The fields that hold a time.
const TIMES: &[&str] = &[
    "CancelAfter",
    "Expiration",
    "FinishAfter",
    "RedemptionDate",
    "StartDate",
    "SubscriptionDate",
];

/// The fields whose bytes are text as a rule.
const TEXTS: &[&str] = &[
    "AssetClass",
    "CredentialType",
    "Data",
    "DIDDocument",
    "Domain",
    "MemoData",
    "MemoFormat",
    "MemoType",
    "MPTokenMetadata",
    "Provider",
    "URI",
];

impl Value {
    /// The value for people: times in UTC, flags and types by name, bytes as text in quotation
    /// marks where they are text, else as hexadecimal digits.
    pub(crate) fn describe(&self, field: &Field) -> String {
        let name = field.name();
        match self {
            Self::UInt8(value) => value.to_string(),
            Self::UInt16(code) if name == "TransactionType" => {
                Format::by_code(*code).map_or_else(|| code.to_string(), |it| it.name.to_owned())
            }
            Self::UInt16(value) => value.to_string(),
            Self::UInt32(value) => describe_uint32(name, *value),
            Self::UInt64(value) => value.to_string(),
            Self::Int32(value) => value.to_string(),
            Self::Hash(bytes) => hex::encode_upper(bytes),
            Self::Blob(bytes) => match readable(bytes) {
                Some(text) if TEXTS.contains(&name) => format!("{text:?}"),
                _ => hex::encode_upper(bytes),
            },
            Self::Account(account) => account.to_string(),
            Self::Amount(amount) => amount.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Object(object) => object.describe(),
            Self::Array(items) => list(
                items
                    .iter()
                    .map(|(field, object)| format!("{} {}", field.name(), object.describe())),
            ),
            Self::Paths(paths) => paths
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; or "),
            Self::Hashes(hashes) => list(hashes.iter().map(hex::encode_upper)),
            Self::Issue(issue) => issue.to_string(),
            Self::Currency(currency) => currency.to_string(),
            Self::Bridge(bridge) => bridge.describe(),
        }
    }
}

impl Object {
    /// The fields by name, for people.
    pub(crate) fn describe(&self) -> String {
        let fields = self.iter().map(|(field, value)| {
            let value = value.describe(field);
            format!("{}: {value}", field.name())
        });
        format!("{{{}}}", list(fields))
    }
}

impl Bridge {
    fn describe(&self) -> String {
        format!(
            "{} at {}, to {} at {}",
            self.locking_issue, self.locking_door, self.issuing_issue, self.issuing_door
        )
    }
}

fn describe_uint32(name: &str, value: u32) -> String {
    match name {
        "SetFlag" | "ClearFlag" => ACCOUNT_FLAGS
            .iter()
            .find(|(_, flag)| *flag == value)
            .map_or_else(|| value.to_string(), |(name, _)| (*name).to_owned()),
        "PermissionValue" => describe_permission(value),
        name if TIMES.contains(&name) => time::utc(value),
        _ => value.to_string(),
    }
}

fn describe_permission(value: u32) -> String {
    let granular = GRANULAR_PERMISSIONS
        .iter()
        .find(|(_, known)| *known == value)
        .map(|(name, _)| *name);
    let whole = || {
        let code = u16::try_from(value.checked_sub(1)?).ok()?;
        Some(Format::by_code(code)?.name)
    };
    granular
        .or_else(whole)
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The text that bytes are, if no part of it is invisible or a control character.
pub(crate) fn readable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text
        .chars()
        .all(|character| !character.is_control() || character == '\n');
    (plain && !text.is_empty()).then_some(text)
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
