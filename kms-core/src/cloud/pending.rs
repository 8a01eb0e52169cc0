//! What the cloud wants signed.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    client::{BodyRule, Call, Cloud},
    error::{CloudError, looks_like_html},
    http,
    version::VersionNotice,
};

/// The most bytes of a list of pending transactions.
const LIMIT: usize = 64 * 1024 * 1024;

/// The answer to a poll.
#[derive(Debug)]
pub struct PendingAnswer {
    /// The elements of the list, each as received. They are to be read one by one with
    /// [`PendingTransaction::from_raw`](crate::chain::PendingTransaction::from_raw), so that one
    /// that cannot be read spoils no other.
    pub transactions: Vec<Box<RawValue>>,
    /// That there is a newer version of this program.
    pub notice: Option<VersionNotice>,
}

/// The wallets that a poll is for, as the body of its request: made once, not for each poll.
#[derive(Clone)]
pub struct SignatureIds {
    body: Bytes,
    len: usize,
}

impl SignatureIds {
    /// The wallets with these signature ids.
    pub fn new(ids: &[&str]) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Question<'a> {
            signature_ids: &'a [&'a str],
        }
        let question = Question { signature_ids: ids };
        let mut body = serde_json::to_vec(&question).expect("a list of strings is JSON");
        body.shrink_to_fit();
        Self {
            body: body.into(),
            len: ids.len(),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for SignatureIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureIds")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Cloud {
    /// Asks for the pending transactions of `chain` that the wallets with these signature ids
    /// sign. The cloud takes at most 25,000 ids, and counts one API credit for 500 of them.
    ///
    /// # Errors
    /// [`CloudError`]. There is no second attempt: the next poll is one.
    pub async fn pending(
        &self,
        chain: &str,
        ids: &SignatureIds,
    ) -> Result<PendingAnswer, CloudError> {
        let path = format!("/v3/kms/pending/{}", http::path_segment(chain));
        let call = Call {
            body_rule: BodyRule::Whole(LIMIT),
            ..Call::post(&self.config().base_url, &path, ids.body.clone())
        };
        let answer = self.call(call).await.last?;
        if !answer.is_success() {
            let text = self.redacted(&answer.body);
            return Err(CloudError::from_answer(
                answer.status,
                &text,
                answer.retry_after,
            ));
        }
        Ok(PendingAnswer {
            transactions: list(&answer.body)?,
            notice: answer.notice,
        })
    }
}

/// The elements of a list. No body at all is an empty list, as in the original.
pub(super) fn list(body: &[u8]) -> Result<Vec<Box<RawValue>>, CloudError> {
    let trimmed = body.trim_ascii();
    if trimmed.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(trimmed).map_err(|_| CloudError::NotAList {
        found: what_it_is(trimmed),
    })
}

fn what_it_is(body: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(body.get(..64).unwrap_or(body));
    let is_json = serde_json::from_slice::<&RawValue>(body).is_ok();
    match body.first() {
        Some(b'[') => "a list that is cut short or damaged",
        Some(b'{') if is_json => "an object",
        Some(b'"') if is_json => "a text",
        Some(b'n') if is_json => "null",
        _ if is_json => "a single value",
        _ if looks_like_html(&text) => "a web page",
        _ => "something that is no JSON",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_apart_without_reading_its_elements() {
        let body = br#" [ {"id": 1 , "x":"\ud800"}, null, [[]] , 1e999 ] "#;
        let elements: Vec<String> = list(body)
            .unwrap()
            .iter()
            .map(|raw| raw.get().to_owned())
            .collect();
        assert_eq!(
            elements,
            [r#"{"id": 1 , "x":"\ud800"}"#, "null", "[[]]", "1e999"]
        );
        assert!(list(b" \r\n").unwrap().is_empty());
        assert!(list(b"[]").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_is_one_error_that_says_what_it_is() {
        for (body, expected) in [
            (r#"[{"id":"a"},{"id"#, "a list that is cut short or damaged"),
            (r#"[] trailing"#, "a list that is cut short or damaged"),
            ("{}", "an object"),
            ("null", "null"),
            (r#""text""#, "a text"),
            ("12", "a single value"),
            ("<!doctype html>\n<p>", "a web page"),
            ("Bad gateway", "something that is no JSON"),
            (r#"{"cut":"#, "something that is no JSON"),
        ] {
            assert_eq!(
                list(body.as_bytes()).unwrap_err(),
                CloudError::NotAList { found: expected },
                "{body}"
            );
        }
        assert!(list(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let deep = "[".repeat(1_000_000);
        assert!(list(deep.as_bytes()).is_err());
        let closed = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert!(list(closed.as_bytes()).is_ok_and(|elements| elements.len() == 1));
    }

    #[test]
    fn the_largest_question_has_the_size_of_the_originals() {
        let id = "00000000-0000-4000-8000-000000000000";
        let all = SignatureIds::new(&vec![id; 25_000]);
        assert_eq!((all.body.len(), all.len()), (975_018, 25_000));
        let two = SignatureIds::new(&["a", "b"]);
        assert_eq!(two.body, br#"{"signatureIds":["a","b"]}"#[..]);
        assert_eq!(SignatureIds::new(&[]).body, br#"{"signatureIds":[]}"#[..]);
    }
}
