//! What a transaction does, in words: computed from the value that is signed.

use std::borrow::Cow;

use alloy_primitives::{Address, U256};
use kms_core::chain::{Amount, Fee, Network, Summary, Transfer, Unit};

use crate::{
    EvmChain,
    address::Notation,
    calls::Call,
    transaction::{Body, Transaction},
};

/// Describes `body`, which `sender` signs.
pub(crate) fn summarize(
    chain: &EvmChain,
    network: Network,
    body: &Body,
    sender: Address,
) -> Summary {
    let transaction = &body.transaction;
    let names = chain.dialect.addresses;
    let coin = |wei| Amount::new(wei, chain.info.unit.clone());
    let mut summary = Summary {
        chain: chain.info.code.to_owned(),
        network,
        action: String::new(),
        from: vec![names.show(sender)],
        transfers: Vec::new(),
        fee: Some(Fee {
            amount: Amount::new(transaction.fee_ceiling(), fee_unit(chain, transaction)),
            ceiling: true,
        }),
        nonce: Some(transaction.nonce()),
        details: Vec::new(),
        warnings: Vec::new(),
    };
    match transaction.to() {
        Some(to) => describe_call(&mut summary, names, transaction, sender, to, coin),
        None => describe_creation(&mut summary, names, transaction, sender, coin),
    }
    describe_envelope(&mut summary, chain, transaction);
    warn_of_notes(&mut summary, body);
    summary
}

fn describe_creation(
    summary: &mut Summary,
    names: Notation,
    transaction: &Transaction,
    sender: Address,
    coin: impl Fn(U256) -> Amount,
) {
    "contract creation".clone_into(&mut summary.action);
    let contract = names.show(sender.create(transaction.nonce()));
    if !transaction.value().is_zero() {
        summary.transfers.push(Transfer {
            to: contract.clone(),
            amount: coin(transaction.value()),
            change: false,
        });
    }
    detail(summary, "new contract", contract);
}

fn describe_call(
    summary: &mut Summary,
    names: Notation,
    transaction: &Transaction,
    sender: Address,
    to: Address,
    coin: impl Fn(U256) -> Amount,
) {
    let data = transaction.input();
    let call = Call::decode(data);
    // The amount of a mere transfer is told even when it is zero.
    if call == Call::Raw || !transaction.value().is_zero() {
        summary.transfers.push(Transfer {
            to: names.show(to),
            amount: coin(transaction.value()),
            change: false,
        });
    }
    if call == Call::Raw {
        summary.action = if data.is_empty() {
            "transfer".to_owned()
        } else {
            "transfer with data".to_owned()
        };
        warn_of_recipient(summary, to, None);
    } else {
        detail(summary, "contract", names.show(to));
        describe_arguments(summary, names, call, sender, to);
    }
}

fn describe_arguments(
    summary: &mut Summary,
    names: Notation,
    call: Call,
    sender: Address,
    token: Address,
) {
    match call {
        Call::Transfer { to, amount } => {
            "ERC-20 transfer".clone_into(&mut summary.action);
            token_transfer(summary, names, token, to, amount);
        }
        Call::TransferFrom {
            from,
            to,
            amount_or_id,
        } => {
            "transferFrom (ERC-20 amount or ERC-721 token id)".clone_into(&mut summary.action);
            token_transfer(summary, names, token, to, amount_or_id);
            token_owner(summary, names, sender, from);
        }
        Call::Approve {
            spender,
            amount_or_id,
        } => {
            "approve (ERC-20 amount or ERC-721 token id)".clone_into(&mut summary.action);
            detail(summary, "amount or token id", amount_or_id.to_string());
            describe_approval(summary, names, token, spender, amount_or_id);
        }
        Call::IncreaseApproval { spender, amount } => {
            "increase of an ERC-20 approval".clone_into(&mut summary.action);
            detail(summary, "additional amount", amount.to_string());
            describe_approval(summary, names, token, spender, amount);
        }
        Call::SafeTransferFrom { from, to, id } => {
            "ERC-721 transfer".clone_into(&mut summary.action);
            summary.transfers.push(Transfer {
                to: names.show(to),
                amount: Amount::new(
                    U256::ONE,
                    unit(format!("token with id {id} of {}", names.show(token))),
                ),
                change: false,
            });
            warn_of_recipient(summary, to, Some(token));
            token_owner(summary, names, sender, from);
        }
        Call::MultiTokenTransfer { from, to, items } => {
            "ERC-1155 transfer".clone_into(&mut summary.action);
            for (id, amount) in items {
                summary.transfers.push(Transfer {
                    to: names.show(to),
                    amount: Amount::new(
                        amount,
                        unit(format!("tokens with id {id} of {}", names.show(token))),
                    ),
                    change: false,
                });
            }
            warn_of_recipient(summary, to, Some(token));
            token_owner(summary, names, sender, from);
        }
        Call::SetApprovalForAll { operator, approved } => {
            "setApprovalForAll (ERC-721, ERC-1155)".clone_into(&mut summary.action);
            detail(summary, "operator", names.show(operator));
            detail(summary, "approved", approved.to_string());
            if approved {
                summary.warnings.push(format!(
                    "{} may move every token of {} that the sender has or will have",
                    names.show(operator),
                    names.show(token)
                ));
            }
        }
        Call::Irregular { method } => {
            summary.action = format!("call that resembles {method}");
            summary.warnings.push(format!(
                "the data starts as a call of {method} does, but its arguments are not in order: what it does is not known"
            ));
        }
        Call::Unknown { selector } => {
            summary.action = format!("call of the unknown method 0x{}", hex::encode(selector));
        }
        Call::Raw => {}
    }
}

fn describe_approval(
    summary: &mut Summary,
    names: Notation,
    token: Address,
    spender: Address,
    amount_or_id: U256,
) {
    // The largest amount of the tokens that count in 96 bits; who approves that much or more
    // means any amount.
    let practically_unlimited = U256::MAX.wrapping_shr(160);
    let (spender, token) = (names.show(spender), names.show(token));
    detail(summary, "spender", spender.clone());
    if amount_or_id >= practically_unlimited {
        summary.warnings.push(format!(
            "unlimited approval: {spender} may spend all tokens of {token} that the sender has or will have"
        ));
    }
}

/// An amount in the token's own smallest units: how many decimals it has, only its contract
/// knows.
fn token_transfer(
    summary: &mut Summary,
    names: Notation,
    token: Address,
    to: Address,
    amount: U256,
) {
    summary.transfers.push(Transfer {
        to: names.show(to),
        amount: Amount::new(
            amount,
            unit(format!("base units of token {}", names.show(token))),
        ),
        change: false,
    });
    warn_of_recipient(summary, to, Some(token));
}

fn token_owner(summary: &mut Summary, names: Notation, sender: Address, owner: Address) {
    if owner != sender {
        detail(summary, "token owner", names.show(owner));
    }
}

fn warn_of_recipient(summary: &mut Summary, to: Address, token: Option<Address>) {
    if to.is_zero() {
        summary
            .warnings
            .push("the recipient is the zero address, nobody has its key".to_owned());
    } else if Some(to) == token {
        summary
            .warnings
            .push("the recipient is the token contract itself".to_owned());
    }
}

/// What the fee is paid in: the chain's coin, or the token that the transaction names.
fn fee_unit(chain: &EvmChain, transaction: &Transaction) -> Unit {
    let names = chain.dialect.addresses;
    let Some(contract) = transaction.fee_currency() else {
        return chain.info.unit.clone();
    };
    match chain.celo.and_then(|celo| celo.currency(contract)) {
        Some(currency) => Unit::new(currency.symbol, 18),
        None => unit(format!("base units of token {}", names.show(contract))),
    }
}

fn describe_envelope(summary: &mut Summary, chain: &EvmChain, transaction: &Transaction) {
    let names = chain.dialect.addresses;
    let data = transaction.input();
    if !data.is_empty() {
        detail(summary, "data", format!("{} bytes", data.len()));
        let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if data.iter().all(printable)
            && let Ok(text) = std::str::from_utf8(data)
        {
            detail(summary, "data as text", text.to_owned());
        }
    }
    detail(summary, "gas limit", transaction.gas_limit().to_string());
    let wei = |wei: u128| match transaction.fee_currency() {
        None => format!("{wei} wei"),
        Some(_) => format!("{wei} base units of the fee currency"),
    };
    if let Some(contract) = transaction.fee_currency() {
        let known = chain.celo.and_then(|celo| celo.currency(contract));
        let known = known.map_or("unknown", |currency| currency.symbol);
        detail(
            summary,
            "fee currency",
            format!("{} ({known})", names.show(contract)),
        );
    }
    let kind = match transaction {
        Transaction::Legacy(inner) => {
            detail(summary, "gas price", wei(inner.gas_price));
            "legacy (EIP-155)"
        }
        Transaction::Eip2930(inner) => {
            detail(summary, "gas price", wei(inner.gas_price));
            "EIP-2930"
        }
        Transaction::Eip1559(inner) => {
            detail(summary, "max fee per gas", wei(inner.max_fee_per_gas));
            let priority = wei(inner.max_priority_fee_per_gas);
            detail(summary, "max priority fee per gas", priority);
            "EIP-1559"
        }
        Transaction::CeloLegacy(inner) => {
            detail(summary, "gas price", wei(inner.gas_price));
            if let Some(recipient) = inner.gateway_fee_recipient {
                detail(summary, "gateway fee recipient", names.show(recipient));
            }
            if !inner.gateway_fee.is_zero() {
                detail(summary, "gateway fee", inner.gateway_fee.to_string());
            }
            "legacy of Celo before its L2"
        }
        Transaction::Cip64(inner) => {
            detail(summary, "max fee per gas", wei(inner.max_fee_per_gas));
            let priority = wei(inner.max_priority_fee_per_gas);
            detail(summary, "max priority fee per gas", priority);
            "CIP-64"
        }
    };
    if let Some(list) = transaction.access_list() {
        let keys = list.0.iter().map(|item| item.storage_keys.len());
        let addresses = list.0.len();
        let keys = keys.fold(0, usize::saturating_add);
        detail(
            summary,
            "access list",
            format!("{addresses} addresses, {keys} storage keys"),
        );
    }
    detail(summary, "chain id", transaction.chain_id().to_string());
    detail(summary, "type", kind.to_owned());
}

fn warn_of_notes(summary: &mut Summary, body: &Body) {
    let nonce = body.transaction.nonce();
    let gas = body.transaction.gas_limit();
    if body.notes.nonce_zero_replaced {
        summary.warnings.push(format!(
            "the request gave the nonce as the number 0, which counts as missing: the account's nonce {nonce} is signed"
        ));
    }
    if body.notes.gas_replaced {
        detail(
            summary,
            "gas",
            format!("the given limit was replaced by {gas}"),
        );
    }
    if body.notes.other_sender {
        summary
            .warnings
            .push("the request names another sender than the key that signs".to_owned());
    }
}

fn detail(summary: &mut Summary, name: &str, value: String) {
    summary.details.push((name.to_owned(), value));
}

fn unit(symbol: String) -> Unit {
    Unit {
        symbol: Cow::Owned(symbol),
        decimals: 0,
    }
}
