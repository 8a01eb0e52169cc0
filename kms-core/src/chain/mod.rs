//! What a blockchain is to the daemon: the plugin trait, its data types, and the registry.

mod amount;
mod error;
mod info;
mod network;
mod node;
mod option;
mod pending;
mod plugin;
mod registry;
pub mod rehearsal;
mod select;
mod sign;
mod summary;
mod unsigned;

pub use self::{
    amount::{Amount, AmountError, Unit},
    error::{RefusalStyle, SubmitError, TransactionError, WalletError},
    info::{Bip32Wallet, ChainInfo, EntryField, WalletKind},
    network::Network,
    node::{NodeApi, NodeAuth, NodeError, NodeHost, NodeMethod, NodeRequest},
    option::{ChainOption, ChainOptionError, ChainOptions},
    pending::{PendingTransaction, SignatureRef, WithdrawalAddress, WithdrawalResponse},
    plugin::{Address, ChainPlugin},
    registry::{ChainRegistration, Registry, RegistryError},
    select::{Candidate, KeyRequest, KeySource, Via, select_account_key},
    sign::{KeySet, Unchecked, sign, sign_unchecked},
    summary::{Fee, Summary, Transfer},
    unsigned::{Assembled, Attempt, Broadcast, Preimage, Signer, Unsigned},
};
