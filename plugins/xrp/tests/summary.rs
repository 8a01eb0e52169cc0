//! What people are told, computed from the fields that are signed.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_xrp::XRP;
use serde_json::{Value, json, value::RawValue};

const ACCOUNT: &str = "raYysHQUuZeDH4YX1QV7ASS8BJk5AMrjEx";
const SEED: &str = "sEdSiRsV9K5Nr6CztEY8AfF45Cmtyzu";
const OTHER: &str = "rsH6XQLTiw1BpeETfwbgVf4UVYDwg2m9W7";
const ISSUER: &str = "rLP5qGj1Pc1gDGi8TumEEneRkxZyWVyq54";
const HASH: &str = "A33ED8C221AF463FFB27E5C307D14FF445214E7A579408DA1F504B5C237615E9";

/// The summary of a transaction of [`ACCOUNT`] with these fields.
fn summary(fields: Value) -> Summary {
    let mut transaction = json!({
        "Account": ACCOUNT, "Fee": "12", "Sequence": 7, "LastLedgerSequence": 500,
    });
    for (name, value) in fields.as_object().unwrap() {
        transaction[name] = value.clone();
    }
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "XRP", "hashes": ["wallet"],
        "serializedTransaction": transaction.to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let entry = json!({"secret": SEED, "chain": "XRP", "testnet": true});
    let wallets = BTreeMap::from([("wallet".to_owned(), entry)]);
    let node = ScriptedNode::new(Network::Testnet, &[]);
    let signed = Pipeline::run(&XRP, &pending, &wallets, &node).unwrap();
    XRP.summarize(Network::Testnet, &signed.unsigned).unwrap()
}

/// The details, but for the last ledger.
fn details(summary: &Summary) -> Vec<String> {
    assert!(told(summary, "valid until ledger", "500"));
    let details = summary.details.iter();
    details
        .filter(|(name, _)| name != "valid until ledger")
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

fn told(summary: &Summary, name: &str, value: &str) -> bool {
    let wanted = (name.to_owned(), value.to_owned());
    summary.details.contains(&wanted)
}

fn issued(value: &str) -> Value {
    json!({"currency": "USD", "value": value, "issuer": ISSUER})
}

#[test]
fn a_payment_is_told_with_tags_memos_and_fee() {
    let summary = summary(json!({
        "TransactionType": "Payment", "Amount": "25500001", "Destination": OTHER,
        "DestinationTag": 4711, "SourceTag": 0, "InvoiceID": HASH,
        "Memos": [
            {"Memo": {"MemoType": "746578742F706C61696E", "MemoData": "696E766F696365203737"}},
            {"Memo": {"MemoData": "00FF"}},
        ],
    }));
    assert_eq!(
        summary.to_string(),
        format!("payment: 25.500001 XRP to {OTHER}, fee 0.000012 XRP")
    );
    assert_eq!(summary.from, [ACCOUNT]);
    assert_eq!(summary.nonce, Some(7));
    assert!(summary.warnings.is_empty());
    let expected = [
        "destination tag: 4711".to_owned(),
        format!("InvoiceID: {HASH}"),
        "source tag: 0".to_owned(),
        "memo: \"invoice 77\" (\"text/plain\")".to_owned(),
        "memo: 00FF".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}

#[test]
fn issued_amounts_are_told_exactly() {
    for (value, told) in [
        ("12.3400", "12.34"),
        ("1234567890.123456", "1234567890.123456"),
        (
            "1e-81",
            "0.000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        ),
        ("1e20", "100000000000000000000"),
        ("0", "0"),
        ("9999999999999999e80", "9999999999999999 · 10^80"),
    ] {
        let summary = summary(json!({
            "TransactionType": "Payment", "Amount": issued(value), "Destination": OTHER,
        }));
        assert_eq!(
            summary.to_string(),
            format!("payment: {told} USD of {ISSUER} to {OTHER}, fee 0.000012 XRP")
        );
    }
    let token = "00002403C84A0A28E0190E208E982C352BBD5006600555CF";
    let summary = summary(json!({
        "TransactionType": "Payment", "Destination": OTHER,
        "Amount": {"mpt_issuance_id": token, "value": "9223372036854775807"},
    }));
    assert_eq!(
        summary.transfers[0].amount.to_string(),
        format!("9223372036854775807 units of MPT {token}")
    );
}

#[test]
fn what_is_no_memo_is_told_in_full() {
    let summary = summary(json!({
        "TransactionType": "OfferCancel", "OfferSequence": 3, "Memos": [
            {"Memo": {"MemoData": "696E766F696365", "Account": OTHER}},
            {"SignerEntry": {"SignerWeight": 1}},
            {"Memo": {}},
        ],
    }));
    let expected = [
        "OfferSequence: 3".to_owned(),
        format!("memo: Memo {{MemoData: \"invoice\", Account: {OTHER}}}"),
        "memo: SignerEntry {SignerWeight: 1}".to_owned(),
        "memo: empty".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}

#[test]
fn a_partial_payment_is_warned_of() {
    let summary = summary(json!({
        "TransactionType": "Payment", "Amount": issued("100"), "Destination": OTHER,
        "SendMax": "5000000", "DeliverMin": issued("99.5"), "Flags": 0x8002_0000_u32,
        "Paths": [[{"account": ISSUER}, {"currency": "USD", "issuer": ISSUER}]],
    }));
    assert_eq!(summary.action, "partial payment");
    assert_eq!(
        summary.warnings,
        ["the recipient may get less than the amount"]
    );
    let expected = [
        "pays at most: 5 XRP".to_owned(),
        format!("Paths: through {ISSUER}, USD of {ISSUER}"),
        format!("delivers at least: 99.5 USD of {ISSUER}"),
        "flags: tfPartialPayment, tfFullyCanonicalSig".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}

#[test]
fn a_trust_line_is_told_with_its_limit() {
    let summary = summary(json!({
        "TransactionType": "TrustSet", "LimitAmount": issued("1000000000"), "Flags": 131_072,
    }));
    assert_eq!(summary.to_string(), "trust line, fee 0.000012 XRP");
    let expected = [
        format!("limit: 1000000000 USD of {ISSUER}"),
        "flags: tfSetNoRipple".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}

#[test]
fn settings_of_an_account_are_told_by_name() {
    let set = |fields: Value| {
        let mut all = json!({"TransactionType": "AccountSet"});
        for (name, value) in fields.as_object().unwrap() {
            all[name] = value.clone();
        }
        summary(all)
    };
    let ripple = set(json!({"SetFlag": 8}));
    assert_eq!(details(&ripple), ["switches on: asfDefaultRipple"]);
    assert!(ripple.warnings.is_empty());
    let tags = set(json!({"ClearFlag": 1, "Domain": "6578616D706C652E636F6D"}));
    let expected = ["domain: \"example.com\"", "switches off: asfRequireDest"];
    assert_eq!(details(&tags), expected);
    for (flag, warning) in [
        (4, "the account's own key can no longer sign"),
        (6, "this setting cannot be taken back"),
        (16, "this setting cannot be taken back"),
    ] {
        assert_eq!(set(json!({"SetFlag": flag})).warnings, [warning]);
    }
    assert_eq!(details(&set(json!({"SetFlag": 99}))), ["switches on: 99"]);
}

#[test]
fn escrows_checks_and_channels_are_told_with_their_times() {
    let escrow = summary(json!({
        "TransactionType": "EscrowCreate", "Amount": "1000000", "Destination": OTHER,
        "FinishAfter": 800_000_000, "CancelAfter": 800_086_400, "DestinationTag": 1,
    }));
    assert!(
        escrow
            .to_string()
            .starts_with(&format!("escrow: 1 XRP to {OTHER}"))
    );
    let expected = [
        "destination tag: 1",
        "cancelled after: 2025-05-09 06:13:20 UTC",
        "released after: 2025-05-08 06:13:20 UTC",
    ];
    assert_eq!(details(&escrow), expected);
    let check = summary(json!({
        "TransactionType": "CheckCreate", "SendMax": "1000000", "Destination": OTHER,
        "Expiration": 0,
    }));
    assert!(
        check
            .to_string()
            .starts_with(&format!("check: 1 XRP to {OTHER}"))
    );
    assert_eq!(details(&check), ["expires: 2000-01-01 00:00:00 UTC"]);
    let fund = summary(json!({
        "TransactionType": "PaymentChannelFund", "Channel": HASH, "Amount": "5",
    }));
    assert_eq!(
        fund.to_string(),
        format!(
            "funding of a payment channel: 0.000005 XRP to payment channel {HASH}, fee 0.000012 XRP"
        )
    );
}

#[test]
fn an_offer_is_told_from_the_owners_side() {
    let summary = summary(json!({
        "TransactionType": "OfferCreate", "TakerGets": "2000000", "TakerPays": issued("1.5"),
        "OfferSequence": 3, "Flags": 0x000c_0000,
    }));
    assert_eq!(
        summary.to_string(),
        "offer on the exchange, fee 0.000012 XRP"
    );
    let expected = [
        format!("takes: 1.5 USD of {ISSUER}"),
        "gives: 2 XRP".to_owned(),
        "OfferSequence: 3".to_owned(),
        "flags: tfFillOrKill, tfSell".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}

#[test]
fn an_nft_offer_is_told_from_the_owners_side() {
    let offer = |flags: u32| {
        summary(json!({
            "TransactionType": "NFTokenCreateOffer", "NFTokenID": HASH, "Amount": "1000000",
            "Owner": OTHER, "Flags": flags,
        }))
        .action
    };
    assert_eq!(offer(1), "offer to sell an NFT");
    assert_eq!(offer(0), "offer to buy an NFT");
}

#[test]
fn what_leaves_the_account_is_a_transfer() {
    let bridge = json!({
        "LockingChainDoor": OTHER, "LockingChainIssue": {"currency": "XRP"},
        "IssuingChainDoor": ISSUER, "IssuingChainIssue": {"currency": "XRP"},
    });
    let into = |name: &str, field: &str| json!({"TransactionType": name, field: HASH, "Amount": "2000000"});
    let usd = || json!({"currency": "USD", "issuer": ISSUER});
    for (fields, transfers) in [
        (
            into("VaultDeposit", "VaultID"),
            vec![format!("2 XRP to vault {HASH}")],
        ),
        (
            into("LoanBrokerCoverDeposit", "LoanBrokerID"),
            vec![format!("2 XRP to loan broker {HASH}")],
        ),
        (
            into("LoanPay", "LoanID"),
            vec![format!("2 XRP to loan {HASH}")],
        ),
        (
            json!({
                "TransactionType": "AMMCreate", "Amount": "2000000", "Amount2": issued("5"),
                "TradingFee": 500,
            }),
            vec![
                "2 XRP to the AMM".to_owned(),
                format!("5 USD of {ISSUER} to the AMM"),
            ],
        ),
        (
            json!({
                "TransactionType": "AMMDeposit", "Amount": "2000000", "Flags": 0x0008_0000,
                "Asset": {"currency": "XRP"}, "Asset2": usd(),
            }),
            vec!["2 XRP to the AMM".to_owned()],
        ),
        (
            json!({
                "TransactionType": "XChainCommit", "XChainBridge": bridge, "XChainClaimID": "1",
                "Amount": "2000000",
            }),
            vec!["2 XRP to the bridge".to_owned()],
        ),
        // To the account itself, or to whom it says.
        (into("VaultWithdraw", "VaultID"), Vec::new()),
        (
            json!({
                "TransactionType": "VaultWithdraw", "VaultID": HASH, "Amount": "2000000",
                "Destination": OTHER,
            }),
            vec![format!("2 XRP to {OTHER}")],
        ),
    ] {
        let summary = summary(fields.clone());
        let told = summary.transfers.iter();
        let told: Vec<_> = told
            .map(|it| format!("{} to {}", it.amount, it.to))
            .collect();
        assert_eq!(told, transfers, "{fields}");
    }
}

#[test]
fn what_gives_control_away_is_warned_of() {
    let signers = json!([
        {"SignerEntry": {"Account": OTHER, "SignerWeight": 2}},
        {"SignerEntry": {"Account": ISSUER, "SignerWeight": 1}},
    ]);
    for (fields, action, warning) in [
        (
            json!({"TransactionType": "SetRegularKey", "RegularKey": OTHER}),
            "regular key of the account",
            "can sign for the account",
        ),
        (
            json!({"TransactionType": "SignerListSet", "SignerQuorum": 2, "SignerEntries": signers}),
            "signer list of the account",
            "who can sign",
        ),
        (
            json!({"TransactionType": "SignerListSet", "SignerQuorum": 0}),
            "removal of the signer list",
            "who can sign",
        ),
        (
            json!({"TransactionType": "AccountDelete", "Destination": OTHER}),
            "deletion of the account",
            "sends all of its XRP to rsH6",
        ),
        (
            json!({
                "TransactionType": "DelegateSet", "Authorize": OTHER,
                "Permissions": [{"Permission": {"PermissionValue": "Payment"}}],
            }),
            "permissions of a delegate",
            "can do for the account",
        ),
        (
            json!({"TransactionType": "NFTokenAcceptOffer", "NFTokenSellOffer": HASH}),
            "acceptance of an NFT offer",
            "the price stands in the offer",
        ),
    ] {
        let summary = summary(fields);
        assert_eq!(summary.action, action);
        let [warned] = summary.warnings.as_slice() else {
            panic!("{summary:?}");
        };
        assert!(warned.contains(warning), "{warned}");
    }
    let removal = summary(json!({"TransactionType": "SetRegularKey"}));
    assert_eq!(removal.action, "removal of the regular key");
    assert!(removal.warnings.is_empty());
}

#[test]
fn lists_are_told_in_full() {
    let signers = summary(json!({
        "TransactionType": "SignerListSet", "SignerQuorum": 3, "SignerEntries": [
            {"SignerEntry": {"Account": OTHER, "SignerWeight": 2}},
            {"SignerEntry": {"Account": ISSUER, "SignerWeight": 1}},
        ],
    }));
    let entries = format!(
        "SignerEntries: SignerEntry {{SignerWeight: 2, Account: {OTHER}}}, \
         SignerEntry {{SignerWeight: 1, Account: {ISSUER}}}"
    );
    assert_eq!(details(&signers), ["SignerQuorum: 3".to_owned(), entries]);
    let permissions = summary(json!({
        "TransactionType": "DelegateSet", "Authorize": OTHER, "Permissions": [
            {"Permission": {"PermissionValue": "TrustlineAuthorize"}},
            {"Permission": {"PermissionValue": 1}},
        ],
    }));
    let permission = "Permissions: Permission {PermissionValue: TrustlineAuthorize}, \
                      Permission {PermissionValue: Payment}";
    assert_eq!(
        details(&permissions),
        [format!("Authorize: {OTHER}"), permission.to_owned()]
    );
    let offers = summary(json!({
        "TransactionType": "NFTokenCancelOffer", "NFTokenOffers": [HASH, HASH],
    }));
    assert_eq!(details(&offers), [format!("NFTokenOffers: {HASH}, {HASH}")]);
}

#[test]
fn a_ticket_takes_the_place_of_the_sequence() {
    let summary = summary(json!({
        "TransactionType": "OfferCancel", "OfferSequence": 3, "Sequence": 0, "TicketSequence": 9,
    }));
    assert_eq!(summary.nonce, None);
    assert_eq!(details(&summary), ["OfferSequence: 3", "ticket: 9"]);
}

#[test]
fn a_key_that_is_not_the_accounts_own_is_told() {
    let foreign = summary(json!({
        "TransactionType": "Payment", "Amount": "1", "Destination": ISSUER, "Account": OTHER,
    }));
    assert_eq!(foreign.from, [OTHER]);
    assert_eq!(
        foreign.warnings,
        [format!(
            "it is signed with the key of {ACCOUNT}, which must be the account's regular key"
        )]
    );
    let delegated = summary(json!({
        "TransactionType": "Payment", "Amount": "1", "Destination": ISSUER, "Account": OTHER,
        "Delegate": ACCOUNT,
    }));
    assert!(delegated.warnings.is_empty());
    assert_eq!(
        details(&delegated),
        [format!("signed for it by: {ACCOUNT}")]
    );
}

#[test]
fn unknown_flags_are_warned_of() {
    let summary = summary(json!({
        "TransactionType": "OfferCancel", "OfferSequence": 3, "Flags": 3,
    }));
    assert_eq!(details(&summary), ["OfferSequence: 3", "flags: 0x00000003"]);
    assert_eq!(
        summary.warnings,
        ["the flags 0x00000003 mean nothing that is known"]
    );
}

#[test]
fn a_batch_is_told_transaction_by_transaction() {
    let inner = |fields: Value| {
        let mut all = json!({
            "Account": ACCOUNT, "Fee": "0", "SigningPubKey": "", "Flags": 0x4000_0000, "Sequence": 8,
        });
        for (name, value) in fields.as_object().unwrap() {
            all[name] = value.clone();
        }
        json!({"RawTransaction": all})
    };
    let summary = summary(json!({
        "TransactionType": "Batch", "Flags": 0x0001_0000, "RawTransactions": [
            inner(json!({"TransactionType": "Payment", "Amount": "5", "Destination": OTHER,
                "DestinationTag": 6})),
            inner(json!({"TransactionType": "AccountDelete", "Destination": OTHER,
                "Account": ISSUER})),
        ],
    }));
    assert_eq!(
        summary.to_string(),
        format!(
            "batch: 0.000005 XRP to {OTHER}, fee 0.000012 XRP [warning: it closes the account and \
             sends all of its XRP to {OTHER}]"
        )
    );
    assert_eq!(summary.from, [ACCOUNT, ISSUER]);
    let expected = [
        "flags: tfAllOrNothing".to_owned(),
        format!("1.: payment by {ACCOUNT}"),
        "1. destination tag: 6".to_owned(),
        "1. flags: tfInnerBatchTxn".to_owned(),
        format!("2.: deletion of the account by {ISSUER}"),
        format!("2. recipient: {OTHER}"),
        "2. flags: tfInnerBatchTxn".to_owned(),
    ];
    assert_eq!(details(&summary), expected);
}
