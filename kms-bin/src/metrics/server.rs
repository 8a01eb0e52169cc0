//! The HTTP server: three pages, for few clients, none of which can take much of the daemon's time.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, sync::Semaphore};

use super::{Pages, check::Report};
use crate::{
    args::MetricsArgs,
    exit::{Failure, Status},
};

/// How many clients are served at a time. Others wait until one of them is done.
const CONNECTIONS: usize = 16;
/// How long a client may take for its request and for reading the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest request that is read.
const REQUEST_BYTES: usize = 16 * 1024;
/// The pause after the system had no connection to give, as when files run out.
const PAUSE: Duration = Duration::from_millis(200);

const TEXT: &str = "text/plain; charset=utf-8";
/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";

/// Has its address, and answers once it is told what to say.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens where the arguments say; nothing if they say nothing.
    pub(crate) fn bind(args: &MetricsArgs) -> Result<Option<Self>, Failure> {
        let Some(address) = args.metrics_addr else {
            return Ok(None);
        };
        if !address.ip().to_canonical().is_loopback() && !args.metrics_allow_remote {
            let message = format!("--metrics-addr {address} can be reached from other machines");
            return Err(Failure::usage(message).hint(
                "use 127.0.0.1, or add --metrics-allow-remote if whoever can reach it may see the metrics",
            ));
        }
        let failure = |error: &io::Error| {
            let message = format!("cannot listen on --metrics-addr {address}: {error}");
            let failure = Failure::new(Status::Failed, message);
            match error.kind() {
                io::ErrorKind::AddrInUse => {
                    failure.hint("something else listens there: choose another port, or 0 for any")
                }
                _ => failure,
            }
        };
        let listen = || -> io::Result<Self> {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        };
        listen().map(Some).map_err(|error| failure(&error))
    }

    /// Answers for as long as the runtime lives.
    pub(crate) fn start(self, pages: Arc<Pages>) -> Result<(), Failure> {
        let listener = tokio::net::TcpListener::from_std(self.listener)
            .map_err(|error| Failure::of(Status::Failed, &error))?;
        tracing::info!(
            address = %self.address,
            "metrics and health are served at http://{}/metrics, /livez and /readyz",
            self.address
        );
        tokio::spawn(accept(listener, pages));
        Ok(())
    }
}

async fn accept(listener: tokio::net::TcpListener, pages: Arc<Pages>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // Nobody closes the semaphore.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let pages = Arc::clone(&pages);
                tokio::spawn(async move {
                    converse(stream, &pages).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a connection for metrics could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// One request and its answer.
async fn converse(stream: TcpStream, pages: &Pages) {
    let service =
        service_fn(|request| async move { Ok::<_, Infallible>(answer(&request, pages).await) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(REQUEST_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever hangs up, or is too slow, gets no answer, and that is nobody else's business.
    let _ = tokio::time::timeout(PATIENCE, connection).await;
}

async fn answer(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if !matches!(path, "/metrics" | "/livez" | "/readyz") {
        return response(StatusCode::NOT_FOUND, TEXT, "not found\n".to_owned());
    }
    if request.method() != Method::GET {
        let mut refusal = response(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET is answered\n".to_owned(),
        );
        let headers = refusal.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
        return refusal;
    }
    match path {
        "/metrics" => match pages.metrics().await {
            Ok(text) => response(StatusCode::OK, METRICS, text),
            Err(error) => {
                tracing::error!(%error, "the metrics cannot be told");
                response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, String::new())
            }
        },
        "/livez" => health(request, &pages.livez()),
        _ => health(request, &pages.readyz().await),
    }
}

fn health(request: &Request<Incoming>, report: &Report) -> Response<Full<Bytes>> {
    let accepts = request.headers().get_all(ACCEPT);
    let wants_json = accepts
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(JSON));
    if wants_json {
        return response(report.status(), JSON, report.json());
    }
    let query = request.uri().query().unwrap_or_default();
    let verbose = query
        .split('&')
        .any(|one| one == "verbose" || one.starts_with("verbose="));
    response(report.status(), TEXT, report.text(verbose))
}

fn response(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
