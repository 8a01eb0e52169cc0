//! The recipe as a plugin: the same for every row.

use kms_core::{chain::rehearsal::Rehearsal, prelude::*};

use crate::{
    address,
    checks::Subject,
    max_fee, owner,
    params::Params,
    rehearsal::{CORE, UtxoRehearsal},
    request, select, sign, summary,
    unsigned::Spending,
    wif,
};

/// A blockchain whose pending transactions arrive complete, as JSON with the coins they spend.
#[derive(Debug)]
pub struct UtxoChain {
    params: &'static Params,
    rehearsal: UtxoRehearsal,
}

impl UtxoChain {
    /// The blockchain with these facts.
    pub(crate) const fn new(params: &'static Params) -> Self {
        Self {
            params,
            rehearsal: UtxoRehearsal::new(params, &CORE),
        }
    }
}

#[async_trait]
impl ChainPlugin for UtxoChain {
    fn info(&self) -> &'static ChainInfo {
        &self.params.info
    }

    fn options(&self) -> &'static [ChainOption] {
        std::slice::from_ref(&self.params.max_fee)
    }

    fn address(&self, network: Network, key: &PublicKey) -> Result<Address, WalletError> {
        address::of_key(self.params, network, key)
    }

    fn parse_private_key(&self, _: Network, text: &SecretText) -> Result<SecretKey, WalletError> {
        wif::parse(self.params, text)
    }

    fn network_of_private_key(&self, text: &SecretText) -> Option<Network> {
        wif::network(self.params, text)
    }

    fn format_private_key(&self, network: Network, key: &SecretKey) -> SecretText {
        wif::format(self.params, network, key)
    }

    fn select_keys(
        &self,
        pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        select::keys(pending, candidates)
    }

    /// Completes nothing: inputs, outputs and fee are the cloud's. Asks no node.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let request = request::parse(&pending.serialized_transaction, self.params.inputs)?;
        let subject = Subject {
            spending: &request.spending,
            on_chain: pending.withdrawal_id.is_none(),
            declared_fee: request.declared_fee.as_ref(),
            change_script: request.change_script.as_ref(),
            max_fee: max_fee::of(self.params, node)?,
        };
        for check in self.params.checks {
            check(self.params, &subject)?;
        }
        let prefixes = self.params.prefixes(node.network());
        owner::of_all_inputs(self.params, &request.spending, &signers, |script| {
            address::of_script(prefixes, script)
        })?;
        let body = request.spending.encode()?;
        Ok(Unsigned::new(signers, body))
    }

    fn summarize(
        &self,
        network: Network,
        unsigned: &Unsigned,
    ) -> Result<Summary, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        Ok(summary::summarize(self.params, network, &spending))
    }

    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        let owners = owner::of_all_inputs(self.params, &spending, unsigned.signers(), |_| None)?;
        sign::preimages(&spending, &owners)
    }

    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError> {
        let spending = unsigned.decoded(|it| Spending::decode(it.body()))?;
        let owners = owner::of_all_inputs(self.params, &spending, unsigned.signers(), |_| None)?;
        sign::assemble(&spending, &owners, signatures)
    }

    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        Some(&self.rehearsal)
    }
}
