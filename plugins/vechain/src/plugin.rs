//! VeChain as a plugin: the steps of the recipe behind the trait.

use alloy_primitives::Address as Account;
use kms_core::{
    chain::rehearsal::Rehearsal,
    prelude::{Signature as KeySignature, *},
};

use crate::{
    address, node, prepare, private_key, rehearsal::VeChainRehearsal, summary,
    transaction::Transaction,
};

/// VET, counted in units of 10^-18.
pub(crate) const VET: Unit = Unit::new("VET", 18);

/// The VeChain blockchain: [`VECHAIN`](crate::VECHAIN).
#[derive(Debug)]
pub struct VeChain {
    rehearsal: VeChainRehearsal,
}

impl VeChain {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: VeChainRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "VET",
    name: "VeChain",
    unit: VET,
    curve: Curve::Secp256k1,
    wallet: WalletKind::Bip32(Bip32Wallet {
        mainnet_path: "m/44'/818'/0'/0",
        testnet_path: "m/44'/1'/0'/0",
        mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
        testnet_version: [0x04, 0x88, 0xb2, 0x1e],
    }),
    entry_fields: &[EntryField::Xpub, EntryField::Mnemonic],
    broadcast_path: "/v3/vet/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &node::NODES,
};

#[async_trait]
impl ChainPlugin for VeChain {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(address::lower_case(&address::of_key(key)?)))
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
        let sender = sender(unsigned.signers())?;
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        // Checked when it was prepared; checked again, because a frozen value may be read back
        // under another configuration.
        prepare::check_chain_tag(network, transaction.chain_tag)?;
        Ok(summary::summarize(network, &transaction, sender))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        sender(unsigned.signers())?;
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::EcdsaSecp256k1,
            payload: transaction.signing_hash().to_vec(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let sender = sender(unsigned.signers())?;
        let transaction = unsigned.decoded(|it| Transaction::decode(it.body()))?;
        let [signature] = signatures else {
            return Err(TransactionError::Malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        let raw = transaction.encode_signed(&recoverable(signature)?);
        Ok(Assembled::new(
            format!("0x{}", hex::encode(raw)),
            format!("0x{}", hex::encode(transaction.id(&sender))),
        ))
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

/// The address of the one key that signs.
fn sender(signers: &[Signer]) -> Result<Account, TransactionError> {
    match signers {
        [signer] => Ok(address::of_key(&signer.public_key)?),
        _ => Err(TransactionError::Malformed(format!(
            "one key signs, not {}",
            signers.len()
        ))),
    }
}

/// `r ‖ s ‖ recovery id`. The recovery ids 2 and 3 (R.x at or above the group order) have no
/// place in a transaction; they come once in 2^127 signatures.
fn recoverable(signature: &KeySignature) -> Result<[u8; 65], TransactionError> {
    let recovery_id = signature
        .recovery_id()
        .filter(|recovery_id| *recovery_id < 2)
        .ok_or_else(|| {
            TransactionError::Malformed(
                "an ECDSA signature with the recovery id 0 or 1 is needed".to_owned(),
            )
        })?;
    let mut bytes = [recovery_id; 65];
    bytes[..64].copy_from_slice(signature.bytes());
    Ok(bytes)
}
