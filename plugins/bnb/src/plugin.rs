//! BNB Beacon Chain as a plugin: the steps of the recipe behind the trait.

use std::sync::Arc;

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};
use sha2::{Digest as _, Sha256};

use crate::{
    account::Account,
    node, private_key,
    rehearsal::BeaconChainRehearsal,
    request::Request,
    summary,
    transaction::{Transaction, malformed},
    transfer::Transfer,
};

/// BNB, counted in units of 10^-8.
pub(crate) const BNB: Unit = Unit::new("BNB", 8);

/// BNB Beacon Chain: [`BEACON_CHAIN`](crate::BEACON_CHAIN).
#[derive(Debug)]
pub struct BeaconChain {
    rehearsal: BeaconChainRehearsal,
}

impl BeaconChain {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: BeaconChainRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "BNB",
    name: "BNB Beacon Chain",
    unit: BNB,
    curve: Curve::Secp256k1,
    wallet: WalletKind::SingleKey {
        field: EntryField::PrivateKey,
    },
    entry_fields: &[EntryField::Address, EntryField::PrivateKey],
    broadcast_path: "/v3/bnb/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &node::NODES,
};

#[async_trait]
impl ChainPlugin for BeaconChain {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(Account::of_key(key)?.to_text(network)))
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

    /// The stored key of the first candidate; there is no index.
    fn select_keys(
        &self,
        _pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        let first = candidates.first().ok_or(TransactionError::NoWallet)?;
        match first.entry {
            None => Err(TransactionError::UnknownWallet(first.id.clone())),
            Some(entry) if !entry.stored_key => Err(TransactionError::Wallet {
                wallet: first.id.clone(),
                source: WalletError::NoStoredKey,
            }),
            Some(_) => Ok(vec![KeyRequest {
                id: first.id.clone(),
                index: None,
            }]),
        }
    }

    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let sender = Account::of_key(&only(&signers)?.public_key)?;
        let network = node.network();
        let request = Request::parse(network, &pending.serialized_transaction)?;
        check_sender(network, &request.transfer, sender)?;
        let (account_number, sequence) = node::number_and_sequence(node, sender).await?;
        let transaction = Transaction {
            network,
            account_number,
            sequence,
            transfer: request.transfer,
            memo: request.memo,
        };
        Ok(Unsigned::new(signers, transaction.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let transaction = transaction(unsigned)?;
        if transaction.network != network {
            return Err(malformed("the body is for the other network"));
        }
        Ok(summary::summarize(&transaction))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::EcdsaSecp256k1,
            payload: transaction(unsigned)?.digest().to_vec(),
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
        let key = only(unsigned.signers())?.public_key.secp256k1()?;
        let bytes = transaction.with_signature(key.compressed(), signature.bytes());
        Ok(Assembled::new(
            hex::encode(&bytes),
            hex::encode_upper(Sha256::digest(&bytes)),
        ))
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The transaction that is frozen in `unsigned`, whose one key must be the sender's.
fn transaction(unsigned: &Unsigned) -> Result<Arc<Transaction>, TransactionError> {
    let sender = Account::of_key(&only(unsigned.signers())?.public_key)?;
    let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
    check_sender(transaction.network, &transaction.transfer, sender)?;
    Ok(transaction)
}

/// Every input needs the signature of its account, and there is one.
fn check_sender(
    network: Network,
    transfer: &Transfer,
    sender: Account,
) -> Result<(), TransactionError> {
    match transfer.inputs.iter().find(|it| it.account != sender) {
        None => Ok(()),
        Some(input) => Err(TransactionError::Refused(format!(
            "an input is of {}, but the key is that of {}",
            input.account.to_text(network),
            sender.to_text(network)
        ))),
    }
}

/// The one key that signs.
fn only(signers: &[Signer]) -> Result<&Signer, TransactionError> {
    match signers {
        [signer] => Ok(signer),
        _ => Err(malformed(format!("one key signs, not {}", signers.len()))),
    }
}
