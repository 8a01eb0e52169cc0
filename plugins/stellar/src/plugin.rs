//! Stellar as a plugin: the steps of the recipe behind the trait.

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    envelope::{Envelope, malformed},
    preconditions, private_key,
    rehearsal::StellarRehearsal,
    summary,
};

/// XLM, counted in stroops.
pub(crate) const XLM: Unit = Unit::new("XLM", 7);

/// The Stellar network: [`STELLAR`](crate::STELLAR).
#[derive(Debug)]
pub struct Stellar {
    rehearsal: StellarRehearsal,
}

impl Stellar {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: StellarRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "XLM",
    name: "Stellar",
    unit: XLM,
    curve: Curve::Ed25519,
    wallet: WalletKind::SingleKey {
        field: EntryField::Secret,
    },
    entry_fields: &[EntryField::Address, EntryField::Secret],
    broadcast_path: "/v3/xlm/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for Stellar {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(private_key::address(key)?))
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

    /// Completes nothing: the cloud has. The network is the daemon's, and frozen with the body.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        only(&signers)?;
        let envelope = Envelope::parse(node.network(), &pending.serialized_transaction)?;
        // What cannot be told is not frozen: amounts below zero.
        summary::summarize(&envelope, false)?;
        Ok(Unsigned::new(signers, envelope.encode()?))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let envelope = unsigned.decoded(|it| Envelope::decode(it.body()))?;
        if envelope.network != network {
            return Err(malformed("the body is for the other network"));
        }
        let signer = only(unsigned.signers())?;
        let repeated = envelope.is_signed_by(&signer.public_key)?;
        summary::summarize(&envelope, repeated)
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        only(unsigned.signers())?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::Ed25519,
            payload: unsigned
                .decoded(|it| Envelope::decode(it.body()))?
                .hash()?
                .to_vec(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let key = &only(unsigned.signers())?.public_key;
        let envelope = unsigned.decoded(|it| Envelope::decode(it.body()))?;
        let [signature] = signatures else {
            return Err(malformed("one signature is needed"));
        };
        let transaction_id = hex::encode(envelope.hash()?);
        let last_ledger = preconditions::last_ledger(&envelope.xdr);
        let tx_data = if envelope.is_signed_by(key)? {
            envelope.to_base64()?
        } else {
            envelope.with_signature(key, signature.bytes())?
        };
        let assembled = Assembled::new(tx_data, transaction_id);
        Ok(match last_ledger {
            Some(ledger) => assembled.with_expiry(ledger),
            None => assembled,
        })
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The one key that signs.
fn only(signers: &[Signer]) -> Result<&Signer, TransactionError> {
    match signers {
        [signer] => Ok(signer),
        _ => Err(malformed("one key signs")),
    }
}
