//! A plugin between the cloud and the journal.

use std::{collections::HashMap, sync::Mutex};

use serde_json::{json, value::RawValue};
use tokio::runtime::Runtime;

use super::{super::contract::as_written, Property};
use crate::{
    chain::{
        Assembled, Candidate, ChainPlugin, KeyRequest, KeySet, KeySource, Network, NodeApi,
        PendingTransaction, Preimage, Signer, TransactionError, Unsigned, Via,
        rehearsal::RehearsalWallet, sign,
    },
    keys::{Curve, KeyError, Scheme, SecretKey, Signature},
    testkit::{contract::runtime, rehearsal_node::RehearsalNode},
};

/// The signature id of the wallet.
const WALLET: &str = "00000000-0000-4000-8000-000000000001";
pub(super) const NETWORK: Network = Network::Testnet;
/// Of so many inputs one is signed in earnest: a signature takes a hundred times longer than to
/// read what is signed.
const SIGNED: u64 = 64;

/// A plugin on the test network, with one key, which is the same in each run, and with a node
/// that answers as the sandbox does.
#[derive(Debug)]
pub struct Target {
    pub(super) plugin: &'static dyn ChainPlugin,
    keys: KeySet,
    pub(super) signers: Vec<Signer>,
    pending: PendingTransaction,
    pub(super) runtime: Runtime,
    /// A signature by each scheme that was asked for.
    stand_ins: Mutex<HashMap<Scheme, Signature>>,
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
        let json = json!({
            "id": "0123456789abcdef01234567", "chain": plugin.info().code,
            "hashes": [WALLET], "serializedTransaction": "",
        });
        let raw = RawValue::from_string(json.to_string()).expect("valid JSON");
        Self {
            plugin,
            keys,
            signers,
            pending: PendingTransaction::from_raw(&raw).expect("a pending transaction"),
            runtime: runtime(),
            stand_ins: Mutex::default(),
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
        let unsigned = self.prepared(bytes)?;
        let assembled = self.signed(&unsigned)?;
        let again = self.signed(&as_written(&unsigned))?;
        assert_eq!(assembled, again, "not the same when signed twice");
        Ok(assembled)
    }

    /// Takes any bytes as the frozen value of the journal, through all that reads it. Nothing
    /// panics.
    pub fn body(&self, bytes: &[u8]) {
        let unsigned = Unsigned::new(self.signers.clone(), bytes.to_vec());
        let _ = self.plugin.summarize(NETWORK, &unsigned);
        let _ = self.plugin.assemble(&unsigned, &[]);
        if let Ok(preimages) = self.plugin.preimages(&unsigned) {
            self.assemble(&unsigned, &preimages);
        }
    }

    /// Takes any bytes as a signed transaction, before the sandbox's judge. Nothing panics.
    pub fn signed_transaction(&self, bytes: &[u8]) {
        if let (Some(judge), Ok(text)) = (self.plugin.rehearsal(), std::str::from_utf8(bytes)) {
            let _ = judge.verify(NETWORK, text);
        }
    }

    /// The same as [`serialized_transaction`](Self::serialized_transaction), and all that reads
    /// the value that would be signed; but for the signature itself.
    fn prepared(&self, bytes: &[u8]) -> Result<Unsigned, TransactionError> {
        let node = RehearsalNode::new(self.plugin, NETWORK);
        let pending = self.pending(bytes)?;
        let unsigned = self.prepare(&pending, &node)?;
        let preimages = self.plugin.preimages(&unsigned)?;
        assert_eq!(
            preimages,
            self.plugin.preimages(&as_written(&unsigned))?,
            "not the same when read again"
        );
        self.assemble(&unsigned, &preimages);
        Ok(unsigned)
    }

    /// The pending transaction that asks for `bytes` to be signed.
    pub(super) fn pending(&self, bytes: &[u8]) -> Result<PendingTransaction, TransactionError> {
        let no_text = |_| TransactionError::Malformed("no text".to_owned());
        let text = std::str::from_utf8(bytes).map_err(no_text)?;
        let mut pending = self.pending.clone();
        text.clone_into(&mut pending.serialized_transaction);
        Ok(pending)
    }

    /// Chooses keys and prepares. What can be prepared, can be told.
    pub(super) fn prepare(
        &self,
        pending: &PendingTransaction,
        node: &dyn NodeApi,
    ) -> Result<Unsigned, TransactionError> {
        let wallet = Candidate {
            id: WALLET.to_owned(),
            via: Via::Hashes,
            entry: Some(KeySource {
                mnemonic: false,
                stored_key: true,
                network: NETWORK,
            }),
        };
        let _ = self.plugin.select_keys(pending, &[wallet]);
        let _ = self.plugin.lent_keys(pending);
        let preparing = self.plugin.prepare(pending, self.signers.clone(), node);
        let unsigned = self.runtime.block_on(preparing)?;
        let summary = self.plugin.summarize(NETWORK, &unsigned)?.to_string();
        assert!(!summary.is_empty(), "signed without a word");
        Ok(unsigned)
    }

    pub(super) fn signed(&self, unsigned: &Unsigned) -> Result<Assembled, TransactionError> {
        sign(self.plugin, unsigned, &self.keys)
    }

    /// Assembles with signatures of something else: nothing that reads them here can tell.
    pub(super) fn assemble(&self, unsigned: &Unsigned, preimages: &[Preimage]) {
        let signatures: Vec<_> = preimages
            .iter()
            .map_while(|one| self.stand_in(one))
            .collect();
        if signatures.len() == preimages.len() {
            let _ = self.plugin.assemble(unsigned, &signatures);
        }
    }

    /// A signature of the kind that `preimage` asks for; nothing when no key can make one.
    fn stand_in(&self, preimage: &Preimage) -> Option<Signature> {
        if preimage.signer >= self.signers.len() {
            return None;
        }
        let mut made = self.stand_ins.lock().expect("no thread panicked");
        if let Some(signature) = made.get(&preimage.scheme) {
            return Some(*signature);
        }
        let key = key(self.plugin.info().curve).expect("a valid key");
        let signature = key.sign(preimage.scheme, &preimage.payload).ok()?;
        made.insert(preimage.scheme, signature);
        Some(signature)
    }
}

/// What the cloud may ask the plugins of one crate to sign, what their journal may hold, and what
/// the sandbox's judges may be given.
#[derive(Debug)]
pub struct Transactions(Vec<Target>);

impl Transactions {
    /// Those of these plugins.
    pub fn of(plugins: &[&'static dyn ChainPlugin]) -> Self {
        Self(plugins.iter().map(|plugin| Target::new(*plugin)).collect())
    }
}

impl Property for Transactions {
    /// The sandbox's requests, and the bytes that are signed for them.
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for target in &self.0 {
            for seed in target.seeds() {
                if let Ok(signed) = target.serialized_transaction(seed.as_bytes()) {
                    seeds.push(signed.tx_data.into_bytes());
                }
                if let Ok(unsigned) = target.prepared(seed.as_bytes()) {
                    seeds.push(unsigned.body().to_vec());
                }
                seeds.push(seed.into_bytes());
            }
        }
        seeds
    }

    fn holds_for(&self, bytes: &[u8]) {
        let in_earnest = fnv1a(bytes).is_multiple_of(SIGNED);
        for target in &self.0 {
            if !in_earnest {
                let _ = target.prepared(bytes);
            } else if let Ok(signed) = target.serialized_transaction(bytes) {
                target.signed_transaction(signed.tx_data.as_bytes());
            }
            target.body(bytes);
            target.signed_transaction(bytes);
        }
    }
}

/// A number that any change of `bytes` changes.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn key(curve: Curve) -> Result<SecretKey, KeyError> {
    match curve {
        Curve::Secp256k1 => SecretKey::secp256k1(&[0x46; 32]),
        Curve::P256 => SecretKey::p256(&[0x46; 32]),
        Curve::Ed25519 => SecretKey::ed25519(&[0x46; 32]),
        Curve::Ed25519Bip32 => SecretKey::ed25519_bip32(&[0x40; 64]),
    }
}
