//! How the sandbox plays a chain's network: transactions to sign, node answers, and a judge that
//! takes a broadcast transaction apart again.

use serde_json::Value;

use super::{Address, Network};

/// The sandbox side of a chain. It shares no code with the signing side where that is possible:
/// `verify` decodes what was broadcast and recovers or checks the signature by itself.
pub trait Rehearsal: Send + Sync {
    /// Transactions for the sandbox to hand out.
    fn transactions(
        &self,
        network: Network,
        wallets: &[RehearsalWallet],
    ) -> Vec<RehearsalTransaction>;

    /// The answer to a node call, without the API key in the path; nothing for a call that is
    /// not this chain's.
    fn answer(&self, network: Network, call: &RehearsalCall) -> Option<Value>;

    /// The signed transaction that a node call carries, for the chains whose plugin sends by
    /// itself: the broadcast call then only names it by its id, and `verify` gets what was sent.
    fn sent(&self, call: &RehearsalCall) -> Option<String> {
        let _ = call;
        None
    }

    /// Takes a broadcast `txData` apart, checks its signatures, and says who signed.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    fn verify(&self, network: Network, tx_data: &str) -> Result<Verdict, String>;

    /// The same with the `serializedTransaction` that was asked for, which need not be one of the
    /// sandbox's own. For chains whose transactions do not say what they spend.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    fn verify_against(
        &self,
        network: Network,
        serialized: &str,
        tx_data: &str,
    ) -> Result<Verdict, String> {
        let _ = serialized;
        self.verify(network, tx_data)
    }
}

/// A wallet of the sandbox.
#[derive(Clone, Debug)]
pub struct RehearsalWallet {
    /// Its signature id.
    pub id: String,
    /// Whether it is a mnemonic (and a transaction must name an index) or a single key.
    pub mnemonic: bool,
    /// Its address at index 0, 1, …, or its only one.
    pub addresses: Vec<Address>,
}

/// A transaction that the sandbox hands out.
#[derive(Clone, Debug)]
pub struct RehearsalTransaction {
    /// What it shows, in a few words.
    pub title: &'static str,
    /// The `serializedTransaction` member.
    pub serialized: String,
    /// The `hashes` member.
    pub hashes: Vec<String>,
    /// The `index` member.
    pub index: Option<u32>,
    /// The `signatures` member: id and index.
    pub signatures: Vec<(String, u32)>,
}

/// A node call that reached the sandbox.
#[derive(Clone, Debug)]
pub struct RehearsalCall {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query; the API key is shown as `{apiKey}`.
    pub path: String,
    /// The JSON body.
    pub body: Option<Value>,
}

/// What the judge found in a broadcast transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The transaction's id on its chain.
    pub transaction_id: String,
    /// The addresses whose signatures it carries.
    pub signers: Vec<Address>,
}
