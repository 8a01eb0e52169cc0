//! From what is asked for to a complete transaction.

use alloy_primitives::{Address, TxKind};
use kms_core::{
    chain::{Network, NodeApi, PendingTransaction, TransactionError},
    keys::KeyError,
};

use crate::{
    node::ThorNode,
    request::Request,
    transaction::{Clause, Transaction},
};

/// For how many blocks of ten seconds a transaction is valid unless it says otherwise.
const USUAL_EXPIRATION: u32 = 720;
/// What a called contract may need beyond what it needed in the simulation.
const CALL_MARGIN: u64 = 15_000;

/// Completes `pending`, which `sender` will sign.
pub(crate) async fn prepare(
    pending: &PendingTransaction,
    sender: Address,
    node: &dyn NodeApi,
) -> Result<Transaction, TransactionError> {
    let request = Request::parse(&pending.serialized_transaction)?;
    let thor = ThorNode::new(node);
    let gas_used = thor.gas_used(&request, &sender).await?;
    let chain_tag = match request.chain_tag {
        Some(tag) => tag,
        None => thor.chain_tag().await?,
    };
    check_chain_tag(node.network(), chain_tag)?;
    let block_ref = match request.block_ref {
        Some(block_ref) => block_ref,
        None => thor.best_block_ref().await?,
    };
    let nonce = match request.nonce {
        Some(nonce) => nonce,
        None => getrandom::u64().map_err(|_| KeyError::NoRandomness)?,
    };
    let clause = Clause {
        to: request.to.map_or(TxKind::Create, TxKind::Call),
        value: request.value.unwrap_or_default(),
        data: request.data,
    };
    let gas = gas_limit(&clause, gas_used);
    let mut transaction = Transaction {
        block_ref,
        expiration: request.expiration.unwrap_or(USUAL_EXPIRATION),
        gas_price_coef: request.gas_price_coef.unwrap_or_default(),
        gas,
        nonce,
        ..Transaction::new(chain_tag, vec![clause])
    };
    transaction.depend_on(request.depends_on);
    Ok(transaction)
}

/// Refuses the chain tag of another network, on which the same signature would be as good.
pub(crate) fn check_chain_tag(network: Network, chain_tag: u8) -> Result<(), TransactionError> {
    let tags: &[u8] = match network {
        Network::Mainnet => &[0x4a],
        // The test network, and `thor solo`, today's and yesterday's.
        Network::Testnet => &[0x27, 0xf6, 0xa4],
    };
    if tags.contains(&chain_tag) {
        return Ok(());
    }
    Err(TransactionError::Refused(format!(
        "chain tag {chain_tag:#04x} is not one of VeChain {network}"
    )))
}

/// What a clause costs before its first instruction, and what its execution used with a margin.
fn gas_limit(clause: &Clause, gas_used: u64) -> u64 {
    let kind: u64 = match clause.to {
        TxKind::Call(_) => 16_000,
        TxKind::Create => 48_000,
    };
    let data = |gas: u64, byte: &u8| gas.saturating_add(if *byte == 0 { 4 } else { 68 });
    let intrinsic = clause.data.iter().fold(kind.saturating_add(5_000), data);
    let execution = match gas_used {
        0 => 0,
        used => used.saturating_add(CALL_MARGIN),
    };
    intrinsic.saturating_add(execution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, U256};

    #[test]
    fn the_gas_limit_is_intrinsic_gas_and_execution() {
        let clause = |to, data: &'static [u8]| Clause {
            to,
            value: U256::ZERO,
            data: Bytes::from_static(data),
        };
        let call = TxKind::Call(Address::ZERO);
        assert_eq!(gas_limit(&clause(call, &[]), 0), 21_000);
        assert_eq!(gas_limit(&clause(call, &[0, 1, 0]), 0), 21_076);
        assert_eq!(gas_limit(&clause(call, &[]), 1), 36_001);
        assert_eq!(gas_limit(&clause(TxKind::Create, &[]), 0), 53_000);
        assert_eq!(gas_limit(&clause(call, &[]), u64::MAX), u64::MAX);
    }

    #[test]
    fn chain_tags_belong_to_one_network() {
        assert!(check_chain_tag(Network::Mainnet, 0x4a).is_ok());
        assert!(check_chain_tag(Network::Testnet, 0x27).is_ok());
        for (network, tag) in [
            (Network::Mainnet, 0x27),
            (Network::Testnet, 0x4a),
            (Network::Mainnet, 0xf6),
            (Network::Testnet, 0),
        ] {
            let error = check_chain_tag(network, tag).unwrap_err();
            assert!(matches!(error, TransactionError::Refused(_)));
        }
    }
}
