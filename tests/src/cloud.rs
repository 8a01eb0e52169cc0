//! A stand-in for the Tatum cloud on the loopback interface.
//!
//! It keeps a queue of pending transactions per chain, answers polls, node calls, broadcasts,
//! batch reports and 4-eye questions, records every request, and misbehaves on demand. Tests
//! never sleep: [`Cloud::wait_for`] blocks until what they look for has happened.
//!
//! | Route | Answer |
//! |---|---|
//! | `POST /v3/kms/pending/{CHAIN}` | what is queued for the chain and names one of the asked ids, in the exact bytes that were queued |
//! | `POST /v3/**/broadcast` | records `txData`, takes the transaction off the queue unless [`Cloud::keep_listing`] |
//! | `POST /v3/tatum/kms/batch` | records the failures, takes them off the queue likewise |
//! | `GET`, `POST /approve/{id}` | the status of [`Cloud::approve`], else 200 |
//! | JSON-RPC at `/v3/*/web3/*` and `/v3/blockchain/node/*` | the result of [`Cloud::rpc`], else error -32601 |
//! | anything else | what [`Cloud::route`] says, else 404 |
//!
//! A [`Fault`] stands before all of these.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{StatusCode, body::Frame, body::Incoming, header::HeaderValue, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};

use crate::chance::Chance;

/// How long [`Cloud::wait_for`] waits before it gives a test up. Far beyond what anything takes
/// on a busy machine: it ends tests that can no longer succeed, and measures nothing.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The path of the 4-eye server, for `--external-url`.
const APPROVALS: &str = "/approve";

/// The path of every broadcast.
pub const BROADCAST: &str = "/v3/*/broadcast";
/// The path of the report of failures.
pub const BATCH: &str = "/v3/tatum/kms/batch";

/// The mock cloud. It serves until it is dropped.
#[derive(Debug)]
pub struct Cloud {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
    reserved: Mutex<Option<TcpSocket>>,
}

impl Cloud {
    /// Starts a cloud on a free port.
    pub fn start() -> Self {
        let cloud = Self::down();
        cloud.come_up();
        cloud
    }

    /// A cloud that has its address and refuses connections until [`Cloud::come_up`].
    pub fn down() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        // Bound and not listening: the port is ours, and connections to it are refused.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .expect("a free port");
        Self {
            address: socket.local_addr().expect("a bound socket"),
            shared: Arc::default(),
            runtime: Some(runtime),
            reserved: Mutex::new(Some(socket)),
        }
    }

    /// Begins to listen; does nothing when it listens already.
    pub fn come_up(&self) {
        let socket = self
            .reserved
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let (Some(socket), Some(runtime)) = (socket, &self.runtime) {
            let _context = runtime.enter();
            let listener = socket.listen(1024).expect("a bound socket can listen");
            runtime.spawn(accept(listener, Arc::clone(&self.shared)));
        }
    }

    /// The base URL, for `TATUM_API_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of the 4-eye server, for `--external-url`.
    pub fn approval_url(&self) -> String {
        format!("{}{APPROVALS}", self.url())
    }

    /// Queues a pending transaction for the chain that it names. It is listed to polls that ask
    /// for one of its wallets.
    pub fn queue(&self, pending: &Value) {
        let listed = Listed {
            chain: pending["chain"].as_str().expect("a chain").to_owned(),
            id: pending["id"].as_str().map(str::to_owned),
            wallets: Some(wallets_of(pending)),
            json: pending.to_string(),
        };
        self.change(|state| state.queue.push(listed));
    }

    /// Queues any JSON for all polls of a chain, in exactly these bytes.
    pub fn queue_for(&self, chain: &str, json: &str) {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let listed = Listed {
            chain: chain.to_owned(),
            id: value["id"].as_str().map(str::to_owned),
            wallets: None,
            json: json.to_owned(),
        };
        self.change(|state| state.queue.push(listed));
    }

    /// Takes everything with this id off the queue.
    pub fn withdraw(&self, id: &str) {
        self.change(|state| state.unlist(id));
    }

    /// From now on transactions stay listed after they were broadcast or reported.
    pub fn keep_listing(&self) {
        self.change(|state| state.keep_listing = true);
    }

    /// The 4-eye server answers with `status` for this id. Others are approved.
    pub fn approve(&self, id: &str, status: u16) {
        self.change(|state| state.approvals.insert(id.to_owned(), status));
    }

    /// JSON-RPC calls of `method` are answered with `result`.
    pub fn rpc(&self, method: &str, result: Value) {
        self.change(|state| state.rpc.insert(method.to_owned(), result));
    }

    /// Requests that fit are answered by `handler`, before the built-in routes. `*` in `path`
    /// stands for any text; the path is compared without its query. A broadcast or a report that
    /// it answers with success takes effect as usual.
    pub fn route(
        &self,
        method: &str,
        path: &str,
        handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) {
        let route = Route {
            method: method.to_owned(),
            path: path.to_owned(),
            handler: Arc::new(handler),
        };
        self.change(|state| state.routes.insert(0, route));
    }

    /// Answers to polls carry this version notice: `<version>;<level>;<message>`.
    pub fn announce_version(&self, notice: &str) {
        self.change(|state| state.latest_version = Some(notice.to_owned()));
    }

    /// Misbehaves from now on. The newest fault that fits a request is the one that happens.
    pub fn fault(&self, fault: Fault) {
        self.change(|state| state.faults.insert(0, fault));
    }

    /// From now on, of a hundred requests so many meet some trouble that decides nothing: no
    /// answer, a late one, a senseless one, one of an overloaded server. About every second of
    /// them takes effect all the same.
    pub fn weather(&self, chance: Chance, percent: u64) {
        self.change(|state| state.weather = Some((chance, percent)));
    }

    /// Behaves well again. Requests that hang already go on hanging.
    pub fn heal(&self) {
        self.change(|state| state.faults.clear());
    }

    /// Looks at what has happened so far.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.lock())
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.look(|state| state.requests.clone())
    }

    /// The distinct `txData` that were sent for a pending transaction, whether they took effect
    /// or not. More than one is a double signature.
    pub fn signed(&self, id: &str) -> BTreeSet<String> {
        self.look(|state| {
            let sent = state.requests_to("POST", BROADCAST).map(Broadcast::of);
            sent.filter(|one| one.id == id)
                .map(|one| one.tx_data)
                .collect()
        })
    }

    /// The texts that were reported for a pending transaction, in order of arrival.
    pub fn failures(&self, id: &str) -> Vec<String> {
        self.look(|state| state.failures_of(id).map(str::to_owned).collect())
    }

    /// Blocks until `look` gives something.
    ///
    /// # Panics
    /// After [`PATIENCE`], saying that `what` did not happen, with the requests that did.
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut(&State) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seen: Vec<String> = state.requests.iter().map(Request::to_string).collect();
                drop(state);
                panic!(
                    "not within {PATIENCE:?}: {what}; requests:\n{}",
                    seen.join("\n")
                );
            }
            (state, _) = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Blocks until `count` requests of this method and path (with `*`) have come; gives them.
    pub fn wait_for_requests(&self, count: usize, method: &str, path: &str) -> Vec<Request> {
        self.wait_for(&format!("{count} × {method} {path}"), |state| {
            let found: Vec<Request> = state.requests_to(method, path).cloned().collect();
            (found.len() >= count).then_some(found)
        })
    }

    /// Blocks until a broadcast for this pending transaction has come; gives the first.
    pub fn wait_for_broadcast(&self, id: &str) -> Broadcast {
        self.wait_for(&format!("a broadcast of {id}"), |state| {
            state.broadcasts_of(id).next().cloned()
        })
    }

    /// Blocks until a failure of this pending transaction was reported; gives the first text.
    pub fn wait_for_failure(&self, id: &str) -> String {
        self.wait_for(&format!("a report of {id}"), |state| {
            state.failures_of(id).next().map(str::to_owned)
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) {
        self.shared.change(change);
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // Without waiting: some requests hang for ever, on purpose.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a cloud has and what has happened to it.
#[derive(Default)]
pub struct State {
    /// All requests, in order of arrival.
    pub requests: Vec<Request>,
    /// All broadcasts that took effect, in order.
    pub broadcasts: Vec<Broadcast>,
    /// All failures that were reported: pending transaction and text, in order.
    pub failures: Vec<(Option<String>, String)>,
    queue: Vec<Listed>,
    keep_listing: bool,
    approvals: BTreeMap<String, u16>,
    rpc: BTreeMap<String, Value>,
    routes: Vec<Route>,
    faults: Vec<Fault>,
    weather: Option<(Chance, u64)>,
    latest_version: Option<String>,
}

impl State {
    /// The requests of this method and path, in which `*` stands for any text.
    pub fn requests_to<'a>(
        &'a self,
        method: &'a str,
        path: &'a str,
    ) -> impl Iterator<Item = &'a Request> {
        self.requests.iter().filter(move |one| one.is(method, path))
    }

    /// The broadcasts of a pending transaction.
    pub fn broadcasts_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Broadcast> {
        self.broadcasts.iter().filter(move |one| one.id == id)
    }

    /// The reported texts of a pending transaction.
    pub fn failures_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let of_id = move |failure: &&(Option<String>, String)| failure.0.as_deref() == Some(id);
        self.failures
            .iter()
            .filter(of_id)
            .map(|(_, text)| text.as_str())
    }

    fn take_effect(&mut self, request: &Request) {
        if request.is("POST", BATCH) {
            for failure in request.json()["errors"].as_array().into_iter().flatten() {
                let id = failure["signatureId"].as_str().map(str::to_owned);
                let text = failure["error"].as_str().unwrap_or_default();
                self.finish(id.as_deref());
                self.failures.push((id, text.to_owned()));
            }
        } else if request.is("POST", BROADCAST) {
            let broadcast = Broadcast::of(request);
            self.finish(Some(&broadcast.id));
            self.broadcasts.push(broadcast);
        }
    }

    fn finish(&mut self, id: Option<&str>) {
        if let (false, Some(id)) = (self.keep_listing, id) {
            self.unlist(id);
        }
    }

    fn unlist(&mut self, id: &str) {
        self.queue.retain(|one| one.id.as_deref() != Some(id));
    }

    fn fault_for(&mut self, request: &Request) -> Option<(FaultKind, bool)> {
        let fitting = self
            .faults
            .iter_mut()
            .filter(|one| request.is(one.method, &one.path));
        for fault in fitting {
            if fault.spared > 0 {
                fault.spared -= 1;
            } else if fault.times != Some(0) {
                fault.times = fault.times.map(|times| times - 1);
                return Some((fault.kind.clone(), fault.takes_effect));
            }
        }
        let (chance, percent) = self.weather.as_mut()?;
        if chance.below(100) >= *percent {
            return None;
        }
        let kind = match chance.below(8) {
            0 => FaultKind::Status(500),
            1 => FaultKind::Status(429),
            2 => FaultKind::Reset,
            3 => FaultKind::Truncate,
            4 => FaultKind::Malformed,
            5 => FaultKind::Empty,
            6 => FaultKind::Html,
            _ => FaultKind::Slow(chance.up_to(Duration::from_millis(300))),
        };
        // A server that is overloaded does nothing, and what is late takes effect by itself.
        let does_nothing = matches!(kind, FaultKind::Status(429) | FaultKind::Slow(_));
        // Success is what an empty answer of 200 says.
        let says_yes = matches!(kind, FaultKind::Empty);
        let takes_effect = says_yes || (chance.below(2) == 0 && !does_nothing);
        Some((kind, takes_effect))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("requests", &self.requests.len())
            .field("broadcasts", &self.broadcasts)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query, empty when there is none.
    pub query: String,
    /// The headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// When it had arrived.
    pub at: Instant,
}

impl Request {
    /// Whether it has this method and path; `*` in `path` stands for any text.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && fits(path, &self.path)
    }

    /// The body as JSON, null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The signature ids of a poll.
    pub fn signature_ids(&self) -> Vec<String> {
        serde_json::from_value(self.json()["signatureIds"].clone()).unwrap_or_default()
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {} {body:.200}", self.method, self.path)
    }
}

/// A signed transaction that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast {
    /// The pending transaction.
    pub id: String,
    /// The path it was posted to.
    pub path: String,
    /// The signed transaction.
    pub tx_data: String,
    /// The whole body.
    pub body: Value,
}

impl Broadcast {
    fn of(request: &Request) -> Self {
        let body = request.json();
        let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("signatureId"),
            path: request.path.clone(),
            tx_data: text("txData"),
            body,
        }
    }
}

/// An answer of the cloud.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Answer {
    /// 200 with a JSON body.
    pub fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// Any status with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, body.to_string())
    }

    /// Any status with any body that calls itself JSON.
    pub fn raw(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            body: body.into(),
            headers: vec![("content-type", "application/json".to_owned())],
        }
    }

    /// A redirect to `location`.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::raw(status, "").with_header("location", location)
    }

    /// The same with another header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The body that the cloud answers errors with.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"statusCode": status, "errorCode": code, "message": message});
        Self::json(status, &body)
    }
}

/// One kind of misbehaviour on one route.
#[derive(Clone, Debug)]
pub struct Fault {
    method: &'static str,
    path: String,
    kind: FaultKind,
    takes_effect: bool,
    times: Option<usize>,
    spared: usize,
}

impl Fault {
    /// On requests of this method and path, in which `*` stands for any text.
    pub fn on(method: &'static str, path: &str, kind: FaultKind) -> Self {
        Self {
            method,
            path: path.to_owned(),
            kind,
            takes_effect: false,
            times: None,
            spared: 0,
        }
    }

    /// The request takes effect all the same: only its answer is lost or wrong.
    #[must_use]
    pub fn taking_effect(mut self) -> Self {
        self.takes_effect = true;
        self
    }

    /// Happens so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets so many requests pass first.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.spared = requests;
        self
    }
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// This answer instead of the right one.
    Answer(Answer),
    /// An HTTP error status with the cloud's usual error body.
    Status(u16),
    /// No answer, ever, on an open connection.
    Hang,
    /// The connection is closed without an answer.
    Reset,
    /// 200 with JSON that is cut short.
    Malformed,
    /// 200 without a body.
    Empty,
    /// 200 with a web page.
    Html,
    /// 200 with `null`.
    Null,
    /// 200 with an object.
    Object,
    /// Half an answer, then the connection is closed.
    Truncate,
    /// The right answer, late.
    Slow(Duration),
    /// The right answer, once the gate is open.
    Held(Gate),
}

/// Keeps answers back until a test opens it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A closed gate.
    pub fn closed() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }

    /// Lets all answers out, the waiting ones and those that come.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    async fn passed(&self) {
        // The sender lives as long as the gate.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

/// An element of a poll's answer.
struct Listed {
    chain: String,
    id: Option<String>,
    /// Listed only to polls for one of these.
    wallets: Option<Vec<String>>,
    json: String,
}

fn wallets_of(pending: &Value) -> Vec<String> {
    let hashes = pending["hashes"].as_array().into_iter().flatten();
    let signatures = pending["signatures"].as_array().into_iter().flatten();
    hashes
        .chain(signatures.map(|signature| &signature["id"]))
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

type Handler = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

struct Route {
    method: String,
    path: String,
    handler: Handler,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it looked has changed nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| serve(request, Arc::clone(&shared)));
            // An error is a client that went away, or a fault that was asked for.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Makes hyper close the connection.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

type Body = UnsyncBoxBody<Bytes, Closed>;

async fn serve(
    incoming: hyper::Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<hyper::Response<Body>, Closed> {
    let request = read(incoming).await?;
    let fault = shared.change(|state| {
        state.requests.push(request.clone());
        state.fault_for(&request)
    });
    let Some((kind, takes_effect)) = fault else {
        return Ok(respond(answer(&request, &shared).await, &shared));
    };
    if takes_effect {
        answer(&request, &shared).await;
    }
    let instead = match kind {
        FaultKind::Answer(answer) => answer,
        FaultKind::Status(status) => Answer::error(status, "mock.fault", "fault requested"),
        FaultKind::Hang => std::future::pending().await,
        FaultKind::Reset => return Err(Closed),
        FaultKind::Malformed => Answer::raw(200, r#"[{"id":"6500000000000000000000aa","chain":"#),
        FaultKind::Empty => Answer::raw(200, ""),
        FaultKind::Html => Answer::raw(200, "<!doctype html>\n<title>502 Bad Gateway</title>\n")
            .with_header("content-type", "text/html"),
        FaultKind::Null => Answer::ok(&Value::Null),
        FaultKind::Object => Answer::ok(&json!({"message": "not a list"})),
        FaultKind::Truncate => return Ok(half_a_response()),
        FaultKind::Slow(delay) => {
            tokio::time::sleep(delay).await;
            answer(&request, &shared).await
        }
        FaultKind::Held(gate) => {
            gate.passed().await;
            answer(&request, &shared).await
        }
    };
    Ok(respond(instead, &shared))
}

async fn read(incoming: hyper::Request<Incoming>) -> Result<Request, Closed> {
    let (head, body) = incoming.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: body.collect().await.map_err(|_| Closed)?.to_bytes(),
        at: Instant::now(),
    })
}

fn respond(answer: Answer, shared: &Shared) -> hyper::Response<Body> {
    let body = Full::new(answer.body).map_err(|never: Infallible| match never {});
    let mut response = hyper::Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a valid status");
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).expect("a valid header");
    for (name, text) in &answer.headers {
        headers.insert(*name, value(text));
    }
    if let Some(notice) = &shared.lock().latest_version {
        headers.insert("x-ttm-kms-latest-version", value(notice));
    }
    response
}

/// Promises 1,000 bytes and sends ten.
fn half_a_response() -> hyper::Response<Body> {
    let frames = stream::iter([Ok(Frame::data(Bytes::from_static(br#"[{"id":"65"#)))]).chain(
        stream::once(async {
            // Lets what stands before this leave first.
            tokio::task::yield_now().await;
            Err(Closed)
        }),
    );
    let mut response = hyper::Response::new(StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("content-length", HeaderValue::from_static("1000"));
    response
}

/// The right answer, with its effects.
async fn answer(request: &Request, shared: &Arc<Shared>) -> Answer {
    let handler = {
        let state = shared.lock();
        let mut routes = state.routes.iter();
        routes
            .find(|route| request.is(&route.method, &route.path))
            .map(|route| Arc::clone(&route.handler))
    };
    let answer = match handler {
        // Handlers may block: some ask a real node.
        Some(handler) => {
            let request = request.clone();
            tokio::task::spawn_blocking(move || handler(&request))
                .await
                .unwrap_or_else(|error| Answer::error(500, "mock.handler", &error.to_string()))
        }
        None => built_in(request, &shared.lock()),
    };
    if (200..300).contains(&answer.status) {
        shared.change(|state| state.take_effect(request));
    }
    answer
}

fn built_in(request: &Request, state: &State) -> Answer {
    let path = request.path.as_str();
    let is_post = request.method == "POST";
    if let Some(id) = path
        .strip_prefix(APPROVALS)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        let status = state.approvals.get(id).copied().unwrap_or(200);
        return Answer::json(status, &json!({"id": id, "status": status}));
    }
    if is_post && (fits("/v3/*/web3/*", path) || fits("/v3/blockchain/node/*", path)) {
        return Answer::ok(&json_rpc(&request.json(), state));
    }
    if !request.headers.contains_key("x-api-key") {
        return Answer::error(401, "authentication.failed", "x-api-key is missing");
    }
    if let (true, Some(chain)) = (is_post, path.strip_prefix("/v3/kms/pending/")) {
        return Answer::raw(200, listing(chain, &request.signature_ids(), state));
    }
    if is_post && path == BATCH {
        return Answer::raw(204, "");
    }
    if is_post && fits(BROADCAST, path) {
        // No transaction id: the mock knows no chain.
        return Answer::ok(&json!({"completed": true}));
    }
    let message = format!("the mock has no {} {path}", request.method);
    Answer::error(404, "not.found", &message)
}

fn listing(chain: &str, wanted: &[String], state: &State) -> String {
    let wanted: BTreeSet<&String> = wanted.iter().collect();
    let is_listed = |one: &&Listed| {
        let wallets = one.wallets.as_ref();
        one.chain == chain && wallets.is_none_or(|ids| ids.iter().any(|id| wanted.contains(id)))
    };
    let listed: Vec<&str> = state
        .queue
        .iter()
        .filter(is_listed)
        .map(|one| one.json.as_str())
        .collect();
    format!("[{}]", listed.join(","))
}

fn json_rpc(call: &Value, state: &State) -> Value {
    let method = call["method"].as_str().unwrap_or_default();
    match state.rpc.get(method) {
        Some(result) => json!({"jsonrpc": "2.0", "id": call["id"], "result": result}),
        None => {
            let message = format!("the method {method} does not exist");
            let error = json!({"code": -32601, "message": message});
            json!({"jsonrpc": "2.0", "id": call["id"], "error": error})
        }
    }
}

/// Whether `text` is `pattern`, in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            starts.into_iter().any(|at| fits(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
        thread,
    };

    use super::*;

    const POLL: &str = "/v3/kms/pending/X";

    /// Posts `body`; gives everything that comes until the connection is closed.
    fn post(cloud: &Cloud, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(cloud.address).expect("the cloud listens");
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the cloud reads");
        let mut answer = Vec::new();
        // A connection may be closed in the middle.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).expect("text")
    }

    fn ends_with(answer: &str, status: u16, body: &str) -> bool {
        answer.starts_with(&format!("HTTP/1.1 {status} "))
            && answer.ends_with(&format!("\r\n\r\n{body}"))
    }

    #[test]
    fn polls_list_what_is_theirs_byte_for_byte() {
        let cloud = Cloud::start();
        let ours = json!({"id": "1", "chain": "X", "hashes": ["a"], "signatures": null});
        let by_signature =
            json!({"id": "2", "chain": "X", "hashes": [], "signatures": [{"id": "b"}]});
        cloud.queue(&ours);
        cloud.queue(&by_signature);
        cloud.queue_for("X", r#"{ "id":"3" }"#);
        cloud.queue_for("Y", "4");
        for (asked, listed) in [
            (json!(["a"]), format!(r#"[{ours},{{ "id":"3" }}]"#)),
            (json!(["b"]), format!(r#"[{by_signature},{{ "id":"3" }}]"#)),
        ] {
            let answer = post(&cloud, POLL, &json!({"signatureIds": asked}).to_string());
            assert!(ends_with(&answer, 200, &listed), "{answer}");
        }
    }

    #[test]
    fn what_is_sent_or_reported_is_remembered_and_listed_no_more() {
        let cloud = Cloud::start();
        for id in ["1", "2"] {
            cloud.queue_for("X", &json!({"id": id}).to_string());
        }
        post(
            &cloud,
            "/v3/x/broadcast",
            r#"{"signatureId":"1","txData":"0x1"}"#,
        );
        post(
            &cloud,
            BATCH,
            r#"{"errors":[{"signatureId":"2","error":"no"}]}"#,
        );
        assert_eq!(cloud.signed("1"), BTreeSet::from(["0x1".to_owned()]));
        assert_eq!(cloud.failures("2"), ["no"]);
        assert!(ends_with(&post(&cloud, POLL, "{}"), 200, "[]"));
    }

    #[test]
    fn faults_happen_as_often_and_as_late_as_they_are_told_to() {
        let cloud = Cloud::start();
        cloud.fault(
            Fault::on("POST", POLL, FaultKind::Status(503))
                .after(1)
                .times(2),
        );
        let statuses: Vec<String> = (0..4)
            .map(|_| post(&cloud, POLL, "{}")["HTTP/1.1 ".len()..][..3].to_owned())
            .collect();
        assert_eq!(statuses, ["200", "503", "503", "200"]);
    }

    #[test]
    fn each_fault_is_what_it_says() {
        let cloud = Cloud::start();
        let with = |kind| {
            cloud.heal();
            cloud.fault(Fault::on("POST", POLL, kind));
            post(&cloud, POLL, "{}")
        };
        assert_eq!(with(FaultKind::Reset), "");
        assert!(with(FaultKind::Truncate).ends_with(r#"[{"id":"65"#));
        assert!(with(FaultKind::Malformed).ends_with(r#""chain":"#));
        assert!(ends_with(&with(FaultKind::Empty), 200, ""));
        assert!(ends_with(&with(FaultKind::Null), 200, "null"));
        assert!(with(FaultKind::Html).contains("content-type: text/html"));
        assert!(ends_with(
            &with(FaultKind::Slow(Duration::from_millis(1))),
            200,
            "[]"
        ));
    }

    #[test]
    fn a_lost_answer_has_its_effect_and_a_failed_request_has_none() {
        let cloud = Cloud::start();
        let send = |id: &str| {
            let body = json!({"signatureId": id, "txData": "0x1"});
            post(&cloud, "/v3/x/broadcast", &body.to_string())
        };
        cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Reset).taking_effect());
        assert_eq!(send("1"), "");
        cloud.heal();
        cloud.fault(Fault::on("POST", BROADCAST, FaultKind::Reset));
        assert_eq!(send("2"), "");
        let effective: Vec<String> =
            cloud.look(|state| state.broadcasts.iter().map(|one| one.id.clone()).collect());
        assert_eq!(effective, ["1"]);
        assert_eq!(
            cloud.signed("2").len(),
            1,
            "what was sent is signed, effect or not"
        );
    }

    #[test]
    fn a_held_answer_comes_when_its_gate_opens() {
        let cloud = Cloud::start();
        let gate = Gate::closed();
        cloud.fault(Fault::on("POST", POLL, FaultKind::Held(gate.clone())));
        thread::scope(|scope| {
            let answer = scope.spawn(|| post(&cloud, POLL, "{}"));
            cloud.wait_for_requests(1, "POST", POLL);
            assert!(!answer.is_finished());
            gate.open();
            assert!(ends_with(&answer.join().expect("an answer"), 200, "[]"));
        });
    }

    #[test]
    fn a_cloud_that_is_down_refuses_connections_until_it_comes_up() {
        let cloud = Cloud::down();
        let refused = TcpStream::connect(cloud.address).expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        cloud.come_up();
        assert!(ends_with(&post(&cloud, POLL, "{}"), 200, "[]"));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(fits("/v3/*/broadcast", "/v3/ethereum/broadcast"));
        assert!(fits("/v3/*/broadcast", "/v3/offchain/withdrawal/broadcast"));
        assert!(fits("*", ""));
        assert!(fits("/approve/*", "/approve/"));
        assert!(!fits("/v3/*/broadcast", "/v3/ethereum/broadcast/1"));
        assert!(!fits("/v3", "/v3/x"));
    }
}
