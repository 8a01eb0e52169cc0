//! From what is asked for to a complete transaction.

use kms_core::chain::{Network, NodeApi, PendingTransaction, TransactionError};

use crate::{
    account::Account,
    node::{self, NetworkConfig},
    request::Request,
    transaction::{ChainId, Transaction},
};

/// Completes `pending`, which the key of `sender` will sign. Nobody is asked about what could not
/// be signed.
pub(crate) async fn prepare(
    pending: &PendingTransaction,
    sender: Account,
    node: &dyn NodeApi,
) -> Result<Transaction, TransactionError> {
    let request = Request::parse(&pending.serialized_transaction)?;
    if let Some(from) = request.from
        && from != sender
    {
        return Err(TransactionError::Refused(format!(
            "it is to be sent from {from}, but the key is that of {sender}"
        )));
    }
    let NetworkConfig {
        chain_id,
        gas_price,
        version,
    } = node::network_config(node).await?;
    check_chain_id(node.network(), chain_id)?;
    let mut transaction = Transaction {
        nonce: node::nonce(node, sender).await?,
        value: request.value,
        receiver: request.to,
        sender,
        gas_price,
        gas_limit: 0,
        data: request.data,
        chain_id,
        version,
    };
    transaction.gas_limit = node::gas_limit(node, &transaction).await?;
    Ok(transaction)
}

/// Refuses the chain id of another network, where the transaction would be as good.
pub(crate) fn check_chain_id(network: Network, chain_id: ChainId) -> Result<(), TransactionError> {
    if chain_id.network() == network {
        return Ok(());
    }
    Err(TransactionError::Refused(format!(
        "chain id {:?} is not one of MultiversX {network}",
        chain_id.as_str()
    )))
}
