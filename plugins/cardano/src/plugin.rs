//! Cardano as a plugin: the steps of the recipe behind the trait.

use kms_core::{chain::rehearsal::Rehearsal, keys::KeyError, prelude::*};
use serde_json::{Value, json, value::to_raw_value};

use crate::{
    address::LedgerAddress,
    cbor::DecodeError,
    construction,
    envelope::Envelope,
    expiry, operations, private_key,
    rehearsal::CardanoRehearsal,
    select,
    signed::{KeyWitness, SignedTransaction},
    summary,
    transaction::{Frozen, Transaction, malformed, position},
};

/// ADA, counted in lovelace.
pub(crate) const ADA: Unit = Unit::new("ADA", 6);

/// The Cardano network: [`CARDANO`](crate::CARDANO).
#[derive(Debug)]
pub struct Cardano {
    rehearsal: CardanoRehearsal,
}

impl Cardano {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: CardanoRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "ADA",
    name: "Cardano",
    unit: ADA,
    curve: Curve::Ed25519Bip32,
    wallet: WalletKind::Icarus {
        path: "m/1852'/1815'/0'/0'",
    },
    entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
    broadcast_path: "/v3/ada/broadcast",
    offchain_withdrawals: true,
    outside_nodes: &[],
};

/// The fee is what the cloud leaves over between inputs and outputs. The largest transaction that
/// the network takes needs 0.88 ADA; far more is a forgotten change output.
static MAX_FEE: ChainOption = ChainOption {
    name: "max-fee",
    help: "the highest fee in ADA that is signed, for instance 2.5",
    default: "5",
    accepts: |value| Amount::parse(value, ADA).is_ok(),
};

#[async_trait]
impl ChainPlugin for Cardano {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn options(&self) -> &'static [ChainOption] {
        std::slice::from_ref(&MAX_FEE)
    }

    fn address(&self, network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        let PublicKey::Ed25519Bip32(bytes) = key else {
            return Err(WalletError::Key(KeyError::WrongCurve {
                expected: Curve::Ed25519Bip32,
                found: key.curve(),
            }));
        };
        let address = LedgerAddress::enterprise(network, bytes);
        Ok(Address::new(address.to_string()))
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

    fn select_keys(
        &self,
        pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        select::keys(pending, candidates)
    }

    /// Has the node turn the operations into a transaction, and takes it only if it is the one
    /// that they describe. Nobody is asked for what our keys could not sign.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let network = node.network();
        let list = operations::parse(&pending.serialized_transaction)?;
        let operations = to_raw_value(&list).map_err(|error| malformed(&error.to_string()))?;
        let asked = operations::Operations::read(network, operations.get())?;
        for owner in asked.owners() {
            position(network, &signers, owner)?;
        }
        check_fee(asked.fee, node)?;
        let made = construction::payloads(node, &list)
            .await
            .map_err(construction::refusal)?;
        let transaction = Transaction::check(Frozen {
            network,
            operations,
            unsigned_transaction: made.unsigned_transaction,
            payloads: made.payloads,
        })?;
        // Other keys that the cloud names have nothing to sign.
        let positions = transaction.signers(&signers)?;
        let signers = positions
            .into_iter()
            .filter_map(|position| signers.get(position).cloned());
        Ok(Unsigned::new(signers.collect(), transaction.encode()?))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        if transaction.frozen.network != network {
            return Err(malformed("the body is for the other network"));
        }
        Ok(summary::summarize(&transaction))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        let preimage = |signer| Preimage {
            signer,
            scheme: Scheme::Ed25519Bip32,
            payload: transaction.id.to_vec(),
        };
        let positions = transaction.signers(unsigned.signers())?;
        Ok(positions.into_iter().map(preimage).collect())
    }

    /// The transaction as the node should combine it.
    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        let positions = transaction.signers(unsigned.signers())?;
        if positions.len() != signatures.len() {
            return Err(malformed("every owner of a coin signs once"));
        }
        let mut witnesses = Vec::with_capacity(signatures.len());
        for (position, signature) in positions.into_iter().zip(signatures) {
            let signer = unsigned.signers().get(position);
            let signer = signer.ok_or_else(|| malformed("a signer is missing"))?;
            witnesses.push(KeyWitness {
                public_key: *signer.public_key.ed25519()?,
                signature: *signature.bytes(),
            });
        }
        let signed = SignedTransaction {
            body: transaction.envelope.content.clone(),
            witnesses,
        };
        let tx_data = transaction.envelope.with_content(&signed.encode());
        Ok(Assembled::new(tx_data, hex::encode(transaction.id)).with_expiry(transaction.body.ttl))
    }

    /// Has the node combine transaction and signatures, and takes the result only if it is the
    /// same transaction with the same signatures and no others.
    async fn cosign(
        &self,
        unsigned: &Unsigned,
        assembled: Assembled,
        node: &dyn NodeApi,
    ) -> Result<Assembled, SubmitError> {
        let transaction = unsigned
            .decoded(|it| Transaction::decode(it.body()))
            .map_err(not_ours)?;
        let ours = signed(&assembled.tx_data).map_err(not_ours)?;
        let payloads = transaction.frozen.payloads.iter();
        let signatures: Vec<Value> = payloads
            .zip(&ours.witnesses)
            .map(|(payload, witness)| {
                json!({
                    "signing_payload": payload,
                    "public_key": {
                        "hex_bytes": hex::encode(witness.public_key),
                        "curve_type": "edwards25519",
                    },
                    "signature_type": "ed25519",
                    "hex_bytes": hex::encode(witness.signature),
                })
            })
            .collect();
        let unsigned_transaction = &transaction.frozen.unsigned_transaction;
        let tx_data = match construction::combine(node, unsigned_transaction, &signatures).await {
            Ok(tx_data) => tx_data,
            Err(error) if construction::is_decided(&error) => {
                return Err(SubmitError::Rejected(error));
            }
            Err(error) => return Err(SubmitError::NotSent(error)),
        };
        let wrong = |reason: String| {
            SubmitError::Rejected(NodeError::Unexpected(format!(
                "what the node combined is not what was signed: {reason}"
            )))
        };
        let tx_data = tx_data.ok_or_else(|| wrong("there is none in its answer".to_owned()))?;
        let theirs = signed(&tx_data).map_err(|error| wrong(error.to_string()))?;
        if theirs.body != ours.body {
            return Err(wrong("it has another body".to_owned()));
        }
        if !theirs.is_same_as(&ours) {
            return Err(wrong("it has other signatures".to_owned()));
        }
        Ok(Assembled {
            tx_data,
            ..assembled
        })
    }

    /// Nothing the first time: the cloud's broadcast call sends. Afterwards looks whether the
    /// transaction has expired before it could be taken.
    async fn submit(
        &self,
        assembled: &Assembled,
        attempt: Attempt,
        node: &dyn NodeApi,
    ) -> Result<Broadcast, SubmitError> {
        if attempt == Attempt::Repeat
            && let Ok(signed) = signed(&assembled.tx_data)
        {
            expiry::look(&signed, assembled, node).await?;
        }
        Ok(assembled.into())
    }

    fn refusal_style(&self) -> RefusalStyle {
        RefusalStyle::ApiError
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

fn check_fee(fee: u64, node: &dyn NodeApi) -> Result<(), TransactionError> {
    let most = node.option(MAX_FEE.name).unwrap_or(MAX_FEE.default);
    let most = Amount::parse(most, ADA).map_err(|error| {
        TransactionError::Refused(format!("{most:?} is no highest fee: {error}"))
    })?;
    let fee = Amount::new(ruint::aliases::U256::from(fee), ADA);
    if fee.base_units > most.base_units {
        return Err(TransactionError::Refused(format!(
            "the fee of {fee} is above {most}, which can only be a mistake; --chain-option ADA.{}={} allows it",
            MAX_FEE.name,
            fee.to_decimal()
        )));
    }
    Ok(())
}

/// The transaction in an envelope.
fn signed(tx_data: &str) -> Result<SignedTransaction, DecodeError> {
    SignedTransaction::decode(&Envelope::parse(tx_data)?.content)
}

fn not_ours(error: impl std::fmt::Display) -> SubmitError {
    SubmitError::NotSent(NodeError::Unexpected(format!(
        "what was frozen is not ours: {error}"
    )))
}
