//! The one trait between the daemon and a blockchain.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    Assembled, Attempt, Broadcast, Candidate, ChainInfo, ChainOption, KeyRequest, Network, NodeApi,
    PendingTransaction, Preimage, RefusalStyle, Signer, SubmitError, Summary, TransactionError,
    Unsigned, WalletError, rehearsal::Rehearsal, select_account_key,
};
use crate::keys::{PublicKey, SecretBytes, SecretKey, SecretText, Signature};

/// A blockchain, as the daemon needs it.
///
/// Secrets stay in [`crate::keys`]: a plugin converts keys from and to text, purely, and for the
/// rest says *what* must be signed by *which* key. Only the asynchronous methods
/// ([`prepare`](Self::prepare), [`cosign`](Self::cosign), [`submit`](Self::submit) and
/// [`abandon`](Self::abandon)) do I/O, and they see public data only. All other methods are pure:
/// the same input gives the same output, nothing is read or written.
#[async_trait]
pub trait ChainPlugin: Send + Sync {
    /// The facts about this blockchain.
    fn info(&self) -> &'static ChainInfo;

    /// What the owner can set for this chain.
    fn options(&self) -> &'static [ChainOption] {
        &[]
    }

    // Wallets: the public side, and the text forms of keys.

    /// The address of `key` on `network`, in the form the original prints.
    ///
    /// # Errors
    /// [`WalletError::Key`] for a key of another curve.
    fn address(&self, network: Network, key: &PublicKey) -> Result<Address, WalletError>;

    /// Reads a private key in any notation this chain knows.
    ///
    /// # Errors
    /// [`WalletError::InvalidPrivateKey`], or [`WalletError::WrongNetwork`] on a chain that never
    /// signed with a key of the other network; neither may repeat the text.
    fn parse_private_key(
        &self,
        network: Network,
        text: &SecretText,
    ) -> Result<SecretKey, WalletError>;

    /// The network that a private key's text itself names, where the notation names one. A key is
    /// stored only for that network; one that an older vault holds for the other still signs, as
    /// it always did.
    fn network_of_private_key(&self, text: &SecretText) -> Option<Network> {
        let _ = text;
        None
    }

    /// Writes a private key as the original prints it.
    fn format_private_key(&self, network: Network, key: &SecretKey) -> SecretText;

    /// The text form of a new single key, for the chains whose wallets are one. `entropy` is 32
    /// random bytes.
    ///
    /// # Errors
    /// [`WalletError`] when these bytes give no key; the caller draws again.
    fn new_private_key(
        &self,
        network: Network,
        entropy: &SecretBytes,
    ) -> Result<SecretText, WalletError> {
        let key = match self.info().curve {
            crate::keys::Curve::Secp256k1 => SecretKey::secp256k1(entropy.expose())?,
            crate::keys::Curve::P256 => SecretKey::p256(entropy.expose())?,
            _ => SecretKey::ed25519(entropy.expose())?,
        };
        Ok(self.format_private_key(network, &key))
    }

    /// Whether words make a wallet: a mnemonic, or what
    /// [`private_key_from_phrase`](Self::private_key_from_phrase) takes.
    fn takes_phrase(&self) -> bool {
        self.info().wallet.takes_mnemonic()
    }

    /// The text form of the single key that `phrase` stands for, for the chains that have words
    /// of their own for one (Algorand's 25). Chains with BIP-39 wallets are not asked.
    ///
    /// # Errors
    /// [`WalletError::NoMnemonic`] unless the chain has such words.
    fn private_key_from_phrase(
        &self,
        network: Network,
        phrase: &SecretText,
    ) -> Result<SecretText, WalletError> {
        let _ = (network, phrase);
        Err(WalletError::NoMnemonic(self.info().code))
    }

    // Transactions.

    /// Which keys sign `pending`. `candidates` are the entries it names: those of `hashes` in
    /// order, then those of `signatures`.
    ///
    /// # Errors
    /// [`TransactionError`] when the named entries cannot sign it.
    fn select_keys(
        &self,
        pending: &PendingTransaction,
        candidates: &[Candidate],
    ) -> Result<Vec<KeyRequest>, TransactionError> {
        select_account_key(pending, candidates)
    }

    /// Secret keys that came inside the transaction itself and sign it too (the key of a token that
    /// it creates). Each becomes a [`Signer`] after those of
    /// [`select_keys`](Self::select_keys), read by [`parse_private_key`](Self::parse_private_key).
    /// They must enter neither the body nor an error.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] when the transaction is not readable.
    fn lent_keys(&self, pending: &PendingTransaction) -> Result<Vec<SecretText>, TransactionError> {
        let _ = pending;
        Ok(Vec::new())
    }

    /// Reads the pending transaction and completes what it lacks (nonce, fee, block hash).
    /// `signers` are the keys of [`select_keys`](Self::select_keys), in its order.
    ///
    /// # Errors
    /// [`TransactionError`]: not readable, not to be signed, or a node did not answer.
    async fn prepare(
        &self,
        pending: &PendingTransaction,
        signers: Vec<Signer>,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError>;

    /// What `unsigned` does, for people: computed from the bytes that will be signed.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] when the body was not made by this plugin.
    fn summarize(&self, network: Network, unsigned: &Unsigned)
    -> Result<Summary, TransactionError>;

    /// What must be signed, by which key.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] when the body was not made by this plugin;
    /// [`TransactionError::Refused`] when the signers cannot complete it.
    fn preimages(&self, unsigned: &Unsigned) -> Result<Vec<Preimage>, TransactionError>;

    /// Puts the signatures, one for each preimage and in their order, into the transaction. Each
    /// is of the kind that the preimage's scheme makes; that each is right is checked before the
    /// transaction leaves [`sign`](super::sign), not here.
    ///
    /// # Errors
    /// [`TransactionError::Malformed`] when body and signatures do not go together.
    fn assemble(
        &self,
        unsigned: &Unsigned,
        signatures: &[Signature],
    ) -> Result<Assembled, TransactionError>;

    /// Adds the signatures of others that are asked for over the network, and gives the completed
    /// transaction, which is journaled before it leaves. Most chains need none. Called again
    /// after a crash or a lost answer, as long as no completed transaction is recorded.
    ///
    /// # Errors
    /// [`SubmitError::Rejected`] when a signature is refused, else [`SubmitError::NotSent`].
    async fn cosign(
        &self,
        unsigned: &Unsigned,
        assembled: Assembled,
        node: &dyn NodeApi,
    ) -> Result<Assembled, SubmitError> {
        let _ = (unsigned, node);
        Ok(assembled)
    }

    /// Steps between the signature and the cloud's broadcast call. Most chains have none.
    /// Called again with the same value after a crash or a lost answer, as
    /// [`Attempt::Repeat`]: each step must be safe to repeat.
    ///
    /// # Errors
    /// [`SubmitError`], which says whether the network decided.
    async fn submit(
        &self,
        assembled: &Assembled,
        attempt: Attempt,
        node: &dyn NodeApi,
    ) -> Result<Broadcast, SubmitError> {
        let _ = (attempt, node);
        Ok(assembled.into())
    }

    /// Gives back what [`prepare`](Self::prepare) borrowed for `unsigned`. Called when the
    /// transaction ends without being sent: declined, refused, failed for good, or expired.
    async fn abandon(&self, unsigned: &Unsigned, node: &dyn NodeApi) {
        let _ = (unsigned, node);
    }

    /// How the batch report words a refused broadcast.
    fn refusal_style(&self) -> RefusalStyle {
        RefusalStyle::default()
    }

    /// How the sandbox plays this chain's network; nothing for a chain that cannot be played.
    fn rehearsal(&self) -> Option<&dyn Rehearsal> {
        None
    }
}

impl fmt::Debug for dyn ChainPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChainPlugin")
            .field(&self.info().code)
            .finish()
    }
}

/// An address in its chain's text form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Takes text that the plugin has made or checked.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
