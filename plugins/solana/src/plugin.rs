//! Solana as a plugin: the steps of the recipe behind the trait.

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    frozen::{Frozen, positions},
    node::Node,
    private_key,
    pubkey::Pubkey,
    rehearsal::SolanaRehearsal,
    request, submit, summary,
};

/// SOL, counted in lamports.
pub(crate) const SOL: Unit = Unit::new("SOL", 9);

/// The Solana network: [`SOLANA`](crate::SOLANA).
#[derive(Debug)]
pub struct Solana {
    rehearsal: SolanaRehearsal,
}

impl Solana {
    pub(crate) const fn new() -> Self {
        Self {
            rehearsal: SolanaRehearsal,
        }
    }
}

static INFO: ChainInfo = ChainInfo {
    code: "SOL",
    name: "Solana",
    unit: SOL,
    curve: Curve::Ed25519,
    wallet: WalletKind::Slip10 {
        mainnet_path: "m/44'/501'/0'/0'/{index}'",
        testnet_path: "m/44'/501'/0'/0'/{index}'",
    },
    entry_fields: &[
        EntryField::Mnemonic,
        EntryField::Address,
        EntryField::PrivateKey,
    ],
    broadcast_path: "/v3/solana/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

#[async_trait]
impl ChainPlugin for Solana {
    fn info(&self) -> &'static ChainInfo {
        &INFO
    }

    fn address(&self, _network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        Ok(Address::new(Pubkey(*key.ed25519()?).to_string()))
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

    /// One key of every entry that the vault knows: the stored one; of a mnemonic that
    /// `signatures` names, the one at the index that stands there. What is missing or too much is
    /// found when the message is known.
    fn select_keys(
        &self,
        pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        let first = candidates.first().ok_or(TransactionError::NoWallet)?;
        let mut requests = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let Some(entry) = candidate.entry else {
                continue;
            };
            let index = match candidate.via {
                Via::Signatures { index } if entry.mnemonic => index,
                Via::Hashes if entry.mnemonic && !entry.stored_key => pending.index,
                _ => None,
            };
            if index.is_none() && !entry.stored_key {
                return Err(TransactionError::MnemonicWithoutIndex {
                    wallet: candidate.id.clone(),
                    transaction: pending.id.clone(),
                });
            }
            let request = KeyRequest {
                id: candidate.id.clone(),
                index,
            };
            if !requests.contains(&request) {
                requests.push(request);
            }
        }
        if requests.is_empty() {
            return Err(TransactionError::UnknownWallet(first.id.clone()));
        }
        Ok(requests)
    }

    fn lent_keys(&self, pending: &PendingTransaction) -> Result<Vec<SecretText>, TransactionError> {
        let key = request::mint_key(&pending.serialized_transaction)?;
        Ok(key.into_iter().collect())
    }

    /// Checks that the keys are those that must sign, and only then asks for a block hash.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let message = request::message(&pending.serialized_transaction)?;
        positions(&message, &signers)?;
        let latest = Node(node).latest_blockhash().await?;
        let frozen = Frozen {
            last_valid_block_height: latest.last_valid_block_height,
            message: message.with_blockhash(&latest.blockhash),
        };
        Ok(Unsigned::new(signers, frozen.encode()))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let frozen = unsigned.decoded(|it| Frozen::decode(it.body()))?;
        Ok(summary::summarize(network, &frozen))
    }

    /// The message, once for each account that must sign it.
    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let frozen = unsigned.decoded(|it| Frozen::decode(it.body()))?;
        let positions = positions(&frozen.message, unsigned.signers())?;
        let preimage = |signer| Preimage {
            signer,
            scheme: Scheme::Ed25519,
            payload: frozen.message.bytes().to_vec(),
        };
        Ok(positions.into_iter().map(preimage).collect())
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        unsigned
            .decoded(|it| Frozen::decode(it.body()))?
            .assemble(signatures)
    }

    /// Sends the transaction and waits for its confirmation; the cloud is only told its id.
    async fn submit(
        &self,
        assembled: &Assembled,
        attempt: Attempt,
        node: &dyn NodeApi,
    ) -> Result<Broadcast, SubmitError> {
        submit::submit(assembled, attempt, node).await
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}
