//! The JSON notation, as wallets and the network's own interface write it.

use super::{
    Amount, Bridge, CodecError, Currency, Field, Issue, Issued, MAX_DEPTH, MptId, Object, Value,
    error::excerpt,
    field::Kind,
    number::Number,
    path::{Path, Step},
};
use crate::{
    account::AccountId,
    formats::{Format, GRANULAR_PERMISSIONS},
    json::Json,
};

/// The numbers of 64 bits that are written in decimal digits; all others are in hexadecimal ones.
const DECIMAL: &[&str] = &[
    "MaximumAmount",
    "OutstandingAmount",
    "MPTAmount",
    "LockedAmount",
    "ConfidentialOutstandingAmount",
];

type Members = [(String, Json)];

impl Object {
    /// Reads the members of a JSON object as fields. The tag of an X-address goes where a tag
    /// beside a classic address would be.
    ///
    /// # Errors
    /// [`CodecError`] for a name that is no field's, and for a value that is none of its type.
    pub(crate) fn from_json(members: &Members) -> Result<Self, CodecError> {
        Self::nested(members, 0)
    }

    fn nested(members: &Members, depth: usize) -> Result<Self, CodecError> {
        if depth > MAX_DEPTH {
            return Err(CodecError::TooDeep);
        }
        let mut object = Self::default();
        for (name, json) in members {
            let field =
                Field::by_name(name).ok_or_else(|| CodecError::UnknownField(excerpt(name)))?;
            let in_field = |error: CodecError| error.of(field.name());
            let tag_name = match field.name() {
                "Account" => Some("SourceTag"),
                "Destination" => Some("DestinationTag"),
                _ => None,
            };
            let Some(tag_name) = tag_name else {
                let value = Value::from_json(field, json, depth).map_err(in_field)?;
                object.set(field, value);
                continue;
            };
            let text = text(json).map_err(in_field)?;
            let (account, tag) =
                AccountId::parse_with_tag(text).map_err(|error| in_field(error.into()))?;
            object.set(field, Value::Account(account));
            if let Some(tag) = tag {
                if members.iter().any(|(name, _)| name == tag_name) {
                    return Err(in_field(CodecError::TwoTags));
                }
                let field = Field::by_name(tag_name)
                    .ok_or_else(|| CodecError::UnknownField(tag_name.to_owned()))?;
                object.set(field, Value::UInt32(tag));
            }
        }
        Ok(object)
    }
}

impl Value {
    fn from_json(field: &Field, json: &Json, depth: usize) -> Result<Self, CodecError> {
        Ok(match field.kind() {
            Kind::UInt8 => Self::UInt8(integer(json)?),
            Kind::UInt16 if field.name() == "TransactionType" => {
                let name = text(json)?;
                let format = Format::by_name(name);
                let format = format.ok_or_else(|| CodecError::UnknownType(excerpt(name)))?;
                Self::UInt16(format.code)
            }
            Kind::UInt16 => Self::UInt16(integer(json)?),
            Kind::UInt32 if field.name() == "PermissionValue" => Self::UInt32(permission(json)?),
            Kind::UInt32 => Self::UInt32(integer(json)?),
            Kind::UInt64 => Self::UInt64(uint64(json, DECIMAL.contains(&field.name()))?),
            Kind::Int32 => Self::Int32(integer(json)?),
            Kind::Hash128 => Self::Hash(hash::<16>(json)?.to_vec()),
            Kind::Hash160 => Self::Hash(hash::<20>(json)?.to_vec()),
            Kind::Hash192 => Self::Hash(hash::<24>(json)?.to_vec()),
            Kind::Hash256 => Self::Hash(hash::<32>(json)?.to_vec()),
            Kind::Blob => Self::Blob(hex(json)?),
            Kind::AccountId => Self::Account(account(json)?),
            Kind::Amount => Self::Amount(match json {
                Json::Text(drops) if field.name() == "FeeAmountDelta" => {
                    Amount::parse_drops_difference(drops)?
                }
                json => amount(json)?,
            }),
            Kind::Number => Self::Number(Number::parse(text(json)?)?),
            Kind::StObject => {
                Self::Object(Object::nested(members(json)?, depth.saturating_add(1))?)
            }
            Kind::StArray => {
                let items = list(json)?.iter().map(|item| array_item(item, depth));
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Kind::PathSet => Self::Paths(paths(json)?),
            Kind::Vector256 => {
                let hashes = list(json)?.iter().map(hash::<32>);
                Self::Hashes(hashes.collect::<Result<_, _>>()?)
            }
            Kind::Issue => Self::Issue(issue(json)?),
            Kind::Currency => Self::Currency(Currency::parse(text(json)?)?),
            Kind::XChainBridge => Self::Bridge(Box::new(bridge(json)?)),
        })
    }
}

fn array_item(json: &Json, depth: usize) -> Result<(&'static Field, Object), CodecError> {
    let [(name, inner)] = members(json)? else {
        return Err(CodecError::Expected("a list of objects with one name each"));
    };
    let field = Field::by_name(name).ok_or_else(|| CodecError::UnknownField(excerpt(name)))?;
    if field.kind() != Kind::StObject {
        return Err(CodecError::Expected("an object").of(field.name()));
    }
    let object = members(inner).and_then(|inner| Object::nested(inner, depth.saturating_add(1)));
    Ok((field, object.map_err(|error| error.of(field.name()))?))
}

fn amount(json: &Json) -> Result<Amount, CodecError> {
    if let Json::Text(drops) = json {
        return Amount::parse_drops(drops);
    }
    let members = members(json)?;
    if let Some([id, value]) = exactly(members, ["mpt_issuance_id", "value"]) {
        return Amount::parse_mpt(text(value)?, MptId(hash(id)?));
    }
    let Some([currency, issuer, value]) = exactly(members, ["currency", "issuer", "value"]) else {
        return Err(CodecError::Expected(
            "an amount: drops in digits, or an object of currency, issuer and value, or of \
             mpt_issuance_id and value",
        ));
    };
    let currency = Currency::parse(text(currency)?)?;
    if currency.is_xrp() {
        return Err(CodecError::IssuedXrp);
    }
    Ok(Amount::Issued {
        value: Issued::parse(text(value)?)?,
        currency,
        issuer: account(issuer)?,
    })
}

fn issue(json: &Json) -> Result<Issue, CodecError> {
    let members = members(json)?;
    if let Some([currency]) = exactly(members, ["currency"]) {
        return match text(currency)? {
            "XRP" => Ok(Issue::Xrp),
            _ => Err(CodecError::Expected("an asset: its issuer is missing")),
        };
    }
    if let Some([currency, issuer]) = exactly(members, ["currency", "issuer"]) {
        return Issue::issued(Currency::parse(text(currency)?)?, account(issuer)?);
    }
    match exactly(members, ["mpt_issuance_id"]) {
        Some([id]) => Issue::mpt(MptId(hash(id)?)),
        None => Err(CodecError::Expected(
            "an asset: an object of currency, of currency and issuer, or of mpt_issuance_id",
        )),
    }
}

fn bridge(json: &Json) -> Result<Bridge, CodecError> {
    let names = [
        "LockingChainDoor",
        "LockingChainIssue",
        "IssuingChainDoor",
        "IssuingChainIssue",
    ];
    let [locking_door, locking_issue, issuing_door, issuing_issue] = exactly(members(json)?, names)
        .ok_or(CodecError::Expected(
            "a bridge: an object of two doors and two issues",
        ))?;
    Ok(Bridge {
        locking_door: account(locking_door)?,
        locking_issue: issue(locking_issue)?,
        issuing_door: account(issuing_door)?,
        issuing_issue: issue(issuing_issue)?,
    })
}

fn paths(json: &Json) -> Result<Vec<Path>, CodecError> {
    let path = |json: &Json| {
        let steps = list(json)?
            .iter()
            .map(step)
            .collect::<Result<Vec<_>, _>>()?;
        if steps.is_empty() {
            return Err(CodecError::Empty);
        }
        Ok(Path(steps))
    };
    let paths = list(json)?
        .iter()
        .map(path)
        .collect::<Result<Vec<_>, _>>()?;
    if paths.is_empty() {
        return Err(CodecError::Empty);
    }
    Ok(paths)
}

fn step(json: &Json) -> Result<Step, CodecError> {
    let mut step = Step::default();
    for (name, json) in members(json)? {
        match name.as_str() {
            "account" => step.account = Some(account(json)?),
            "currency" => step.currency = Some(Currency::parse(text(json)?)?),
            "issuer" => step.issuer = Some(account(json)?),
            // Which of the three are there, once more: the network's interface writes them.
            "type" | "type_hex" => {}
            other => return Err(CodecError::UnknownField(excerpt(other))),
        }
    }
    if step == Step::default() {
        return Err(CodecError::Empty);
    }
    Ok(step)
}

/// A number, the name of a transaction type, or of a part of one.
fn permission(json: &Json) -> Result<u32, CodecError> {
    let Json::Text(name) = json else {
        return integer(json);
    };
    if let Some(format) = Format::by_name(name) {
        return Ok(u32::from(format.code) + 1);
    }
    let granular = GRANULAR_PERMISSIONS.iter().find(|(known, _)| known == name);
    granular
        .map(|(_, value)| *value)
        .ok_or_else(|| CodecError::UnknownPermission(excerpt(name)))
}

fn uint64(json: &Json, decimal: bool) -> Result<u64, CodecError> {
    match json {
        Json::Integer(_) => integer(json),
        Json::Text(digits) if decimal && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            { digits.parse().ok() }.ok_or(CodecError::Expected("a number of 64 bits in digits"))
        }
        Json::Text(digits) if !decimal && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16)
                .ok()
                .filter(|_| digits.len() <= 16)
        }
        .ok_or(CodecError::Expected(
            "a number of 64 bits in hexadecimal digits",
        )),
        _ => Err(CodecError::Expected("a number of 64 bits, as text")),
    }
}

fn integer<T: TryFrom<i64>>(json: &Json) -> Result<T, CodecError> {
    match json {
        Json::Integer(number) => T::try_from(*number).ok(),
        _ => None,
    }
    .ok_or(CodecError::Expected("a whole number of the field's size"))
}

fn account(json: &Json) -> Result<AccountId, CodecError> {
    Ok(AccountId::parse(text(json)?)?)
}

fn hash<const N: usize>(json: &Json) -> Result<[u8; N], CodecError> {
    let bytes = hex(json)?;
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| CodecError::Length { expected: N, found })
}

fn hex(json: &Json) -> Result<Vec<u8>, CodecError> {
    hex::decode(text(json)?).map_err(|_| CodecError::NotHex)
}

fn text(json: &Json) -> Result<&str, CodecError> {
    match json {
        Json::Text(text) => Ok(text),
        _ => Err(CodecError::Expected("text")),
    }
}

fn list(json: &Json) -> Result<&[Json], CodecError> {
    match json {
        Json::List(items) => Ok(items),
        _ => Err(CodecError::Expected("a list")),
    }
}

fn members(json: &Json) -> Result<&Members, CodecError> {
    match json {
        Json::Object(members) => Ok(members),
        _ => Err(CodecError::Expected("an object")),
    }
}

/// The values of the members with these names, if there are these and no others.
fn exactly<'a, const N: usize>(members: &'a Members, names: [&str; N]) -> Option<[&'a Json; N]> {
    if members.len() != N {
        return None;
    }
    let value = |name: &str| members.iter().find(|(found, _)| found == name);
    let mut values = [&Json::Null; N];
    for (place, name) in values.iter_mut().zip(names) {
        *place = &value(name)?.1;
    }
    Some(values)
}
