//! The embedded Tatum Cloud: the calls that a KMS makes.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequestParts, Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use kms_core::chain::{ChainPlugin, Network, Registry, rehearsal::RehearsalCall};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    api_error::{ApiError, parse},
    judge::judge,
    state::{Ending, FailureReport, How, State as Records},
    story::Story,
};

/// Twice what a poll for 25,000 wallets needs.
const BODY_LIMIT: usize = 2 * 1024 * 1024;
/// Where nodes outside the cloud are played, followed by the code of the chain.
pub(super) const OUTSIDE: &str = "/outside/";

/// The cloud: what it knows, and how it is addressed.
#[derive(Debug)]
pub(super) struct SandboxCloud {
    /// The chains it plays.
    pub(super) registry: Registry,
    /// The network it plays.
    pub(super) network: Network,
    /// The API key it takes.
    pub(super) api_key: String,
    /// What it remembers.
    pub(super) state: Records,
    /// Where it tells of broadcasts, if anywhere.
    pub(super) story: Option<Story>,
}

/// The routes of the cloud.
pub(super) fn router(cloud: Arc<SandboxCloud>) -> Router {
    let mut router = Router::new()
        .route("/v3/kms/pending/{chain}", post(poll).get(poll_by_query))
        .route("/v3/kms/{id}", get(show).delete(delete))
        .route("/v3/kms/{id}/{tx_id}", put(complete))
        .route("/v3/tatum/kms/batch", post(report))
        .route("/v3/offchain/withdrawal/broadcast", post(withdraw));
    let plugins = cloud.registry.iter();
    // Chains may share a route, and a route is added once.
    let paths: BTreeSet<&str> = plugins.map(|plugin| plugin.info().broadcast_path).collect();
    for path in paths {
        router = router.route(path, post(broadcast));
    }
    router
        .fallback(node)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(cloud)
}

impl SandboxCloud {
    fn is_key(&self, headers: &HeaderMap) -> bool {
        headers
            .get("x-api-key")
            .is_some_and(|key| key.as_bytes() == self.api_key.as_bytes())
    }

    /// Takes in a signed transaction that came by `path`, or as a withdrawal.
    fn accept(
        &self,
        route: Route<'_>,
        signature_id: &str,
        tx_data: &str,
    ) -> Result<String, ApiError> {
        // The answer to the first broadcast may have been lost.
        if let Some(closed) = self.state.closed(signature_id)
            && closed.tx_data.as_deref() == Some(tx_data)
            && let Some(tx_id) = closed.tx_id
        {
            return Ok(tx_id);
        }
        let Some(pending) = self.state.find(signature_id) else {
            return Err(ApiError::no_transaction(signature_id));
        };
        let verdict = self
            .plugin(&pending.chain, route)
            .and_then(|plugin| judge(self, plugin, &pending, tx_data));
        let tell = |what: &str| {
            if let Some(story) = self.story {
                story.tell(&pending.chain, what);
            }
        };
        match verdict {
            Ok(verdict) => {
                let signers: Vec<&str> = verdict.signers.iter().map(|one| one.as_str()).collect();
                let signers = signers.join(", ");
                let tx_id = verdict.transaction_id.clone();
                tell(&format!(
                    "{signature_id}: verified, signed by {signers}, transaction {tx_id}"
                ));
                let how = match route {
                    Route::Broadcast(_) => How::Broadcast,
                    Route::Withdrawal(_) => How::Withdrawal,
                };
                let ending = Ending {
                    tx_id: Some(tx_id.clone()),
                    signers: verdict.signers,
                    tx_data: Some(tx_data.to_owned()),
                };
                if !self.state.close(signature_id, how, ending) {
                    return Err(ApiError::no_transaction(signature_id));
                }
                Ok(tx_id)
            }
            Err(reason) => {
                tell(&format!("{signature_id}: rejected, {reason}"));
                self.state.reject(signature_id, &reason);
                Err(ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "broadcast.failed",
                    reason,
                ))
            }
        }
    }

    fn plugin(&self, chain: &str, route: Route<'_>) -> Result<&'static dyn ChainPlugin, String> {
        let plugin = self.registry.require(chain).map_err(|e| e.to_string())?;
        let info = plugin.info();
        match route {
            Route::Broadcast(path) if path == info.broadcast_path => Ok(plugin),
            Route::Broadcast(path) => Err(format!("{path} is not the way of {chain} transactions")),
            Route::Withdrawal(currency) if currency == chain && info.offchain_withdrawals => {
                Ok(plugin)
            }
            Route::Withdrawal(currency) => Err(format!(
                "a {chain} transaction is no off-chain withdrawal of {currency}"
            )),
        }
    }
}

/// How a signed transaction came.
#[derive(Clone, Copy, Debug)]
enum Route<'a> {
    /// By a chain's broadcast path.
    Broadcast(&'a str),
    /// As an off-chain withdrawal of this currency.
    Withdrawal(&'a str),
}

/// Proof that the request has the API key in its header.
struct Authorised;

impl FromRequestParts<Arc<SandboxCloud>> for Authorised {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        cloud: &Arc<SandboxCloud>,
    ) -> Result<Self, ApiError> {
        if cloud.is_key(&parts.headers) {
            Ok(Self)
        } else {
            Err(unauthorised())
        }
    }
}

fn unauthorised() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "authentication.failed",
        "the header x-api-key is missing, or is not the sandbox's",
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PollCall {
    signature_ids: HashSet<String>,
}

async fn poll(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    Path(chain): Path<String>,
    body: Bytes,
) -> Result<Json<Vec<Box<RawValue>>>, ApiError> {
    let call: PollCall = parse(&body)?;
    Ok(Json(cloud.state.pending(&chain, &call.signature_ids)))
}

async fn poll_by_query(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    Path(chain): Path<String>,
    uri: Uri,
) -> Json<Vec<Box<RawValue>>> {
    let query = uri.query().unwrap_or_default();
    let ids = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "signatureIds")
        .flat_map(|(_, ids)| ids.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    Json(cloud.state.pending(&chain, &ids))
}

async fn show(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    Path(id): Path<String>,
) -> Result<Json<Box<RawValue>>, ApiError> {
    let pending = cloud.state.find(&id);
    let pending = pending.ok_or_else(|| ApiError::no_transaction(&id))?;
    Ok(Json(pending.raw().to_owned()))
}

async fn complete(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    Path((id, tx_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let ending = Ending {
        tx_id: Some(tx_id),
        ..Ending::default()
    };
    close(&cloud, &id, How::Completed, ending)
}

async fn delete(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    close(&cloud, &id, How::Deleted, Ending::default())
}

fn close(cloud: &SandboxCloud, id: &str, how: How, ending: Ending) -> Result<StatusCode, ApiError> {
    if cloud.state.close(id, how, ending) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::no_transaction(id))
    }
}

#[derive(Deserialize)]
struct ReportCall {
    errors: Vec<FailureReport>,
}

async fn report(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let call: ReportCall = parse(&body)?;
    cloud.state.fail(call.errors);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BroadcastCall {
    tx_data: String,
    signature_id: String,
    currency: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    tx_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<bool>,
}

async fn broadcast(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    uri: Uri,
    body: Bytes,
) -> Result<Response, ApiError> {
    // Some chains have calls of their own on this path, which close nothing.
    let whole: Value = parse(&body)?;
    if whole.get("signatureId").is_none() {
        let call = RehearsalCall {
            method: Method::POST.to_string(),
            path: uri.path().to_owned(),
            body: Some(whole),
        };
        return play(&cloud, None, &call);
    }
    let call: BroadcastCall = parse(&body)?;
    let route = Route::Broadcast(uri.path());
    let tx_id = cloud.accept(route, &call.signature_id, &call.tx_data)?;
    let completed = None;
    Ok(Json(Receipt { tx_id, completed }).into_response())
}

async fn withdraw(
    _: Authorised,
    State(cloud): State<Arc<SandboxCloud>>,
    body: Bytes,
) -> Result<Json<Receipt>, ApiError> {
    let call: BroadcastCall = parse(&body)?;
    let currency = call
        .currency
        .ok_or_else(|| ApiError::invalid("the body: missing field `currency`"))?;
    let route = Route::Withdrawal(&currency);
    let tx_id = cloud.accept(route, &call.signature_id, &call.tx_data)?;
    let completed = Some(true);
    Ok(Json(Receipt { tx_id, completed }))
}

/// Everything else is a node call, which the plugins answer.
async fn node(
    State(cloud): State<Arc<SandboxCloud>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let (only, path) = match path
        .strip_prefix(OUTSIDE)
        .and_then(|rest| rest.split_once('/'))
    {
        Some((code, rest)) => (Some(code), format!("/{rest}")),
        None => (None, path.to_owned()),
    };
    let (path, key_in_path) = hide_key(&path, &cloud.api_key);
    if only.is_none() && !key_in_path && !cloud.is_key(&headers) {
        return Err(unauthorised());
    }
    let call = RehearsalCall {
        method: method.to_string(),
        path,
        body: if body.is_empty() {
            None
        } else {
            Some(parse(&body)?)
        },
    };
    play(&cloud, only, &call)
}

/// The answer of the first plugin that knows the call. What it sent by the call is remembered for
/// the judge.
fn play(
    cloud: &SandboxCloud,
    only: Option<&str>,
    call: &RehearsalCall,
) -> Result<Response, ApiError> {
    let mut plugins = cloud
        .registry
        .iter()
        .filter(|plugin| only.is_none_or(|code| code == plugin.info().code));
    let answer = plugins.find_map(|plugin| {
        let rehearsal = plugin.rehearsal()?;
        let answer = rehearsal.answer(cloud.network, call)?;
        if let Some(sent) = rehearsal.sent(call)
            && let Ok(verdict) = rehearsal.verify(cloud.network, &sent)
        {
            cloud
                .state
                .remember_sent(plugin.info().code, verdict.transaction_id, sent);
        }
        Some(answer)
    });
    match answer {
        Some(answer) => Ok(Json(answer).into_response()),
        None => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "not.found",
            format!("the sandbox has no {} {}", call.method, call.path),
        )),
    }
}

/// Replaces the API key by `{apiKey}` where it is a whole segment of the path; whether it was.
fn hide_key(path: &str, api_key: &str) -> (String, bool) {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut found = false;
    let segment = |segment| {
        if segment == api_key {
            found = true;
            "{apiKey}"
        } else {
            segment
        }
    };
    let segments: Vec<&str> = path.split('/').map(segment).collect();
    let mut hidden = segments.join("/");
    if let Some(query) = query {
        hidden.push('?');
        hidden.push_str(query);
    }
    (hidden, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_hidden_where_it_is_a_segment() {
        let cases = [
            ("/v3/ethereum/web3/k", "/v3/ethereum/web3/{apiKey}", true),
            ("/v3/node/k/meta?a=k", "/v3/node/{apiKey}/meta?a=k", true),
            ("/v3/kind", "/v3/kind", false),
            ("/", "/", false),
        ];
        for (path, hidden, found) in cases {
            assert_eq!(hide_key(path, "k"), (hidden.to_owned(), found));
        }
    }
}
