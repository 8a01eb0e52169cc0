//! What a transaction does, in words: computed from the protobuf that is signed.

use std::borrow::Cow;

use alloy_primitives::{Address as Account, U256};
use kms_core::chain::{Amount, Fee, Network, Summary, Transfer, Unit};

use crate::{
    address::TronAddress,
    calls::Call,
    contract::Contract,
    fields::RESOURCES,
    message::{
        AccountPermissionUpdateContract, AssetIssueContract, CreateSmartContract, Permission,
        TriggerSmartContract,
    },
    plugin::TRX,
    transaction::Transaction,
};

/// Describes `transaction`, which `owner` signs.
pub(crate) fn summarize(
    network: Network,
    transaction: &Transaction,
    owner: TronAddress,
) -> Summary {
    let mut draft = Draft::new(network, owner);
    draft.contract(transaction.contract());
    draft.envelope(transaction);
    draft.summary
}

struct Draft {
    owner: TronAddress,
    summary: Summary,
}

impl Draft {
    fn new(network: Network, owner: TronAddress) -> Self {
        Self {
            owner,
            summary: Summary {
                chain: "TRON".to_owned(),
                network,
                action: String::new(),
                from: vec![owner.to_string()],
                transfers: Vec::new(),
                fee: None,
                nonce: None,
                details: Vec::new(),
                warnings: Vec::new(),
            },
        }
    }

    fn contract(&mut self, contract: &Contract) {
        match contract {
            Contract::AccountCreate(it) => {
                self.action("opening of an account");
                self.detail("new account", address(&it.account_address));
                self.network_charge();
            }
            Contract::Transfer(it) => {
                self.action("transfer");
                self.pay_trx(&it.to_address, it.amount);
            }
            Contract::TransferAsset(it) => {
                self.action("TRC-10 transfer");
                self.pay(&it.to_address, it.amount, token(&it.asset_name));
            }
            Contract::VoteWitness(it) => {
                self.action("vote for witnesses");
                for vote in &it.votes {
                    let votes = format!("{} for {}", vote.vote_count, address(&vote.vote_address));
                    self.detail("votes", votes);
                }
            }
            Contract::WitnessCreate(it) => {
                self.action("application as a witness");
                self.detail("site", name(&it.url));
                self.network_charge();
            }
            Contract::AssetIssue(it) => self.asset_issue(it),
            Contract::WitnessUpdate(it) => {
                self.action("new site of a witness");
                self.detail("site", name(&it.update_url));
            }
            Contract::ParticipateAssetIssue(it) => {
                self.action("purchase of a TRC-10 token from its issuer");
                self.pay_trx(&it.to_address, it.amount);
                self.detail("token", name(&it.asset_name));
            }
            Contract::AccountUpdate(it) => {
                self.action("new name of the account");
                self.detail("name", name(&it.account_name));
            }
            Contract::FreezeBalance(it) => {
                self.action("stake (version 1)");
                self.trx("amount", it.frozen_balance);
                self.detail("days", it.frozen_duration.to_string());
                self.resource(it.resource);
                self.receiver(&it.receiver_address);
            }
            Contract::UnfreezeBalance(it) => {
                self.action("unstake (version 1)");
                self.resource(it.resource);
                self.receiver(&it.receiver_address);
            }
            Contract::WithdrawBalance(_) => self.action("withdrawal of rewards"),
            Contract::UpdateAsset(it) => {
                self.action("new description of the account's TRC-10 token");
                self.detail("description", name(&it.description));
                self.detail("site", name(&it.url));
                self.detail("bandwidth for each holder", it.new_limit.to_string());
                self.detail("bandwidth for all holders", it.new_public_limit.to_string());
            }
            Contract::ProposalCreate(it) => {
                self.action("proposal of network parameters");
                for entry in &it.parameters {
                    let (key, value) = (entry.key.unwrap_or(0), entry.value.unwrap_or(0));
                    self.detail("parameter", format!("{key} becomes {value}"));
                }
            }
            Contract::ProposalApprove(it) => {
                self.action(if it.is_add_approval {
                    "approval of a proposal"
                } else {
                    "withdrawal of an approval of a proposal"
                });
                self.detail("proposal", it.proposal_id.to_string());
            }
            Contract::ProposalDelete(it) => {
                self.action("withdrawal of a proposal");
                self.detail("proposal", it.proposal_id.to_string());
            }
            Contract::SetAccountId(it) => {
                self.action("id of the account");
                self.detail("id", name(&it.account_id));
            }
            Contract::CreateSmart(it) => self.create_contract(it),
            Contract::TriggerSmart(it) => self.call(it),
            Contract::UpdateSetting(it) => {
                self.action("callers' share of a contract's energy");
                self.detail("contract", address(&it.contract_address));
                self.detail("percent", it.consume_user_resource_percent.to_string());
            }
            Contract::ExchangeCreate(it) => {
                self.action("opening of an exchange pair");
                self.amount("first", it.first_token_balance, token(&it.first_token_id));
                self.amount(
                    "second",
                    it.second_token_balance,
                    token(&it.second_token_id),
                );
                self.network_charge();
            }
            Contract::ExchangeInject(it) => {
                self.action("deposit to an exchange pair");
                self.detail("pair", it.exchange_id.to_string());
                self.amount("amount", it.quant, token(&it.token_id));
            }
            Contract::ExchangeWithdraw(it) => {
                self.action("withdrawal from an exchange pair");
                self.detail("pair", it.exchange_id.to_string());
                self.amount("amount", it.quant, token(&it.token_id));
            }
            Contract::ExchangeTransaction(it) => {
                self.action("trade with an exchange pair");
                self.detail("pair", it.exchange_id.to_string());
                self.amount("gives", it.quant, token(&it.token_id));
                let expected = format!("{} base units of the other token", it.expected);
                self.detail("takes at least", expected);
            }
            Contract::UpdateEnergyLimit(it) => {
                self.action("creator's energy for calls of a contract");
                self.detail("contract", address(&it.contract_address));
                self.detail("energy", it.origin_energy_limit.to_string());
            }
            Contract::AccountPermissionUpdate(it) => self.permissions(it),
            Contract::ClearAbi(it) => {
                self.action("removal of a contract's interface");
                self.detail("contract", address(&it.contract_address));
            }
            Contract::UpdateBrokerage(it) => {
                self.action("share of rewards that a witness keeps");
                self.detail("percent", it.brokerage.to_string());
            }
            Contract::FreezeBalanceV2(it) => {
                self.action("stake");
                self.trx("amount", it.frozen_balance);
                self.resource(it.resource);
            }
            Contract::UnfreezeBalanceV2(it) => {
                self.action("unstake");
                self.trx("amount", it.unfreeze_balance);
                self.resource(it.resource);
            }
            Contract::WithdrawExpireUnfreeze(_) => self.action("withdrawal of unstaked TRX"),
            Contract::DelegateResource(it) => {
                self.action("delegation of a resource");
                self.trx("stake", it.balance);
                self.resource(it.resource);
                self.receiver(&it.receiver_address);
                if it.lock {
                    let period = match it.lock_period {
                        0 => "for the usual time".to_owned(),
                        blocks => format!("for {blocks} blocks"),
                    };
                    self.detail("cannot be taken back", period);
                }
            }
            Contract::UnDelegateResource(it) => {
                self.action("end of a delegation of a resource");
                self.trx("stake", it.balance);
                self.resource(it.resource);
                self.receiver(&it.receiver_address);
            }
            Contract::CancelAllUnfreezeV2(_) => self.action("cancellation of all unstaking"),
        }
    }

    fn asset_issue(&mut self, it: &AssetIssueContract) {
        self.action("issue of a TRC-10 token");
        self.detail("name", name(&it.name));
        self.detail("abbreviation", name(&it.abbr));
        self.detail("supply in base units", it.total_supply.to_string());
        self.detail("decimals", it.precision.to_string());
        let price = format!("{} base units for {} sun", it.num, it.trx_num);
        self.detail("price", price);
        let sale = format!("{} to {}", time(it.start_time), time(it.end_time));
        self.detail("sale", sale);
        for frozen in &it.frozen_supply {
            let frozen = format!(
                "{} base units for {} days",
                frozen.frozen_amount, frozen.frozen_days
            );
            self.detail("locked", frozen);
        }
        self.detail("description", name(&it.description));
        self.detail("site", name(&it.url));
        self.network_charge();
    }

    fn create_contract(&mut self, it: &CreateSmartContract) {
        self.action("contract creation");
        if let Some(contract) = &it.new_contract {
            self.detail("name", format!("{:?}", contract.name));
            self.detail("code", format!("{} bytes", contract.bytecode.len()));
            if contract.origin_address != self.owner.as_bytes() {
                self.detail("creator", address(&contract.origin_address));
            }
            let percent = contract.consume_user_resource_percent;
            self.detail("callers' share of the energy", format!("{percent} %"));
            let energy = contract.origin_energy_limit.to_string();
            self.detail("creator's energy for a call", energy);
            if contract.call_value != 0 {
                self.trx("sent to the contract", contract.call_value);
            }
        }
        self.call_token("sent to the contract", it.call_token_value, it.token_id);
    }

    fn call(&mut self, it: &TriggerSmartContract) {
        let call = Call::decode(&it.data);
        let contract = address(&it.contract_address);
        if it.call_value != 0 || call == Call::Raw {
            self.pay_trx(&it.contract_address, it.call_value);
        }
        if it.call_token_value != 0 {
            let unit = unit(format!("base units of TRC-10 token {}", it.token_id));
            self.pay(&it.contract_address, it.call_token_value, unit);
        }
        self.detail("contract", contract);
        let token = &it.contract_address;
        match call {
            Call::Transfer { to, amount } => {
                self.action("TRC-20 transfer");
                self.pay_token(token, to, amount);
            }
            Call::TransferFrom {
                from,
                to,
                amount_or_id,
            } => {
                self.action("transferFrom (TRC-20 amount or TRC-721 token id)");
                self.pay_token(token, to, amount_or_id);
                self.token_owner(from);
            }
            Call::Approve {
                spender,
                amount_or_id,
            } => {
                self.action("approve (TRC-20 amount or TRC-721 token id)");
                self.approval(token, spender, "amount or token id", amount_or_id);
            }
            Call::IncreaseApproval { spender, amount } => {
                self.action("increase of a TRC-20 approval");
                self.approval(token, spender, "additional amount", amount);
            }
            Call::SafeTransferFrom { from, to, id } => {
                self.action("TRC-721 transfer");
                let unit = unit(format!("token with id {id} of {}", address(token)));
                self.transfer(account(to).to_string(), Amount::new(U256::ONE, unit));
                self.token_owner(from);
            }
            Call::SetApprovalForAll { operator, approved } => {
                self.action("setApprovalForAll (TRC-721)");
                let operator = account(operator).to_string();
                self.detail("operator", operator.clone());
                self.detail("approved", approved.to_string());
                if approved {
                    self.warn(format!(
                        "{operator} may move every token of {} that the sender has or will have",
                        address(token)
                    ));
                }
            }
            Call::Irregular { method } => {
                self.action(&format!("call that resembles {method}"));
                self.warn("the data starts as a call of a known method does, but its arguments are not in order: what it does is not known".to_owned());
            }
            Call::Unknown { selector } => {
                let selector = hex::encode(selector);
                self.action(&format!("call of the unknown method {selector}"));
            }
            Call::Raw => self.action("call of a contract without a method"),
        }
        if !it.data.is_empty() {
            self.detail("data", format!("{} bytes", it.data.len()));
        }
    }

    /// An amount in the token's own smallest units: how many decimals it has, only its contract
    /// knows.
    fn pay_token(&mut self, token: &[u8], to: Account, amount: U256) {
        if to.as_slice() == token.get(1..).unwrap_or_default() {
            self.warn("the recipient is the token contract itself".to_owned());
        }
        let unit = unit(format!("base units of token {}", address(token)));
        self.transfer(account(to).to_string(), Amount::new(amount, unit));
        if to.is_zero() {
            self.warn("the recipient is the zero address, nobody has its key".to_owned());
        }
    }

    fn approval(&mut self, token: &[u8], spender: Account, what: &str, amount: U256) {
        // The largest amount of the tokens that count in 96 bits; who approves that much or more
        // means any amount.
        let practically_unlimited = U256::MAX.wrapping_shr(160);
        let spender = account(spender).to_string();
        self.detail("spender", spender.clone());
        self.detail(what, amount.to_string());
        if amount >= practically_unlimited {
            self.warn(format!(
                "unlimited approval: {spender} may spend all tokens of {} that the sender has or will have",
                address(token)
            ));
        }
    }

    fn token_owner(&mut self, owner: Account) {
        if owner.as_slice() != self.owner.account() {
            self.detail("token owner", account(owner).to_string());
        }
    }

    fn permissions(&mut self, it: &AccountPermissionUpdateContract) {
        self.action("change of the account's permissions");
        if let Some(owner) = &it.owner {
            self.permission("owner", owner);
        }
        if let Some(witness) = &it.witness {
            self.permission("witness", witness);
        }
        for active in &it.actives {
            self.permission("active", active);
            self.detail("operations", hex::encode(&active.operations));
        }
        self.warn("it replaces the keys that may act for the account".to_owned());
        let alone = it.owner.as_ref().is_some_and(|owner| {
            owner
                .keys
                .iter()
                .any(|key| key.address == self.owner.as_bytes() && key.weight >= owner.threshold)
        });
        if !alone {
            self.warn(
                "the key that signs this can no longer change the permissions on its own"
                    .to_owned(),
            );
        }
        self.network_charge();
    }

    fn permission(&mut self, kind: &str, permission: &Permission) {
        let keys = permission
            .keys
            .iter()
            .map(|key| format!("{} of {}", key.weight, address(&key.address)))
            .collect::<Vec<_>>()
            .join(", ");
        let told = format!(
            "{:?} needs {}: {keys}",
            permission.permission_name, permission.threshold
        );
        self.detail(kind, told);
    }

    fn envelope(&mut self, transaction: &Transaction) {
        let raw = transaction.raw();
        let is_call = matches!(
            transaction.contract(),
            Contract::TriggerSmart(_) | Contract::CreateSmart(_)
        );
        if is_call || raw.fee_limit != 0 {
            match u64::try_from(raw.fee_limit) {
                Ok(sun) => {
                    self.summary.fee = Some(Fee {
                        amount: Amount::new(U256::from(sun), TRX),
                        ceiling: true,
                    });
                }
                Err(_) => self.warn(format!(
                    "the fee limit of {} sun is negative",
                    raw.fee_limit
                )),
            }
        }
        if !raw.data.is_empty() {
            self.detail("memo", name(&raw.data));
        }
        let permission = transaction.permission_id();
        if permission != 0 {
            self.detail("permission", permission.to_string());
        }
        self.detail("expires", time(raw.expiration));
        if transaction.unsigned_contracts() > 0 {
            self.warn(format!(
                "the request lists {} more contracts, which are not signed",
                transaction.unsigned_contracts()
            ));
        }
    }

    fn pay_trx(&mut self, to: &[u8], sun: i64) {
        self.pay(to, sun, TRX);
    }

    fn pay(&mut self, to: &[u8], amount: i64, unit: Unit) {
        if to == self.owner.as_bytes() {
            self.warn("the recipient is the sender".to_owned());
        }
        match u64::try_from(amount) {
            Ok(amount) => {
                self.transfer(address(to), Amount::new(U256::from(amount), unit));
            }
            Err(_) => self.negative("amount", amount, &unit),
        }
    }

    fn transfer(&mut self, to: String, amount: Amount) {
        self.summary.transfers.push(Transfer {
            to,
            amount,
            change: false,
        });
    }

    fn call_token(&mut self, what: &str, amount: i64, id: i64) {
        if amount != 0 {
            self.amount(
                what,
                amount,
                unit(format!("base units of TRC-10 token {id}")),
            );
        }
    }

    fn trx(&mut self, what: &str, sun: i64) {
        self.amount(what, sun, TRX);
    }

    fn amount(&mut self, what: &str, amount: i64, unit: Unit) {
        match u64::try_from(amount) {
            Ok(amount) => {
                let amount = Amount::new(U256::from(amount), unit);
                self.detail(what, amount.to_string());
            }
            Err(_) => self.negative(what, amount, &unit),
        }
    }

    fn negative(&mut self, what: &str, amount: i64, unit: &Unit) {
        let symbol = &unit.symbol;
        self.detail(what, format!("{amount} smallest units of {symbol}"));
        self.warn("an amount is negative, no node will accept it".to_owned());
    }

    fn resource(&mut self, number: i32) {
        let known = RESOURCES.iter().find(|(_, value)| *value == number);
        let told = known.map_or_else(
            || format!("unknown ({number})"),
            |(name, _)| (*name).to_owned(),
        );
        self.detail("resource", told);
    }

    fn receiver(&mut self, receiver: &[u8]) {
        if !receiver.is_empty() {
            self.detail("receiver", address(receiver));
        }
    }

    fn network_charge(&mut self) {
        self.warn("the network charges for this, and the transaction does not say how much".into());
    }

    fn action(&mut self, action: &str) {
        action.clone_into(&mut self.summary.action);
    }

    fn detail(&mut self, name: &str, value: String) {
        self.summary.details.push((name.to_owned(), value));
    }

    fn warn(&mut self, warning: String) {
        self.summary.warnings.push(warning);
    }
}

/// 21 bytes as Base58Check; an empty field holds nobody's address.
fn address(bytes: &[u8]) -> String {
    TronAddress::from_bytes(bytes).map_or_else(|_| "nobody".to_owned(), |it| it.to_string())
}

fn account(account: Account) -> TronAddress {
    TronAddress::of_account(account.into())
}

/// The unit of a TRC-10 token by its id; `_` is TRX itself on the exchange.
fn token(id: &[u8]) -> Unit {
    if id == b"_" {
        return TRX;
    }
    let shown = match std::str::from_utf8(id) {
        Ok(id) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            id.to_owned()
        }
        _ => name(id),
    };
    unit(format!("base units of TRC-10 token {shown}"))
}

/// Bytes that should be text: quoted, with what could move a terminal's cursor escaped; else in
/// hexadecimal.
fn name(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| format!("0x{}", hex::encode(bytes)),
        |text| format!("{text:?}"),
    )
}

fn time(milliseconds: i64) -> String {
    format!("Unix time {milliseconds} ms")
}

fn unit(symbol: String) -> Unit {
    Unit {
        symbol: Cow::Owned(symbol),
        decimals: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: [u8; 20] = [7; 20];

    fn told(contract: &Contract) -> Summary {
        let mut draft = Draft::new(Network::Mainnet, TronAddress::of_account(OWNER));
        draft.contract(contract);
        draft.summary
    }

    /// The summary of a call with these 32-byte words, given as hexadecimal digits.
    fn call(selector: &str, words: &[&str]) -> Summary {
        let word = |word: &&str| format!("{word:0>64}");
        let data = format!("{selector}{}", words.iter().map(word).collect::<String>());
        told(&Contract::TriggerSmart(TriggerSmartContract {
            contract_address: TronAddress::of_account([1; 20]).as_bytes().to_vec(),
            data: hex::decode(data).unwrap(),
            ..TriggerSmartContract::default()
        }))
    }

    #[test]
    fn every_contract_type_is_told() {
        let mut actions = std::collections::BTreeSet::new();
        for (number, name) in Contract::TYPES {
            let contract = Contract::decode(*number, &[]).unwrap();
            let action = told(&contract).action;
            assert!(!action.is_empty(), "{name}");
            assert!(actions.insert(action), "{name}: told as another type is");
        }
    }

    #[test]
    fn unlimited_approvals_are_warned_of() {
        let spender = "22".repeat(20);
        for (selector, amount, unlimited) in [
            ("095ea7b3", "f".repeat(64), true),
            // The largest amount of tokens that count in 96 bits.
            ("095ea7b3", "f".repeat(24), true),
            ("d73dd623", "f".repeat(64), true),
            ("39509351", "f".repeat(64), true),
            ("095ea7b3", "fffffffffffffffffffffffe".to_owned(), false),
            ("095ea7b3", "0".to_owned(), false),
        ] {
            let summary = call(selector, &[&spender, &amount]);
            assert!(summary.transfers.is_empty());
            let warned = summary.warnings.iter().any(|it| it.contains("unlimited"));
            assert_eq!(warned, unlimited, "{selector} {amount}");
        }
        let grant = call("a22cb465", &[&spender, "1"]);
        assert!(grant.warnings[0].contains("may move every token"));
        assert!(call("a22cb465", &[&spender, "0"]).warnings.is_empty());
    }

    #[test]
    fn lost_tokens_are_warned_of() {
        let stuck = call("a9059cbb", &[&"01".repeat(20), "5"]);
        assert!(stuck.warnings[0].contains("token contract itself"));
        let burnt = call("a9059cbb", &["0", "5"]);
        assert!(burnt.warnings[0].contains("zero address"));
    }

    #[test]
    fn tokens_of_others_are_told_with_their_owner() {
        let owner = "33".repeat(20);
        let summary = call("23b872dd", &[&owner, &"22".repeat(20), "5"]);
        let (name, value) = summary
            .details
            .iter()
            .find(|it| it.0 == "token owner")
            .unwrap();
        assert_eq!(name, "token owner");
        assert_eq!(*value, TronAddress::of_account([0x33; 20]).to_string());
        let own = call("23b872dd", &[&"07".repeat(20), &"22".repeat(20), "5"]);
        assert!(own.details.iter().all(|it| it.0 != "token owner"));
    }

    fn detail<'a>(summary: &'a Summary, wanted: &str) -> Option<&'a str> {
        let found = summary.details.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_new_contract_is_told_with_its_creator_and_tokens() {
        let creation = |creator: [u8; 20], call_token_value| {
            let origin = TronAddress::of_account(creator).as_bytes().to_vec();
            told(&Contract::CreateSmart(CreateSmartContract {
                new_contract: Some(crate::message::SmartContract {
                    origin_address: origin,
                    ..Default::default()
                }),
                call_token_value,
                token_id: 1_002_000,
                ..CreateSmartContract::default()
            }))
        };
        let own = creation(OWNER, 9);
        assert_eq!(detail(&own, "creator"), None);
        assert_eq!(
            detail(&own, "sent to the contract"),
            Some("9 base units of TRC-10 token 1002000")
        );
        let other = creation([8; 20], 0);
        let creator = TronAddress::of_account([8; 20]).to_string();
        assert_eq!(detail(&other, "creator"), Some(&*creator));
        assert_eq!(detail(&other, "sent to the contract"), None);
    }

    #[test]
    fn the_data_of_a_call_is_counted() {
        assert_eq!(detail(&call("d0e30db0", &[]), "data"), Some("4 bytes"));
        let raw = told(&Contract::TriggerSmart(TriggerSmartContract::default()));
        assert_eq!(detail(&raw, "data"), None);
    }

    #[test]
    fn only_who_loses_the_last_word_on_permissions_is_warned() {
        let warned = |account: [u8; 20], weight| {
            let key = crate::message::PermissionKey {
                address: TronAddress::of_account(account).as_bytes().to_vec(),
                weight,
            };
            let update = AccountPermissionUpdateContract {
                owner: Some(Permission {
                    threshold: 2,
                    keys: vec![key],
                    ..Permission::default()
                }),
                ..AccountPermissionUpdateContract::default()
            };
            let summary = told(&Contract::AccountPermissionUpdate(update));
            let mut warnings = summary.warnings.iter();
            warnings.any(|it| it.contains("no longer change the permissions"))
        };
        assert!(!warned(OWNER, 2));
        assert!(warned(OWNER, 1));
        assert!(warned([8; 20], 2));
    }

    #[test]
    fn negative_amounts_are_pointed_out() {
        let summary = told(&Contract::Transfer(crate::message::TransferContract {
            amount: -1,
            ..Default::default()
        }));
        assert!(summary.transfers.is_empty());
        assert_eq!(summary.details[0].1, "-1 smallest units of TRX");
        assert!(summary.warnings[0].contains("negative"));
    }

    #[test]
    fn names_cannot_move_a_cursor() {
        assert_eq!(name(b"a\x1b[2J\n"), r#""a\u{1b}[2J\n""#);
        assert_eq!(name(&[0xff, 0]), "0xff00");
        assert_eq!(token(b"_"), TRX);
        assert_eq!(
            token(b"10 TRX").symbol,
            "base units of TRC-10 token \"10 TRX\""
        );
    }
}
