//! What a transaction does: one of the contract types of the protocol.

use prost::Message as _;

use crate::{
    fields::{FieldError, Fields, Read as _},
    message,
};

/// A row for each type: its number, its name, its message.
macro_rules! contracts {
    ($($number:literal $name:literal $variant:ident($message:ident),)*) => {
        /// A contract with its parameters.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "there is one in a transaction")]
        pub(crate) enum Contract {
            $($variant(message::$message),)*
        }

        impl Contract {
            /// Every type: number and name.
            #[cfg(test)]
            pub(crate) const TYPES: &[(i32, &str)] = &[$(($number, $name)),*];

            /// Reads the `parameter.value` of a contract of the type `name`; none when there is
            /// no such type.
            pub(crate) fn read(name: &str, fields: Fields<'_>) -> Option<Result<Self, FieldError>> {
                match name {
                    $($name => Some(message::$message::read(fields).map(Self::$variant)),)*
                    _ => None,
                }
            }

            /// Whether there is a type of this name.
            pub(crate) fn is_type(name: &str) -> bool {
                matches!(name, $($name)|*)
            }

            /// The number of its type.
            pub(crate) fn number(&self) -> i32 {
                match self {
                    $(Self::$variant(_) => $number,)*
                }
            }

            /// The name of its type.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// Its parameters in protobuf.
            pub(crate) fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(message) => message.encode_to_vec(),)*
                }
            }

            /// Reads parameters in protobuf.
            #[cfg(test)]
            pub(crate) fn decode(number: i32, bytes: &[u8]) -> Option<Self> {
                match number {
                    $($number => message::$message::decode(bytes).ok().map(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

contracts! {
    0 "AccountCreateContract" AccountCreate(AccountCreateContract),
    1 "TransferContract" Transfer(TransferContract),
    2 "TransferAssetContract" TransferAsset(TransferAssetContract),
    4 "VoteWitnessContract" VoteWitness(VoteWitnessContract),
    5 "WitnessCreateContract" WitnessCreate(WitnessCreateContract),
    6 "AssetIssueContract" AssetIssue(AssetIssueContract),
    8 "WitnessUpdateContract" WitnessUpdate(WitnessUpdateContract),
    9 "ParticipateAssetIssueContract" ParticipateAssetIssue(ParticipateAssetIssueContract),
    10 "AccountUpdateContract" AccountUpdate(AccountUpdateContract),
    11 "FreezeBalanceContract" FreezeBalance(FreezeBalanceContract),
    12 "UnfreezeBalanceContract" UnfreezeBalance(UnfreezeBalanceContract),
    13 "WithdrawBalanceContract" WithdrawBalance(WithdrawBalanceContract),
    15 "UpdateAssetContract" UpdateAsset(UpdateAssetContract),
    16 "ProposalCreateContract" ProposalCreate(ProposalCreateContract),
    17 "ProposalApproveContract" ProposalApprove(ProposalApproveContract),
    18 "ProposalDeleteContract" ProposalDelete(ProposalDeleteContract),
    19 "SetAccountIdContract" SetAccountId(SetAccountIdContract),
    30 "CreateSmartContract" CreateSmart(CreateSmartContract),
    31 "TriggerSmartContract" TriggerSmart(TriggerSmartContract),
    33 "UpdateSettingContract" UpdateSetting(UpdateSettingContract),
    41 "ExchangeCreateContract" ExchangeCreate(ExchangeCreateContract),
    42 "ExchangeInjectContract" ExchangeInject(ExchangeInjectContract),
    43 "ExchangeWithdrawContract" ExchangeWithdraw(ExchangeWithdrawContract),
    44 "ExchangeTransactionContract" ExchangeTransaction(ExchangeTransactionContract),
    45 "UpdateEnergyLimitContract" UpdateEnergyLimit(UpdateEnergyLimitContract),
    46 "AccountPermissionUpdateContract" AccountPermissionUpdate(AccountPermissionUpdateContract),
    48 "ClearABIContract" ClearAbi(ClearAbiContract),
    49 "UpdateBrokerageContract" UpdateBrokerage(UpdateBrokerageContract),
    54 "FreezeBalanceV2Contract" FreezeBalanceV2(FreezeBalanceV2Contract),
    55 "UnfreezeBalanceV2Contract" UnfreezeBalanceV2(UnfreezeBalanceV2Contract),
    56 "WithdrawExpireUnfreezeContract" WithdrawExpireUnfreeze(WithdrawExpireUnfreezeContract),
    57 "DelegateResourceContract" DelegateResource(DelegateResourceContract),
    58 "UnDelegateResourceContract" UnDelegateResource(UnDelegateResourceContract),
    59 "CancelAllUnfreezeV2Contract" CancelAllUnfreezeV2(CancelAllUnfreezeV2Contract),
}

impl Contract {
    /// Fills in what the protocol fills in: the creator of a contract.
    pub(crate) fn complete(mut self) -> Self {
        if let Self::CreateSmart(create) = &mut self
            && let Some(contract) = &mut create.new_contract
            && contract.origin_address.is_empty()
        {
            contract.origin_address.clone_from(&create.owner_address);
        }
        self
    }

    /// The same with the entries of its map in the other order that is in use: nodes write them
    /// as listed, libraries sort them by the text of their keys.
    pub(crate) fn with_sorted_map(mut self) -> Option<Self> {
        let Self::ProposalCreate(proposal) = &mut self else {
            return None;
        };
        let text = |key: Option<i64>| key.unwrap_or_default().to_string();
        proposal.parameters.sort_by_key(|entry| text(entry.key));
        Some(self)
    }
}
