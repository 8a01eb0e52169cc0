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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::AccountId,
        codec::{Issue, MptId},
    };

    fn told(name: &str, value: &Value) -> String {
        value.describe(Field::by_name(name).unwrap())
    }

    #[test]
    fn numbers_are_told_by_name_where_they_have_one() {
        for (name, value, expected) in [
            ("TransactionType", Value::UInt16(0), "Payment"),
            ("TransactionType", Value::UInt16(60_000), "60000"),
            ("TransferFee", Value::UInt16(0), "0"),
            ("SetFlag", Value::UInt32(8), "asfDefaultRipple"),
            ("ClearFlag", Value::UInt32(8), "asfDefaultRipple"),
            ("SetFlag", Value::UInt32(200), "200"),
            ("PermissionValue", Value::UInt32(1), "Payment"),
            (
                "PermissionValue",
                Value::UInt32(65_537),
                "TrustlineAuthorize",
            ),
            ("PermissionValue", Value::UInt32(0), "0"),
            ("PermissionValue", Value::UInt32(60_001), "60001"),
            ("Expiration", Value::UInt32(0), "2000-01-01 00:00:00 UTC"),
            ("Sequence", Value::UInt32(8), "8"),
            ("TickSize", Value::UInt8(5), "5"),
            ("MPTAmount", Value::UInt64(5), "5"),
        ] {
            assert_eq!(told(name, &value), expected, "{name} {value:?}");
        }
    }

    /// What is text by chance is not told as if it had been meant so.
    #[test]
    fn bytes_are_told_as_text_where_they_are_meant_so() {
        let text = || Value::Blob(b"say \"hi\"".to_vec());
        assert_eq!(told("MemoData", &text()), r#""say \"hi\"""#);
        assert_eq!(told("SigningPubKey", &text()), "7361792022686922");
        for bytes in [b"a\tb".to_vec(), vec![0xff], Vec::new()] {
            let expected = hex::encode_upper(&bytes);
            assert_eq!(told("MemoData", &Value::Blob(bytes)), expected);
        }
        assert_eq!(
            told("MemoData", &Value::Blob(b"a\nb".to_vec())),
            r#""a\nb""#
        );
        assert_eq!(
            told("InvoiceID", &Value::Hash(vec![0x41; 32])),
            "41".repeat(32)
        );
    }

    #[test]
    fn what_has_parts_is_told_with_all_of_them() {
        let account = AccountId::parse("rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54").unwrap();
        let bridge = Value::Bridge(Box::new(Bridge {
            locking_door: account,
            locking_issue: Issue::Xrp,
            issuing_door: AccountId([0; 20]),
            issuing_issue: Issue::Mpt(MptId([0; 24])),
        }));
        assert_eq!(
            told("XChainBridge", &bridge),
            format!(
                "XRP at {account}, to MPT {} at rrrrrrrrrrrrrrrrrrrrrhoLvTp",
                "00".repeat(24)
            )
        );
        let memo = Field::by_name("Memo").unwrap();
        let mut inner = Object::default();
        inner.set(
            Field::by_name("MemoData").unwrap(),
            Value::Blob(b"a".to_vec()),
        );
        inner.set(Field::by_name("Sequence").unwrap(), Value::UInt32(1));
        let object = r#"{Sequence: 1, MemoData: "a"}"#;
        assert_eq!(told("Memo", &Value::Object(inner.clone())), object);
        let list = Value::Array(vec![(memo, inner.clone()), (memo, inner)]);
        assert_eq!(
            told("Memos", &list),
            format!("Memo {object}, Memo {object}")
        );
        let hashes = Value::Hashes(vec![[0; 32], [0xab; 32]]);
        assert_eq!(
            told("NFTokenOffers", &hashes),
            format!("{}, {}", "00".repeat(32), "AB".repeat(32))
        );
    }
}
