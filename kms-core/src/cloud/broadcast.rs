//! Sending a signed transaction.
//!
//! The call is made with the same bytes every time. What an answer means:
//!
//! | Answer | Meaning |
//! |---|---|
//! | 2xx, without a body or with JSON | accepted |
//! | 2xx with anything else, a web page perhaps | unknown: somebody stands between the cloud and us |
//! | 2xx with an object that says `failed`, `error` or an error `statusCode`, and no `txId` | as that status, or refused |
//! | the same with a `txId` | unknown: it may well be on its way |
//! | 4xx but those below | refused |
//! | 401, 402, 425, 429, no connection | not sent: nobody looked at the bytes |
//! | 3xx, 408, 5xx, no answer | unknown |
//! | a refusal after an attempt that may have arrived | unknown: a network refuses what it has |

use serde::Serialize;
use serde_json::Value;

use super::{
    client::{Call, Cloud},
    node,
    retry::Repeatable,
};
use crate::chain::{NodeError, SubmitError};

const OFF_CHAIN_PATH: &str = "/v3/offchain/withdrawal/broadcast";
/// The longest transaction id that is believed to be one.
const LONGEST_ID: usize = 256;

/// A signed transaction on its way out.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum BroadcastBody<'a> {
    /// To the chain's own route: `{"txData","signatureId"}`.
    #[serde(rename_all = "camelCase")]
    OnChain {
        /// The route.
        #[serde(skip)]
        path: &'a str,
        /// The signed transaction in the chain's own text form.
        tx_data: &'a str,
        /// The pending transaction that it completes.
        signature_id: &'a str,
    },
    /// It completes a withdrawal from a virtual account:
    /// `{"currency","signatureId","withdrawalId","txData"}`.
    #[serde(rename_all = "camelCase")]
    OffChain {
        /// Code of the chain.
        currency: &'a str,
        /// The pending transaction that it completes.
        signature_id: &'a str,
        /// The withdrawal.
        withdrawal_id: &'a str,
        /// The signed transaction in the chain's own text form.
        tx_data: &'a str,
    },
}

impl BroadcastBody<'_> {
    fn path(&self) -> &str {
        match self {
            Self::OnChain { path, .. } => path,
            Self::OffChain { .. } => OFF_CHAIN_PATH,
        }
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an object of strings is JSON")
    }
}

/// What the cloud says about an accepted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastReceipt {
    /// The transaction's id on its chain, where the cloud gives one. It is not proof of anything.
    pub tx_id: Option<String>,
}

impl Cloud {
    /// Sends a signed transaction, and again after a busy answer or a broken connection.
    ///
    /// # Errors
    /// [`SubmitError`], which says whether the transaction was refused for certain.
    pub async fn broadcast(
        &self,
        body: &BroadcastBody<'_>,
    ) -> Result<BroadcastReceipt, SubmitError> {
        let call = Call {
            tells_testnet: true,
            repeatable: Repeatable::Idempotent,
            ..Call::post(&self.config().base_url, body.path(), body.encode())
        };
        let attempts = self.call(call).await;
        let sent_before = attempts.earlier_may_have_arrived;
        let answer = attempts.last.map_err(|error| {
            let unsent = error.is_unsent() && !sent_before;
            let error = node::from_transport(error);
            if unsent {
                SubmitError::NotSent(error)
            } else {
                SubmitError::Unknown(error)
            }
        })?;
        let verdict = if answer.is_success() {
            match serde_json::from_slice(&answer.body) {
                Err(_) if !answer.body.trim_ascii().is_empty() => {
                    Err(SubmitError::Unknown(NodeError::Unexpected(format!(
                        "answered {} with something that is no JSON",
                        answer.status
                    ))))
                }
                body => receipt(body.ok(), || self.redacted(&answer.body)),
            }
        } else {
            let error = node::from_status(answer.status, &self.redacted(&answer.body));
            Err(refusal(answer.status, error))
        };
        match verdict {
            Err(SubmitError::Rejected(error) | SubmitError::NotSent(error)) if sent_before => {
                Err(SubmitError::Unknown(error))
            }
            other => other,
        }
    }
}

/// Reads a successful answer.
pub(super) fn receipt(
    body: Option<Value>,
    text: impl FnOnce() -> String,
) -> Result<BroadcastReceipt, SubmitError> {
    let Some(Value::Object(object)) = body else {
        return Ok(BroadcastReceipt { tx_id: None });
    };
    let tx_id = object
        .get("txId")
        .and_then(Value::as_str)
        .filter(|id| {
            !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_graphic())
        })
        .map(str::to_owned);
    let says = |name| object.get(name).is_some_and(is_true);
    let status = object
        .get("statusCode")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| *status >= 400);
    if status.is_none() && !says("failed") && !says("error") {
        return Ok(BroadcastReceipt { tx_id });
    }
    let error = node::from_status(status.unwrap_or(200), &text());
    Err(match tx_id {
        Some(_) => SubmitError::Unknown(error),
        None => refusal(status.unwrap_or(400), error),
    })
}

/// Whether a member says yes, as JavaScript would read it.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn refusal(status: u16, error: NodeError) -> SubmitError {
    match status {
        401 | 402 | 425 | 429 => SubmitError::NotSent(error),
        408 => SubmitError::Unknown(error),
        400..=499 => SubmitError::Rejected(error),
        _ => SubmitError::Unknown(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_have_the_members_of_the_originals_in_their_order() {
        let on_chain = BroadcastBody::OnChain {
            path: "/v3/ethereum/broadcast",
            signature_id: "5f",
            tx_data: "0xaa",
        };
        assert_eq!(
            on_chain.encode(),
            br#"{"txData":"0xaa","signatureId":"5f"}"#
        );
        assert_eq!(on_chain.path(), "/v3/ethereum/broadcast");
        let off_chain = BroadcastBody::OffChain {
            currency: "ETH",
            signature_id: "5f",
            withdrawal_id: "w",
            tx_data: "0xaa",
        };
        assert_eq!(
            off_chain.encode(),
            br#"{"currency":"ETH","signatureId":"5f","withdrawalId":"w","txData":"0xaa"}"#
        );
        assert_eq!(off_chain.path(), "/v3/offchain/withdrawal/broadcast");
    }

    #[test]
    fn a_status_says_whether_anybody_looked_at_the_bytes() {
        let refuse = |status| refusal(status, NodeError::Timeout(1));
        for status in [400, 403, 404, 409, 422] {
            assert!(
                matches!(refuse(status), SubmitError::Rejected(_)),
                "{status}"
            );
        }
        for status in [401, 402, 425, 429] {
            assert!(
                matches!(refuse(status), SubmitError::NotSent(_)),
                "{status}"
            );
        }
        for status in [301, 408, 500, 502, 503, 504] {
            assert!(
                matches!(refuse(status), SubmitError::Unknown(_)),
                "{status}"
            );
        }
    }

    #[test]
    fn a_successful_answer_is_success_whatever_it_holds() {
        for (body, tx_id) in [
            (None, None),
            (Some(json!(null)), None),
            (Some(json!([])), None),
            (Some(json!({})), None),
            (Some(json!({"txId": "0xab"})), Some("0xab")),
            (Some(json!({"txId": "a\nb"})), None),
            (Some(json!({"txId": "x".repeat(257)})), None),
            (
                Some(json!({"txId": "0xab", "failed": false, "error": null})),
                Some("0xab"),
            ),
            (Some(json!({"statusCode": 200})), None),
        ] {
            let receipt = receipt(body.clone(), || {
                unreachable!("only errors are put in words")
            });
            assert_eq!(receipt.unwrap().tx_id.as_deref(), tx_id, "{body:?}");
        }
    }

    #[test]
    fn an_error_in_a_successful_answer_is_an_error() {
        for (body, is_definite) in [
            (json!({"failed": true}), true),
            (json!({"error": "nonce too low"}), true),
            (json!({"error": {"code": 1}}), true),
            (
                json!({"statusCode": 403, "errorCode": "eth.broadcast.failed"}),
                true,
            ),
            (
                json!({"statusCode": 500, "error": "Internal Server Error"}),
                false,
            ),
            (json!({"statusCode": 429}), false),
            (json!({"txId": "0xab", "failed": true}), false),
            (json!({"txId": "0xab", "statusCode": 400}), false),
        ] {
            let error = receipt(Some(body.clone()), || body.to_string()).unwrap_err();
            assert_eq!(error.is_definite(), is_definite, "{body}");
        }
    }
}
