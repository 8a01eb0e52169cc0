//! The parameter of `eth_estimateGas`.

use alloy_primitives::{Address, U256};
use serde_json::{Map, Value};

use crate::{EstimateRequest, address, quantity::Field, request::Request};

/// What the node is shown: the request in normal form, with `sender` as `from` unless the
/// request names another.
///
/// Normal form is the original's: addresses in lower case, numbers in minimal `0x` form, `input`
/// under the name `data`, `gas` filled from `gasLimit`, other members as they are. `fees` are the
/// members for the price of gas, where it is known before the gas is.
pub(crate) fn parameter(
    kind: EstimateRequest,
    request: &Request,
    sender: &Address,
    fees: &[(&str, u128)],
) -> Value {
    let mut call = Map::new();
    let from = match kind {
        EstimateRequest::PricedCall => sender,
        _ => request.from.as_ref().unwrap_or(sender),
    };
    call.insert("from".to_owned(), address::lower_case(from).into());
    if let Some(to) = &request.to {
        call.insert("to".to_owned(), address::lower_case(to).into());
    }
    if has_text(request, "data") || has_text(request, "input") {
        let data = format!("0x{}", hex::encode(&request.data));
        call.insert("data".to_owned(), data.into());
    }
    match kind {
        EstimateRequest::WholeObject => {
            add_numbers(&mut call, request);
            add_others(&mut call, request);
        }
        EstimateRequest::PricedCall => {
            if let Some(value) = given_value(request) {
                call.insert("value".to_owned(), format!("{value:#x}").into());
            }
            for (name, price) in fees {
                call.insert((*name).to_owned(), format!("{price:#x}").into());
            }
        }
        EstimateRequest::Call => {}
    }
    Value::Object(call)
}

fn add_numbers(call: &mut Map<String, Value>, request: &Request) {
    let gas = match request.gas {
        Field::Absent | Field::Null | Field::Empty => request.gas_limit,
        given @ Field::Given(_) => given,
    };
    for (name, value) in [
        ("value", given_value(request)),
        ("gas", gas.value()),
        ("gasPrice", request.gas_price.value()),
        ("maxFeePerGas", request.max_fee_per_gas.value()),
        (
            "maxPriorityFeePerGas",
            request.max_priority_fee_per_gas.value(),
        ),
        ("nonce", request.nonce.value()),
    ] {
        if let Some(value) = value {
            call.insert(name.to_owned(), format!("{value:#x}").into());
        }
    }
}

/// `chainId`, `accessList`, `gasLimit` and whatever else there is.
fn add_others(call: &mut Map<String, Value>, request: &Request) {
    const NORMALISED: [&str; 10] = [
        "from",
        "to",
        "data",
        "input",
        "value",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "maxPriorityFeePerGas",
        "nonce",
    ];
    for (name, json) in request.members.iter() {
        if !NORMALISED.contains(&name)
            && let Ok(value) = serde_json::from_str(json.get())
        {
            call.insert(name.to_owned(), value);
        }
    }
}

fn given_value(request: &Request) -> Option<U256> {
    request.members.some("value").map(|_| request.value)
}

fn has_text(request: &Request, name: &str) -> bool {
    request
        .members
        .some(name)
        .is_some_and(|json| json.get() != "\"\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Dialect;
    use serde_json::json;

    const SENDER: Address = Address::repeat_byte(0xAB);
    const SENDER_TEXT: &str = "0xabababababababababababababababababababab";

    fn shown(kind: EstimateRequest, json: &str) -> Value {
        let request = Request::parse(json, &Dialect::COMMON).unwrap();
        parameter(kind, &request, &SENDER, &[("gasPrice", 10)])
    }

    #[test]
    fn the_whole_object_is_shown_in_normal_form() {
        let json = r#"{"from":0,"to":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","value":"007",
            "input":"abc","gasLimit":"77777","gasPrice":0,"nonce":0,"chainId":5,"x":{"y":[1]},
            "maxFeePerGas":null}"#;
        assert_eq!(
            shown(EstimateRequest::WholeObject, json),
            json!({
                "from": SENDER_TEXT,
                "to": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "value": "0x7", "data": "0x0abc", "gas": "0x12fd1", "gasLimit": "77777",
                "gasPrice": "0x0", "nonce": "0x0", "chainId": 5, "x": {"y": [1]},
            })
        );
    }

    #[test]
    fn a_named_sender_is_shown() {
        let json = r#"{"from":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","gas":"0x00ff","gasLimit":"0x1"}"#;
        assert_eq!(
            shown(EstimateRequest::WholeObject, json),
            json!({"from": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "gas": "0xff", "gasLimit": "0x1"})
        );
    }

    #[test]
    fn a_priced_call_is_shown_as_it_is_signed() {
        let to = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        let json = format!(r#"{{"to":"{to}","from":"{to}","value":"7","gasPrice":0,"nonce":3}}"#);
        assert_eq!(
            shown(EstimateRequest::PricedCall, &json),
            json!({"from": SENDER_TEXT, "to": to, "value": "0x7", "gasPrice": "0xa"})
        );
        assert_eq!(
            shown(EstimateRequest::PricedCall, r#"{"data":"0x01"}"#),
            json!({"from": SENDER_TEXT, "data": "0x01", "gasPrice": "0xa"})
        );
    }

    #[test]
    fn a_call_is_shown_without_its_amount() {
        let json = r#"{"to":"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed","value":"7","data":"0x","gasPrice":"1"}"#;
        assert_eq!(
            shown(EstimateRequest::Call, json),
            json!({"from": SENDER_TEXT, "to": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "data": "0x"})
        );
    }
}
