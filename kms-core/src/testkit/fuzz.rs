//! Properties of a plugin that hold for any bytes, for fuzzers and for tests alike.
//!
//! ```ignore
//! static TARGET: LazyLock<Target> = LazyLock::new(|| Target::new(&TRON));
//! fuzz_target!(|bytes: &[u8]| drop(TARGET.serialized_transaction(bytes)));
//! ```

use serde_json::{json, value::RawValue};

use super::{contract::runtime, rehearsal_node::RehearsalNode};
use crate::{
    chain::{
        Assembled, ChainPlugin, KeyRequest, KeySet, Network, PendingTransaction, Signer,
        TransactionError, Unsigned, rehearsal::RehearsalWallet, sign,
    },
    keys::{Curve, KeyError, SecretKey},
};

/// The signature id of the wallet.
const WALLET: &str = "00000000-0000-4000-8000-000000000001";
const NETWORK: Network = Network::Testnet;

/// A plugin on the test network, with one key, which is the same in each run, and with a node
/// that answers as the sandbox does.
#[derive(Debug)]
pub struct Target {
    plugin: &'static dyn ChainPlugin,
    keys: KeySet,
    signers: Vec<Signer>,
}

impl Target {
    /// The target of this plugin.
    ///
    /// # Panics
    /// When its chain has no address for the key.
    pub fn new(plugin: &'static dyn ChainPlugin) -> Self {
        let request = KeyRequest {
            id: WALLET.to_owned(),
            index: None,
        };
        let mut keys = KeySet::default();
        keys.push(request, key(plugin.info().curve).expect("a valid key"));
        let signers = keys.signers(plugin, NETWORK).expect("an address");
        Self {
            plugin,
            keys,
            signers,
        }
    }

    /// What the sandbox has this key sign: where a fuzzer best begins.
    pub fn seeds(&self) -> Vec<String> {
        let Some(rehearsal) = self.plugin.rehearsal() else {
            return Vec::new();
        };
        let addresses = self.signers.iter().map(|one| one.address.clone());
        let wallet = RehearsalWallet {
            id: WALLET.to_owned(),
            mnemonic: false,
            // Some transactions go from one address of the wallet to another.
            addresses: addresses.cycle().take(3).collect(),
        };
        let transactions = rehearsal.transactions(NETWORK, &[wallet]);
        transactions.into_iter().map(|one| one.serialized).collect()
    }

    /// Takes any bytes as `serializedTransaction`, as far as they get: they may be refused, and
    /// nothing panics. What is signed is told in a summary, and is the same when it is signed
    /// once more.
    ///
    /// # Errors
    /// Why they are refused.
    ///
    /// # Panics
    /// When the property does not hold.
    pub fn serialized_transaction(&self, bytes: &[u8]) -> Result<Assembled, TransactionError> {
        let no_text = |_| TransactionError::Malformed("no text".to_owned());
        let text = std::str::from_utf8(bytes).map_err(no_text)?;
        let json = json!({
            "id": "0123456789abcdef01234567", "chain": self.plugin.info().code,
            "hashes": [WALLET], "serializedTransaction": text,
        });
        let raw = RawValue::from_string(json.to_string()).expect("valid JSON");
        let pending = PendingTransaction::from_raw(&raw).expect("a pending transaction");
        let node = RehearsalNode::new(self.plugin, NETWORK);
        let preparing = self.plugin.prepare(&pending, self.signers.clone(), &node);
        let unsigned = runtime().block_on(preparing)?;
        let summary = self.plugin.summarize(NETWORK, &unsigned)?.to_string();
        assert!(!summary.is_empty(), "signed without a word: {text}");
        let assembled = sign(self.plugin, &unsigned, &self.keys)?;
        let again = sign(self.plugin, &unsigned, &self.keys)?;
        assert_eq!(assembled, again, "not the same when signed twice: {text}");
        Ok(assembled)
    }

    /// Takes any bytes as the frozen value of the journal, through all that reads it. Nothing
    /// panics.
    pub fn body(&self, bytes: &[u8]) {
        let unsigned = Unsigned {
            signers: self.signers.clone(),
            body: bytes.to_vec(),
        };
        let _ = self.plugin.summarize(NETWORK, &unsigned);
        let _ = self.plugin.assemble(&unsigned, &[]);
        let _ = sign(self.plugin, &unsigned, &self.keys);
    }

    /// Takes any bytes as a signed transaction, before the sandbox's judge. Nothing panics.
    pub fn signed_transaction(&self, bytes: &[u8]) {
        if let (Some(judge), Ok(text)) = (self.plugin.rehearsal(), std::str::from_utf8(bytes)) {
            let _ = judge.verify(NETWORK, text);
        }
    }
}

fn key(curve: Curve) -> Result<SecretKey, KeyError> {
    match curve {
        Curve::Secp256k1 => SecretKey::secp256k1(&[0x46; 32]),
        Curve::P256 => SecretKey::p256(&[0x46; 32]),
        Curve::Ed25519 => SecretKey::ed25519(&[0x46; 32]),
        Curve::Ed25519Bip32 => SecretKey::ed25519_bip32(&[0x40; 64]),
    }
}
