//! The protobuf messages of the protocol, field by field as its definition numbers them.
//!
//! Each is written once, with what its JSON form holds: `attribute, field: type = how it is read`.
//! The order and the omissions of proto3 are those of `prost`.

use prost::Message;

use crate::fields::{FieldError, Fields, Read};

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_attribute:meta])* $field:ident: $ty:ty = $how:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Message)]
        pub(crate) struct $name {
            $($(#[$field_attribute])* pub(crate) $field: $ty,)*
        }

        impl Read for $name {
            fn read(fields: Fields<'_>) -> Result<Self, FieldError> {
                Ok(Self { $($field: fields.$how(stringify!($field))?,)* })
            }
        }
    };
}

// The envelope.

/// `Transaction.raw`: what is signed.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Raw {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) ref_block_bytes: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) ref_block_hash: Vec<u8>,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "8")]
    pub(crate) expiration: i64,
    /// The memo.
    #[prost(bytes = "vec", tag = "10")]
    pub(crate) data: Vec<u8>,
    #[prost(message, optional, tag = "11")]
    pub(crate) contract: Option<ContractEnvelope>,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "14")]
    pub(crate) timestamp: i64,
    /// Sun.
    #[prost(int64, tag = "18")]
    pub(crate) fee_limit: i64,
}

/// `Transaction.Contract`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ContractEnvelope {
    #[prost(int32, tag = "1")]
    pub(crate) contract_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) parameter: Option<Any>,
    #[prost(int32, tag = "5")]
    pub(crate) permission_id: i32,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

// Accounts and transfers.

message! {
    /// Opens an account.
    AccountCreateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] account_address: Vec<u8> = address,
    }
}

message! {
    /// Sends TRX.
    TransferContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] to_address: Vec<u8> = address,
        #[prost(int64, tag = "3")] amount: i64 = int64,
    }
}

message! {
    /// Sends a TRC-10 token.
    TransferAssetContract {
        #[prost(bytes = "vec", tag = "1")] asset_name: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "2")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "3")] to_address: Vec<u8> = address,
        #[prost(int64, tag = "4")] amount: i64 = int64,
    }
}

message! {
    /// Names the account.
    AccountUpdateContract {
        #[prost(bytes = "vec", tag = "1")] account_name: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "2")] owner_address: Vec<u8> = address,
    }
}

message! {
    /// Gives the account an id.
    SetAccountIdContract {
        #[prost(bytes = "vec", tag = "1")] account_id: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "2")] owner_address: Vec<u8> = address,
    }
}

message! {
    /// Replaces the keys that may act for the account.
    AccountPermissionUpdateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(message, optional, tag = "2")] owner: Option<Permission> = message,
        #[prost(message, optional, tag = "3")] witness: Option<Permission> = message,
        #[prost(message, repeated, tag = "4")] actives: Vec<Permission> = list,
    }
}

/// Keys, and how many of them it takes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Permission {
    #[prost(int32, tag = "1")]
    pub(crate) permission_type: i32,
    #[prost(int32, tag = "2")]
    pub(crate) id: i32,
    #[prost(string, tag = "3")]
    pub(crate) permission_name: String,
    #[prost(int64, tag = "4")]
    pub(crate) threshold: i64,
    #[prost(int32, tag = "5")]
    pub(crate) parent_id: i32,
    /// A bit for each contract type.
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) operations: Vec<u8>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) keys: Vec<PermissionKey>,
}

impl Read for Permission {
    fn read(fields: Fields<'_>) -> Result<Self, FieldError> {
        let types = [("Owner", 0), ("Witness", 1), ("Active", 2)];
        Ok(Self {
            permission_type: fields.one_of("type", &types)?,
            id: fields.int32("id")?,
            permission_name: fields.text("permission_name")?,
            threshold: fields.int64("threshold")?,
            parent_id: fields.int32("parentId")?,
            operations: fields.hex("operations")?,
            keys: fields.list("keys")?,
        })
    }
}

message! {
    /// A key by its address, and how much it counts.
    PermissionKey {
        #[prost(bytes = "vec", tag = "1")] address: Vec<u8> = address,
        #[prost(int64, tag = "2")] weight: i64 = int64,
    }
}

// Resources: bandwidth and energy for staked TRX.

message! {
    /// Stakes TRX, the old way.
    FreezeBalanceContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] frozen_balance: i64 = int64,
        #[prost(int64, tag = "3")] frozen_duration: i64 = int64,
        #[prost(int32, tag = "10")] resource: i32 = resource,
        #[prost(bytes = "vec", tag = "15")] receiver_address: Vec<u8> = address,
    }
}

message! {
    /// Takes back what was staked the old way.
    UnfreezeBalanceContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int32, tag = "10")] resource: i32 = resource,
        #[prost(bytes = "vec", tag = "15")] receiver_address: Vec<u8> = address,
    }
}

message! {
    /// Stakes TRX.
    FreezeBalanceV2Contract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] frozen_balance: i64 = int64,
        #[prost(int32, tag = "3")] resource: i32 = resource,
    }
}

message! {
    /// Takes staked TRX back.
    UnfreezeBalanceV2Contract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] unfreeze_balance: i64 = int64,
        #[prost(int32, tag = "3")] resource: i32 = resource,
    }
}

message! {
    /// Withdraws what was taken back and is no longer locked.
    WithdrawExpireUnfreezeContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
    }
}

message! {
    /// Stakes again all that is being taken back.
    CancelAllUnfreezeV2Contract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
    }
}

message! {
    /// Lends a resource.
    DelegateResourceContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int32, tag = "2")] resource: i32 = resource,
        #[prost(int64, tag = "3")] balance: i64 = int64,
        #[prost(bytes = "vec", tag = "4")] receiver_address: Vec<u8> = address,
        #[prost(bool, tag = "5")] lock: bool = boolean,
        #[prost(int64, tag = "6")] lock_period: i64 = int64,
    }
}

message! {
    /// Takes a lent resource back.
    UnDelegateResourceContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int32, tag = "2")] resource: i32 = resource,
        #[prost(int64, tag = "3")] balance: i64 = int64,
        #[prost(bytes = "vec", tag = "4")] receiver_address: Vec<u8> = address,
    }
}

// Contracts.

message! {
    /// Creates a contract.
    CreateSmartContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(message, optional, tag = "2")] new_contract: Option<SmartContract> = message,
        #[prost(int64, tag = "3")] call_token_value: i64 = int64,
        #[prost(int64, tag = "4")] token_id: i64 = int64,
    }
}

message! {
    /// The new contract. Its creator is the owner of the transaction unless it says another.
    SmartContract {
        #[prost(bytes = "vec", tag = "1")] origin_address: Vec<u8> = address,
        #[prost(message, optional, tag = "3")] abi: Option<Abi> = message,
        #[prost(bytes = "vec", tag = "4")] bytecode: Vec<u8> = hex,
        #[prost(int64, tag = "5")] call_value: i64 = int64,
        #[prost(int64, tag = "6")] consume_user_resource_percent: i64 = int64,
        #[prost(string, tag = "7")] name: String = text,
        #[prost(int64, tag = "8")] origin_energy_limit: i64 = int64,
    }
}

message! {
    /// The interface of a contract.
    Abi {
        #[prost(message, repeated, tag = "1")] entrys: Vec<AbiEntry> = list,
    }
}

/// A function, event or error of an interface.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AbiEntry {
    #[prost(bool, tag = "1")]
    pub(crate) anonymous: bool,
    #[prost(bool, tag = "2")]
    pub(crate) constant: bool,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "4")]
    pub(crate) inputs: Vec<AbiParameter>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) outputs: Vec<AbiParameter>,
    #[prost(int32, tag = "6")]
    pub(crate) entry_type: i32,
    #[prost(bool, tag = "7")]
    pub(crate) payable: bool,
    #[prost(int32, tag = "8")]
    pub(crate) state_mutability: i32,
}

impl Read for AbiEntry {
    fn read(fields: Fields<'_>) -> Result<Self, FieldError> {
        let types = [
            ("Constructor", 1),
            ("Function", 2),
            ("Event", 3),
            ("Fallback", 4),
            ("Receive", 5),
            ("Error", 6),
        ];
        let mutabilities = [("Pure", 1), ("View", 2), ("Nonpayable", 3), ("Payable", 4)];
        Ok(Self {
            anonymous: fields.boolean("anonymous")?,
            constant: fields.boolean("constant")?,
            name: fields.text("name")?,
            inputs: fields.list("inputs")?,
            outputs: fields.list("outputs")?,
            entry_type: fields.one_of("type", &types)?,
            payable: fields.boolean("payable")?,
            state_mutability: fields.one_of("stateMutability", &mutabilities)?,
        })
    }
}

/// A parameter or result of a function.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AbiParameter {
    #[prost(bool, tag = "1")]
    pub(crate) indexed: bool,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(string, tag = "3")]
    pub(crate) parameter_type: String,
}

impl Read for AbiParameter {
    fn read(fields: Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            indexed: fields.boolean("indexed")?,
            name: fields.text("name")?,
            parameter_type: fields.text("type")?,
        })
    }
}

message! {
    /// Calls a contract.
    TriggerSmartContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] contract_address: Vec<u8> = address,
        #[prost(int64, tag = "3")] call_value: i64 = int64,
        #[prost(bytes = "vec", tag = "4")] data: Vec<u8> = hex,
        #[prost(int64, tag = "5")] call_token_value: i64 = int64,
        #[prost(int64, tag = "6")] token_id: i64 = int64,
    }
}

message! {
    /// Sets how much of its energy a contract's callers pay.
    UpdateSettingContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] contract_address: Vec<u8> = address,
        #[prost(int64, tag = "3")] consume_user_resource_percent: i64 = int64,
    }
}

message! {
    /// Sets how much energy a contract's creator pays for a call.
    UpdateEnergyLimitContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] contract_address: Vec<u8> = address,
        #[prost(int64, tag = "3")] origin_energy_limit: i64 = int64,
    }
}

message! {
    /// Removes a contract's interface from the chain.
    ClearAbiContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] contract_address: Vec<u8> = address,
    }
}

// Votes and witnesses.

message! {
    /// Votes for witnesses.
    VoteWitnessContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(message, repeated, tag = "2")] votes: Vec<Vote> = list,
    }
}

message! {
    /// Votes for one witness.
    Vote {
        #[prost(bytes = "vec", tag = "1")] vote_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] vote_count: i64 = int64,
    }
}

message! {
    /// Becomes a witness.
    WitnessCreateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] url: Vec<u8> = name,
    }
}

message! {
    /// Sets a witness's site.
    WitnessUpdateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "12")] update_url: Vec<u8> = name,
    }
}

message! {
    /// Sets the share of rewards that a witness keeps.
    UpdateBrokerageContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int32, tag = "2")] brokerage: i32 = int32,
    }
}

message! {
    /// Withdraws rewards.
    WithdrawBalanceContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
    }
}

message! {
    /// Proposes other parameters of the network.
    ProposalCreateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(message, repeated, tag = "2")] parameters: Vec<ProposalParameter> = list,
    }
}

/// An entry of a map, both sides of which are written even when they are zero.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProposalParameter {
    #[prost(int64, optional, tag = "1")]
    pub(crate) key: Option<i64>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) value: Option<i64>,
}

impl Read for ProposalParameter {
    fn read(fields: Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            key: Some(fields.int64("key")?),
            value: Some(fields.int64("value")?),
        })
    }
}

message! {
    /// Approves a proposal, or takes an approval back.
    ProposalApproveContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] proposal_id: i64 = int64,
        #[prost(bool, tag = "3")] is_add_approval: bool = boolean,
    }
}

message! {
    /// Takes a proposal back.
    ProposalDeleteContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] proposal_id: i64 = int64,
    }
}

// TRC-10 tokens.

message! {
    /// Issues a token.
    AssetIssueContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] name: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "3")] abbr: Vec<u8> = name,
        #[prost(int64, tag = "4")] total_supply: i64 = int64,
        #[prost(message, repeated, tag = "5")] frozen_supply: Vec<FrozenSupply> = list,
        #[prost(int32, tag = "6")] trx_num: i32 = int32,
        #[prost(int32, tag = "7")] precision: i32 = int32,
        #[prost(int32, tag = "8")] num: i32 = int32,
        #[prost(int64, tag = "9")] start_time: i64 = int64,
        #[prost(int64, tag = "10")] end_time: i64 = int64,
        #[prost(int32, tag = "16")] vote_score: i32 = int32,
        #[prost(bytes = "vec", tag = "20")] description: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "21")] url: Vec<u8> = name,
        #[prost(int64, tag = "22")] free_asset_net_limit: i64 = int64,
        #[prost(int64, tag = "23")] public_free_asset_net_limit: i64 = int64,
        #[prost(int64, tag = "24")] public_free_asset_net_usage: i64 = int64,
        #[prost(int64, tag = "25")] public_latest_free_net_time: i64 = int64,
    }
}

message! {
    /// A part of a new token's supply that cannot be moved yet.
    FrozenSupply {
        #[prost(int64, tag = "1")] frozen_amount: i64 = int64,
        #[prost(int64, tag = "2")] frozen_days: i64 = int64,
    }
}

message! {
    /// Buys a token from its issuer.
    ParticipateAssetIssueContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] to_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "3")] asset_name: Vec<u8> = name,
        #[prost(int64, tag = "4")] amount: i64 = int64,
    }
}

message! {
    /// Describes a token anew.
    UpdateAssetContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] description: Vec<u8> = name,
        #[prost(bytes = "vec", tag = "3")] url: Vec<u8> = name,
        #[prost(int64, tag = "4")] new_limit: i64 = int64,
        #[prost(int64, tag = "5")] new_public_limit: i64 = int64,
    }
}

// The exchange of TRC-10 tokens.

message! {
    /// Opens a pair.
    ExchangeCreateContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(bytes = "vec", tag = "2")] first_token_id: Vec<u8> = name,
        #[prost(int64, tag = "3")] first_token_balance: i64 = int64,
        #[prost(bytes = "vec", tag = "4")] second_token_id: Vec<u8> = name,
        #[prost(int64, tag = "5")] second_token_balance: i64 = int64,
    }
}

message! {
    /// Adds to a pair.
    ExchangeInjectContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] exchange_id: i64 = int64,
        #[prost(bytes = "vec", tag = "3")] token_id: Vec<u8> = name,
        #[prost(int64, tag = "4")] quant: i64 = int64,
    }
}

message! {
    /// Takes from a pair.
    ExchangeWithdrawContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] exchange_id: i64 = int64,
        #[prost(bytes = "vec", tag = "3")] token_id: Vec<u8> = name,
        #[prost(int64, tag = "4")] quant: i64 = int64,
    }
}

message! {
    /// Trades with a pair.
    ExchangeTransactionContract {
        #[prost(bytes = "vec", tag = "1")] owner_address: Vec<u8> = address,
        #[prost(int64, tag = "2")] exchange_id: i64 = int64,
        #[prost(bytes = "vec", tag = "3")] token_id: Vec<u8> = name,
        #[prost(int64, tag = "4")] quant: i64 = int64,
        #[prost(int64, tag = "5")] expected: i64 = int64,
    }
}
