//! The value that is frozen: what was asked for, and the node's transaction, which does exactly
//! that.

use std::collections::HashSet;

use kms_core::prelude::{Network, Signer, TransactionError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::{
    address::LedgerAddress,
    body::{TransactionBody, TransactionInput, TransactionOutput, transaction_id},
    cbor::DecodeError,
    envelope::Envelope,
    operations::Operations,
};

/// What the cloud and the node sent, as it is journaled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Frozen {
    pub(crate) network: Network,
    /// The cloud's operations.
    pub(crate) operations: Box<RawValue>,
    /// The node's envelope.
    pub(crate) unsigned_transaction: String,
    /// The node's payloads, which it wants back as they are.
    pub(crate) payloads: Vec<Box<RawValue>>,
}

/// A transaction that does what was asked for and nothing else: there is no other way to make
/// one than [`Transaction::check`].
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) frozen: Frozen,
    pub(crate) operations: Operations,
    pub(crate) envelope: Envelope,
    pub(crate) body: TransactionBody,
    /// BLAKE2b-256 of the body: what every witness signs.
    pub(crate) id: [u8; 32],
    /// Who signs, in the order of the payloads.
    pub(crate) owners: Vec<LedgerAddress>,
}

impl Transaction {
    /// Believes what can be checked, and refuses the rest.
    pub(crate) fn check(frozen: Frozen) -> Result<Self, TransactionError> {
        let operations = Operations::read(frozen.network, frozen.operations.get())?;
        let read = |error| CheckError::Unreadable(error);
        let envelope = Envelope::parse(&frozen.unsigned_transaction).map_err(read)?;
        let body = TransactionBody::decode(&envelope.content).map_err(read)?;
        same_inputs(&operations, &body)?;
        same_outputs(&operations, &body)?;
        if body.fee != operations.fee {
            return Err(CheckError::Fee {
                found: body.fee,
                asked: operations.fee,
            }
            .into());
        }
        let id = transaction_id(&envelope.content);
        let owners = owners(&frozen.payloads, &operations, &id)?;
        Ok(Self {
            frozen,
            operations,
            envelope,
            body,
            id,
            owners,
        })
    }

    /// The bytes to be frozen.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, TransactionError> {
        serde_json::to_vec(&self.frozen).map_err(|error| malformed(&error.to_string()))
    }

    /// Reads what [`encode`](Self::encode) wrote, and checks it once more.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        let frozen = serde_json::from_slice(bytes)
            .map_err(|error| malformed(&format!("the body is not ours: {error}")))?;
        Self::check(frozen)
    }

    /// Who signs: positions in `signers`, in the order of the payloads.
    pub(crate) fn signers(&self, signers: &[Signer]) -> Result<Vec<usize>, TransactionError> {
        self.owners
            .iter()
            .map(|owner| position(self.frozen.network, signers, owner))
            .collect()
    }
}

/// The key that an address belongs to.
///
/// # Errors
/// [`TransactionError::Refused`], which names the address that nobody signs for.
pub(crate) fn position(
    network: Network,
    signers: &[Signer],
    owner: &LedgerAddress,
) -> Result<usize, TransactionError> {
    signers
        .iter()
        .position(|signer| {
            signer
                .public_key
                .ed25519()
                .is_ok_and(|key| LedgerAddress::enterprise(network, key) == *owner)
        })
        .ok_or_else(|| {
            TransactionError::Refused(format!(
                "none of the named wallets has the key of {owner}, whose coin is spent"
            ))
        })
}

pub(crate) fn malformed(reason: &str) -> TransactionError {
    TransactionError::Malformed(reason.to_owned())
}

/// A set on the ledger, so that the order says nothing.
fn same_inputs(operations: &Operations, body: &TransactionBody) -> Result<(), CheckError> {
    let asked: HashSet<_> = operations.inputs.iter().map(|coin| coin.input).collect();
    let mut found = HashSet::new();
    for input in &body.inputs {
        if !asked.contains(input) {
            return Err(CheckError::ForeignInput(*input));
        }
        if !found.insert(*input) {
            return Err(CheckError::InputTwice(*input));
        }
    }
    match asked.difference(&found).next() {
        Some(input) => Err(CheckError::MissingInput(*input)),
        None => Ok(()),
    }
}

fn same_outputs(operations: &Operations, body: &TransactionBody) -> Result<(), CheckError> {
    if operations.outputs.len() != body.outputs.len() {
        return Err(CheckError::OutputCount {
            found: body.outputs.len(),
            asked: operations.outputs.len(),
        });
    }
    let pairs = body.outputs.iter().zip(&operations.outputs);
    for (number, (found, asked)) in pairs.enumerate() {
        if found != asked {
            return Err(CheckError::Output {
                number,
                found: describe(found),
                asked: describe(asked),
            });
        }
    }
    Ok(())
}

fn describe(output: &TransactionOutput) -> String {
    let mut text = format!("{} lovelace", output.lovelace);
    for (asset, amount) in &output.assets {
        text.push_str(&format!(" and {amount} {asset}"));
    }
    format!("{text} to {}", output.address)
}

/// What the node wants to have signed (Rosetta `SigningPayload`).
#[derive(Deserialize)]
struct SigningPayload {
    account_identifier: Option<AccountIdentifier>,
    #[serde(default)]
    hex_bytes: String,
    signature_type: Option<String>,
}

#[derive(Deserialize)]
struct AccountIdentifier {
    address: Option<String>,
}

/// Whose signatures the payloads ask for: those of every owner of a coin, each once, of this
/// transaction and nothing else.
fn owners(
    payloads: &[Box<RawValue>],
    operations: &Operations,
    id: &[u8; 32],
) -> Result<Vec<LedgerAddress>, CheckError> {
    let mut missing = operations.owners();
    let mut owners = Vec::with_capacity(payloads.len());
    for payload in payloads {
        let payload: SigningPayload = serde_json::from_str(payload.get())
            .map_err(|error| CheckError::Payload(error.to_string()))?;
        let account = payload.account_identifier;
        let address = account
            .and_then(|it| it.address)
            .ok_or(CheckError::PayloadWithoutAddress)?;
        let foreign = || CheckError::ForeignPayload(address.clone());
        let owner = LedgerAddress::parse(&address).map_err(|_| foreign())?;
        let position = missing.iter().position(|it| **it == owner);
        missing.remove(position.ok_or_else(foreign)?);
        let mut hash = [0; 32];
        if hex::decode_to_slice(payload.hex_bytes, &mut hash).is_err() || hash != *id {
            return Err(CheckError::Hash(owner));
        }
        if payload.signature_type.is_some_and(|kind| kind != "ed25519") {
            return Err(CheckError::SignatureType(owner));
        }
        owners.push(owner);
    }
    match missing.first() {
        Some(owner) => Err(CheckError::MissingPayload((*owner).clone())),
        None => Ok(owners),
    }
}

/// Why the node's transaction is not the one that was asked for.
#[derive(Clone, Debug, Error)]
pub(crate) enum CheckError {
    #[error("the node's transaction is not readable: {0}")]
    Unreadable(DecodeError),
    #[error("the node's transaction spends {0}, which nobody asked for")]
    ForeignInput(TransactionInput),
    #[error("the node's transaction spends {0} twice")]
    InputTwice(TransactionInput),
    #[error("the node's transaction does not spend {0}")]
    MissingInput(TransactionInput),
    #[error("the node's transaction has {found} outputs, {asked} were asked for")]
    OutputCount { found: usize, asked: usize },
    #[error("output {number} of the node's transaction pays {found}, asked for was {asked}")]
    Output {
        number: usize,
        found: String,
        asked: String,
    },
    #[error("the fee of the node's transaction is {found} lovelace, asked for was {asked}")]
    Fee { found: u64, asked: u64 },
    #[error("what the node asks to be signed is not readable: {0}")]
    Payload(String),
    #[error("the node asks for a signature and does not say whose")]
    PayloadWithoutAddress,
    #[error("the node asks for a signature of {0:?}, which is none that is missing")]
    ForeignPayload(String),
    #[error("the node asks for no signature of {0}, whose coin is spent")]
    MissingPayload(LedgerAddress),
    #[error("what {0} is to sign is not the hash of the node's transaction")]
    Hash(LedgerAddress),
    #[error("what {0} is to sign is no Ed25519 payload")]
    SignatureType(LedgerAddress),
}

impl From<CheckError> for TransactionError {
    fn from(error: CheckError) -> Self {
        Self::Refused(error.to_string())
    }
}
