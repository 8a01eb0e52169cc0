//! A node that answers as the sandbox does.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use crate::chain::{
    ChainPlugin, Network, NodeApi, NodeError, NodeMethod, NodeRequest, rehearsal::RehearsalCall,
};

/// Answers with what the plugin's rehearsal has for each call.
pub(super) struct RehearsalNode {
    plugin: &'static dyn ChainPlugin,
    network: Network,
    /// The signed transaction that a call carried.
    sent: Mutex<Option<String>>,
}

impl RehearsalNode {
    pub(super) fn new(plugin: &'static dyn ChainPlugin, network: Network) -> Self {
        Self {
            plugin,
            network,
            sent: Mutex::default(),
        }
    }

    /// The last signed transaction that a call carried.
    pub(super) fn sent(self) -> Option<String> {
        self.sent.into_inner().expect("no test thread panicked")
    }
}

#[async_trait]
impl NodeApi for RehearsalNode {
    fn network(&self) -> Network {
        self.network
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        let call = RehearsalCall {
            method: match request.method {
                NodeMethod::Get => "GET".to_owned(),
                NodeMethod::Post => "POST".to_owned(),
            },
            path: request.path.clone(),
            body: request.body,
        };
        let rehearsal = self.plugin.rehearsal();
        if let Some(sent) = rehearsal.and_then(|rehearsal| rehearsal.sent(&call)) {
            *self.sent.lock().expect("no test thread panicked") = Some(sent);
        }
        rehearsal
            .and_then(|rehearsal| rehearsal.answer(self.network, &call))
            .ok_or_else(|| NodeError::Unexpected(format!("the sandbox has no {}", request.path)))
    }
}
