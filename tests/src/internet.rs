//! The part of the Internet that the program may reach, on one port of the loopback interface.
//!
//! It is a proxy for HTTPS: a program that is given it by `HTTPS_PROXY` may ask for any host by its
//! real name, and meets the host that the test plays, over TLS. Without the proxy, the port speaks
//! both HTTP and HTTPS, for services that are told by address.

use std::{
    convert::Infallible,
    fmt,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    program::{Invocation, User},
    tls::{Authority, Flaw},
};

/// A request that came to one of the hosts.
#[derive(Clone, Debug)]
pub struct Request {
    /// The host, with its port where it is not the usual one.
    pub host: String,
    /// Whether it came by TLS.
    pub secure: bool,
    /// For instance `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, which must be UTF-8.
    pub body: String,
}

impl Request {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// User name and password of HTTP Basic (RFC 7617), with a colon between.
    pub fn basic(&self) -> Option<String> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    }

    /// The fields of a form in the body, decoded, in their order.
    pub fn form(&self) -> Vec<(String, String)> {
        let url = format!("http://form.example/?{}", self.body);
        let url = url::Url::parse(&url).expect("a form");
        url.query_pairs().into_owned().collect()
    }
}

/// What a host does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with this status and body.
    Answer(u16, String),
    /// Does not answer.
    Hang,
}

impl Reply {
    /// Answers with this status and JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Answer(status, body.to_string())
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// The hosts. They are gone when this is dropped.
pub struct Internet {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    authority: Arc<Authority>,
    handler: Box<Handler>,
    requests: Mutex<Vec<Request>>,
    /// Hosts that the proxy does not find.
    gone: Mutex<bool>,
}

impl Internet {
    /// Hosts that do with requests what `handler` says.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("our socket");
        let address = listener.local_addr().expect("a bound socket");
        let shared = Arc::new(Shared {
            authority: Arc::new(Authority::new()),
            handler: Box::new(handler),
            requests: Mutex::default(),
            gone: Mutex::default(),
        });
        let connections = Arc::clone(&shared);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("our socket");
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&connections);
                tokio::spawn(async move {
                    // A client that goes away is no matter.
                    let _ = welcome(stream, shared).await;
                });
            }
        });
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// The port as a host on this machine, by `https` or `http`.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// From now on the certificates of all hosts have this flaw.
    pub fn flaw(&self, flaw: Flaw) {
        self.shared.authority.flaw(flaw);
    }

    /// From now on the proxy reaches nobody.
    pub fn go_away(&self) {
        *lock(&self.shared.gone) = true;
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// The certificate of the hosts' authority, as a file of this user.
    pub fn authority(&self, user: &User) -> PathBuf {
        user.file("authority.pem", self.shared.authority.pem())
    }

    /// A run that trusts the hosts' authority, and reaches them by their names.
    #[must_use]
    pub fn connect(&self, run: Invocation, user: &User) -> Invocation {
        run.env("SSL_CERT_FILE", self.authority(user))
            .env("HTTPS_PROXY", format!("http://{}", self.address))
    }
}

impl fmt::Debug for Internet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Internet")
            .field("address", &self.address)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Finds out what a connection is for, by its first byte.
async fn welcome(mut stream: TcpStream, shared: Arc<Shared>) -> Outcome {
    let mut first = [0];
    stream.peek(&mut first).await?;
    match first {
        // The type of a TLS record with a handshake (RFC 8446 §5.1).
        [22] => serve_tls(stream, None, shared).await,
        [b'C'] => {
            let host = proxy_request(&mut stream).await?;
            if *lock(&shared.gone) {
                let answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
                return Ok(stream.write_all(answer).await?);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            serve_tls(stream, Some(host), shared).await
        }
        _ => serve(stream, None, false, shared).await,
    }
}

/// Reads `CONNECT host:port` (RFC 9110 §9.3.6) and its header fields; gives the host.
async fn proxy_request(
    stream: &mut TcpStream,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let host = head.split(' ').nth(1).ok_or("no host")?;
    Ok(host.strip_suffix(":443").unwrap_or(host).to_owned())
}

async fn serve_tls(stream: TcpStream, host: Option<String>, shared: Arc<Shared>) -> Outcome {
    let acceptor = TlsAcceptor::from(Arc::new(shared.authority.server()));
    let stream = acceptor.accept(stream).await?;
    serve(stream, host, true, shared).await
}

async fn serve<S>(stream: S, host: Option<String>, secure: bool, shared: Arc<Shared>) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (host, shared) = (host.clone(), Arc::clone(&shared));
        async move { Ok::<_, Infallible>(answer(request, host, secure, &shared).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.await?)
}

async fn answer(
    request: hyper::Request<Incoming>,
    host: Option<String>,
    secure: bool,
    shared: &Shared,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        })
        .collect();
    let mut request = Request {
        host: String::new(),
        secure,
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
    };
    request.host = host
        .or_else(|| request.header("host").map(str::to_owned))
        .unwrap_or_default();
    let reply = (shared.handler)(&request);
    lock(&shared.requests).push(request);
    match reply {
        Reply::Answer(status, body) => Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Full::from(body))
            .expect("an answer"),
        Reply::Hang => {
            // Longer than any test.
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Response::new(Full::default())
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
