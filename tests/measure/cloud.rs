//! A cloud that answers at once, or after the time that it is told to take.
//!
//! It does as little as possible, for it shares the processors with the daemon: what was signed is
//! looked at when the daemon is done. Node calls are answered by the chain's own side of the
//! sandbox.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use kms_core::chain::{ChainPlugin, Network, rehearsal::RehearsalCall};
use kms_tests::daemon::API_KEY;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

const PENDING: &str = "/v3/kms/pending/";
const BATCH: &str = "/v3/tatum/kms/batch";
const APPROVE: &str = "/approve/";
const OUTSIDE: &str = "/outside/";

/// The cloud. It serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Cloud {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A transaction that waits in the cloud.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// Its id.
    pub(crate) id: String,
    /// The code of its chain.
    pub(crate) chain: &'static str,
    /// The wallet that signs it.
    pub(crate) wallet: String,
    /// As it is listed.
    pub(crate) json: String,
}

impl Cloud {
    /// Starts a cloud with these transactions.
    ///
    /// # Errors
    /// When it cannot listen.
    pub(crate) fn start(
        network: Network,
        chains: &[&'static dyn ChainPlugin],
        latency: Duration,
        pending: Vec<Pending>,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("no runtime")?;
        let listener = runtime
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .context("the cloud cannot listen")?;
        let address = listener.local_addr().context("the cloud has no address")?;
        let numbers = (0..).zip(&pending);
        let shared = Arc::new(Shared {
            network,
            chains: chains.to_vec(),
            latency,
            numbers: numbers
                .map(|(number, one)| (one.id.clone(), number))
                .collect(),
            state: Mutex::new(State {
                open: (0..pending.len()).collect(),
                listed: vec![None; pending.len()],
                ..State::default()
            }),
            pending,
            changed: Condvar::new(),
        });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            runtime: Some(runtime),
        })
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of its 4-eye server, which approves everything.
    pub(crate) fn approval_url(&self) -> String {
        format!("{}{}", self.url(), APPROVE.trim_end_matches('/'))
    }

    /// The base URL of the nodes of `chain` that are outside the cloud.
    pub(crate) fn outside_url(&self, chain: &str) -> String {
        format!("{}{OUTSIDE}{chain}", self.url())
    }

    /// Looks at what has happened.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.lock())
    }

    /// Looks as soon as something has happened, or after `patience`.
    pub(crate) fn look_later<T>(&self, patience: Duration, look: impl FnOnce(&State) -> T) -> T {
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout(state, patience);
        look(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What has happened to a cloud. Transactions go by their number in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// All polls in order of arrival.
    pub(crate) polls: Vec<Poll>,
    /// When each transaction was listed first.
    pub(crate) listed: Vec<Option<Instant>>,
    /// All broadcasts in order of arrival.
    pub(crate) broadcasts: Vec<Broadcast>,
    /// What was reported as failed.
    pub(crate) failures: Vec<String>,
    /// What was sent to nodes by itself, by the id that it has on its chain.
    pub(crate) sent: HashMap<String, String>,
    /// Requests that nobody could answer.
    pub(crate) unknown: Vec<String>,
    open: BTreeSet<usize>,
}

/// A poll.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poll {
    /// The code of the chain.
    pub(crate) chain: &'static str,
    /// How many ids it asked for.
    pub(crate) ids: usize,
    /// When it had arrived.
    pub(crate) at: Instant,
}

/// A signed transaction.
#[derive(Clone, Debug)]
pub(crate) struct Broadcast {
    /// The number of the pending transaction; nothing for one that the cloud does not know.
    pub(crate) number: Option<usize>,
    /// The signed transaction as it came.
    pub(crate) tx_data: String,
    /// When it had arrived.
    pub(crate) at: Instant,
}

#[derive(Debug)]
struct Shared {
    network: Network,
    chains: Vec<&'static dyn ChainPlugin>,
    latency: Duration,
    pending: Vec<Pending>,
    numbers: HashMap<String, usize>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, call: &Call) -> Answer {
        let path = call.path.as_str();
        if let Some(chain) = path.strip_prefix(PENDING) {
            return self.list(chain, call);
        }
        if path.starts_with(APPROVE) {
            return Answer::ok("{}");
        }
        if path == BATCH {
            return self.fail(call);
        }
        let is_broadcast = |plugin: &&'static dyn ChainPlugin| plugin.info().broadcast_path == path;
        if self.chains.iter().any(is_broadcast)
            && let Ok(body) = serde_json::from_slice::<Value>(&call.body)
            && let Some(id) = body["signatureId"].as_str()
        {
            return self.take(id, &body, call.at);
        }
        self.play(call)
    }

    /// Lists what is open for the wallets of a poll.
    fn list(&self, chain: &str, call: &Call) -> Answer {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let ids = body["signatureIds"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let known = self.chains.iter().map(|plugin| plugin.info().code);
        let Some(code) = known.into_iter().find(|code| *code == chain) else {
            return self.lost(call);
        };
        let mut state = self.lock();
        state.polls.push(Poll {
            chain: code,
            ids: ids.len(),
            at: call.at,
        });
        let asked: HashSet<&str> = match state.open.is_empty() {
            true => HashSet::new(),
            false => ids.iter().filter_map(Value::as_str).collect(),
        };
        let open: Vec<usize> = state.open.iter().copied().collect();
        let mut list = String::from("[");
        let now = Instant::now();
        for number in open {
            let Some(one) = self.pending.get(number) else {
                continue;
            };
            if one.chain != chain || !asked.contains(one.wallet.as_str()) {
                continue;
            }
            if list.len() > 1 {
                list.push(',');
            }
            list.push_str(&one.json);
            if let Some(listed) = state.listed.get_mut(number) {
                listed.get_or_insert(now);
            }
        }
        list.push(']');
        Answer::ok(list)
    }

    /// Takes a signed transaction in.
    fn take(&self, id: &str, body: &Value, at: Instant) -> Answer {
        let number = self.numbers.get(id).copied();
        let mut state = self.lock();
        if let Some(number) = number {
            state.open.remove(&number);
        }
        state.broadcasts.push(Broadcast {
            number,
            tx_data: body["txData"].as_str().unwrap_or_default().to_owned(),
            at,
        });
        // The id that it has on its chain is left out, for it would take hashing to know it.
        Answer::ok(r#"{"completed":true}"#)
    }

    /// Takes a report of failures in.
    fn fail(&self, call: &Call) -> Answer {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let mut state = self.lock();
        for failure in body["errors"].as_array().into_iter().flatten() {
            let id = failure["signatureId"].as_str().unwrap_or_default();
            if let Some(number) = self.numbers.get(id) {
                state.open.remove(number);
            }
            state.failures.push(failure.to_string());
        }
        Answer::ok("")
    }

    /// Asks the plugins what their nodes would answer.
    fn play(&self, call: &Call) -> Answer {
        let outside = call
            .path
            .strip_prefix(OUTSIDE)
            .and_then(|rest| rest.split_once('/'));
        let (only, path) = match outside {
            Some((code, rest)) => (Some(code), format!("/{rest}")),
            None => (None, call.path.clone()),
        };
        let query = call.query.as_ref().map(|query| format!("?{query}"));
        let played = RehearsalCall {
            method: call.method.clone(),
            path: path.replace(API_KEY, "{apiKey}") + &query.unwrap_or_default(),
            body: serde_json::from_slice(&call.body).ok(),
        };
        let of_chain =
            |plugin: &&&'static dyn ChainPlugin| only.is_none_or(|code| code == plugin.info().code);
        for plugin in self.chains.iter().filter(of_chain) {
            let Some(rehearsal) = plugin.rehearsal() else {
                continue;
            };
            let Some(answer) = rehearsal.answer(self.network, &played) else {
                continue;
            };
            if let Some(sent) = rehearsal.sent(&played)
                && let Ok(verdict) = rehearsal.verify(self.network, &sent)
            {
                self.lock().sent.insert(verdict.transaction_id, sent);
            }
            return Answer::ok(answer.to_string());
        }
        self.lost(call)
    }

    fn lost(&self, call: &Call) -> Answer {
        let text = format!("{} {}", call.method, call.path);
        self.lock().unknown.push(text);
        Answer {
            status: StatusCode::NOT_FOUND,
            body: Bytes::from_static(b"{\"statusCode\":404}"),
        }
    }
}

/// A request as it arrived.
#[derive(Debug)]
struct Call {
    method: String,
    path: String,
    query: Option<String>,
    body: Bytes,
    at: Instant,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Answer {
    fn ok(body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            body: body.into(),
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without it answers wait for each other.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(request, Arc::clone(&shared)));
    // An error is a client that went away.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // A body that is cut short is one that nobody can answer.
    let body = body.collect().await.map(|body| body.to_bytes());
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        body: body.unwrap_or_default(),
        at: Instant::now(),
    };
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let answer = shared.answer(&call);
    shared.changed.notify_all();
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}
