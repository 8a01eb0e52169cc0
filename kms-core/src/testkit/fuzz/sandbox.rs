//! What the sandbox's side of a plugin is asked, by whoever reaches its port.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use super::{Property, Target, target::NETWORK};
use crate::{
    chain::{
        Address, Attempt, ChainPlugin, Network, NodeApi, NodeError, NodeMethod, NodeRequest,
        rehearsal::{RehearsalCall, RehearsalWallet},
    },
    testkit::rehearsal_node::RehearsalNode,
};

/// In the top bits of the first byte: addresses, one in each line, a mnemonic's or a key's.
const MNEMONIC: u8 = 0x40;
const KEY: u8 = 0x80;
/// A line that was asked for, then what is said to be that, signed.
const JUDGED: u8 = 0xc0;
/// More than any test has.
const MANY: usize = 1000;

/// Calls of nodes, wallets to make up transactions for, and transactions before the judge who knows
/// what was asked for.
///
/// The first byte chooses the plugin (bits 0 to 5) and which of these it is. A call is a line with
/// method and path, and a body.
#[derive(Debug)]
pub struct SandboxCalls(Vec<Target>);

impl SandboxCalls {
    /// Those of these plugins, 64 at most.
    pub fn of(plugins: &[&'static dyn ChainPlugin]) -> Self {
        let played = plugins.iter().filter(|plugin| plugin.rehearsal().is_some());
        Self(played.map(|plugin| Target::new(*plugin)).collect())
    }
}

impl Property for SandboxCalls {
    /// What the sandbox is asked while its own transactions are signed and sent.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (number, target) in (0_u8..).zip(&self.0) {
            let mut add = |kind: u8, text: &str| {
                seeds.push([&[number | kind], text.as_bytes()].concat());
            };
            for signer in &target.signers {
                add(MNEMONIC, signer.address.as_str());
                add(KEY, signer.address.as_str());
            }
            for serialized in target.seeds() {
                let asked = Asked::new(target.plugin);
                if let Some(sent) = asked.signed(target, &serialized) {
                    add(JUDGED, &format!("{serialized}\n{sent}"));
                }
                for call in asked.calls.into_inner().expect("no thread panicked") {
                    add(0, &call);
                }
            }
        }
        seeds
    }

    /// There is an answer or none; for any addresses there are some transactions or none, and none
    /// of them says nothing.
    fn holds_for(&self, bytes: &[u8]) {
        let Some((first, text)) = bytes.split_first() else {
            return;
        };
        let (number, kind) = (usize::from(first & !JUDGED), first & JUDGED);
        let Some(target) = self.0.get(number % self.0.len().max(1)) else {
            return;
        };
        let (Some(rehearsal), Ok(text)) = (target.plugin.rehearsal(), std::str::from_utf8(text))
        else {
            return;
        };
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        match kind {
            0 => {
                let (method, path) = line.split_once(' ').unwrap_or((line, ""));
                let call = RehearsalCall {
                    method: method.to_owned(),
                    path: path.to_owned(),
                    body: serde_json::from_str(rest).ok(),
                };
                let _ = rehearsal.answer(NETWORK, &call);
                if let Some(sent) = rehearsal.sent(&call) {
                    let _ = rehearsal.verify(NETWORK, &sent);
                }
            }
            JUDGED => {
                let _ = rehearsal.verify_against(NETWORK, line, rest);
                let _ = rehearsal.verify_against(NETWORK, rest, line);
            }
            _ => {
                let wallet = RehearsalWallet {
                    id: "a wallet".to_owned(),
                    mnemonic: kind == MNEMONIC,
                    addresses: text.split('\n').map(Address::new).collect(),
                };
                let made = rehearsal.transactions(NETWORK, &[wallet]);
                assert!(made.len() < MANY, "more than a person asked for");
                let said = made.iter().all(|one| !one.serialized.is_empty());
                assert!(said, "a transaction that says nothing");
            }
        }
    }
}

/// The sandbox's node, and what it was asked.
struct Asked {
    node: RehearsalNode,
    calls: Mutex<Vec<String>>,
}

impl Asked {
    fn new(plugin: &'static dyn ChainPlugin) -> Self {
        Self {
            node: RehearsalNode::new(plugin, NETWORK),
            calls: Mutex::default(),
        }
    }

    /// Has a transaction signed and sent; gives what the judge is shown.
    fn signed(&self, target: &Target, serialized: &str) -> Option<String> {
        let pending = target.pending(serialized.as_bytes()).ok()?;
        let unsigned = target.prepare(&pending, self).ok()?;
        let assembled = target.signed(&unsigned).ok()?;
        let plugin = target.plugin;
        let sent = assembled.tx_data.clone();
        let _ = target.runtime.block_on(async {
            let completed = plugin.cosign(&unsigned, assembled, self).await?;
            plugin.submit(&completed, Attempt::First, self).await
        });
        Some(sent)
    }
}

#[async_trait]
impl NodeApi for Asked {
    fn network(&self) -> Network {
        NETWORK
    }

    async fn call(&self, request: NodeRequest) -> Result<Value, NodeError> {
        let method = match request.method {
            NodeMethod::Get => "GET",
            NodeMethod::Post => "POST",
        };
        let body = request.body.as_ref().map(Value::to_string);
        let call = format!("{method} {}\n{}", request.path, body.unwrap_or_default());
        {
            let mut calls = self.calls.lock().expect("no thread panicked");
            calls.push(call);
        }
        self.node.call(request).await
    }
}
