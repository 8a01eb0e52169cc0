//! TRON as a plugin: the steps of the recipe behind the trait.

use std::sync::Arc;

use kms_core::{
    chain::rehearsal::Rehearsal,
    prelude::{Signature as KeySignature, *},
};

use crate::{
    address::TronAddress, private_key, rehearsal::TronRehearsal, summary, transaction::Transaction,
};

/// TRX, counted in sun.
pub(crate) const TRX: Unit = Unit::new("TRX", 6);

/// The TRON blockchain: [`TRON`](crate::TRON).
#[derive(Debug)]
pub struct Tron {
    rehearsal: TronRehearsal,
}

impl Tron {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: TronRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "TRON",
    name: "TRON",
    unit: TRX,
    curve: Curve::Secp256k1,
    wallet: WalletKind::Bip32(Bip32Wallet {
        mainnet_path: "m/44'/195'/0'/0",
        testnet_path: "m/44'/195'/0'/0",
        mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
        testnet_version: [0x04, 0x88, 0xb2, 0x1e],
    }),
    entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
    broadcast_path: "/v3/tron/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for Tron {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(TronAddress::of_key(key)?.to_string()))
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

    /// Completes nothing: a full node has. Asks no node.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        _node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let owner = owner(&signers)?;
        let transaction = Transaction::check(&pending.serialized_transaction, owner)?;
        Ok(Unsigned::new(signers, transaction.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let owner = owner(unsigned.signers())?;
        let transaction = transaction(unsigned)?;
        Ok(summary::summarize(network, &transaction, owner))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let transaction = transaction(unsigned)?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::EcdsaSecp256k1,
            payload: transaction.id().to_vec(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let transaction = transaction(unsigned)?;
        let [signature] = signatures else {
            return Err(TransactionError::Malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        Ok(Assembled::new(
            transaction.with_signature(&signature_text(signature)?),
            hex::encode(transaction.id()),
        ))
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The transaction that is frozen in `unsigned`, whose one key must be its owner's.
fn transaction(unsigned: &Unsigned) -> Result<Arc<Transaction>, TransactionError> {
    unsigned.decoded(|it| Transaction::decode(it.body(), owner(it.signers())?))
}

/// The address of the one key that signs.
fn owner(signers: &[Signer]) -> Result<TronAddress, TransactionError> {
    match signers {
        [signer] => Ok(TronAddress::of_key(&signer.public_key)?),
        _ => Err(TransactionError::Malformed(format!(
            "one key signs, not {}",
            signers.len()
        ))),
    }
}

/// r and s in lower case, then the recovery id and 27 in upper case, as full nodes have always
/// been sent it. The recovery ids 2 and 3 (R.x at or above the group order) are not accepted
/// there; they come once in 2^127 signatures.
fn signature_text(signature: &KeySignature) -> Result<String, TransactionError> {
    let v = match signature.recovery_id() {
        Some(0) => "1B",
        Some(1) => "1C",
        _ => {
            return Err(TransactionError::Malformed(
                "an ECDSA signature with the recovery id 0 or 1 is needed".to_owned(),
            ));
        }
    };
    Ok(format!("{}{v}", hex::encode(signature.bytes())))
}
