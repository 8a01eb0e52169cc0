//! What people are told, computed from the XDR that is signed.

use kms_core::prelude::{Amount, Fee, Summary, TransactionError, Transfer, Unit};
use ruint::aliases::U256;
use stellar_xdr::{
    Asset, ChangeTrustAsset, Claimant, FeeBumpTransactionInnerTx, LiquidityPoolParameters, Memo,
    MuxedAccount, Operation, OperationBody, Preconditions, Price, TransactionEnvelope,
};

use crate::{envelope::Envelope, plugin::XLM, preconditions, terms};

/// The operations, the fee and the memo; `repeated` when the key has signed already.
///
/// # Errors
/// [`TransactionError::Refused`] for an amount below zero, which no network accepts.
pub(crate) fn summarize(envelope: &Envelope, repeated: bool) -> Result<Summary, TransactionError> {
    let mut summary = Summary {
        chain: "XLM".to_owned(),
        network: envelope.network,
        action: String::new(),
        from: Vec::new(),
        transfers: Vec::new(),
        fee: None,
        nonce: None,
        details: Vec::new(),
        warnings: Vec::new(),
    };
    match &envelope.xdr {
        TransactionEnvelope::TxV0(it) => {
            let source = MuxedAccount::Ed25519(it.tx.source_account_ed25519.clone());
            transaction(&mut summary, &source, &it.tx.memo, &it.tx.operations)?;
            let bounds = it.tx.time_bounds.clone();
            let conditions = bounds.map_or(Preconditions::None, Preconditions::Time);
            tell_conditions(&mut summary, &conditions);
            summary.fee = Some(fee(i64::from(it.tx.fee))?);
            summary.nonce = u64::try_from(it.tx.seq_num.0).ok();
        }
        TransactionEnvelope::Tx(it) => {
            let tx = &it.tx;
            transaction(&mut summary, &tx.source_account, &tx.memo, &tx.operations)?;
            tell_conditions(&mut summary, &tx.cond);
            summary.fee = Some(fee(i64::from(tx.fee))?);
            summary.nonce = u64::try_from(tx.seq_num.0).ok();
        }
        TransactionEnvelope::TxFeeBump(it) => {
            let FeeBumpTransactionInnerTx::Tx(inner) = &it.tx.inner_tx;
            let tx = &inner.tx;
            transaction(&mut summary, &tx.source_account, &tx.memo, &tx.operations)?;
            tell_conditions(&mut summary, &tx.cond);
            summary.action = format!("fee bump of: {}", summary.action);
            summary.fee = Some(fee(it.tx.fee)?);
            summary.nonce = u64::try_from(tx.seq_num.0).ok();
            let payer = it.tx.fee_source.to_string();
            summary.details.push(("fee paid by".to_owned(), payer));
        }
    }
    if repeated {
        summary
            .warnings
            .push("this key has signed it already; the signature is not added again".to_owned());
    }
    Ok(summary)
}

fn tell_conditions(summary: &mut Summary, conditions: &Preconditions) {
    for (name, value) in preconditions::describe(conditions) {
        detail(summary, name, value);
    }
}

fn transaction(
    summary: &mut Summary,
    source: &MuxedAccount,
    memo: &Memo,
    list: &[Operation],
) -> Result<(), TransactionError> {
    summary.from.push(source.to_string());
    let names: Vec<_> = list.iter().map(|it| action(&it.body)).collect();
    summary.action = match names.as_slice() {
        [] => "no operation".to_owned(),
        names => names.join(", "),
    };
    for operation in list {
        if let Some(account) = &operation.source_account {
            let account = account.to_string();
            if !summary.from.contains(&account) {
                summary.from.push(account);
            }
        }
        describe(summary, &operation.body)?;
    }
    let memo = match memo {
        Memo::None => return Ok(()),
        Memo::Text(text) => format!("{:?}", String::from_utf8_lossy(text.as_slice())),
        Memo::Id(id) => format!("id {id}"),
        Memo::Hash(hash) => format!("hash {}", hex::encode(hash.0)),
        Memo::Return(hash) => format!("return of {}", hex::encode(hash.0)),
    };
    summary.details.push(("memo".to_owned(), memo));
    Ok(())
}

/// The operation's name in words.
fn action(body: &OperationBody) -> String {
    match body {
        OperationBody::CreateAccount(_) => "creation of an account".to_owned(),
        OperationBody::ChangeTrust(it) if it.limit == 0 => "end of a trust line".to_owned(),
        OperationBody::ChangeTrust(_) => "trust line".to_owned(),
        other => {
            // `PathPaymentStrictSend` becomes `path payment strict send`.
            let mut words = String::new();
            for letter in other.name().chars() {
                if letter.is_ascii_uppercase() && !words.is_empty() {
                    words.push(' ');
                }
                words.push(letter.to_ascii_lowercase());
            }
            words
        }
    }
}

/// What it moves, or its other terms.
fn describe(summary: &mut Summary, body: &OperationBody) -> Result<(), TransactionError> {
    let mut transfer = |to: String, amount: i64, asset: &Asset| {
        let amount = units(amount, unit(asset))?;
        summary.transfers.push(Transfer {
            to,
            amount,
            change: false,
        });
        Ok::<_, TransactionError>(())
    };
    match body {
        OperationBody::CreateAccount(it) => {
            transfer(
                it.destination.to_string(),
                it.starting_balance,
                &Asset::Native,
            )?;
        }
        OperationBody::Payment(it) => {
            transfer(it.destination.to_string(), it.amount, &it.asset)?;
        }
        OperationBody::PathPaymentStrictReceive(it) => {
            transfer(it.destination.to_string(), it.dest_amount, &it.dest_asset)?;
            let most = units(it.send_max, unit(&it.send_asset))?;
            detail(summary, "pays at most", most.to_string());
        }
        OperationBody::PathPaymentStrictSend(it) => {
            transfer(it.destination.to_string(), it.dest_min, &it.dest_asset)?;
            let spent = units(it.send_amount, unit(&it.send_asset))?;
            detail(summary, "pays", spent.to_string());
            detail(
                summary,
                "amount received",
                "at least the one told".to_owned(),
            );
        }
        OperationBody::ChangeTrust(it) => {
            let unit = match &it.line {
                ChangeTrustAsset::Native => unit(&Asset::Native),
                ChangeTrustAsset::CreditAlphanum4(line) => {
                    unit(&Asset::CreditAlphanum4(line.clone()))
                }
                ChangeTrustAsset::CreditAlphanum12(line) => {
                    unit(&Asset::CreditAlphanum12(line.clone()))
                }
                ChangeTrustAsset::PoolShare(pool) => {
                    let LiquidityPoolParameters::LiquidityPoolConstantProduct(pool) = pool;
                    let assets = format!(
                        "{} and {}",
                        unit(&pool.asset_a).symbol,
                        unit(&pool.asset_b).symbol
                    );
                    detail(summary, "pool of", assets);
                    detail(summary, "pool fee", format!("{} of 10,000", pool.fee));
                    POOL_SHARES
                }
            };
            detail(summary, "limit", units(it.limit, unit)?.to_string());
        }
        OperationBody::AccountMerge(to) => {
            detail(summary, "recipient", to.to_string());
            summary
                .warnings
                .push("it closes the account and sends away all of its XLM".to_owned());
        }
        OperationBody::ManageSellOffer(it) => {
            let sold = (it.amount, &it.selling);
            offer(summary, "sells", sold, &it.buying, &it.price)?;
            detail(summary, "offer", offer_id(it.offer_id, it.amount));
        }
        OperationBody::CreatePassiveSellOffer(it) => {
            let sold = (it.amount, &it.selling);
            offer(summary, "sells", sold, &it.buying, &it.price)?;
        }
        OperationBody::ManageBuyOffer(it) => {
            let bought = (it.buy_amount, &it.buying);
            offer(summary, "buys", bought, &it.selling, &it.price)?;
            detail(summary, "offer", offer_id(it.offer_id, it.buy_amount));
        }
        OperationBody::CreateClaimableBalance(it) => {
            let set_aside = units(it.amount, unit(&it.asset))?;
            detail(summary, "sets aside", set_aside.to_string());
            for Claimant::ClaimantTypeV0(one) in it.claimants.iter() {
                let when = terms::predicate(&one.predicate);
                let who = format!("{} {when}", one.destination);
                detail(summary, "can be claimed by", who);
            }
        }
        OperationBody::Clawback(it) => {
            let taken = units(it.amount, unit(&it.asset))?;
            detail(summary, "takes back", taken.to_string());
            detail(summary, "from", it.from.to_string());
        }
        OperationBody::BumpSequence(it) => {
            detail(summary, "sequence number becomes", it.bump_to.0.to_string());
        }
        other => {
            for (name, value) in terms::of(other) {
                detail(summary, name, value);
            }
        }
    }
    if matches!(body, OperationBody::SetOptions(_)) {
        summary
            .warnings
            .push("it may change the keys of the account".to_owned());
    }
    Ok(())
}

/// What is sold or bought, and the price of one in the `other` asset.
fn offer(
    summary: &mut Summary,
    verb: &str,
    (amount, asset): (i64, &Asset),
    other: &Asset,
    price: &Price,
) -> Result<(), TransactionError> {
    let traded = units(amount, unit(asset))?;
    detail(summary, verb, traded.to_string());
    let price = format!("{}/{} {} for each", price.n, price.d, unit(other).symbol);
    detail(summary, "price", price);
    Ok(())
}

/// Zero makes a new offer; an amount of zero ends one.
fn offer_id(id: i64, amount: i64) -> String {
    match (id, amount) {
        (0, _) => "a new one".to_owned(),
        (id, 0) => format!("ends {id}"),
        (id, _) => format!("changes {id}"),
    }
}

fn detail(summary: &mut Summary, name: &str, value: String) {
    summary.details.push((name.to_owned(), value));
}

/// Shares of a liquidity pool, 10^-7 each.
const POOL_SHARES: Unit = Unit::new("pool shares", 7);

/// `CODE of issuer`, 10^-7 each.
pub(crate) fn unit(asset: &Asset) -> Unit {
    let symbol = match asset {
        Asset::Native => return XLM,
        Asset::CreditAlphanum4(it) => format!("{} of {}", it.asset_code, it.issuer),
        Asset::CreditAlphanum12(it) => format!("{} of {}", it.asset_code, it.issuer),
    };
    Unit {
        symbol: symbol.into(),
        decimals: 7,
    }
}

fn units(amount: i64, unit: Unit) -> Result<Amount, TransactionError> {
    let base_units = u64::try_from(amount)
        .map_err(|_| TransactionError::Refused(format!("an amount of {amount} stroops")))?;
    Ok(Amount::new(U256::from(base_units), unit))
}

fn fee(stroops: i64) -> Result<Fee, TransactionError> {
    Ok(Fee {
        amount: units(stroops, XLM)?,
        ceiling: true,
    })
}
