//! What every HTTP client of this crate shares: TLS set-up, plain words for failures, and bounded
//! reading of answers.

use std::{error::Error as _, io, net::IpAddr, time::Duration};

use reqwest::{ClientBuilder, Response};
use thiserror::Error;
use url::{Host, Url};

/// How long a connection may take to come about.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept: longer than the usual polling period, shorter than the
/// minute after which load balancers commonly drop theirs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// Why there is no complete HTTP answer. Names the host at most, never a path or a key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// The host did not accept the connection in time; nothing was sent.
    #[error("no connection to {host} within {seconds} s")]
    ConnectTimeout {
        /// The host.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// The request was sent, or may have been, and the answer did not come in time.
    #[error("no complete answer from {host} within {seconds} s")]
    Timeout {
        /// The host.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// The host name could not be resolved.
    #[error("the name {host} could not be resolved")]
    NameNotResolved {
        /// The host.
        host: String,
    },
    /// Nothing listens there.
    #[error("{host} refused the connection")]
    Refused {
        /// The host.
        host: String,
    },
    /// No connection came about for another reason; nothing was sent.
    #[error("no connection to {host}: {reason}")]
    NoConnection {
        /// The host.
        host: String,
        /// The reason.
        reason: String,
    },
    /// The TLS handshake failed: a certificate is not trusted, or the host does not speak TLS.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// The reason.
        reason: String,
    },
    /// The connection broke before the answer was complete.
    #[error("{host} closed the connection before the answer was complete")]
    Closed {
        /// The host.
        host: String,
    },
    /// The answer is no HTTP, or its compression is damaged.
    #[error("the answer of {host} could not be read: {reason}")]
    Unreadable {
        /// The host.
        host: String,
        /// The reason.
        reason: String,
    },
    /// The answer is larger than it may be.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer was a redirect that is not followed.
    #[error("{host} redirects {reason}")]
    Redirect {
        /// The host.
        host: String,
        /// Where to, in general terms.
        reason: String,
    },
}

impl TransportError {
    /// Whether the request certainly did not reach the host.
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. }
            | Self::NameNotResolved { .. }
            | Self::Refused { .. }
            | Self::NoConnection { .. }
            | Self::Tls { .. } => true,
            Self::Timeout { .. }
            | Self::Closed { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. } => false,
        }
    }

    /// Whether a time limit passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::ConnectTimeout { .. } | Self::Timeout { .. })
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NameNotResolved { .. } => {
                Some("check the spelling of the URL and the name server of this machine")
            }
            Self::Refused { .. } => Some("check the URL and that the service is running"),
            Self::NoConnection { .. } | Self::ConnectTimeout { .. } => {
                Some("check the network, the firewall and the proxy settings")
            }
            Self::Tls { .. } => Some(
                "check the clock, the CA certificates of this machine, and that no proxy replaces the certificate",
            ),
            Self::Redirect { .. } => {
                Some("configure the URL that it redirects to, if you trust it")
            }
            _ => None,
        }
    }

    /// Puts what `reqwest` says into plain words. Its own text is not used, for it may hold the
    /// whole URL.
    pub(crate) fn new(error: reqwest::Error, host: &str, timeout: Duration) -> Self {
        let host = host.to_owned();
        let error = error.without_url();
        if error.is_redirect() {
            let reason = "too often, or from https to http".to_owned();
            return Self::Redirect { host, reason };
        }
        if error.is_timeout() {
            return if error.is_connect() {
                let seconds = CONNECT_TIMEOUT.min(timeout).as_secs();
                Self::ConnectTimeout { host, seconds }
            } else {
                let seconds = timeout.as_secs();
                Self::Timeout { host, seconds }
            };
        }
        let causes = Causes::of(&error);
        if let Some(reason) = causes.tls {
            return Self::Tls { host, reason };
        }
        if error.is_connect() {
            return match causes.io {
                _ if causes.dns => Self::NameNotResolved { host },
                Some(io::ErrorKind::ConnectionRefused) => Self::Refused { host },
                Some(kind) => Self::NoConnection {
                    host,
                    reason: kind.to_string(),
                },
                None => Self::NoConnection {
                    host,
                    reason: "the proxy or the host turned it down".to_owned(),
                },
            };
        }
        if causes.closed {
            return Self::Closed { host };
        }
        match causes.io {
            Some(
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other,
            ) => Self::Unreadable {
                host,
                reason: "its compression is damaged".to_owned(),
            },
            Some(_) => Self::Closed { host },
            None if error.is_body() || error.is_decode() => Self::Closed { host },
            None => Self::Unreadable {
                host,
                reason: "it is no valid HTTP".to_owned(),
            },
        }
    }
}

/// What the chain of causes of an error says.
#[derive(Default)]
struct Causes {
    io: Option<io::ErrorKind>,
    tls: Option<String>,
    dns: bool,
    closed: bool,
}

impl Causes {
    fn of(error: &reqwest::Error) -> Self {
        let mut found = Self::default();
        let mut cause = error.source();
        while let Some(error) = cause {
            // The types behind these two are private; their texts are all there is.
            let text = error.to_string();
            found.dns |= text.starts_with("dns error");
            found.closed |= text.contains("connection closed before message completed")
                || text.contains("end of file before message length reached")
                || text.contains("unexpected EOF during chunk");
            if let Some(error) = error.downcast_ref::<io::Error>() {
                found.note_io(error);
            }
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                found.note_tls(error);
            }
            cause = error.source();
        }
        found
    }

    /// Notes an I/O error and what is wrapped in it, which `source` steps over.
    fn note_io(&mut self, error: &io::Error) {
        let mut error = error;
        loop {
            self.io = Some(error.kind());
            self.closed |= matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
            );
            let Some(inner) = error.get_ref() else { return };
            if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                self.note_tls(error);
            }
            match inner.downcast_ref::<io::Error>() {
                Some(inner) => error = inner,
                None => return,
            }
        }
    }

    fn note_tls(&mut self, error: &rustls::Error) {
        use rustls::{CertificateError, Error};
        self.tls = Some(match error {
            Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            ) => "its certificate has expired".to_owned(),
            Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => "its certificate is not valid yet".to_owned(),
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                "its certificate is signed by an unknown authority".to_owned()
            }
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => "its certificate is for another name".to_owned(),
            Error::InvalidCertificate(_) => "its certificate is not valid".to_owned(),
            Error::InvalidMessage(_) => "it does not speak TLS there".to_owned(),
            other => other.to_string(),
        });
    }
}

/// A client with this crate's settings: TLS by ring, limits on time, no redirects.
///
/// `local` says that every host it talks to is this machine: then no proxy is used.
pub(crate) fn client_builder(user_agent: &str, timeout: Duration, local: bool) -> ClientBuilder {
    install_tls_provider();
    let builder = ClientBuilder::new()
        .user_agent(user_agent)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .referer(false)
        .redirect(reqwest::redirect::Policy::none());
    if local { builder.no_proxy() } else { builder }
}

/// Builds a client. On a machine without CA certificates a client that needs none for its main
/// host is built all the same; then no https host is trusted.
pub(crate) fn build(
    builder: impl Fn() -> ClientBuilder,
    needs_tls: bool,
) -> Result<reqwest::Client, String> {
    match builder().build() {
        Ok(client) => Ok(client),
        Err(_) if !needs_tls => builder()
            .tls_certs_only([])
            .build()
            .map_err(|error| innermost(&error)),
        Err(error) => Err(innermost(&error)),
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut text = "the HTTP client cannot be set up".to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

fn install_tls_provider() {
    // An error says that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reads the whole body of an answer, decompressed, of at most `limit` bytes.
pub(crate) async fn read_body(
    mut response: Response,
    limit: usize,
    host: &str,
    timeout: Duration,
) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > limit.saturating_sub(body.len()) => {
                let host = host.to_owned();
                return Err(TransportError::TooLarge { host, limit });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(TransportError::new(error, host, timeout)),
        }
    }
}

/// Reads the beginning of a body, at most `limit` bytes of it and as much as came.
pub(crate) async fn read_beginning(mut response: Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(mut chunk)) = response.chunk().await {
        chunk.truncate(limit.saturating_sub(body.len()));
        if chunk.is_empty() {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    body
}

/// Host and, where it is not the usual one, port of a URL: what an error may name.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        None => false,
    }
}

/// Whether the URL's host is this machine or in a private network: loopback, RFC 1918 and RFC 4193
/// addresses, link-local addresses, `*.local`, and names without a dot.
pub(crate) fn is_private(url: &Url) -> bool {
    if is_loopback(url) {
        return true;
    }
    let ip = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            return !name.contains('.') || name.ends_with(".local");
        }
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical(),
        None => return false,
    };
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// `text` as one segment of a path: all but the unreserved characters of RFC 3986 §2.3 as `%XX`.
pub(crate) fn path_segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// At most `limit` characters of `text`.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_sorted_into_loopback_private_and_public() {
        let loopback = [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ];
        let private = [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.1.1",
            "[fc00::1]",
            "[fdff::1]",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "approver",
            "nas.local",
        ];
        let public = [
            "172.32.0.1",
            "8.8.8.8",
            "[2001:db8::1]",
            "example.com",
            "localhost.example.com",
        ];
        let url = |host: &str| Url::parse(&format!("http://{host}/")).unwrap();
        for host in loopback {
            assert!(is_loopback(&url(host)) && is_private(&url(host)), "{host}");
        }
        for host in private {
            assert!(!is_loopback(&url(host)) && is_private(&url(host)), "{host}");
        }
        for host in public {
            assert!(!is_private(&url(host)), "{host}");
        }
    }

    #[test]
    fn path_segments_are_encoded() {
        assert_eq!(path_segment("aZ09-._~"), "aZ09-._~");
        assert_eq!(path_segment("a/b?c#d%é"), "a%2Fb%3Fc%23d%25%C3%A9");
    }

    #[test]
    fn text_is_shortened_by_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüx", 3), "äöü…");
    }
}
