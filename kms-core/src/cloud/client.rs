//! The client: one connection pool, one way in and out.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{
    Method, Request, Response,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use url::Url;

use super::{
    config::{CloudConfig, CloudConfigError},
    error::CloudError,
    http::{self, TransportError},
    node::CloudNode,
    retry::{Attempts, Repeatable, RetryPolicy},
    version::VersionNotice,
};
use crate::chain::Network;

/// How much is read of an answer whose body decides nothing.
const BEGINNING: usize = 64 * 1024;
/// What stands for the API key in a path.
const KEY_PLACEHOLDER: &str = "{apiKey}";

/// Tatum Cloud. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Cloud(Arc<Shared>);

struct Shared {
    config: CloudConfig,
    client: reqwest::Client,
}

impl Cloud {
    /// Checks the settings and makes the client. Nothing is sent.
    ///
    /// # Errors
    /// [`CloudError::BadConfig`].
    pub fn new(config: CloudConfig) -> Result<Self, CloudError> {
        config.check()?;
        for (chain, url) in &config.node_urls {
            if url.scheme() != "https" && !http::is_private(url) {
                let host = http::host_of(url);
                tracing::warn!(
                    chain,
                    host,
                    "a node outside this network is asked without encryption"
                );
            }
        }
        let user_agent = format!("tatum-kms/{}", config.client_version);
        let local = http::is_loopback(&config.base_url);
        let builder = || http::client_builder(&user_agent, config.timeout, local);
        let client = http::build(builder, config.base_url.scheme() == "https")
            .map_err(CloudConfigError::Client)?;
        Ok(Self(Arc::new(Shared { config, client })))
    }

    /// The way to the nodes of `chain`.
    pub fn node_api(&self, chain: &'static str, network: Network) -> CloudNode {
        CloudNode::new(self.clone(), chain, network)
    }

    pub(super) fn config(&self) -> &CloudConfig {
        &self.0.config
    }

    /// The URL of `path` behind `base`, with the API key in it where `key_in_path` and the path
    /// has room for it. A path that could lead to another host is refused.
    pub(crate) fn url(&self, base: &Url, path: &str, key_in_path: bool) -> Option<Url> {
        if !path.starts_with('/') {
            return None;
        }
        if is_plain(path) {
            let mut url = base.clone();
            url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
            return Some(url);
        }
        let mut text = format!("{}{path}", base.as_str().trim_end_matches('/'));
        if key_in_path {
            let key = http::path_segment(self.config().api_key.expose());
            text = text.replace(KEY_PLACEHOLDER, &key);
        }
        let url = Url::parse(&text).ok()?;
        (url.origin() == base.origin()).then_some(url)
    }

    /// Makes a call, again where it may be made again.
    pub(super) async fn call(&self, call: Call<'_>) -> Attempts {
        let policy = RetryPolicy {
            retries: self.config().retries,
            delay: self.config().retry_delay,
        };
        let repeatable = call.repeatable;
        let host = http::host_of(call.base);
        let body_rule = call.body_rule;
        tracing::debug!(host, method = %call.method, path = call.path, "calling");
        let request = match self.request(call) {
            Ok(request) => request,
            Err(reason) => {
                return Attempts {
                    last: Err(TransportError::NoConnection {
                        host,
                        reason: reason.to_owned(),
                    }),
                    earlier_may_have_arrived: false,
                };
            }
        };
        policy
            .run(repeatable, || self.attempt(&request, body_rule, &host))
            .await
    }

    fn request(&self, call: Call<'_>) -> Result<Request, &'static str> {
        let config = self.config();
        let url = self
            .url(call.base, call.path, call.key_in_path)
            .ok_or("the path is not usable")?;
        let mut request = Request::new(call.method, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if call.key_in_header {
            let mut key = header(config.api_key.expose())?;
            key.set_sensitive(true);
            headers.insert(HeaderName::from_static("x-api-key"), key);
        }
        if call.tells_version {
            let version = header(&config.client_version)?;
            headers.insert(HeaderName::from_static("x-ttm-kms-client-version"), version);
        }
        if call.tells_testnet {
            let testnet = config
                .testnet_type
                .as_deref()
                .filter(|text| !text.is_empty());
            let testnet = header(testnet.unwrap_or("ethereum-ropsten"))?;
            headers.insert(HeaderName::from_static("x-testnet-type"), testnet);
        }
        let timeout = call
            .within
            .map_or(config.timeout, |within| within.min(config.timeout));
        *request.timeout_mut() = Some(timeout);
        if let Some(body) = call.body {
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    async fn attempt(
        &self,
        request: &Request,
        body_rule: BodyRule,
        host: &str,
    ) -> Result<Answer, TransportError> {
        let timeout = request.timeout().copied();
        let timeout = timeout.unwrap_or(self.config().timeout);
        let broken = |error| TransportError::new(error, host, timeout);
        let request = request
            .try_clone()
            .ok_or_else(|| TransportError::NoConnection {
                host: host.to_owned(),
                reason: "the request cannot be repeated".to_owned(),
            })?;
        let response = self.0.client.execute(request).await.map_err(broken)?;
        let mut answer = Answer::from_head(&response, &self.config().client_version);
        answer.body = match body_rule {
            BodyRule::Whole(limit) if response.status().is_success() => {
                http::read_body(response, limit, host, timeout).await?
            }
            _ => http::read_beginning(response, BEGINNING).await,
        };
        tracing::debug!(
            host,
            status = answer.status,
            bytes = answer.body.len(),
            "answered"
        );
        Ok(answer)
    }

    /// The text of an answer without the API key: some servers repeat the path they were asked
    /// for.
    pub(super) fn redacted(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body);
        let key = self.config().api_key.expose();
        let encoded = http::path_segment(key);
        let mut redacted = text.replace(key, KEY_PLACEHOLDER);
        if encoded != key {
            redacted = redacted.replace(&encoded, KEY_PLACEHOLDER);
        }
        redacted
    }
}

/// Whether a path stands in a URL as it is, as most do: then the rest needs no parsing.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    path.split('/')
        .skip(1)
        .all(|segment| !segment.is_empty() && segment.bytes().all(plain))
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}

/// One call.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) base: &'a Url,
    /// The path, in which `{apiKey}` may stand for the key.
    pub(super) path: &'a str,
    pub(super) body: Option<Bytes>,
    pub(super) key_in_path: bool,
    pub(super) key_in_header: bool,
    pub(super) tells_version: bool,
    pub(super) tells_testnet: bool,
    pub(super) body_rule: BodyRule,
    pub(super) repeatable: Repeatable,
    /// How long an attempt may take, if that is less than what all calls may.
    pub(super) within: Option<Duration>,
}

impl<'a> Call<'a> {
    /// A POST to one of the cloud's own routes.
    pub(super) fn post(base: &'a Url, path: &'a str, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            base,
            path,
            body: Some(body.into()),
            key_in_path: false,
            key_in_header: true,
            tells_version: true,
            tells_testnet: false,
            body_rule: BodyRule::Beginning,
            repeatable: Repeatable::No,
            within: None,
        }
    }
}

/// How much of a successful answer is needed. Of an error only the beginning is ever read.
#[derive(Clone, Copy)]
pub(super) enum BodyRule {
    /// All of it, and at most so many bytes.
    Whole(usize),
    /// The beginning, as far as it comes: the status alone decides.
    Beginning,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) notice: Option<VersionNotice>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn from_head(response: &Response, version: &str) -> Self {
        Self {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers()),
            notice: VersionNotice::from_headers(response.headers(), version),
            body: Vec::new(),
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The header `retry-after` in its form with seconds (RFC 9110 §10.2.3); a date is not read, for
/// it would take two clocks that agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn header(text: &str) -> Result<HeaderValue, &'static str> {
    HeaderValue::from_str(text).map_err(|_| "a header is not usable")
}
