//! `--serve`: the cloud stays up for other programs, which queue transactions by HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use kms_core::chain::{
    Address, ChainPlugin, Network, PendingTransaction, Registry, rehearsal::RehearsalWallet,
};
use serde::Deserialize;
use serde_json::{Value, json, value::to_raw_value};

use super::{
    SandboxError,
    api_error::{ApiError, parse},
    approval,
    cloud::{self, OUTSIDE, SandboxCloud},
    random, scenario,
    server::Server,
    signal::StopSignal,
    state::{Approval, QueueError, Snapshot, State as Records},
    story::Story,
};

/// The API key of a sandbox that stays up. It opens nothing.
const API_KEY: &str = "sandbox";

/// How the sandbox serves.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    /// The chains it plays.
    pub(crate) registry: Registry,
    /// The network it plays.
    pub(crate) network: Network,
    /// The port of the loopback interface; 0 is any free one.
    pub(crate) port: u16,
}

impl ServeOptions {
    /// The usual port.
    pub(crate) const DEFAULT_PORT: u16 = 7700;
}

/// Serves until SIGINT or SIGTERM. `ready` is told how to use it, once it answers.
///
/// # Errors
/// [`SandboxError`] when the port cannot be listened on.
pub(crate) async fn serve<E: From<SandboxError>>(
    options: ServeOptions,
    ready: impl FnOnce(&str) -> Result<(), E>,
) -> Result<(), E> {
    let mut signal = StopSignal::listen().map_err(SandboxError::Signals)?;
    let port = options.port;
    let cloud = Arc::new(SandboxCloud {
        registry: options.registry,
        network: options.network,
        api_key: API_KEY.to_owned(),
        state: Records::default(),
        story: Some(Story),
    });
    let server = Server::start(port, router(&cloud)).await?;
    ready(&instructions(&cloud, &server.url()))?;
    signal.wait().await;
    Ok(())
}

/// The cloud, the 4-eye server and the calls that steer them.
pub(super) fn router(cloud: &Arc<SandboxCloud>) -> Router {
    let control = Router::new()
        .route("/sandbox/pending/{chain}", post(queue))
        .route("/sandbox/wallets/{chain}", post(make_up))
        .route("/sandbox/approvals/{id}", post(instruct))
        .route("/sandbox/state", get(snapshot))
        .with_state(Arc::clone(cloud));
    cloud::router(Arc::clone(cloud))
        .merge(approval::router(Arc::clone(cloud)))
        .merge(control)
}

async fn queue(
    State(cloud): State<Arc<SandboxCloud>>,
    Path(chain): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let plugin = plugin(&cloud, &chain)?;
    let mut json: Value = parse(&body)?;
    let Some(members) = json.as_object_mut() else {
        return Err(ApiError::invalid("the body: not an object"));
    };
    let id = random::transaction_id().map_err(|error| internal(&error.into()))?;
    for (name, value) in [
        ("id", json!(id)),
        ("chain", json!(plugin.info().code)),
        ("hashes", json!([])),
    ] {
        members.entry(name).or_insert(value);
    }
    let invalid = |error: serde_json::Error| ApiError::invalid(format!("the body: {error}"));
    let raw = to_raw_value(&json).map_err(invalid)?;
    let pending = PendingTransaction::from_raw(&raw).map_err(invalid)?;
    if pending.chain != chain {
        let found = &pending.chain;
        return Err(ApiError::invalid(format!(
            "a transaction for {found} does not belong to {chain}"
        )));
    }
    if pending.hashes.is_empty() && pending.signatures.is_empty() {
        return Err(ApiError::invalid(
            "neither `hashes` nor `signatures` names a wallet: no poll would ever bring it",
        ));
    }
    let answer = json!({"id": pending.id, "chain": pending.chain});
    let queued = cloud.state.queue(pending, Approval::Approve);
    queued.map_err(|error| queue_error(&error))?;
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MakeUpCall {
    signature_id: String,
    #[serde(default)]
    mnemonic: bool,
    addresses: Vec<String>,
}

async fn make_up(
    State(cloud): State<Arc<SandboxCloud>>,
    Path(chain): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let plugin = plugin(&cloud, &chain)?;
    let call: MakeUpCall = parse(&body)?;
    if call.addresses.is_empty() {
        return Err(ApiError::invalid("the body: `addresses` is empty"));
    }
    let wallet = RehearsalWallet {
        id: call.signature_id,
        mnemonic: call.mnemonic,
        addresses: call.addresses.into_iter().map(Address::new).collect(),
    };
    let cases = scenario::cases(plugin, cloud.network, std::slice::from_ref(&wallet))
        .map_err(|error| internal(&error))?;
    if cases.is_empty() {
        return Err(ApiError::invalid(format!(
            "no transaction can be made up for these addresses; are they {chain} addresses of the {}?",
            cloud.network
        )));
    }
    let full = |error: QueueError| queue_error(&error);
    cloud.state.add_wallet(wallet).map_err(full)?;
    let mut transactions = Vec::new();
    for case in cases {
        transactions.push(json!({"id": case.pending.id, "title": case.title}));
        let queued = cloud.state.queue(case.pending, Approval::Approve);
        queued.map_err(full)?;
    }
    let answer = json!({"transactions": transactions});
    Ok((StatusCode::CREATED, Json(answer)))
}

#[derive(Deserialize)]
struct InstructCall {
    approve: bool,
}

async fn instruct(
    State(cloud): State<Arc<SandboxCloud>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let call: InstructCall = parse(&body)?;
    let approval = if call.approve {
        Approval::Approve
    } else {
        Approval::Decline
    };
    if cloud.state.instruct(&id, approval) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::no_transaction(&id))
    }
}

async fn snapshot(State(cloud): State<Arc<SandboxCloud>>) -> Json<Snapshot> {
    Json(cloud.state.snapshot())
}

fn plugin(cloud: &SandboxCloud, chain: &str) -> Result<&'static dyn ChainPlugin, ApiError> {
    let plugin = cloud.registry.require(chain);
    plugin
        .map_err(|error| ApiError::new(StatusCode::NOT_FOUND, "chain.not.found", error.to_string()))
}

fn internal(error: &SandboxError) -> ApiError {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    ApiError::new(status, "sandbox.internal", error.to_string())
}

fn queue_error(error: &QueueError) -> ApiError {
    let (status, code) = match error {
        QueueError::Taken(_) => (StatusCode::CONFLICT, "sandbox.id.taken"),
        QueueError::Full => (StatusCode::TOO_MANY_REQUESTS, "sandbox.full"),
    };
    ApiError::new(status, code, error.to_string())
}

/// What a person must know to use it.
fn instructions(cloud: &SandboxCloud, url: &str) -> String {
    let network = cloud.network;
    let testnet = if network.is_testnet() {
        " --testnet"
    } else {
        ""
    };
    let chains: Vec<&str> = cloud.registry.codes().collect();
    let chain = chains.first().copied().unwrap_or("ETH");
    let chains = chains.join(", ");
    let nodes: String = cloud
        .registry
        .iter()
        .map(ChainPlugin::info)
        .filter(|info| !info.outside_nodes.is_empty())
        .map(|info| {
            let code = info.code;
            format!("  export TATUM_KMS_NODE_URL_{code}={url}{OUTSIDE}{code}\n")
        })
        .collect();
    let four_eye = approval::PATH;
    format!(
        "A Tatum Cloud of your own ({network}; {chains}) is up on {url}

Point a KMS at it:
  export TATUM_API_URL={url}
  export TATUM_API_KEY={API_KEY}
{nodes}  tatum-kms daemon{testnet} --external-url={url}{four_eye} --external-url-method=POST

Have transactions made up for a wallet of yours (a mnemonic with its addresses from index 0 on,
or with \"mnemonic\": false a single key with its one address):
  curl -X POST {url}/sandbox/wallets/{chain} -d '{{\"signatureId\": \"<id>\", \"mnemonic\": true, \"addresses\": [\"<address>\"]}}'

Queue a pending transaction of your own:
  curl -X POST {url}/sandbox/pending/{chain} -d '{{\"serializedTransaction\": \"…\", \"hashes\": [\"<id>\"], \"index\": 0}}'

Have the 4-eye server decline one, and see what became of all:
  curl -X POST {url}/sandbox/approvals/<transaction> -d '{{\"approve\": false}}'
  curl {url}/sandbox/state

Ctrl-C ends it. Nothing is kept."
    )
}
