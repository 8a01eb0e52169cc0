//! Every row of the table as a plugin: the steps of the recipe behind the trait.

use alloy_primitives::{Signature, U256, keccak256};
use kms_core::{
    chain::rehearsal::Rehearsal,
    prelude::{Signature as KeySignature, *},
};

use crate::{
    EvmChain, address, celo::CeloLayout, prepare, private_key, summary, transaction::Body,
};

#[async_trait]
impl ChainPlugin for EvmChain {
    fn info(&self) -> &'static ChainInfo {
        self.info
    }

    fn options(&self) -> &'static [ChainOption] {
        const CELO: &[ChainOption] = &[CeloLayout::OPTION];
        if self.celo.is_some() { CELO } else { &[] }
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        let address = address::of_key(key)?;
        Ok(Address::new(self.dialect.addresses.print(&address)))
    }

    fn parse_private_key(
        &self,
        _network: Network,
        text: &SecretText,
    ) -> Result<SecretKey, WalletError> {
        private_key::parse(self.info.code, text)
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
        let sender = address::of_key(&only_signer(&signers)?.public_key)?;
        let body = prepare::prepare(self, pending, sender, node).await?;
        Ok(Unsigned::new(signers, body.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let sender = address::of_key(&only_signer(unsigned.signers())?.public_key)?;
        let body = unsigned.decoded(|it| Body::decode(it.body()))?;
        // Checked when it was prepared; checked again, because a frozen value may be read back
        // under another configuration.
        self.check_chain_id(network, body.transaction.chain_id())?;
        Ok(summary::summarize(self, network, &body, sender))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        only_signer(unsigned.signers())?;
        let body = unsigned.decoded(|it| Body::decode(it.body()))?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::EcdsaSecp256k1,
            payload: body.transaction.signature_hash().to_vec(),
        }])
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[KeySignature],
    ) -> Result<Assembled, TransactionError> {
        only_signer(unsigned.signers())?;
        let body = unsigned.decoded(|it| Body::decode(it.body()))?;
        let [signature] = signatures else {
            return Err(TransactionError::Malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        let raw = body.transaction.encode_signed(&recoverable(signature)?);
        Ok(Assembled::new(
            format!("0x{}", hex::encode(&raw)),
            format!("0x{}", hex::encode(keccak256(&raw))),
        ))
    }

    fn refusal_style(&self) -> RefusalStyle {
        self.refusal_style
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(self)
    }
}

impl EvmChain {
    /// Refuses a chain id of another chain or network: a signature is as good on any chain that
    /// has its id.
    pub(crate) fn check_chain_id(
        &self,
        network: Network,
        chain_id: u64,
    ) -> Result<(), TransactionError> {
        if self.chain_ids.of(network).contains(&chain_id) {
            return Ok(());
        }
        Err(TransactionError::Refused(format!(
            "chain id {chain_id} is not one of {} {network}",
            self.info.name
        )))
    }
}

fn only_signer(signers: &[Signer]) -> Result<&Signer, TransactionError> {
    match signers {
        [signer] => Ok(signer),
        _ => Err(TransactionError::Malformed(format!(
            "one key signs, not {}",
            signers.len()
        ))),
    }
}

/// The signature with the parity of R.y. The recovery ids 2 and 3 (R.x at or above the group
/// order) have no place in a transaction; they come once in 2^127 signatures.
fn recoverable(signature: &KeySignature) -> Result<Signature, TransactionError> {
    let odd = match signature.recovery_id() {
        Some(0) => false,
        Some(1) => true,
        _ => {
            return Err(TransactionError::Malformed(
                "an ECDSA signature with the recovery id 0 or 1 is needed".to_owned(),
            ));
        }
    };
    Ok(Signature::new(
        U256::from_be_bytes(*signature.r()),
        U256::from_be_bytes(*signature.s()),
        odd,
    ))
}
