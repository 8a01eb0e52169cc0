//! The way to a collector of traces. What goes there is the binary's business; here is whom it may
//! go to, and how.

use std::{fmt, time::Duration};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;
use url::Url;

use crate::{
    cloud::{CloudConfigError, TransportError, http, is_busy, parse_url},
    keys::SecretText,
};

/// As much of an answer as is read. Nothing in it matters here.
const ANSWER_BYTES: usize = 64 << 10;

/// A collector that takes OTLP over HTTP: protobuf by POST to one URL.
pub struct Collector {
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    client: reqwest::Client,
}

impl Collector {
    /// The collector whose URL stands in the setting `name`; `path` is appended to it. Every header's value is treated as a secret. A call takes at most `timeout`.
    ///
    /// # Errors
    /// [`CollectorError`]; what is sent tells who pays whom, so without TLS it stays on this
    /// machine.
    pub fn new(
        name: &str,
        url: &str,
        path: &str,
        headers: &[(String, SecretText)],
        timeout: Duration,
    ) -> Result<Self, CollectorError> {
        let mut url = parse_url(name, url)?;
        let name = || name.to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CollectorError::User { name: name() });
        }
        let local = http::is_loopback(&url);
        if url.scheme() != "https" && !local {
            let host = http::host_of(&url);
            return Err(CollectorError::Insecure { name: name(), host });
        }
        let joined = format!("{}{path}", url.path().trim_end_matches('/'));
        if !path.is_empty() {
            url.set_path(&joined);
        }
        let user_agent = concat!("tatum-kms/", env!("CARGO_PKG_VERSION"));
        // Calls are seconds apart, and made by a runtime that rests meanwhile: no connection is kept.
        let builder = || http::client_builder(user_agent, timeout, local).pool_max_idle_per_host(0);
        Ok(Self {
            client: http::build(builder, url.scheme() == "https")
                .map_err(CollectorError::Client)?,
            headers: header_map(headers)?,
            url,
            timeout,
        })
    }

    /// Host and, where it is not the usual one, port.
    pub fn host(&self) -> String {
        http::host_of(&self.url)
    }

    /// Sends a message in protobuf, once.
    ///
    /// # Errors
    /// [`SendError`] when there was no answer or none of success.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), SendError> {
        let host = self.host();
        let request = self.client.post(self.url.clone());
        let request = request
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(message);
        let response = request
            .send()
            .await
            .map_err(|error| TransportError::new(error, &host, self.timeout))?;
        let status = response.status();
        http::read_beginning(response, ANSWER_BYTES).await;
        if status.is_success() {
            return Ok(());
        }
        let status = status.as_u16();
        Err(SendError::Status { host, status })
    }
}

/// Without headers, and of the URL only the host.
impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector")
            .field("host", &self.host())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn header_map(headers: &[(String, SecretText)]) -> Result<HeaderMap, CollectorError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let invalid = || CollectorError::NotAHeader { name: name.clone() };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        // Collecting them would panic for more than a map can hold.
        map.try_insert(key, value).map_err(|_| invalid())?;
    }
    Ok(map)
}

/// Why a collector cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CollectorError {
    /// The URL is none.
    #[error(transparent)]
    Url(#[from] CloudConfigError),
    /// The traces would travel in the clear.
    #[error("the collector at {host} must be reached by https")]
    Insecure {
        /// The setting.
        name: String,
        /// The host.
        host: String,
    },
    /// The URL names a user, or a password.
    #[error("the URL in {name} must not name a user")]
    User {
        /// The setting.
        name: String,
    },
    /// A header cannot be sent. Its value is not repeated.
    #[error("the header {name:?} for the collector is none, or its value cannot be sent")]
    NotAHeader {
        /// The header.
        name: String,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

impl CollectorError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) => Some("for instance http://127.0.0.1:4318 or https://otlp.example.com"),
            Self::Insecure { .. } => Some(
                "use https, or a collector on this machine, as http://127.0.0.1:4318; OTEL_SDK_DISABLED=true sends no traces",
            ),
            Self::User { .. } => Some("put credentials into OTEL_EXPORTER_OTLP_HEADERS"),
            Self::NotAHeader { .. } => {
                Some("OTEL_EXPORTER_OTLP_HEADERS is name=value with commas between them")
            }
            Self::Client(_) => Some("install the CA certificates of your system"),
        }
    }
}

/// Why a message did not arrive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// There was no complete answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer was another than success.
    #[error("{host} answered {status}")]
    Status {
        /// The collector's host.
        host: String,
        /// The HTTP status.
        status: u16,
    },
}

impl SendError {
    /// Whether the same message may arrive later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Status { status, .. } => is_busy(*status),
        }
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Transport(error) => error.hint(),
            Self::Status {
                status: 401 | 403, ..
            } => Some("check the credentials in OTEL_EXPORTER_OTLP_HEADERS"),
            Self::Status {
                status: 404 | 405, ..
            } => Some("check the path of the URL: a collector takes traces at /v1/traces"),
            Self::Status { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::test_server::{Reply, TestServer};

    const NAME: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    fn collector(url: &str, path: &str) -> Result<Collector, CollectorError> {
        let key = ("X-Key".to_owned(), SecretText::new("hunter2"));
        Collector::new(NAME, url, path, &[key], Duration::from_secs(5))
    }

    #[test]
    fn only_this_machine_may_go_without_tls() {
        for url in [
            "https://otlp.example.com",
            "http://127.0.0.1:4318",
            "http://localhost:4318/",
            "http://[::1]:1/prefix",
        ] {
            assert!(collector(url, "/v1/traces").is_ok(), "{url}");
        }
        for url in ["http://otlp.example.com", "http://10.0.0.1:4318"] {
            let error = collector(url, "/v1/traces").unwrap_err();
            assert!(matches!(error, CollectorError::Insecure { .. }), "{url}");
            assert!(error.hint().is_some());
        }
        for url in [
            "",
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "https://u:hunter2@otlp.example.com",
            "https://otlp.example.com/?key=hunter2",
        ] {
            let error = collector(url, "").unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(NAME) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn more_headers_than_can_be_sent_are_refused() {
        let headers: Vec<_> = (0..40_000)
            .map(|number| (format!("x-{number}"), SecretText::new("hunter2")))
            .collect();
        let error = header_map(&headers).unwrap_err();
        assert!(
            matches!(error, CollectorError::NotAHeader { .. }),
            "{error}"
        );
        assert_eq!(header_map(&headers[..100]).unwrap().len(), 100);
    }

    #[test]
    fn the_path_is_appended_to_a_base_and_nothing_else_is_told_of_it() {
        for (url, path, expected) in [
            (
                "https://a.example",
                "/v1/traces",
                "https://a.example/v1/traces",
            ),
            (
                "https://a.example/b/",
                "/v1/traces",
                "https://a.example/b/v1/traces",
            ),
            ("https://a.example/b", "", "https://a.example/b"),
        ] {
            let collector = collector(url, path).unwrap();
            assert_eq!(collector.url.as_str(), expected);
            let text = format!("{collector:?}");
            assert!(
                text.contains("a.example") && !text.contains("hunter2"),
                "{text}"
            );
            assert!(!text.contains("/b"), "{text}");
        }
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused_without_their_value() {
        for (name, value) in [("a b", "hunter2"), ("", "hunter2"), ("a", "hunter2\n")] {
            let header = (name.to_owned(), SecretText::new(value));
            let timeout = Duration::from_secs(5);
            let error = Collector::new(NAME, "http://127.0.0.1", "", &[header], timeout);
            let error = error.unwrap_err();
            assert!(matches!(error, CollectorError::NotAHeader { .. }));
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[tokio::test]
    async fn a_message_is_sent_with_its_headers_and_failures_are_sorted() {
        let server = TestServer::scripted(vec![
            Reply::status(200, ""),
            Reply::status(503, "busy"),
            Reply::status(401, "who are you"),
            Reply::Close,
        ])
        .await;
        let collector = collector(&server.url, "/v1/traces").unwrap();
        collector.send(b"spans".to_vec()).await.unwrap();
        let seen = server.seen();
        assert_eq!(seen[0].method, "POST");
        assert_eq!(seen[0].path, "/v1/traces");
        assert_eq!(seen[0].body, b"spans");
        assert_eq!(seen[0].header("x-key"), Some("hunter2"));
        let kind = "application/x-protobuf";
        assert_eq!(seen[0].header("content-type"), Some(kind));
        for transient in [true, false, true] {
            let error = collector.send(Vec::new()).await.unwrap_err();
            assert_eq!(error.is_transient(), transient, "{error}");
        }
    }
}
