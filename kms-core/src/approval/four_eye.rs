//! Asking an external system by HTTP.
//!
//! `GET <url>/<id>`, or `POST <url>/<id>` with the pending transaction exactly as the cloud gave
//! it. 2xx approves. Redirects are followed, and the final answer counts. Everything else, and no
//! answer, refuses.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{
    Client, Request,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
    redirect,
};
use thiserror::Error;
use url::Url;

use super::{Approver, Verdict};
use crate::{
    chain::{PendingTransaction, Summary},
    cloud::{TransportError, http},
};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;
/// The most bytes of an answer. Nothing in it is looked at.
const LIMIT: usize = 1024 * 1024;

/// How the external system is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// With the id only. What is approved is then the id, whatever the transaction holds.
    #[default]
    Get,
    /// With the whole pending transaction.
    Post,
}

/// An external system that knows which transactions are its owner's.
#[derive(Clone)]
pub struct FourEye {
    url: Url,
    method: Method,
    timeout: Duration,
    client: Client,
}

impl FourEye {
    /// The usual time limit of a check, redirects included.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    /// A check against `url`, with warnings about what is allowed but unwise.
    ///
    /// Url and id are joined as text with one `/`, whether or not the url ends with one. A url
    /// with a query gets the id at the end of the query, as in the original.
    ///
    /// # Errors
    /// [`ApprovalConfigError`].
    pub fn new(url: &str, method: Method) -> Result<(Self, Vec<String>), ApprovalConfigError> {
        Self::with_timeout(url, method, Self::DEFAULT_TIMEOUT)
    }

    /// The same with another time limit.
    ///
    /// # Errors
    /// [`ApprovalConfigError`].
    pub fn with_timeout(
        url: &str,
        method: Method,
        timeout: Duration,
    ) -> Result<(Self, Vec<String>), ApprovalConfigError> {
        let url = base_url(url)?;
        if timeout.is_zero() {
            return Err(ApprovalConfigError::NoTimeout);
        }
        let mut warnings = Vec::new();
        if url.scheme() == "http" && !http::is_private(&url) {
            warnings.push(format!(
                "the 4-eye check at {} is not encrypted: whoever is on the way can approve transactions; use https",
                http::host_of(&url)
            ));
        }
        let user_agent = concat!("tatum-kms/", env!("CARGO_PKG_VERSION"));
        let local = http::is_loopback(&url);
        let builder = || {
            http::client_builder(user_agent, timeout, local)
                .redirect(redirect::Policy::custom(follow))
        };
        let client =
            http::build(builder, url.scheme() == "https").map_err(ApprovalConfigError::Client)?;
        let check = Self {
            url,
            method,
            timeout,
            client,
        };
        Ok((check, warnings))
    }

    async fn ask(&self, pending: &PendingTransaction) -> Result<Verdict, TransportError> {
        let Some(url) = url_for(&self.url, &pending.id) else {
            let why = "the transaction's id is not usable in a URL".to_owned();
            return Ok(Verdict::Unreachable { why });
        };
        let host = http::host_of(&url);
        let broken = |error| TransportError::new(error, &host, self.timeout);
        let mut request = Request::new(
            match self.method {
                Method::Get => reqwest::Method::GET,
                Method::Post => reqwest::Method::POST,
            },
            url,
        );
        let headers = request.headers_mut();
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/plain, */*"),
        );
        if self.method == Method::Post {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(pending.raw().get().to_owned().into());
        }
        let response = self.client.execute(request).await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Ok(Verdict::Refused {
                status: status.as_u16(),
            });
        }
        // An approval that does not arrive whole may be the first half of something else.
        http::read_body(response, LIMIT, &host, self.timeout).await?;
        Ok(Verdict::Approved)
    }
}

#[async_trait]
impl Approver for FourEye {
    async fn check(&self, pending: &PendingTransaction, _: &Summary) -> Verdict {
        self.ask(pending)
            .await
            .unwrap_or_else(|error| Verdict::Unreachable {
                why: error.to_string(),
            })
    }
}

/// Shows the host only: a URL may hold a password or a token.
impl fmt::Debug for FourEye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FourEye")
            .field("host", &http::host_of(&self.url))
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The URL of the external system.
pub(crate) fn base_url(text: &str) -> Result<Url, ApprovalConfigError> {
    let url = Url::parse(text.trim()).map_err(|error| ApprovalConfigError::InvalidUrl {
        reason: error.to_string(),
    })?;
    let invalid = |reason: &str| {
        let reason = reason.to_owned();
        Err(ApprovalConfigError::InvalidUrl { reason })
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("it is neither http nor https");
    }
    if url.fragment().is_some() {
        return invalid("it has a fragment (#), which is never sent");
    }
    Ok(url)
}

/// Where `id` is asked about; nothing for an id that would change the path itself.
pub(crate) fn url_for(base: &Url, id: &str) -> Option<Url> {
    if id.is_empty() || id.bytes().all(|byte| byte == b'.') {
        return None;
    }
    let text = base.as_str();
    let text = match base.query() {
        Some(_) => text,
        None => text.trim_end_matches('/'),
    };
    Url::parse(&format!("{text}/{}", http::path_segment(id))).ok()
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    match may_follow(attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(reason) => attempt.error(reason),
    }
}

/// A redirect is followed unless there were too many, or it gives up encryption. `previous` are
/// the URLs that were asked, the first one included.
fn may_follow(previous: &[Url], next: &Url) -> Result<(), &'static str> {
    let was_encrypted = previous.last().is_some_and(|url| url.scheme() == "https");
    if previous.len() > MAX_REDIRECTS {
        Err("too many redirects")
    } else if was_encrypted && next.scheme() != "https" {
        Err("from https to http")
    } else {
        Ok(())
    }
}

/// Why a 4-eye check cannot be set up. The URL is not repeated, for it may hold a password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalConfigError {
    /// The URL cannot be used.
    #[error("the URL of the external system cannot be used: {reason}")]
    InvalidUrl {
        /// The reason.
        reason: String,
    },
    /// The time limit is zero.
    #[error("the time limit of the 4-eye check must be longer than nothing")]
    NoTimeout,
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_gives_up_encryption() {
        let http = Url::parse("http://a/").unwrap();
        let https = Url::parse("https://a/").unwrap();
        for (previous, next, is_followed) in [
            (&http, &http, true),
            (&http, &https, true),
            (&https, &https, true),
            (&https, &http, false),
        ] {
            let previous = [http.clone(), previous.clone()];
            assert_eq!(may_follow(&previous, next).is_ok(), is_followed);
        }
    }
}
