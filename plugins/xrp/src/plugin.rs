//! The XRP Ledger as a plugin: the steps of the recipe behind the trait.

use std::sync::Arc;

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    account::{AccountId, signing_public_key},
    hash::sha512_half,
    rehearsal::XrpRehearsal,
    seed, signature, summary,
    transaction::{self, Transaction, malformed},
};

/// XRP, counted in drops.
pub(crate) const XRP: Unit = Unit::new("XRP", 6);

/// The XRP Ledger: [`XRP`](crate::XRP).
#[derive(Debug)]
pub struct XrpLedger {
    rehearsal: XrpRehearsal,
}

impl XrpLedger {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: XrpRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "XRP",
    name: "XRP Ledger",
    unit: XRP,
    // Of new wallets. Seeds of secp256k1 keys are taken as well.
    curve: Curve::Ed25519,
    wallet: WalletKind::SingleKey {
        field: EntryField::Secret,
    },
    entry_fields: &[EntryField::Address, EntryField::Secret],
    broadcast_path: "/v3/xrp/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for XrpLedger {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    /// A classic address, the same on all networks.
    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(AccountId::of_key(key)?.to_string()))
    }

    /// Reads a family seed: `s…` of a secp256k1 key, `sEd…` of an Ed25519 key.
    fn parse_private_key(
        &self,
        _network: Network,
        text: &SecretText,
    ) -> Result<SecretKey, WalletError> {
        seed::parse(text)
    }

    /// The key itself as the network's libraries write one, `ED` or `00` and 64 hexadecimal
    /// digits: there is no way back from a key to its seed. Wallets are stored and shown as seeds,
    /// so that nothing of this program asks for this.
    fn format_private_key(&self, _network: Network, key: &SecretKey) -> SecretText {
        let prefix = match key.curve() {
            Curve::Secp256k1 => "00",
            _ => "ED",
        };
        let digits = hex::encode_upper(key.to_bytes().expose());
        SecretText::from(zeroize::Zeroizing::new(format!(
            "{prefix}{}",
            zeroize::Zeroizing::new(digits).as_str()
        )))
    }

    /// A new Ed25519 seed.
    fn new_private_key(
        &self,
        _network: Network,
        entropy: &SecretBytes,
    ) -> Result<SecretText, WalletError> {
        seed::new_ed25519(entropy)
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

    /// Completes nothing but the public key: the cloud has. The body is the transaction in binary,
    /// without a signature.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        _node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let public_key = signing_public_key(&only(&signers)?.public_key)?;
        let transaction = Transaction::parse(&pending.serialized_transaction, &public_key)?;
        Ok(Unsigned::new(signers, transaction.encode()?))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let (transaction, signer) = read(unsigned)?;
        let account = AccountId::of_key(&signer.public_key)?;
        summary::summarize(network, &transaction, account)
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let (transaction, signer) = read(unsigned)?;
        let message = transaction.signing_message()?;
        let (scheme, payload) = match signer.public_key.curve() {
            Curve::Secp256k1 => (Scheme::EcdsaSecp256k1, sha512_half(&[&message]).to_vec()),
            _ => (Scheme::Ed25519, message),
        };
        Ok(vec![Preimage {
            signer: 0,
            scheme,
            payload,
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let (transaction, _) = read(unsigned)?;
        let [signature] = signatures else {
            return Err(malformed("one signature is needed"));
        };
        let expiry = transaction.last_ledger();
        let blob = transaction.with_signature(signature::encode(signature))?;
        let id = hex::encode_upper(transaction::id(&blob));
        let assembled = Assembled::new(hex::encode_upper(blob), id);
        Ok(match expiry {
            Some(ledger) => assembled.with_expiry(ledger),
            None => assembled,
        })
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The transaction, and the one key that signs it and that it names.
fn read(unsigned: &Unsigned) -> Result<(Arc<Transaction>, &Signer), TransactionError> {
    let signer = only(unsigned.signers())?;
    let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
    let public_key = signing_public_key(&signer.public_key)?;
    if transaction.object().bytes("SigningPubKey") != Some(&public_key) {
        return Err(malformed("it names another key than the one that signs"));
    }
    Ok((transaction, signer))
}

/// The one key that signs.
fn only(signers: &[Signer]) -> Result<&Signer, TransactionError> {
    match signers {
        [signer] => Ok(signer),
        _ => Err(malformed("one key signs")),
    }
}
