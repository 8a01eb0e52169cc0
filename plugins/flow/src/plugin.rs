//! Flow as a plugin: the steps of the recipe behind the trait.

use alloy_primitives::B256;
use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    account,
    frozen::Frozen,
    node::{ACCESS_NODES, BROADCAST, Block, Node, PlatformKey},
    private_key,
    rehearsal::FlowRehearsal,
    request::Request,
    signed::Signed,
    submit, summary,
    transaction::{GAS_LIMIT, Payload},
};

/// FLOW, counted in units of 10^-8.
pub(crate) const FLOW_COIN: Unit = Unit::new("FLOW", 8);

/// The Flow network: [`FLOW`](crate::FLOW).
#[derive(Debug)]
pub struct Flow {
    rehearsal: FlowRehearsal,
}

impl Flow {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: FlowRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "FLOW",
    name: "Flow",
    unit: FLOW_COIN,
    curve: Curve::Secp256k1,
    wallet: WalletKind::Bip32(Bip32Wallet {
        mainnet_path: "m/44'/539'/0'/0",
        testnet_path: "m/44'/539'/0'/0",
        mainnet_version: [0x04, 0x88, 0xb2, 0x1e],
        testnet_version: [0x04, 0x88, 0xb2, 0x1e],
    }),
    entry_fields: &[EntryField::Mnemonic, EntryField::Xpub],
    broadcast_path: BROADCAST,
    offchain_withdrawals: false,
    outside_nodes: ACCESS_NODES,
};

#[async_trait]
impl ChainPlugin for Flow {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    /// The public key: accounts are given out by the chain and do not follow from keys.
    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(account::public_key_text(key)?))
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

    /// Nothing is lent before the request is known to be good, and what is lent is given back if
    /// the rest fails.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        require_one(&signers)?;
        let network = node.network();
        let request = Request::parse(network, &pending.serialized_transaction)?;
        let node = Node(node);
        let payer = node.payer().await?;
        let block = node.latest_block().await?;
        let proposer = node.lend().await?;
        let sequence_number = match node.sequence_number(proposer).await {
            Ok(number) => number,
            Err(error) => {
                node.give_back(proposer.key, "").await;
                return Err(error.into());
            }
        };
        let frozen = freeze(network, request, payer, proposer, sequence_number, block);
        Ok(Unsigned::new(signers, frozen.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        require_one(unsigned.signers())?;
        let frozen = unsigned.decoded(|it| Frozen::decode(it.body()))?;
        if frozen.network() != network {
            return Err(TransactionError::Malformed(format!(
                "the frozen value is for {}, not for {network}",
                frozen.network()
            )));
        }
        Ok(summary::summarize(network, &frozen))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        require_one(unsigned.signers())?;
        let frozen = unsigned.decoded(|it| Frozen::decode(it.body()))?;
        Ok(vec![Preimage {
            signer: 0,
            scheme: Scheme::EcdsaSecp256k1AnyS,
            payload: frozen.payload.digest().to_vec(),
        }])
    }

    /// The id is that of the payload: the transaction's own is known once the platform has
    /// signed.
    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let frozen = unsigned.decoded(|it| Frozen::decode(it.body()))?;
        let [signature] = signatures else {
            return Err(TransactionError::Malformed(format!(
                "one signature is needed, not {}",
                signatures.len()
            )));
        };
        let signed = Signed {
            authorizer_signature: hex::encode(signature.bytes()),
            proposal_key: frozen.payload.proposer_key,
            transaction: None,
        };
        let id = format!("payload {}", hex::encode(frozen.payload.digest()));
        Ok(Assembled::new(signed.to_text(), id).with_expiry(frozen.expiry()))
    }

    async fn cosign(
        &self,
        unsigned: &Unsigned,
        assembled: Assembled,
        node: &dyn NodeApi,
    ) -> Result<Assembled, SubmitError> {
        let frozen = unsigned
            .decoded(|it| Frozen::decode(it.body()))
            .map_err(|error| SubmitError::NotSent(NodeError::Unexpected(error.to_string())))?;
        submit::cosign(&frozen, assembled, node).await
    }

    async fn submit(
        &self,
        assembled: &Assembled,
        attempt: Attempt,
        node: &dyn NodeApi,
    ) -> Result<Broadcast, SubmitError> {
        submit::submit(assembled, attempt, node).await
    }

    async fn abandon(&self, unsigned: &Unsigned, node: &dyn NodeApi) {
        if let Ok(frozen) = unsigned.decoded(|it| Frozen::decode(it.body())) {
            Node(node).give_back(frozen.payload.proposer_key, "").await;
        }
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}

fn freeze(
    network: Network,
    request: Request,
    payer: PlatformKey,
    proposer: PlatformKey,
    sequence_number: u64,
    block: Block,
) -> Frozen {
    Frozen {
        payload: Payload {
            script: request.script.into_bytes().into(),
            arguments: request.arguments,
            reference_block: B256::new(block.id),
            gas_limit: GAS_LIMIT,
            proposer: proposer.account,
            proposer_key: proposer.key,
            sequence_number,
            payer: payer.account,
            authorizers: vec![request.authorizer],
        },
        payer_key: payer.key,
        height: block.height,
        testnet: u8::from(network.is_testnet()),
    }
}

fn require_one(signers: &[Signer]) -> Result<(), TransactionError> {
    match signers {
        [_] => Ok(()),
        _ => Err(TransactionError::Malformed(format!(
            "one key signs, not {}",
            signers.len()
        ))),
    }
}
