//! Telling the cloud what failed.

use serde::Serialize;

use super::{
    client::{Call, Cloud},
    error::CloudError,
    retry::Repeatable,
};

const PATH: &str = "/v3/tatum/kms/batch";

/// A transaction that will never be signed. The cloud closes what is reported to it, so only a
/// definite failure may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The pending transaction.
    #[serde(rename = "signatureId")]
    pub transaction_id: String,
    /// What went wrong, without any secret.
    #[serde(rename = "error")]
    pub text: String,
}

impl Cloud {
    /// Reports failed transactions, in one call. Nothing is sent when there are none.
    ///
    /// # Errors
    /// [`CloudError`]; the cloud then still lists them, and the caller reports them again.
    pub async fn report(&self, failures: &[Failure]) -> Result<(), CloudError> {
        if failures.is_empty() {
            return Ok(());
        }
        let body = Report { errors: failures }.encode();
        let call = Call {
            repeatable: Repeatable::Unprocessed,
            ..Call::post(&self.config().base_url, PATH, body)
        };
        let answer = self.call(call).await.last?;
        if answer.is_success() {
            return Ok(());
        }
        let text = self.redacted(&answer.body);
        Err(CloudError::from_answer(
            answer.status,
            &text,
            answer.retry_after,
        ))
    }
}

#[derive(Serialize)]
struct Report<'a> {
    errors: &'a [Failure],
}

impl Report<'_> {
    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a list of strings is JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_members_of_the_originals_in_their_order() {
        let failure = Failure {
            transaction_id: "5f".to_owned(),
            text: "Error: \"no\"".to_owned(),
        };
        let body = Report { errors: &[failure] }.encode();
        assert_eq!(
            body,
            br#"{"errors":[{"signatureId":"5f","error":"Error: \"no\""}]}"#
        );
    }
}
