//! Payments through other assets, trust lines and offers; and memos.

use stellar_xdr::{
    AlphaNum12, AssetCode12, CreateAccountOp, CreatePassiveSellOfferOp,
    LiquidityPoolConstantProductParameters, LiquidityPoolParameters, ManageBuyOfferOp,
    PathPaymentStrictReceiveOp, PathPaymentStrictSendOp, StringM, VecM,
};

use super::*;

fn usd() -> Asset {
    Asset::CreditAlphanum4(AlphaNum4 {
        asset_code: AssetCode4(*b"USD\0"),
        issuer: owner(),
    })
}

fn tatum() -> AlphaNum12 {
    AlphaNum12 {
        asset_code: AssetCode12(*b"TATUM\0\0\0\0\0\0\0"),
        issuer: owner(),
    }
}

/// The one transfer of an operation.
fn transfer(body: OperationBody) -> String {
    let summary = summary(body).unwrap();
    let [transfer] = summary.transfers.as_slice() else {
        panic!("{:?}", summary.transfers);
    };
    format!("{} to {}", transfer.amount, transfer.to)
}

#[test]
fn a_new_account_gets_its_first_coins() {
    let body = OperationBody::CreateAccount(CreateAccountOp {
        destination: owner(),
        starting_balance: 25_000_000,
    });
    assert_eq!(transfer(body.clone()), format!("2.5 XLM to {ACCOUNT}"));
    assert_eq!(summary(body).unwrap().action, "creation of an account");
}

#[test]
fn a_payment_of_exactly_so_much_has_a_most_that_it_costs() {
    let body = OperationBody::PathPaymentStrictReceive(PathPaymentStrictReceiveOp {
        send_asset: Asset::Native,
        send_max: 12_345_678,
        destination: account(),
        dest_asset: usd(),
        dest_amount: 50_000_000,
        path: VecM::default(),
    });
    assert_eq!(
        transfer(body.clone()),
        format!("5 USD of {ACCOUNT} to {ACCOUNT}")
    );
    assert_eq!(terms(body), ["pays at most: 1.2345678 XLM"]);
}

#[test]
fn a_payment_that_costs_exactly_so_much_has_a_least_that_is_received() {
    let body = OperationBody::PathPaymentStrictSend(PathPaymentStrictSendOp {
        send_asset: usd(),
        send_amount: 50_000_000,
        destination: account(),
        dest_asset: Asset::Native,
        dest_min: 12_345_678,
        path: VecM::default(),
    });
    assert_eq!(
        transfer(body.clone()),
        format!("1.2345678 XLM to {ACCOUNT}")
    );
    assert_eq!(
        terms(body),
        [
            format!("pays: 5 USD of {ACCOUNT}"),
            "amount received: at least the one told".to_owned()
        ]
    );
}

#[test]
fn a_trust_line_is_told_with_what_may_be_owed() {
    let Asset::CreditAlphanum4(short) = usd() else {
        unreachable!("four letters at most");
    };
    let pool = LiquidityPoolParameters::LiquidityPoolConstantProduct(
        LiquidityPoolConstantProductParameters {
            asset_a: Asset::Native,
            asset_b: Asset::CreditAlphanum12(tatum()),
            fee: 30,
        },
    );
    for (line, told) in [
        (
            ChangeTrustAsset::CreditAlphanum4(short),
            vec![format!("limit: 922337203685.4775807 USD of {ACCOUNT}")],
        ),
        (
            ChangeTrustAsset::CreditAlphanum12(tatum()),
            vec![format!("limit: 922337203685.4775807 TATUM of {ACCOUNT}")],
        ),
        (
            ChangeTrustAsset::PoolShare(pool),
            vec![
                format!("pool of: XLM and TATUM of {ACCOUNT}"),
                "pool fee: 30 of 10,000".to_owned(),
                "limit: 922337203685.4775807 pool shares".to_owned(),
            ],
        ),
    ] {
        let body = OperationBody::ChangeTrust(ChangeTrustOp {
            line,
            limit: i64::MAX,
        });
        assert_eq!(terms(body), told);
    }
}

/// The price is of one of what is sold, or of one of what is bought.
#[test]
fn offers_are_told_with_their_price_and_which_they_change() {
    let price = Price { n: 2, d: 3 };
    let sold = [
        "sells: 1.5 XLM".to_owned(),
        format!("price: 2/3 USD of {ACCOUNT} for each"),
    ];
    for (offer_id, amount, told) in [
        (0, 15_000_000, "offer: a new one"),
        (42, 15_000_000, "offer: changes 42"),
    ] {
        let body = OperationBody::ManageSellOffer(ManageSellOfferOp {
            selling: Asset::Native,
            buying: usd(),
            amount,
            price: price.clone(),
            offer_id,
        });
        let terms = terms(body);
        assert_eq!(terms[..2], sold);
        assert_eq!(terms[2..], [told]);
    }
    let passive = OperationBody::CreatePassiveSellOffer(CreatePassiveSellOfferOp {
        selling: Asset::Native,
        buying: usd(),
        amount: 15_000_000,
        price: price.clone(),
    });
    assert_eq!(terms(passive), sold);
    for (offer_id, buy_amount, bought, told) in [
        (0, 15_000_000, "buys: 1.5 USD", "offer: a new one"),
        (42, 15_000_000, "buys: 1.5 USD", "offer: changes 42"),
        (42, 0, "buys: 0 USD", "offer: ends 42"),
    ] {
        let body = OperationBody::ManageBuyOffer(ManageBuyOfferOp {
            selling: Asset::Native,
            buying: usd(),
            buy_amount,
            price: price.clone(),
            offer_id,
        });
        assert_eq!(
            terms(body),
            [
                format!("{bought} of {ACCOUNT}"),
                "price: 2/3 XLM for each".to_owned(),
                told.to_owned()
            ]
        );
    }
}

#[test]
fn what_the_whole_account_holds_is_sent_with_a_warning() {
    let told = summary(OperationBody::AccountMerge(account())).unwrap();
    assert_eq!(details(&told)[0], format!("recipient: {ACCOUNT}"));
    assert_eq!(
        told.warnings,
        ["it closes the account and sends away all of its XLM"]
    );
}

#[test]
fn memos_are_told_as_what_they_are() {
    let text = StringM::try_from("rent \"May\"\n").unwrap();
    for (memo, told) in [
        (Memo::None, None),
        (
            Memo::Text(text),
            Some(r#"memo: "rent \"May\"\n""#.to_owned()),
        ),
        (
            Memo::Id(u64::MAX),
            Some("memo: id 18446744073709551615".to_owned()),
        ),
        (
            Memo::Hash(Hash([0xab; 32])),
            Some(format!("memo: hash {}", "ab".repeat(32))),
        ),
        (
            Memo::Return(Hash([0xab; 32])),
            Some(format!("memo: return of {}", "ab".repeat(32))),
        ),
    ] {
        let body = OperationBody::AccountMerge(account());
        let summary = summary_with(memo, None, body).unwrap();
        let lines = details(&summary);
        let memo = lines.into_iter().find(|line| line.starts_with("memo"));
        assert_eq!(memo, told);
    }
}
