//! How services are asked: limits, retries, and which hosts may be asked without TLS.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Method, Request, Response,
    header::{HeaderName, HeaderValue},
};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::{RemoteError, Variables};
use crate::{
    cloud::{
        self, TransportError,
        http::{self, host_of},
    },
    keys::SecretText,
};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// With pauses of half a second, one, two, and then four: enough for a service that restarts.
const POLICY: cloud::RetryPolicy = cloud::RetryPolicy {
    retries: 8,
    delay: Duration::from_millis(500),
};
/// The largest body that is read. AWS and Google allow secrets of 64 KiB; JSON and base64 may
/// make more of that.
const BODY_LIMIT: usize = 256 << 10;
const BAD_REQUEST: u16 = 400;
const TOO_MANY_REQUESTS: u16 = 429;
const USER_AGENT: &str = concat!("tatum-kms/", env!("CARGO_PKG_VERSION"));

/// Asks a service.
pub(super) struct Client {
    service: &'static str,
    /// For everything that may be behind a proxy.
    outside: reqwest::Client,
    /// For this machine and the metadata services beside it.
    beside: reqwest::Client,
    limit: Duration,
    /// Whether a refusal only means that there were too many calls, where its status does not say.
    throttled: fn(&[u8]) -> bool,
}

/// Where a service may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Anywhere by TLS, on this machine also without.
    Anywhere,
    /// Also beside this machine without TLS: the metadata service of a cloud, which has none.
    Metadata,
}

/// A request. Every header's value is treated as a secret.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: &'a Url,
    pub(super) headers: &'a [(&'static str, SecretText)],
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
}

impl<'a> Call<'a> {
    /// A GET with these headers.
    pub(super) fn get(url: &'a Url, headers: &'a [(&'static str, SecretText)]) -> Self {
        Self {
            method: Method::GET,
            url,
            headers,
            body: None,
        }
    }

    /// A PUT with these headers and nothing else.
    #[cfg(feature = "aws")]
    pub(super) fn put(url: &'a Url, headers: &'a [(&'static str, SecretText)]) -> Self {
        Self {
            method: Method::PUT,
            ..Self::get(url, headers)
        }
    }

    /// A POST with these headers, which must name the type of the body.
    pub(super) fn post(
        url: &'a Url,
        headers: &'a [(&'static str, SecretText)],
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            method: Method::POST,
            url,
            headers,
            body: Some(Zeroizing::new(body.into())),
        }
    }
}

/// An answer that the service meant: not one of those that are asked for again.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Client {
    /// A client for `service`.
    pub(super) fn new(
        service: &'static str,
        variables: &dyn Variables,
    ) -> Result<Self, RemoteError> {
        Self::trusting(service, variables, None)
    }

    /// A client that trusts only these authorities, if there are any given, and not those of this
    /// machine.
    pub(super) fn trusting(
        service: &'static str,
        variables: &dyn Variables,
        authorities: Option<&[Certificate]>,
    ) -> Result<Self, RemoteError> {
        let limit = variables.time_limit()?;
        let attempt = ATTEMPT.min(limit);
        let build = |beside| {
            let builder = || {
                let builder = http::client_builder(USER_AGENT, attempt, beside);
                match authorities {
                    Some(only) => builder.tls_certs_only(only.iter().cloned()),
                    None => builder,
                }
            };
            http::build(builder, !beside).map_err(|reason| RemoteError::Invalid {
                setting: "TLS".to_owned(),
                reason: format!("cannot be set up: {reason}"),
                hint: "install the CA certificates of this system (ca-certificates)",
            })
        };
        Ok(Self {
            service,
            outside: build(false)?,
            beside: build(true)?,
            limit,
            throttled: |_| false,
        })
    }

    /// The same with a limit that is not longer than `limit`.
    #[cfg(any(feature = "aws", feature = "gcp"))]
    pub(super) fn within(self, limit: Duration) -> Self {
        Self {
            limit: limit.min(self.limit),
            ..self
        }
    }

    /// The same for a service that says in the body of a refusal that there were too many calls.
    #[cfg(feature = "aws")]
    pub(super) fn throttled(self, throttled: fn(&[u8]) -> bool) -> Self {
        Self { throttled, ..self }
    }

    /// Makes a call, again while the service is not reachable, busy or out of order.
    ///
    /// # Errors
    /// [`RemoteError::Unreachable`], [`RemoteError::TooSlow`] and [`RemoteError::OutOfOrder`].
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, RemoteError> {
        let host = host_of(call.url);
        let unreachable = |source| RemoteError::Unreachable {
            service: self.service,
            source,
        };
        let request = request(&call).ok_or_else(|| {
            unreachable(TransportError::NoConnection {
                host: host.clone(),
                reason: "the request cannot be written as HTTP".to_owned(),
            })
        })?;
        let is_beside = call.url.scheme() == "http" || http::is_loopback(call.url);
        let client = if is_beside {
            &self.beside
        } else {
            &self.outside
        };
        // What the last attempt failed with: when time runs out during the pause after it, that
        // is the news.
        let last_failure = Mutex::new(None);
        let note = |problem| {
            *last_failure.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        };
        let attempts = POLICY.run(cloud::Repeatable::Read, || async {
            note(None);
            let result = self.attempt(client, &request, &host).await;
            let problem = match &result {
                Ok(answer) if cloud::is_busy(answer.status) => Some(Problem::Status(answer.status)),
                Ok(_) => None,
                Err(error) => Some(Problem::Transport(error.clone())),
            };
            if let Some(problem) = &problem {
                tracing::debug!(service = self.service, host, "{problem}");
            }
            note(problem);
            result
        });
        let Ok(attempts) = tokio::time::timeout(self.limit, attempts).await else {
            return Err(
                match last_failure
                    .into_inner()
                    .unwrap_or_else(PoisonError::into_inner)
                {
                    Some(problem) => self.error(problem),
                    None => self.too_slow(),
                },
            );
        };
        match attempts.last {
            Ok(answer) if cloud::is_busy(answer.status) => {
                Err(self.error(Problem::Status(answer.status)))
            }
            Ok(answer) => Ok(Answer {
                status: answer.status,
                body: Zeroizing::new(answer.body),
            }),
            Err(error) => Err(self.error(Problem::Transport(error))),
        }
    }

    async fn attempt(
        &self,
        client: &reqwest::Client,
        request: &Request,
        host: &str,
    ) -> Result<cloud::Answer, TransportError> {
        let timeout = ATTEMPT.min(self.limit);
        let request = request
            .try_clone()
            .ok_or_else(|| TransportError::NoConnection {
                host: host.to_owned(),
                reason: "the request cannot be repeated".to_owned(),
            })?;
        let response = client.execute(request).await;
        let response = response.map_err(|error| TransportError::new(error, host, timeout))?;
        let mut answer = cloud::Answer::from_head(&response, env!("CARGO_PKG_VERSION"));
        answer.body = read(response, host, timeout).await?;
        if answer.status == BAD_REQUEST && (self.throttled)(&answer.body) {
            answer.status = TOO_MANY_REQUESTS;
        }
        Ok(answer)
    }

    fn error(&self, problem: Problem) -> RemoteError {
        let service = self.service;
        match problem {
            Problem::Status(status) => RemoteError::OutOfOrder { service, status },
            Problem::Transport(TransportError::Timeout { .. }) => self.too_slow(),
            Problem::Transport(source) => RemoteError::Unreachable { service, source },
        }
    }

    fn too_slow(&self) -> RemoteError {
        RemoteError::TooSlow {
            service: self.service,
            seconds: self.limit.as_secs(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &self.service)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What an attempt failed with.
enum Problem {
    Status(u16),
    Transport(TransportError),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

/// The URL in the setting `setting`, if what is sent there is safe on its way.
pub(super) fn endpoint(
    setting: &'static str,
    text: &str,
    reach: Reach,
) -> Result<Url, RemoteError> {
    let invalid = |reason: &str, hint| RemoteError::Invalid {
        setting: setting.to_owned(),
        reason: reason.to_owned(),
        hint,
    };
    let example = "for instance https://secrets.example.com";
    let url = Url::parse(text.trim()).map_err(|_| invalid("is no URL", example))?;
    if !url.has_host() || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "must be a URL with a host and without a user",
            example,
        ));
    }
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => http::is_loopback(&url) || (reach == Reach::Metadata && is_metadata(&url)),
        _ => false,
    };
    if !is_safe {
        return Err(invalid(
            "must begin with https://",
            "without TLS, everybody on the way could read the password; http:// is for this machine only",
        ));
    }
    Ok(url)
}

/// Whether the host is a metadata service, which is not on any way that others share.
fn is_metadata(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local(),
        Some(Host::Ipv6(ip)) => {
            // Those of EC2 and EKS: unique local addresses that Amazon reserves.
            ip.is_unicast_link_local() || ip.segments().starts_with(&[0xfd00, 0xec2])
        }
        Some(Host::Domain(name)) => name == "metadata.google.internal",
        None => false,
    }
}

fn request(call: &Call<'_>) -> Option<Request> {
    let mut request = Request::new(call.method.clone(), call.url.clone());
    for (name, value) in call.headers {
        let mut value = HeaderValue::from_str(value.expose()).ok()?;
        value.set_sensitive(true);
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    if let Some(body) = &call.body {
        *request.body_mut() = Some(body.to_vec().into());
    }
    Some(request)
}

/// Reads a body into room that never grows: no copy of a secret stays behind.
async fn read(
    mut response: Response,
    host: &str,
    timeout: Duration,
) -> Result<Vec<u8>, TransportError> {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_LIMIT));
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| TransportError::new(error, host, timeout))? {
            Some(chunk) if chunk.len() > BODY_LIMIT.saturating_sub(body.len()) => {
                return Err(TransportError::TooLarge {
                    host: host.to_owned(),
                    limit: BODY_LIMIT,
                });
            }
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(std::mem::take(&mut *body)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::variables::Fixed, *};
    use crate::cloud::test_server::{Reply, TestServer};

    async fn ask(server: &TestServer, seconds: &str) -> Result<(u16, Vec<u8>), RemoteError> {
        let client =
            Client::new("VGS", &Fixed::of([("TATUM_KMS_PASSWORD_TIMEOUT", seconds)])).unwrap();
        let url = Url::parse(&server.url).unwrap();
        let answer = client.call(Call::get(&url, &[])).await?;
        Ok((answer.status, answer.body.to_vec()))
    }

    #[tokio::test]
    async fn a_service_that_comes_back_is_waited_for() {
        let server = TestServer::scripted(vec![
            Reply::Close,
            Reply::status(503, "secret"),
            Reply::Answer(429, "retry-after: 0\r\n".to_owned(), Vec::new()),
            Reply::status(200, "password"),
        ])
        .await;
        assert_eq!(ask(&server, "60").await.unwrap(), (200, b"password".into()));
        assert_eq!(server.seen().len(), 4);
    }

    #[tokio::test]
    async fn a_refusal_is_final() {
        for status in [400, 401, 403, 404] {
            let server = TestServer::scripted(vec![Reply::status(status, "no")]).await;
            assert_eq!(ask(&server, "60").await.unwrap(), (status, b"no".into()));
            assert_eq!(server.seen().len(), 1);
        }
    }

    #[tokio::test]
    async fn each_failure_is_told_when_time_is_up() {
        for (reply, message) in [
            (Reply::Hang, "VGS did not answer within 1 s"),
            (Reply::Close, "cannot reach VGS"),
            (
                Reply::status(500, "no"),
                "VGS is out of order: it answered 500",
            ),
            (
                Reply::status(200, vec![0; BODY_LIMIT + 1]),
                "cannot reach VGS",
            ),
            (Reply::redirect(302, "https://example.com"), ""),
        ] {
            let server = TestServer::scripted(vec![reply]).await;
            let error = ask(&server, "1").await.map_or_else(
                |e| e.to_string(),
                |(status, _)| {
                    // Not followed: the caller sees a status that it does not know.
                    assert_eq!(status, 302);
                    String::new()
                },
            );
            assert_eq!(error, message);
        }
    }

    #[test]
    fn without_tls_only_this_machine_and_metadata_services_are_asked() {
        let anywhere = |text| endpoint("X", text, Reach::Anywhere).is_ok();
        let metadata = |text| endpoint("X", text, Reach::Metadata).is_ok();
        for text in ["https://example.com", "http://127.0.0.1:1", "http://[::1]"] {
            assert!(anywhere(text) && metadata(text), "{text}");
        }
        for text in [
            "http://169.254.169.254",
            "http://169.254.170.2/x",
            "http://[fd00:ec2::254]",
            "http://metadata.google.internal",
        ] {
            assert!(!anywhere(text) && metadata(text), "{text}");
        }
        for text in [
            "http://example.com",
            "http://10.0.0.1",
            "ftp://localhost",
            "x",
            "https://u:p@h",
        ] {
            assert!(!anywhere(text) && !metadata(text), "{text}");
        }
    }
}
