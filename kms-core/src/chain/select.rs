//! Which keys sign: chosen by the plugin from what the vault holds, without seeing a secret.

use super::{Network, PendingTransaction, TransactionError};

/// A vault entry that a pending transaction names.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The signature id.
    pub id: String,
    /// Which list names it.
    pub via: Via,
    /// What the vault holds under this id; nothing when the vault does not know it.
    pub entry: Option<KeySource>,
}

/// The list of a pending transaction that names a [`Candidate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `hashes`.
    Hashes,
    /// `signatures`, with its own index.
    Signatures {
        /// The derivation index.
        index: Option<u32>,
    },
}

/// What a vault entry can give a key from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySource {
    /// It holds a mnemonic.
    pub mnemonic: bool,
    /// It holds a key of its own (`secret` or `privateKey`).
    pub stored_key: bool,
    /// The network it was made for. The daemon has compared it with its own already.
    pub network: Network,
}

/// A key the plugin wants: of a mnemonic at an index, or the stored one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRequest {
    /// The signature id of the vault entry.
    pub id: String,
    /// The derivation index, or nothing for the entry's stored key.
    pub index: Option<u32>,
}

impl KeyRequest {
    /// Stands in the place of a signature id, which it can never be.
    const LENT: &str = "(came with the transaction)";

    /// The key at this position of [`ChainPlugin::lent_keys`](super::ChainPlugin::lent_keys).
    pub fn lent(position: u32) -> Self {
        Self {
            id: Self::LENT.to_owned(),
            index: Some(position),
        }
    }

    /// Whether the key came with the transaction instead of from the vault.
    pub fn is_lent(&self) -> bool {
        self.id == Self::LENT
    }
}

/// The rule of the account-based chains: the first candidate signs, others are ignored.
///
/// A mnemonic takes the transaction's `index`, else the index that came with `signatures`;
/// a stored key ignores both.
///
/// # Errors
/// [`TransactionError::UnknownWallet`] when the vault does not know the id, nothing is named at
/// all, or a mnemonic comes without an index.
pub fn select_account_key(
    pending: &PendingTransaction,
    candidates: &[Candidate],
) -> Result<Vec<KeyRequest>, TransactionError> {
    let first = candidates.first().ok_or(TransactionError::NoWallet)?;
    let Some(entry) = first.entry else {
        return Err(TransactionError::UnknownWallet(first.id.clone()));
    };
    let own_index = match first.via {
        Via::Hashes => None,
        Via::Signatures { index } => index,
    };
    let index = if entry.mnemonic {
        pending.index.or(own_index)
    } else {
        None
    };
    if index.is_none() && !entry.stored_key {
        return Err(TransactionError::MnemonicWithoutIndex {
            wallet: first.id.clone(),
            transaction: pending.id.clone(),
        });
    }
    Ok(vec![KeyRequest {
        id: first.id.clone(),
        index,
    }])
}
