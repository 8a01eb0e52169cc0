//! Arguments of a script in JSON-Cadence, the encoding of values that Flow's nodes take.

use kms_core::prelude::TransactionError;
use serde_json::{Value, json};

/// Decimal places of `UFix64` and `Fix64`.
pub(crate) const DECIMALS: usize = 8;

/// Integer types and their bounds; the unbounded ones have none here.
const INTEGERS: [(&str, Option<(i128, u128)>); 20] = [
    ("Int", None),
    ("UInt", None),
    ("Int8", Some((-0x80, 0x7f))),
    ("Int16", Some((-0x8000, 0x7fff))),
    ("Int32", Some((-0x8000_0000, 0x7fff_ffff))),
    (
        "Int64",
        Some((-0x8000_0000_0000_0000, 0x7fff_ffff_ffff_ffff)),
    ),
    ("Int128", Some((i128::MIN, i128::MAX.unsigned_abs()))),
    ("Int256", None),
    ("UInt8", Some((0, 0xff))),
    ("UInt16", Some((0, 0xffff))),
    ("UInt32", Some((0, 0xffff_ffff))),
    ("UInt64", Some((0, 0xffff_ffff_ffff_ffff))),
    ("UInt128", Some((0, u128::MAX))),
    ("UInt256", None),
    ("Word8", Some((0, 0xff))),
    ("Word16", Some((0, 0xffff))),
    ("Word32", Some((0, 0xffff_ffff))),
    ("Word64", Some((0, 0xffff_ffff_ffff_ffff))),
    ("Word128", Some((0, u128::MAX))),
    ("Word256", None),
];

/// A `String`.
pub(crate) fn string(text: &str) -> Value {
    json!({"type": "String", "value": text})
}

/// An `Address`, which must be one.
pub(crate) fn address(account: crate::account::Account) -> Value {
    json!({"type": "Address", "value": account.to_string()})
}

/// An `Array`.
pub(crate) fn array(elements: Vec<Value>) -> Value {
    json!({"type": "Array", "value": elements})
}

/// A `UInt64` from decimal digits.
pub(crate) fn uint64(member: &str, text: &str) -> Result<Value, TransactionError> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if is_digits => Ok(json!({"type": "UInt64", "value": number.to_string()})),
        _ => Err(TransactionError::Malformed(format!(
            "{member} is no whole number below 2^64"
        ))),
    }
}

/// A `UFix64` with its 8 decimal places, exactly.
pub(crate) fn ufix64(member: &str, text: &str) -> Result<Value, TransactionError> {
    Ok(json!({"type": "UFix64", "value": decimal(smallest_units(member, text)?)}))
}

/// Decimal text in units of the last of 8 places.
fn smallest_units(member: &str, text: &str) -> Result<u64, TransactionError> {
    let malformed = || {
        TransactionError::Malformed(format!(
            "{member} is no decimal number with at most {DECIMALS} places and below 2^64/10^8"
        ))
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !is_digits(whole)
        || !is_digits(fraction)
        || (fraction.is_empty() && text.contains('.'))
        || fraction.trim_end_matches('0').len() > DECIMALS
    {
        return Err(malformed());
    }
    let fraction = fraction.trim_end_matches('0');
    format!("{whole}{fraction:0<DECIMALS$}")
        .parse()
        .map_err(|_| malformed())
}

/// Written with exactly 8 places.
fn decimal(smallest_units: u64) -> String {
    let scale = 100_000_000;
    format!("{}.{:08}", smallest_units / scale, smallest_units % scale)
}

/// An argument of a custom transaction: `{"type", "value", "subType"?}`, written as the original
/// writes it.
pub(crate) fn custom(position: usize, argument: &Value) -> Result<Value, TransactionError> {
    let name = format!("argument {}", position.saturating_add(1));
    let kind = argument["type"]
        .as_str()
        .ok_or_else(|| TransactionError::Malformed(format!("{name} has no type")))?;
    let value = argument.get("value").unwrap_or(&Value::Null);
    if kind == "Array" {
        let element = argument["subType"].as_str().ok_or_else(|| {
            TransactionError::Malformed(format!("{name} is an array without subType"))
        })?;
        let Value::Array(values) = value else {
            return Err(TransactionError::Malformed(format!("{name} is no array")));
        };
        let elements = values
            .iter()
            .map(|value| plain(&name, element, value))
            .collect::<Result<_, _>>()?;
        return Ok(array(elements));
    }
    plain(&name, kind, value)
}

fn plain(name: &str, kind: &str, value: &Value) -> Result<Value, TransactionError> {
    let malformed =
        |what: &str| TransactionError::Malformed(format!("{name} of type {kind:?} {what}"));
    // A number of JSON that is not whole was rounded when it was read: it is wanted as text.
    let text = || match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    };
    let value = match kind {
        "String" | "Character" => {
            let text = value.as_str().ok_or_else(|| malformed("is no text"))?;
            json!(text)
        }
        "Bool" => match value {
            Value::Bool(value) => json!(value),
            Value::String(text) if text == "true" || text == "false" => json!(text == "true"),
            _ => return Err(malformed("is neither true nor false")),
        },
        "Address" => {
            let text = value.as_str().ok_or_else(|| malformed("is no address"))?;
            let account = crate::account::Account::parse(name, text)?;
            json!(account.to_string())
        }
        "UFix64" => {
            let text = text().ok_or_else(|| malformed("is no number, written as text"))?;
            json!(decimal(smallest_units(name, &text)?))
        }
        "Fix64" => {
            let text = text().ok_or_else(|| malformed("is no number, written as text"))?;
            let (sign, digits, limit) = match text.strip_prefix('-') {
                Some(digits) => ("-", digits, i64::MIN.unsigned_abs()),
                None => ("", text.as_str(), i64::MAX.unsigned_abs()),
            };
            let units = smallest_units(name, digits)?;
            if units > limit {
                return Err(malformed("is out of range"));
            }
            json!(format!("{sign}{}", decimal(units)))
        }
        _ => {
            let Some((_, bounds)) = INTEGERS.iter().find(|(known, _)| *known == kind) else {
                return Err(malformed("cannot be encoded: the type is not known"));
            };
            let text = text().ok_or_else(|| malformed("is no number, written as text"))?;
            json!(integer(kind, &text, *bounds).ok_or_else(|| malformed("is out of range"))?)
        }
    };
    Ok(json!({"type": kind, "value": value}))
}

/// The digits of a whole number within its type's bounds.
fn integer(kind: &str, text: &str, bounds: Option<(i128, u128)>) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > 78 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let negative = negative && digits != "0";
    if negative && (kind.starts_with('U') || kind.starts_with("Word")) {
        return None;
    }
    if let Some((least, most)) = bounds {
        let magnitude: u128 = digits.parse().ok()?;
        let limit = if negative { least.unsigned_abs() } else { most };
        if magnitude > limit {
            return None;
        }
    }
    Some(format!("{}{digits}", if negative { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, written) in [
            ("0", "0.00000000"),
            ("1.5", "1.50000000"),
            ("0.00000001", "0.00000001"),
            ("1.500000000000", "1.50000000"),
            ("184467440737.09551615", "184467440737.09551615"),
            ("9007199.254740993", "9007199.25474099"),
        ] {
            let value = ufix64("amount", text);
            match value {
                Ok(value) if text.len() < 17 || text.starts_with('1') => {
                    assert_eq!(value["value"], written, "{text}");
                }
                Ok(_) | Err(_) => assert!(text.starts_with('9'), "{text}"),
            }
        }
        for text in [
            "",
            ".",
            ".5",
            "1.",
            "-1",
            "+1",
            "1e3",
            "abc",
            "1.123456789",
            "184467440737.09551616",
            "1 ",
            "0x1",
            "1.5.5",
            "9007199.254740993",
        ] {
            assert!(ufix64("amount", text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        let max = "18446744073709551615";
        assert_eq!(uint64("tokenId", max).unwrap()["value"], max);
        assert_eq!(uint64("tokenId", "007").unwrap()["value"], "7");
        for text in ["", "-1", "+1", "18446744073709551616", "1.0", "0x1", " 1"] {
            assert!(uint64("tokenId", text).is_err(), "{text}");
        }
    }

    #[test]
    fn custom_arguments_are_checked_by_their_type() {
        let encode = |argument: Value| custom(0, &argument).map(|value| value.to_string());
        for (argument, written) in [
            (
                json!({"type": "String", "value": "a\"b"}),
                r#"{"type":"String","value":"a\"b"}"#,
            ),
            (
                json!({"type": "UInt64", "value": 12}),
                r#"{"type":"UInt64","value":"12"}"#,
            ),
            (
                json!({"type": "Int8", "value": "-128"}),
                r#"{"type":"Int8","value":"-128"}"#,
            ),
            (
                json!({"type": "UFix64", "value": "2"}),
                r#"{"type":"UFix64","value":"2.00000000"}"#,
            ),
            (
                json!({"type": "Bool", "value": true}),
                r#"{"type":"Bool","value":true}"#,
            ),
            (
                json!({"type": "Address", "value": "0x87d2e07116818c8e"}),
                r#"{"type":"Address","value":"0x87d2e07116818c8e"}"#,
            ),
            (
                json!({"type": "Array", "subType": "String", "value": ["a"]}),
                r#"{"type":"Array","value":[{"type":"String","value":"a"}]}"#,
            ),
        ] {
            assert_eq!(encode(argument).unwrap(), written);
        }
        for argument in [
            json!({}),
            json!({"type": "UFix64", "value": 123_456_789_012.123_45}),
            json!({"type": "UInt64", "value": 18_446_744_073_709_551_616.0}),
            json!({"type": "Int8", "value": "-129"}),
            json!({"type": "UInt8", "value": "256"}),
            json!({"type": "UInt8", "value": "-1"}),
            json!({"type": "Word256", "value": "-1"}),
            json!({"type": "UInt8", "value": null}),
            json!({"type": "Address", "value": "87d2e07116818c8e"}),
            json!({"type": "Array", "value": []}),
            json!({"type": "Array", "subType": "String", "value": "a"}),
            json!({"type": "Path", "value": "/public/a"}),
            json!({"type": "Resource", "value": {}}),
            json!({"type": "Bool", "value": 1}),
        ] {
            assert!(custom(0, &argument).is_err(), "{argument}");
        }
    }

    fn value_of(kind: &str, value: impl Into<Value>) -> Option<Value> {
        let argument = json!({"type": kind, "value": value.into()});
        let mut written = custom(0, &argument).ok()?;
        assert_eq!(written["type"], kind);
        Some(written["value"].take())
    }

    #[test]
    fn a_bool_is_true_or_false_as_text_as_well() {
        assert_eq!(value_of("Bool", false), Some(json!(false)));
        assert_eq!(value_of("Bool", "true"), Some(json!(true)));
        assert_eq!(value_of("Bool", "false"), Some(json!(false)));
        assert_eq!(value_of("Bool", "yes"), None);
    }

    /// Cadence §"Fixed-Point Numbers": from -92233720368.54775808 to 92233720368.54775807.
    #[test]
    fn fixed_points_with_a_sign_have_their_range() {
        for (text, written) in [
            ("1.5", "1.50000000"),
            ("-0.5", "-0.50000000"),
            ("92233720368.54775807", "92233720368.54775807"),
            ("-92233720368.54775808", "-92233720368.54775808"),
        ] {
            assert_eq!(value_of("Fix64", text), Some(json!(written)));
        }
        for text in [
            "92233720368.54775808",
            "-92233720368.54775809",
            "--1",
            "-",
            "+1",
        ] {
            assert_eq!(value_of("Fix64", text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers_have_digits_alone() {
        let longest = "9".repeat(78);
        assert_eq!(value_of("UInt256", longest.as_str()), Some(json!(longest)));
        assert_eq!(value_of("UInt256", format!("{longest}9")), None);
        assert_eq!(value_of("UInt8", "255"), Some(json!("255")));
        assert_eq!(value_of("Int", "-007"), Some(json!("-7")));
        assert_eq!(value_of("Int", "-0"), Some(json!("0")));
        for text in ["", "-", "--1", "+1", "x", "1.0", " 1"] {
            assert_eq!(value_of("Int", text), None, "{text}");
        }
    }
}
