//! MultiversX as a plugin: the steps of the recipe behind the trait.

use std::sync::Arc;

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    account::Account,
    prepare, private_key,
    rehearsal::MultiversXRehearsal,
    summary,
    transaction::{Transaction, malformed},
};

/// EGLD, counted in units of 10^-18.
pub(crate) const EGLD: Unit = Unit::new("EGLD", 18);

/// The MultiversX blockchain: [`MULTIVERSX`](crate::MULTIVERSX).
#[derive(Debug)]
pub struct MultiversX {
    rehearsal: MultiversXRehearsal,
}

impl MultiversX {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: MultiversXRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "EGLD",
    name: "MultiversX",
    unit: EGLD,
    curve: Curve::Ed25519,
    // Wallets of MultiversX itself use 508 on every network.
    wallet: WalletKind::Slip10 {
        mainnet_path: "m/44'/508'/0'/0'/{index}'",
        testnet_path: "m/44'/1'/0'/0'/{index}'",
    },
    entry_fields: &[EntryField::Mnemonic],
    broadcast_path: "/v3/egld/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for MultiversX {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(Account::of_key(key)?.to_string()))
    }

    fn parse_private_key(
        &self,
        _network: Network,
        text: &SecretText,
    ) -> Result<SecretKey, WalletError> {
        private_key::parse(text)
    }

    fn format_private_key(&self, _network: Network, key: &SecretKey) -> SecretText {
        private_key::format(key)
    }

    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let sender = sender(&signers)?;
        let transaction = prepare::prepare(pending, sender, node).await?;
        Ok(Unsigned::new(signers, transaction.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let transaction = transaction(unsigned)?;
        // Checked when it was prepared; checked again, because a frozen value may be read back
        // under another configuration.
        prepare::check_chain_id(network, transaction.chain_id)?;
        Ok(summary::summarize(network, &transaction))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::Ed25519,
            payload: transaction(unsigned)?.encode(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let transaction = transaction(unsigned)?;
        let [signature] = signatures else {
            return Err(malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        let signature = signature.bytes();
        Ok(Assembled::new(
            transaction.with_signature(signature),
            hex::encode(transaction.id(signature)),
        ))
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The transaction that is frozen in `unsigned`, whose one key must be the sender's.
fn transaction(unsigned: &Unsigned) -> Result<Arc<Transaction>, TransactionError> {
    let sender = sender(unsigned.signers())?;
    let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
    if transaction.sender != sender {
        return Err(malformed("the sender is not the one who signs"));
    }
    Ok(transaction)
}

/// The account of the one key that signs.
fn sender(signers: &[Signer]) -> Result<Account, TransactionError> {
    match signers {
        [signer] => Ok(Account::of_key(&signer.public_key)?),
        _ => Err(malformed(format!("one key signs, not {}", signers.len()))),
    }
}
