//! The questions to a VeChain node, and its answers, read strictly.

use alloy_primitives::{Address, hex};
use alloy_sol_types::{Panic, Revert, SolError as _};
use kms_core::chain::{Network, NodeApi, NodeError, NodeRequest};
use serde_json::{Value, json};

use crate::{address, request::Request};

/// The nodes that VeChain runs for everybody.
pub(crate) const NODES: [&str; 2] = [
    "https://sync-mainnet.vechain.org",
    "https://sync-testnet.vechain.org",
];

/// A node outside the cloud.
pub(crate) struct ThorNode<'a> {
    node: &'a dyn NodeApi,
    base_url: &'static str,
}

impl<'a> ThorNode<'a> {
    pub(crate) fn new(node: &'a dyn NodeApi) -> Self {
        let [mainnet, testnet] = NODES;
        let base_url = match node.network() {
            Network::Mainnet => mainnet,
            Network::Testnet => testnet,
        };
        Self { node, base_url }
    }

    /// The gas that the request's one clause would use beyond its intrinsic gas.
    pub(crate) async fn gas_used(
        &self,
        request: &Request,
        sender: &Address,
    ) -> Result<u64, NodeError> {
        let call = NodeRequest::post("/accounts/*?revision=best", simulation(request, sender));
        let answer = self.node.call(call.outside(self.base_url)).await?;
        let wrong = || unexpected("the outcome of one clause", &answer);
        let outcome = answer.get(0).ok_or_else(wrong)?;
        let vm_error = outcome.get("vmError").and_then(Value::as_str);
        let vm_error = vm_error.unwrap_or_default();
        if outcome.get("reverted") == Some(&Value::Bool(true)) || !vm_error.is_empty() {
            let data = outcome.get("data").and_then(Value::as_str);
            let message = match data.and_then(revert_reason) {
                Some(reason) => format!("Gas estimation failed with VM reverted: {reason}"),
                None => format!("Gas estimation failed: {vm_error}"),
            };
            return Err(NodeError::Rpc {
                code: None,
                message: message.chars().take(1000).collect(),
            });
        }
        outcome
            .get("gasUsed")
            .and_then(Value::as_u64)
            .ok_or_else(wrong)
    }

    /// The chain tag: the last byte of the genesis block's id.
    pub(crate) async fn chain_tag(&self) -> Result<u8, NodeError> {
        let [.., tag] = self.block_id("/blocks/0").await?;
        Ok(tag)
    }

    /// The reference to the best block: the first 8 bytes of its id.
    pub(crate) async fn best_block_ref(&self) -> Result<u64, NodeError> {
        let [a, b, c, d, e, f, g, h, ..] = self.block_id("/blocks/best").await?;
        Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    async fn block_id(&self, path: &'static str) -> Result<[u8; 32], NodeError> {
        let call = NodeRequest::get(path).outside(self.base_url);
        let answer = self.node.call(call).await?;
        let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
        let mut bytes = [0; 32];
        hex::decode_to_slice(id.strip_prefix("0x").unwrap_or_default(), &mut bytes)
            .map_err(|_| unexpected(&format!("the block id of {path}"), &answer))?;
        Ok(bytes)
    }
}

/// What the node is asked to play through.
fn simulation(request: &Request, sender: &Address) -> Value {
    let to = request.to.as_ref().map(address::lower_case);
    let value = request.value.map(|value| format!("{value:#x}"));
    let mut body = json!({
        "clauses": [{
            "to": to,
            "value": value.unwrap_or_default(),
            "data": hex::encode_prefixed(&request.data),
        }],
        "caller": address::lower_case(sender),
    });
    if let Some(members) = body.as_object_mut() {
        let gas = request.gas.map(Value::from);
        let further = [("gas", gas), ("gasPrice", request.gas_price.clone())];
        let given = further
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        members.extend(given);
    }
    body
}

/// The reason in the data of a reverted call: `Error(string)` or `Panic(uint256)` of Solidity.
fn revert_reason(data: &str) -> Option<String> {
    let data = hex::decode(data).ok()?;
    if let Ok(revert) = Revert::abi_decode_validate(&data) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode_validate(&data).ok()?;
    Some(format!("Panic(0x{:02x})", panic.code))
}

fn unexpected(asked: &str, answer: &Value) -> NodeError {
    let mut shown: String = answer.to_string().chars().take(120).collect();
    if shown.len() < answer.to_string().len() {
        shown.push('…');
    }
    NodeError::Unexpected(format!("asked for {asked}, the node answered {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use proptest::prelude::*;

    #[test]
    fn reasons_of_solidity_are_read() {
        let revert = Revert::from("not enough").abi_encode();
        assert_eq!(
            revert_reason(&hex::encode_prefixed(revert)).as_deref(),
            Some("not enough")
        );
        let panic = Panic {
            code: U256::from(0x11),
        };
        assert_eq!(
            revert_reason(&hex::encode_prefixed(panic.abi_encode())).as_deref(),
            Some("Panic(0x11)")
        );
        for data in ["", "0x", "0x08c379a0", "0xqq", "0xdeadbeef"] {
            assert_eq!(revert_reason(data), None);
        }
    }

    proptest! {
        #[test]
        fn no_revert_data_panics(data: Vec<u8>, selector in proptest::sample::select(vec!["08c379a0", "4e487b71", ""])) {
            let _ = revert_reason(&format!("0x{selector}{}", hex::encode(data)));
        }
    }
}
