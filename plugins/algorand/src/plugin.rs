//! Algorand as a plugin: the steps of the recipe behind the trait.

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    account::Account,
    permit::Permit,
    phrase, private_key,
    rehearsal::AlgorandRehearsal,
    request, summary,
    transaction::{Transaction, malformed},
};

/// ALGO, counted in microAlgos.
pub(crate) const ALGO: Unit = Unit::new("ALGO", 6);

/// The Algorand blockchain: [`ALGORAND`](crate::ALGORAND).
///
/// Its option `permit` names what else is signed than payments and transfers of assets: `assets`
/// (their creation, configuration, destruction and clawback), `close-out`, `rekey`.
#[derive(Debug)]
pub struct Algorand {
    rehearsal: AlgorandRehearsal,
}

impl Algorand {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: AlgorandRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "ALGO",
    name: "Algorand",
    unit: ALGO,
    curve: Curve::Ed25519,
    wallet: WalletKind::SingleKey {
        field: EntryField::Secret,
    },
    entry_fields: &[EntryField::Address, EntryField::Secret],
    broadcast_path: "/v3/algorand/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for Algorand {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn options(&self) -> &'static [ChainOption] {
        &[Permit::OPTION]
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

    /// Algorand's own 25.
    fn takes_phrase(&self) -> bool {
        true
    }

    fn private_key_from_phrase(
        &self,
        _network: Network,
        phrase: &SecretText,
    ) -> Result<SecretText, WalletError> {
        Ok(private_key::format(&phrase::parse(phrase)?))
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

    /// Completes nothing: the cloud has.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        only(&signers)?;
        let transaction = request::parse(&pending.serialized_transaction)?;
        transaction.genesis.check(node.network())?;
        Permit::check(&transaction, node)?;
        Ok(Unsigned::new(signers, transaction.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let signer = only(unsigned.signers())?;
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        // Checked when it was prepared; checked again, because a frozen value may be read back
        // under another configuration.
        transaction.genesis.check(network)?;
        Ok(summary::summarize(network, &transaction, signer))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        only(unsigned.signers())?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::Ed25519,
            payload: unsigned
                .decoded(|it| Transaction::decode(it.body()))?
                .preimage(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let signer = only(unsigned.signers())?;
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        let [signature] = signatures else {
            return Err(malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        let signer = Account::of_key(&signer.public_key)?;
        let signed = transaction.with_signature(signer, signature.bytes());
        Ok(Assembled::new(hex::encode(signed), transaction.id())
            .with_expiry(transaction.last_valid))
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The one key that signs.
fn only(signers: &[Signer]) -> Result<&Signer, TransactionError> {
    match signers {
        [signer] => Ok(signer),
        _ => Err(malformed(format!("one key signs, not {}", signers.len()))),
    }
}
