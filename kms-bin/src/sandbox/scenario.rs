//! What the sandbox plays: a throw-away vault, and transactions for its wallets.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use kms_core::{
    chain::{
        ChainPlugin, Network, PendingTransaction, Registry, WalletError,
        rehearsal::{RehearsalTransaction, RehearsalWallet},
    },
    keys::{KeyError, SecretText},
    vault::{Entry, OpenVault, StoreOptions, VaultStore},
    wallet,
};
use serde_json::{Map, Value, json, value::to_raw_value};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{SandboxError, random};

/// How many addresses of a mnemonic the transactions use.
const ADDRESSES: u32 = 3;

/// A vault that nobody needs after this run. Its folder is deleted with it.
#[derive(Debug)]
pub(super) struct ThrowAwayVault {
    /// The vault, opened.
    pub(super) vault: OpenVault,
    /// Its wallets, by chain.
    pub(super) wallets: Vec<(&'static dyn ChainPlugin, Vec<RehearsalWallet>)>,
    /// Where it lies.
    pub(super) folder: TempDir,
}

/// Makes a vault, under a random password, with wallets for every chain of `registry`: one with
/// a mnemonic where the chain has such, and one that is a single private key.
pub(super) fn make_vault(
    registry: &Registry,
    network: Network,
) -> Result<ThrowAwayVault, SandboxError> {
    let folder = tempfile::Builder::new()
        .prefix("tatum-kms-sandbox-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(SandboxError::Folder)?;
    let store = VaultStore::new(folder.path().join("wallet.dat"), StoreOptions::default());
    let mut vault = store.open_or_create(&random_password()?)?;
    let mut entries = Vec::new();
    let mut wallets = Vec::new();
    for plugin in registry.iter() {
        let mut of_chain = Vec::new();
        for (entry, wallet) in wallets_of(plugin, network)? {
            entries.push((wallet.id.clone(), entry.to_json(plugin.info().entry_fields)));
            of_chain.push(wallet);
        }
        wallets.push((plugin, of_chain));
    }
    vault.update(|changes| {
        entries
            .iter()
            .try_for_each(|(id, json)| changes.insert(id, json))
    })?;
    Ok(ThrowAwayVault {
        vault,
        wallets,
        folder,
    })
}

fn wallets_of(
    plugin: &dyn ChainPlugin,
    network: Network,
) -> Result<[(Entry, RehearsalWallet); 2], SandboxError> {
    let chain = plugin.info().code;
    let make = || -> Result<_, WalletError> {
        let generated = wallet::generate(plugin, network)?;
        let mnemonic = generated.mnemonic.is_some();
        let addresses = (0..if mnemonic { ADDRESSES } else { 1 })
            .map(|index| wallet::address(plugin, &generated, index))
            .collect::<Result<_, _>>()?;
        let generated_wallet = RehearsalWallet {
            id: random::uuid()?.to_string(),
            mnemonic,
            addresses,
        };
        let (key, address) = wallet::generate_key(plugin, network)?;
        let key_wallet = RehearsalWallet {
            id: random::uuid()?.to_string(),
            mnemonic: false,
            addresses: vec![address],
        };
        Ok([(generated, generated_wallet), (key, key_wallet)])
    };
    make().map_err(|source| SandboxError::Wallet { chain, source })
}

/// A transaction of the sandbox.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// What it shows, in a few words.
    pub(super) title: &'static str,
    /// The transaction as the cloud hands it out.
    pub(super) pending: PendingTransaction,
}

/// The transactions that the plugin makes up for `wallets`; none for a chain that cannot be
/// played.
pub(super) fn cases(
    plugin: &dyn ChainPlugin,
    network: Network,
    wallets: &[RehearsalWallet],
) -> Result<Vec<Case>, SandboxError> {
    let Some(rehearsal) = plugin.rehearsal() else {
        return Ok(Vec::new());
    };
    let chain = plugin.info().code;
    let transactions = rehearsal.transactions(network, wallets);
    let case = |transaction: RehearsalTransaction| {
        let title = transaction.title;
        let pending = as_pending(random::transaction_id()?, chain, transaction);
        let pending = pending.map_err(|error| SandboxError::Transaction {
            chain,
            reason: error.to_string(),
        })?;
        Ok(Case { title, pending })
    };
    transactions.into_iter().map(case).collect()
}

/// A copy of `case` that nobody asked for.
pub(super) fn unasked(case: &Case) -> Result<Case, SandboxError> {
    let id = random::transaction_id()?;
    let copy = || -> Result<PendingTransaction, serde_json::Error> {
        let mut json: Map<String, Value> = serde_json::from_str(case.pending.raw().get())?;
        json.insert("id".to_owned(), json!(id));
        PendingTransaction::from_raw(&to_raw_value(&json)?)
    };
    Ok(Case {
        title: "a transaction that nobody asked for",
        pending: copy().map_err(|error| SandboxError::Internal(error.to_string()))?,
    })
}

fn as_pending(
    id: String,
    chain: &str,
    transaction: RehearsalTransaction,
) -> Result<PendingTransaction, serde_json::Error> {
    let signatures: Vec<Value> = transaction
        .signatures
        .into_iter()
        .map(|(id, index)| json!({"id": id, "index": index}))
        .collect();
    let json = json!({
        "id": id,
        "chain": chain,
        "serializedTransaction": transaction.serialized,
        "hashes": transaction.hashes,
        "index": transaction.index,
        "signatures": if signatures.is_empty() { Value::Null } else { Value::Array(signatures) },
        "withdrawalId": null,
        "withdrawalResponses": null,
    });
    PendingTransaction::from_raw(&to_raw_value(&json)?)
}

/// 244 random bits.
fn random_password() -> Result<SecretText, KeyError> {
    let half = || Ok(Zeroizing::new(random::uuid()?.to_string()));
    let (first, second) = (half()?, half()?);
    Ok(SecretText::from(Zeroizing::new(format!(
        "{}{}",
        *first, *second
    ))))
}
