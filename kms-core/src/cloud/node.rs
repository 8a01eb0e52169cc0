//! What plugins ask of nodes, behind the cloud and outside it.

use async_trait::async_trait;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::{
    client::{Answer, BodyRule, Call, Cloud},
    http::{TransportError, host_of, shortened},
    retry::Repeatable,
};
use crate::chain::{Network, NodeApi, NodeAuth, NodeError, NodeHost, NodeMethod, NodeRequest};

/// The most bytes of a node's answer.
const LIMIT: usize = 8 * 1024 * 1024;
/// The most characters that are kept of a node's error.
const ERROR_LIMIT: usize = 2000;

/// The nodes of one chain.
///
/// Reads are repeated after server errors and broken connections; other calls only when they
/// certainly had no effect; what is to be made once is not repeated at all. A node outside the cloud never sees the API key.
#[derive(Clone, Debug)]
pub struct CloudNode {
    cloud: Cloud,
    chain: &'static str,
    network: Network,
}

impl CloudNode {
    pub(super) fn new(cloud: Cloud, chain: &'static str, network: Network) -> Self {
        Self {
            cloud,
            chain,
            network,
        }
    }

    /// The base URL of the node, and whether it is the cloud.
    fn base(&self, host: NodeHost) -> Result<(Url, bool), NodeError> {
        let config = self.cloud.config();
        match host {
            NodeHost::Cloud => Ok((config.base_url.clone(), true)),
            NodeHost::Outside(usual) => match config.node_urls.get(self.chain) {
                Some(url) => Ok((url.clone(), false)),
                None => Url::parse(usual)
                    .map(|url| (url, false))
                    .map_err(|_| NodeError::Unexpected(format!("{usual} is no URL"))),
            },
        }
    }

    fn read(&self, answer: &Answer, host: &str) -> Result<Value, NodeError> {
        if !answer.is_success() {
            return Err(from_status(
                answer.status,
                &self.cloud.redacted(&answer.body),
            ));
        }
        let no_json = |_| NodeError::Garbled(format!("the answer of {host} is no JSON"));
        let value: Value = serde_json::from_slice(&answer.body).map_err(no_json)?;
        // Errors are shown to people, so they get the care that data must be spared.
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return serde_json::from_str(&self.cloud.redacted(&answer.body)).map_err(no_json);
        }
        Ok(value)
    }
}

#[async_trait]
impl NodeApi for CloudNode {
    fn network(&self) -> Network {
        self.network
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.cloud.config().chain_options.get(self.chain, name)
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        let (base, is_cloud) = self.base(request.host)?;
        let body = match &request.body {
            Some(body) => Some(serde_json::to_vec(body).map_err(|_| {
                NodeError::Unexpected("the question to the node is no JSON".to_owned())
            })?),
            None => None,
        };
        let (method, repeatable) = match request.method {
            NodeMethod::Get => (Method::GET, Repeatable::Read),
            NodeMethod::Post => (Method::POST, Repeatable::Unprocessed),
        };
        let repeatable = match request.once_within {
            Some(_) => Repeatable::No,
            None => repeatable,
        };
        let key_in_header =
            is_cloud && matches!(request.auth, NodeAuth::Header | NodeAuth::HeaderAndPath);
        let key_in_path =
            is_cloud && matches!(request.auth, NodeAuth::InPath | NodeAuth::HeaderAndPath);
        let attempts = self
            .cloud
            .call(Call {
                method,
                base: &base,
                path: &request.path,
                body: body.map(Into::into),
                key_in_path,
                key_in_header,
                tells_version: false,
                tells_testnet: key_in_header,
                body_rule: BodyRule::Whole(LIMIT),
                repeatable,
                within: request.once_within,
            })
            .await;
        let answer = attempts.last.map_err(from_transport)?;
        self.read(&answer, &host_of(&base))
    }
}

/// The error for a call without an answer.
pub(super) fn from_transport(error: TransportError) -> NodeError {
    match error {
        TransportError::Timeout { seconds, .. } => NodeError::Timeout(seconds),
        TransportError::TooLarge { .. } => NodeError::Garbled(error.to_string()),
        other => NodeError::Unreachable(other.to_string()),
    }
}

/// The error for an answer whose `body` has been cleared of the API key. A redirect is nobody's
/// decision on what was asked, so it is no [`NodeError::Status`].
pub(super) fn from_status(status: u16, body: &str) -> NodeError {
    if (300..400).contains(&status) {
        return NodeError::Garbled(format!(
            "answered {status}, a redirect, which is not followed"
        ));
    }
    let body = match serde_json::from_str(body) {
        Ok(json) if body.len() <= ERROR_LIMIT => json,
        _ => Value::String(shortened(body, ERROR_LIMIT)),
    };
    NodeError::Status { status, body }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_body_is_json_where_it_is_json_and_never_long() {
        let body = |text: &str| match from_status(400, text) {
            NodeError::Status { status: 400, body } => body,
            other => panic!("{other:?}"),
        };
        assert_eq!(body(r#"{"message":"no"}"#), json!({"message": "no"}));
        assert_eq!(body("no"), json!("no"));
        assert_eq!(body(""), json!(""));
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5000));
        assert_eq!(
            body(&long).as_str().unwrap().chars().count(),
            ERROR_LIMIT + 1
        );
    }

    #[test]
    fn a_redirect_decides_nothing() {
        let error = crate::chain::SubmitError::from_node(from_status(302, ""));
        assert!(!error.is_definite());
    }
}
