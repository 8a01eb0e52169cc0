//! A node that answers what was recorded.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use crate::chain::{Network, NodeApi, NodeError, NodeHost, NodeMethod, NodeRequest};

/// What some vector files show where the API key is part of a path; others show `{apiKey}`.
const API_KEY: &str = "API-KEY";

/// Answers each call as the vector file recorded it, in the recorded order where the same call
/// was made several times; the last answer is repeated.
#[derive(Debug)]
pub struct ScriptedNode {
    network: Network,
    options: Vec<(&'static str, &'static str)>,
    calls: Mutex<Vec<Recorded>>,
    seen: Mutex<Vec<NodeRequest>>,
}

#[derive(Debug)]
struct Recorded {
    method: NodeMethod,
    path: String,
    rpc_method: Option<String>,
    body: Value,
    /// Whether we ask otherwise than the original, for the reason in the member `departure`.
    departs: bool,
    status: u16,
    answer: Value,
    used: bool,
}

impl Recorded {
    fn fits(&self, method: NodeMethod, path: &str, rpc_method: Option<&str>) -> bool {
        self.method == method
            && self.rpc_method.as_deref() == rpc_method
            && (rpc_method.is_some() || self.path == path)
    }
}

impl ScriptedNode {
    /// A node for `network` with the `calls` member of a vector.
    pub fn new(network: Network, calls: &[Value]) -> Self {
        let member = |call: &Value, names: &[&str]| {
            names
                .iter()
                .find_map(|name| call.get(*name).cloned())
                .unwrap_or(Value::Null)
        };
        let recorded = |call: &Value| {
            let body = member(call, &["body", "request", "requestBody"]);
            let mut answer = member(call, &["response", "responseBody", "answer"]);
            let mut status = call["status"].as_u64();
            if let (Some(inner), Some(body)) = (answer.get("status"), answer.get("body")) {
                (status, answer) = (inner.as_u64(), body.clone());
            }
            let url = call["url"].as_str().or(call["path"].as_str());
            Recorded {
                method: match call["method"].as_str() {
                    Some("POST") => NodeMethod::Post,
                    _ => NodeMethod::Get,
                },
                path: path_only(url.unwrap_or_default()).replace("{apiKey}", API_KEY),
                rpc_method: body["jsonrpc"]
                    .is_string()
                    .then(|| body["method"].as_str().unwrap_or_default().to_owned()),
                body,
                departs: call.get("departure").is_some(),
                status: status
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or(200),
                answer,
                used: false,
            }
        };
        Self {
            network,
            options: Vec::new(),
            calls: Mutex::new(calls.iter().map(recorded).collect()),
            seen: Mutex::default(),
        }
    }

    /// The same node where the owner has set an option of the chain.
    #[must_use]
    pub fn with_option(mut self, name: &'static str, value: &'static str) -> Self {
        self.options.push((name, value));
        self
    }

    /// Fails when a call brought another body than any that was recorded of it. Of a JSON-RPC
    /// call it is the parameters that count.
    ///
    /// # Panics
    /// On the first such call.
    pub fn assert_asked_as_recorded(&self) {
        let calls = self.calls.lock().expect("no test thread panicked");
        for request in self.seen() {
            let (path, rpc_method) = addressed(&request);
            let asked = |body: &Value| match rpc_method {
                Some(_) => body["params"].clone(),
                None => body.clone(),
            };
            let recorded: Vec<_> = calls
                .iter()
                .filter(|call| !call.departs)
                .filter(|call| call.fits(request.method, &path, rpc_method.as_deref()))
                .map(|call| asked(&call.body))
                .filter(|body| !body.is_null())
                .collect();
            let body = asked(request.body.as_ref().unwrap_or(&Value::Null));
            assert!(
                recorded.is_empty() || recorded.contains(&body),
                "{path} {rpc_method:?} was asked with {body}, and recorded with {recorded:?}"
            );
        }
    }

    /// The calls that were made, in order.
    pub fn seen(&self) -> Vec<NodeRequest> {
        self.seen.lock().expect("no test thread panicked").clone()
    }
}

#[async_trait]
impl NodeApi for ScriptedNode {
    fn network(&self) -> Network {
        self.network
    }

    fn option(&self, name: &str) -> Option<&str> {
        let set = self.options.iter().rfind(|(known, _)| *known == name);
        set.map(|(_, value)| *value)
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        self.seen
            .lock()
            .expect("no test thread panicked")
            .push(request.clone());
        let mut calls = self.calls.lock().expect("no test thread panicked");
        let (path, rpc_method) = addressed(&request);
        let rpc_method = rpc_method.as_deref();
        let fits = |call: &Recorded| call.fits(request.method, &path, rpc_method);
        let position = calls
            .iter()
            .position(|call| fits(call) && !call.used)
            .or_else(|| calls.iter().rposition(fits));
        let Some(call) = position.and_then(|position| calls.get_mut(position)) else {
            return Err(NodeError::Unexpected(format!(
                "nothing recorded for {:?} {path} {rpc_method:?}",
                request.method
            )));
        };
        call.used = true;
        if call.status >= 400 {
            return Err(NodeError::Status {
                status: call.status,
                body: call.answer.clone(),
            });
        }
        Ok(call.answer.clone())
    }
}

/// The path of a request as recordings have it, and its method where it is JSON-RPC.
fn addressed(request: &NodeRequest) -> (String, Option<String>) {
    let rpc_method = request
        .body
        .as_ref()
        .filter(|body| body["jsonrpc"].is_string())
        .and_then(|body| body["method"].as_str())
        .map(str::to_owned);
    let path = match request.host {
        NodeHost::Cloud => request.path.replace("{apiKey}", API_KEY),
        NodeHost::Outside(base) => path_only(&format!("{base}{}", request.path)).to_owned(),
    };
    (path, rpc_method)
}

/// A URL without its scheme and host, or a path as it is.
fn path_only(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => url,
    }
}
