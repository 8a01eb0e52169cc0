//! From what is asked for to a complete transaction.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, TxKind, U256};
use kms_core::chain::{NodeApi, PendingTransaction, TransactionError};

use crate::{
    EstimateRequest, EvmChain, GasLimitAlias, GasPolicy, Missing, Step,
    answers::Questions,
    celo::{CeloLayout, CeloMembers, TxCeloLegacy, TxCip64},
    quantity::{Field, QuantityError},
    request::{Request, RequestError},
    transaction::{Body, Notes, Transaction},
};

/// Completes `pending`, which `sender` will sign.
pub(crate) async fn prepare(
    chain: &EvmChain,
    pending: &PendingTransaction,
    sender: Address,
    node: &dyn NodeApi,
) -> Result<Body, TransactionError> {
    let request = Request::parse(&pending.serialized_transaction, &chain.dialect)?;
    let kind = match chain.celo {
        Some(_) => {
            let members = CeloMembers::of(&request, chain.dialect.addresses)?;
            Kind::of_celo(
                CeloLayout::of(node),
                &request,
                &members,
                chain.missing_gas_price,
            )?
        }
        None => Kind::of(&request, chain.missing_gas_price)?,
    };
    let offchain = chain.info.offchain_withdrawals && pending.withdrawal_id.is_some();
    let mut draft = Draft {
        questions: Questions { chain, node },
        request: &request,
        kind,
        sender,
        gas: 0,
        nonce: 0,
        price: Price::default(),
        chain_id: 0,
        normalised: false,
        notes: Notes {
            other_sender: request.from.is_some_and(|from| from != sender),
            ..Notes::default()
        },
    };
    for step in chain.order {
        match step {
            Step::Gas if offchain => draft.complete_gas(chain.offchain_gas).await?,
            Step::Gas => draft.complete_gas(chain.gas).await?,
            Step::Nonce => draft.complete_nonce().await?,
            Step::GasPrice => draft.complete_price().await?,
            Step::ChainId => draft.complete_chain_id().await?,
        }
    }
    let notes = draft.notes;
    let transaction = draft.transaction();
    if chain.checks_intrinsic_gas {
        check_intrinsic_gas(&transaction)?;
    }
    Ok(Body { transaction, notes })
}

/// The types of transaction that are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Legacy,
    Eip2930,
    Eip1559,
    CeloLegacy(CeloMembers),
    /// In this fee currency.
    Cip64(Address),
}

impl Kind {
    /// What `type` says, else what the members speak for. Members that belong to another type
    /// than the one given are refused: nobody can know which of the two was meant.
    fn of(request: &Request, missing_gas_price: Missing) -> Result<Self, TransactionError> {
        let fees = has_fees(request);
        let kind = match request.transaction_type.map(u8::try_from) {
            None if fees => Self::Eip1559,
            None if request.access_list.is_some() => Self::Eip2930,
            None => Self::Legacy,
            Some(Ok(0)) if fees || request.access_list.is_some() => {
                return refuse("type 0 has neither an access list nor the fees of EIP-1559");
            }
            Some(Ok(0)) => Self::Legacy,
            Some(Ok(1)) if fees => {
                return refuse("type 1 has a gasPrice, not the fees of EIP-1559");
            }
            Some(Ok(1)) => Self::Eip2930,
            Some(Ok(2)) => Self::Eip1559,
            Some(_) => return refuse("transactions of types 0, 1 and 2 are signed, not of others"),
        };
        if kind == Self::Eip1559 {
            refuse_two_prices(request, missing_gas_price)?;
        }
        Ok(kind)
    }

    /// The same on Celo, where the fee may be paid in a token.
    fn of_celo(
        layout: CeloLayout,
        request: &Request,
        members: &CeloMembers,
        missing_gas_price: Missing,
    ) -> Result<Self, TransactionError> {
        let cip64 = U256::from(TxCip64::TYPE);
        let says_nothing = request.transaction_type.is_none()
            && request.access_list.is_none()
            && !has_fees(request);
        if says_nothing && layout == CeloLayout::PreL2 {
            return Ok(Self::CeloLegacy(*members));
        }
        if members.gateway_fee_recipient.is_some() || !members.gateway_fee.is_zero() {
            return refuse(
                "gatewayFee and gatewayFeeRecipient have no place in today's transactions of Celo",
            );
        }
        match (members.fee_currency, request.transaction_type) {
            (None, Some(number)) if number == cip64 => refuse("type 0x7b needs a feeCurrency"),
            (None, _) => Self::of(request, missing_gas_price),
            (Some(_), Some(number)) if number != cip64 => {
                refuse("only transactions of type 0x7b (CIP-64) have a feeCurrency")
            }
            (Some(currency), _) => {
                if has_fees(request) {
                    refuse_two_prices(request, missing_gas_price)?;
                }
                Ok(Self::Cip64(currency))
            }
        }
    }
}

fn has_fees(request: &Request) -> bool {
    request.max_fee_per_gas.value().is_some() || request.max_priority_fee_per_gas.value().is_some()
}

fn refuse_two_prices(request: &Request, missing: Missing) -> Result<(), TransactionError> {
    let price = request.gas_price;
    if price.value().is_some() && !missing.applies_to(price) {
        return refuse(
            "gasPrice and the fees of EIP-1559 (maxFeePerGas, maxPriorityFeePerGas) exclude each other",
        );
    }
    Ok(())
}

fn refuse<T>(reason: &str) -> Result<T, TransactionError> {
    Err(TransactionError::Refused(reason.to_owned()))
}

/// What is paid for gas, in wei.
#[derive(Clone, Copy, Debug, Default)]
struct Price {
    /// `gasPrice` or `maxFeePerGas`.
    max: u128,
    /// `maxPriorityFeePerGas`.
    priority: u128,
}

impl Price {
    fn checked(self) -> Result<Self, TransactionError> {
        if self.priority > self.max {
            return refuse("maxPriorityFeePerGas is above maxFeePerGas");
        }
        Ok(self)
    }
}

/// A transaction on its way to being complete.
struct Draft<'a> {
    questions: Questions<'a>,
    request: &'a Request,
    kind: Kind,
    sender: Address,
    gas: u64,
    nonce: u64,
    price: Price,
    chain_id: u64,
    /// Whether the whole request was brought to normal form for an estimate. The original does
    /// that in place, and a number is text from then on: the difference between 0 and "0" is
    /// gone.
    normalised: bool,
    notes: Notes,
}

impl Draft<'_> {
    async fn complete_gas(&mut self, policy: GasPolicy) -> Result<(), TransactionError> {
        let chain = self.questions.chain;
        let (field, alias) = match chain.gas_limit_alias {
            GasLimitAlias::Wins => (self.request.gas, self.request.gas_limit),
            GasLimitAlias::Ignored => (self.request.gas, Field::Absent),
            GasLimitAlias::OnlyName => (self.request.gas_limit, Field::Absent),
        };
        let missing = chain.missing_gas.applies_to(field);
        let given = field.value();
        let mut gas = given.unwrap_or_default();
        if missing || policy != GasPolicy::EstimateIfMissing {
            let kind = chain.estimate_request;
            let estimate = self
                .questions
                .gas(kind, self.request, &self.sender, &self.fees())
                .await?
                .checked_add(chain.gas_margin)
                .ok_or_else(|| too_large("gas"))?;
            self.normalised = kind == EstimateRequest::WholeObject;
            if missing || policy == GasPolicy::EstimateAlways {
                gas = U256::from(estimate);
            }
        }
        if !Missing::ZERO_NUMBER.applies_to(alias) {
            gas = alias.value().unwrap_or_default();
        }
        let asked_for = match chain.gas_limit_alias {
            GasLimitAlias::Ignored if missing => self.request.gas_limit.value(),
            _ if missing => None,
            _ => given,
        };
        self.notes.gas_replaced = asked_for.is_some_and(|asked_for| asked_for != gas);
        self.gas = narrow("gas", gas)?;
        Ok(())
    }

    async fn complete_nonce(&mut self) -> Result<(), TransactionError> {
        let field = match self.request.nonce {
            Field::Given(mut quantity) if self.normalised => {
                quantity.is_json_number = false;
                Field::Given(quantity)
            }
            field => field,
        };
        let missing = self.questions.chain.missing_nonce.applies_to(field);
        if missing || self.questions.chain.asks_everything {
            self.nonce = self.questions.nonce(&self.sender).await?;
        }
        if !missing {
            self.nonce = narrow("nonce", field.value().unwrap_or_default())?;
        }
        self.notes.nonce_zero_replaced = missing && field.value().is_some() && self.nonce != 0;
        // EIP-2681: no account gets further.
        if self.nonce == u64::MAX {
            return Err(too_large("nonce").into());
        }
        Ok(())
    }

    async fn complete_price(&mut self) -> Result<(), TransactionError> {
        let has_fees = has_fees(self.request);
        self.price = match self.kind {
            Kind::Eip1559 => self.eip1559_fees().await?,
            Kind::Cip64(_) if has_fees => self.cip64_fees()?,
            Kind::Legacy | Kind::Eip2930 | Kind::CeloLegacy(_) | Kind::Cip64(_) => {
                let price = self.gas_price().await?;
                // For CIP-64: both the same cost what a gas price of that much does.
                Price {
                    max: price,
                    priority: price,
                }
            }
        };
        Ok(())
    }

    async fn gas_price(&self) -> Result<u128, TransactionError> {
        let chain = self.questions.chain;
        let field = self.request.gas_price;
        let missing = chain.missing_gas_price.applies_to(field);
        let mut price = 0;
        if missing || chain.asks_everything {
            price = self.questions.gas_price(self.request).await?;
        }
        if !missing {
            price = narrow("gasPrice", field.value().unwrap_or_default())?;
        }
        Ok(price)
    }

    /// Both fees as given: what one of them should be, a block does not say for a currency other
    /// than its own.
    fn cip64_fees(&self) -> Result<Price, TransactionError> {
        let request = self.request;
        let (Some(max), Some(priority)) = (
            request.max_fee_per_gas.value(),
            request.max_priority_fee_per_gas.value(),
        ) else {
            return refuse(
                "with a feeCurrency, maxFeePerGas and maxPriorityFeePerGas are given both or neither",
            );
        };
        Price {
            max: narrow("maxFeePerGas", max)?,
            priority: narrow("maxPriorityFeePerGas", priority)?,
        }
        .checked()
    }

    /// The members for the price of gas, as far as it is known.
    fn fees(&self) -> Vec<(&'static str, u128)> {
        match self.kind {
            Kind::Legacy | Kind::Eip2930 | Kind::CeloLegacy(_) => {
                vec![("gasPrice", self.price.max)]
            }
            Kind::Eip1559 | Kind::Cip64(_) => vec![
                ("maxFeePerGas", self.price.max),
                ("maxPriorityFeePerGas", self.price.priority),
            ],
        }
    }

    /// Both fees as given. A missing priority fee is 2.5 gwei, or the maximum where that is
    /// less; a missing maximum is twice the latest base fee, so that six full blocks in a row do
    /// not outbid it, plus the priority fee.
    async fn eip1559_fees(&self) -> Result<Price, TransactionError> {
        const USUAL_PRIORITY_FEE: u128 = 2_500_000_000;
        let number =
            |name, field: Field| field.value().map(|value| narrow(name, value)).transpose();
        let max = number("maxFeePerGas", self.request.max_fee_per_gas)?;
        let priority = number(
            "maxPriorityFeePerGas",
            self.request.max_priority_fee_per_gas,
        )?;
        let price = match (max, priority) {
            (Some(max), priority) => Price {
                max,
                priority: priority.unwrap_or(USUAL_PRIORITY_FEE.min(max)),
            },
            (None, priority) => {
                let priority = priority.unwrap_or(USUAL_PRIORITY_FEE);
                let base_fee = self.questions.base_fee().await?;
                let max = base_fee
                    .checked_mul(2)
                    .and_then(|double| double.checked_add(priority))
                    .ok_or_else(|| too_large("maxFeePerGas"))?;
                Price { max, priority }
            }
        };
        price.checked()
    }

    /// The chain id as given or as the node says; either way it must belong to the chain and
    /// network.
    async fn complete_chain_id(&mut self) -> Result<(), TransactionError> {
        let chain = self.questions.chain;
        self.chain_id = match self.request.chain_id {
            Some(chain_id) if chain.asks_everything => {
                let node = self.questions.chain_id().await?;
                if node != chain_id {
                    return refuse(&format!(
                        "the request is for chain id {chain_id}, the node for {node}"
                    ));
                }
                chain_id
            }
            Some(chain_id) => chain_id,
            None => self.questions.chain_id().await?,
        };
        chain.check_chain_id(self.questions.node.network(), self.chain_id)
    }

    fn transaction(self) -> Transaction {
        let to = self.request.to.map_or(TxKind::Create, TxKind::Call);
        let input = self.request.data.clone();
        let access_list = self.request.access_list.clone().unwrap_or_default();
        let (nonce, gas_limit, value) = (self.nonce, self.gas, self.request.value);
        match self.kind {
            Kind::Legacy => Transaction::Legacy(TxLegacy {
                chain_id: Some(self.chain_id),
                nonce,
                gas_price: self.price.max,
                gas_limit,
                to,
                value,
                input,
            }),
            Kind::Eip2930 => Transaction::Eip2930(TxEip2930 {
                chain_id: self.chain_id,
                nonce,
                gas_price: self.price.max,
                gas_limit,
                to,
                value,
                access_list,
                input,
            }),
            Kind::Eip1559 => Transaction::Eip1559(TxEip1559 {
                chain_id: self.chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: self.price.max,
                max_priority_fee_per_gas: self.price.priority,
                to,
                value,
                access_list,
                input,
            }),
            Kind::CeloLegacy(members) => Transaction::CeloLegacy(TxCeloLegacy {
                chain_id: self.chain_id,
                nonce,
                gas_price: self.price.max,
                gas_limit,
                fee_currency: members.fee_currency,
                gateway_fee_recipient: members.gateway_fee_recipient,
                gateway_fee: members.gateway_fee,
                to,
                value,
                input,
            }),
            Kind::Cip64(fee_currency) => Transaction::Cip64(TxCip64 {
                chain_id: self.chain_id,
                nonce,
                max_priority_fee_per_gas: self.price.priority,
                max_fee_per_gas: self.price.max,
                gas_limit,
                to,
                value,
                input,
                access_list,
                fee_currency,
            }),
        }
    }
}

/// Refuses what every node would: a gas limit below what the transaction costs before its first
/// instruction (Yellow Paper, g₀; EIP-2028, EIP-2930).
fn check_intrinsic_gas(transaction: &Transaction) -> Result<(), TransactionError> {
    let creation: u64 = if transaction.to().is_none() {
        32_000
    } else {
        0
    };
    let data = |gas: u64, byte: &u8| gas.saturating_add(if *byte == 0 { 4 } else { 16 });
    let data = transaction.input().iter().fold(0, data);
    let needed = 21_000_u64
        .saturating_add(creation)
        .saturating_add(data)
        .saturating_add(transaction.access_list().map_or(0, access_list_gas));
    let given = transaction.gas_limit();
    if given < needed {
        return Err(TransactionError::Refused(format!(
            "the gas limit {given} is too low, the transaction needs at least {needed}"
        )));
    }
    Ok(())
}

fn access_list_gas(list: &AccessList) -> u64 {
    list.0
        .iter()
        .flat_map(|item| std::iter::once(2_400).chain(item.storage_keys.iter().map(|_| 1_900)))
        .fold(0, u64::saturating_add)
}

fn narrow<T: TryFrom<U256>>(name: &'static str, value: U256) -> Result<T, RequestError> {
    T::try_from(value).map_err(|_| too_large(name))
}

fn too_large(name: &'static str) -> RequestError {
    RequestError::Quantity {
        name,
        source: QuantityError::TooLarge,
    }
}
