//! Members of JSON values.

use serde_json::Value;

/// What stands in `value` under a JSON pointer (RFC 6901); null where nothing does.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}
