//! What is known of the sender's account.

use kms_core::chain::{Network, NodeApi, NodeError, NodeRequest};
use serde_json::Value;

use crate::account::Account;

/// The public nodes, of which nobody can be sure any more.
pub(crate) const NODES: [&str; 2] = [
    "https://dex-european.binance.org",
    "https://testnet-dex-atlantic.binance.org",
];

/// Gives the account's number and the sequence of its next transaction.
///
/// The cloud knows them. Where it has no number, which then is 0 or absent, a public node may know
/// better; without its answer the cloud's counts if it is complete.
pub(crate) async fn number_and_sequence(
    node: &dyn NodeApi,
    account: Account,
) -> Result<(u64, u64), NodeError> {
    let address = account.to_text(node.network());
    let path = format!("/v3/bnb/account/{address}");
    let (number, sequence) = read(&node.call(NodeRequest::get(path)).await?)?;
    let known = number.zip(sequence);
    if let Some((1.., _)) = known {
        return known.ok_or_else(incomplete);
    }
    let [mainnet, testnet] = NODES;
    let base_url = match node.network() {
        Network::Mainnet => mainnet,
        Network::Testnet => testnet,
    };
    let request = NodeRequest::get(format!("/api/v1/account/{address}")).outside(base_url);
    let answer = node.call(request).await.and_then(|answer| read(&answer));
    match (answer, known) {
        (Ok((Some(number), Some(sequence))), _) => Ok((number, sequence)),
        (_, Some(known)) => Ok(known),
        (Ok(_), None) => Err(incomplete()),
        (Err(error), None) => Err(error),
    }
}

/// Both, as far as they are there.
fn read(answer: &Value) -> Result<(Option<u64>, Option<u64>), NodeError> {
    let member = |name: &str| match answer.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|number| i64::try_from(*number).is_ok())
            .map(Some)
            .ok_or_else(|| NodeError::Unexpected(format!("the account's {name} is no number"))),
    };
    Ok((member("account_number")?, member("sequence")?))
}

fn incomplete() -> NodeError {
    NodeError::Unexpected("nobody says the number and sequence of the account".to_owned())
}
