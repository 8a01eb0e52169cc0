//! What a plugin may ask the network: the cloud's node routes and nodes outside the cloud.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use thiserror::Error;

use super::Network;

/// The way to a chain's nodes. Plugins describe a call; the implementation knows the base URL,
/// the API key, timeouts and retries.
#[async_trait]
pub trait NodeApi: Send + Sync {
    /// The network the daemon works on.
    fn network(&self) -> Network;

    /// What the owner has set for the chain under this name, see
    /// [`ChainPlugin::options`](super::ChainPlugin::options); nothing when it is not set.
    fn option(&self, name: &str) -> Option<&str> {
        let _ = name;
        None
    }

    /// Makes the call and gives the JSON of a successful (2xx) answer.
    ///
    /// # Errors
    /// [`NodeError`]; it never names the API key, even where the key is part of the URL.
    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError>;
}

impl dyn NodeApi + '_ {
    /// A JSON-RPC 2.0 call: gives the `result` member.
    ///
    /// # Errors
    /// [`NodeError::Rpc`] when the answer carries an error, otherwise as [`NodeApi::call`].
    pub async fn json_rpc(
        &self,
        path: &'static str,
        method: &'static str,
        params: Value,
    ) -> Result<Value, NodeError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self
            .call(NodeRequest::post(path, body).with_auth(NodeAuth::InPath))
            .await?;
        let Value::Object(mut answer) = answer else {
            return Err(NodeError::Unexpected(format!(
                "the answer to {method} is no object"
            )));
        };
        // The cloud answers for a node that it cannot reach, sometimes with status 200.
        if !answer.contains_key("result") && answer.contains_key("errorCode") {
            let status = answer.get("statusCode").and_then(Value::as_u64);
            return Err(NodeError::Status {
                status: status
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or(400),
                body: Value::Object(answer),
            });
        }
        match answer.remove("error") {
            None | Some(Value::Null) => {}
            Some(error) => {
                let message = match error.get("message") {
                    Some(Value::String(message)) => message.clone(),
                    _ => error.to_string(),
                };
                let code = error.get("code").and_then(Value::as_i64);
                return Err(NodeError::Rpc { code, message });
            }
        }
        answer
            .remove("result")
            .ok_or_else(|| NodeError::Unexpected(format!("the answer to {method} has no result")))
    }
}

/// One call to a node.
#[derive(Clone, Debug)]
pub struct NodeRequest {
    /// Where the node stands.
    pub host: NodeHost,
    /// The HTTP method.
    pub method: NodeMethod,
    /// The path with its query; `{apiKey}` stands for the API key, `{network}` is not replaced.
    pub path: String,
    /// The JSON body of a POST.
    pub body: Option<Value>,
    /// How the call proves whose it is.
    pub auth: NodeAuth,
    /// The call is made once and given up after this time, for what can be done without. Where
    /// nothing is said, it gets the usual time and is repeated where that does no harm.
    pub once_within: Option<Duration>,
}

impl NodeRequest {
    /// A GET of the cloud, with the API key in the header.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            host: NodeHost::Cloud,
            method: NodeMethod::Get,
            path: path.into(),
            body: None,
            auth: NodeAuth::Header,
            once_within: None,
        }
    }

    /// A POST to the cloud, with the API key in the header.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: NodeMethod::Post,
            body: Some(body),
            ..Self::get(path)
        }
    }

    /// The same call with another proof.
    #[must_use]
    pub fn with_auth(mut self, auth: NodeAuth) -> Self {
        self.auth = auth;
        self
    }

    /// The same call, made once and given up after this time.
    #[must_use]
    pub fn once_within(mut self, time: Duration) -> Self {
        self.once_within = Some(time);
        self
    }

    /// The same call to a node outside the cloud, which never sees the API key. Its scheme and
    /// host can be replaced by `TATUM_KMS_NODE_URL_<CHAIN>`.
    #[must_use]
    pub fn outside(mut self, base_url: &'static str) -> Self {
        self.host = NodeHost::Outside(base_url);
        self.auth = NodeAuth::None;
        self
    }
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeHost {
    /// Behind the cloud's base URL.
    Cloud,
    /// Elsewhere, at this base URL.
    Outside(&'static str),
}

/// The HTTP method of a [`NodeRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeMethod {
    /// Read something.
    Get,
    /// Ask by a body.
    Post,
}

/// How a [`NodeRequest`] proves whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeAuth {
    /// The header `x-api-key`.
    Header,
    /// `{apiKey}` in the path, no header.
    InPath,
    /// Both.
    HeaderAndPath,
    /// Not at all.
    None,
}

/// Why a node gave no usable answer.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// It answered with an HTTP error status.
    #[error("answered {status}: {}", one_line(body))]
    Status {
        /// The HTTP status.
        status: u16,
        /// The body, as JSON where it is JSON and else as JSON text; shortened.
        body: Value,
    },
    /// It answered with a JSON-RPC error.
    #[error("Returned error: {message}")]
    Rpc {
        /// The error code, where there is one.
        code: Option<i64>,
        /// The node's message.
        message: String,
    },
    /// It answered with something else than was asked for.
    #[error("{0}")]
    Unexpected(String),
    /// What answered was hardly the node: a proxy's page, a redirect, no end of bytes.
    #[error("{0}")]
    Garbled(String),
    /// It did not answer in time.
    #[error("no answer within {0} s")]
    Timeout(u64),
    /// It could not be reached, or the connection broke.
    #[error("{0}")]
    Unreachable(String),
}

impl NodeError {
    /// Whether asking again may help: the network or the server had trouble, or did not accept the
    /// API key or its credit; nothing was decided about the transaction.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 401 | 402 | 408 | 425 | 429 | 500..),
            Self::Rpc { .. } | Self::Unexpected(_) => false,
            Self::Garbled(_) | Self::Timeout(_) | Self::Unreachable(_) => true,
        }
    }
}

fn one_line(body: &Value) -> impl fmt::Display {
    match body {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
