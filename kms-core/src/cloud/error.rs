//! Why the cloud did not do what it was asked.

use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use super::{
    config::CloudConfigError,
    http::{TransportError, shortened},
};

/// Why the cloud did not do what it was asked. No variant holds the API key, a URL or a whole
/// body.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloudError {
    /// The settings cannot work.
    #[error(transparent)]
    BadConfig(#[from] CloudConfigError),
    /// The cloud could not be reached, or its answer did not arrive whole.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// It answered with another status than success.
    #[error("the cloud answered {status}{}", with_colon(message))]
    Status {
        /// The HTTP status.
        status: u16,
        /// What it said, in a line; may be empty.
        message: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Asked for the pending transactions it answered with something that is no list.
    #[error("the cloud's answer is not a list of transactions but {found}")]
    NotAList {
        /// What it looks like.
        found: &'static str,
    },
}

impl CloudError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::BadConfig(_) => false,
            Self::Transport(error) => !matches!(error, TransportError::TooLarge { .. }),
            Self::Status { status, .. } => is_busy(*status),
            Self::NotAList { .. } => true,
        }
    }

    /// How long the cloud asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::BadConfig(error) => error.hint(),
            Self::Transport(error) => error.hint(),
            Self::Status { status, .. } => match status {
                300..=399 => Some("check TATUM_API_URL: the cloud's own address never redirects"),
                401 | 403 => Some(
                    "the API key was refused: check TATUM_API_KEY, and that it is for this network",
                ),
                402 => Some("the API plan has no credits left"),
                404 | 405 => Some("check TATUM_API_URL: the host does not know this call"),
                429 => Some("the API plan's rate limit is reached: poll less often with --period"),
                _ => None,
            },
            Self::NotAList { .. } => {
                Some("check TATUM_API_URL, and that no proxy or login page answers in its place")
            }
        }
    }

    /// The error for an answer whose `body` has been cleared of the API key.
    pub(super) fn from_answer(status: u16, body: &str, retry_after: Option<Duration>) -> Self {
        Self::Status {
            status,
            message: message_of(body),
            retry_after,
        }
    }
}

/// Whether a status says that the server had no time or no strength, and decided nothing.
pub(crate) fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// One line of what an error answer says.
fn message_of(body: &str) -> String {
    let text = match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(object)) => {
            let member = |name| object.get(name).and_then(Value::as_str);
            match (member("errorCode"), member("message").or(member("error"))) {
                (Some(code), Some(message)) => format!("{message} ({code})"),
                (None, Some(message)) => message.to_owned(),
                (Some(code), None) => code.to_owned(),
                (None, None) => body.to_owned(),
            }
        }
        Ok(Value::String(text)) => text,
        Ok(_) => body.to_owned(),
        Err(_) if looks_like_html(body) => "a web page".to_owned(),
        Err(_) => body.to_owned(),
    };
    one_line(&text, 200)
}

/// `text` without control characters and line breaks, at most `limit` characters of it.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    shortened(&words.join(" "), limit)
}

pub(super) fn looks_like_html(body: &str) -> bool {
    body.trim_start().starts_with('<')
}

fn with_colon(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, body: &str) -> CloudError {
        CloudError::from_answer(status, body, None)
    }

    #[test]
    fn an_error_says_in_a_line_what_the_cloud_said() {
        for (body, expected) in [
            ("", "the cloud answered 500"),
            ("<html>\n<body>", "the cloud answered 500: a web page"),
            (
                r#"{"message":"No\nway","errorCode":"no.way","statusCode":500}"#,
                "the cloud answered 500: No way (no.way)",
            ),
            (r#"{"error":"gone"}"#, "the cloud answered 500: gone"),
            (
                "plain\u{1b}[31m text",
                "the cloud answered 500: plain [31m text",
            ),
        ] {
            assert_eq!(status(500, body).to_string(), expected);
        }
        assert!(status(500, &"x".repeat(10_000)).to_string().len() < 300);
    }

    #[test]
    fn what_may_pass_is_transient_and_what_the_reader_can_mend_has_a_hint() {
        for code in [408, 425, 429, 500, 502, 503, 504, 520] {
            assert!(status(code, "").is_transient(), "{code}");
        }
        for code in [301, 400, 401, 402, 403, 404] {
            assert!(!status(code, "").is_transient(), "{code}");
        }
        for code in [302, 401, 402, 403, 404, 429] {
            assert!(status(code, "").hint().is_some(), "{code}");
        }
    }
}
