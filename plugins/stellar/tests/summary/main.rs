//! What people are told before a transaction is signed, text by text.

mod rarer;
mod trades;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use kms_core::{
    chain::{KeyRequest, KeySet, PendingTransaction},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_stellar::STELLAR;
use serde_json::{json, value::RawValue};
use stellar_xdr::{
    AccountId, AlphaNum4, Asset, AssetCode4, ChangeTrustAsset, ChangeTrustOp, ClaimPredicate,
    Claimant, ClaimantV0, ClawbackOp, ContractId, CreateClaimableBalanceOp, Hash, HostFunction,
    Int128Parts, InvokeContractArgs, InvokeHostFunctionOp, LedgerKey, LedgerKeyAccount, Limits,
    LiquidityPoolWithdrawOp, ManageDataOp, ManageSellOfferOp, Memo, MuxedAccount,
    MuxedAccountMed25519, Operation, OperationBody, PaymentOp, PoolId, Preconditions, Price,
    PublicKey, RevokeSponsorshipOp, ScAddress, ScSymbol, ScVal, SequenceNumber, SetOptionsOp,
    SetTrustLineFlagsOp, Signer, SignerKey, String32, String64, TimeBounds, TimePoint, Transaction,
    TransactionEnvelope, TransactionExt, TransactionV1Envelope, Uint256, WriteXdr as _,
};

/// The account whose public key is all zero.
const ACCOUNT: &str = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF";

fn summary(body: OperationBody) -> Result<Summary, TransactionError> {
    summary_by(None, body)
}

/// The details of an operation, without what is said of the transaction.
fn terms(body: OperationBody) -> Vec<String> {
    let mut details = details(&summary(body).unwrap());
    let of_transaction = details.split_off(details.len() - 2);
    assert_eq!(
        of_transaction,
        ["memo: id 7", "not after: Unix time 1800000000"]
    );
    details
}

/// Of an operation in the name of `source`, where that is not the transaction's.
fn summary_by(
    source: Option<MuxedAccount>,
    body: OperationBody,
) -> Result<Summary, TransactionError> {
    summary_with(Memo::Id(7), source, body)
}

fn summary_with(
    memo: Memo,
    source: Option<MuxedAccount>,
    body: OperationBody,
) -> Result<Summary, TransactionError> {
    let transaction = Transaction {
        source_account: MuxedAccount::Ed25519(Uint256([0; 32])),
        fee: 100,
        seq_num: SequenceNumber(5),
        cond: Preconditions::Time(TimeBounds {
            min_time: TimePoint(0),
            max_time: TimePoint(1_800_000_000),
        }),
        memo,
        operations: vec![Operation {
            source_account: source,
            body,
        }]
        .try_into()
        .unwrap(),
        ext: TransactionExt::V0,
    };
    let envelope = TransactionEnvelope::Tx(TransactionV1Envelope {
        tx: transaction,
        signatures: Vec::new().try_into().unwrap(),
    });
    let serialized = BASE64_STANDARD.encode(envelope.to_xdr(Limits::none()).unwrap());
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "XLM", "hashes": ["wallet"],
        "serializedTransaction": serialized,
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let mut keys = KeySet::default();
    let request = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(request, SecretKey::ed25519(&[7; 32]).unwrap());
    let signers = keys.signers(&STELLAR, Network::Mainnet).unwrap();
    let node = ScriptedNode::new(Network::Mainnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(STELLAR.prepare(&pending, signers, &node))?;
    STELLAR.summarize(Network::Mainnet, &unsigned)
}

fn details(summary: &Summary) -> Vec<String> {
    let lines = summary.details.iter();
    lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

fn account() -> MuxedAccount {
    MuxedAccount::Ed25519(Uint256([0; 32]))
}

/// The muxed account of SEP-23, whose id no JavaScript number can hold.
#[test]
fn a_payment_to_a_muxed_account_until_a_time() {
    let key = [
        0x3f, 0x0c, 0x34, 0xbf, 0x93, 0xad, 0x0d, 0x99, 0x71, 0xd0, 0x4c, 0xcc, 0x90, 0xf7, 0x05,
        0x51, 0x1c, 0x83, 0x8a, 0xad, 0x97, 0x34, 0xa4, 0xa2, 0xfb, 0x0d, 0x7a, 0x03, 0xfc, 0x7f,
        0xe8, 0x9a,
    ];
    let told = summary(OperationBody::Payment(PaymentOp {
        destination: MuxedAccount::MuxedEd25519(MuxedAccountMed25519 {
            id: 9_223_372_036_854_775_808,
            ed25519: Uint256(key),
        }),
        asset: Asset::Native,
        amount: 12_345_678,
    }))
    .unwrap();
    assert_eq!(told.action, "payment");
    assert_eq!(told.from, [ACCOUNT]);
    assert_eq!(told.transfers[0].amount.to_string(), "1.2345678 XLM");
    assert_eq!(
        told.transfers[0].to,
        "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK"
    );
    assert_eq!(told.fee.as_ref().unwrap().amount.to_string(), "0.00001 XLM");
    assert_eq!(told.nonce, Some(5));
    assert_eq!(
        details(&told),
        ["memo: id 7", "not after: Unix time 1800000000"]
    );
}

#[test]
fn everybody_in_whose_name_it_is_is_told_once() {
    let payment = || {
        OperationBody::Payment(PaymentOp {
            destination: account(),
            asset: Asset::Native,
            amount: 1,
        })
    };
    let other = MuxedAccount::Ed25519(Uint256([7; 32]));
    let told = summary_by(Some(other.clone()), payment()).unwrap();
    assert_eq!(told.from, [ACCOUNT.to_owned(), other.to_string()]);
    let told = summary_by(Some(account()), payment()).unwrap();
    assert_eq!(told.from, [ACCOUNT]);
}

#[test]
fn a_trust_line_without_limit_is_its_end() {
    let line = |limit| {
        let body = OperationBody::ChangeTrust(ChangeTrustOp {
            line: ChangeTrustAsset::Native,
            limit,
        });
        summary(body).unwrap().action
    };
    assert_eq!(line(0), "end of a trust line");
    assert_eq!(line(1), "trust line");
}

#[test]
fn offers_claimable_balances_and_clawbacks() {
    let offer = summary(OperationBody::ManageSellOffer(ManageSellOfferOp {
        selling: Asset::Native,
        buying: Asset::Native,
        amount: 0,
        price: Price { n: 1, d: 3 },
        offer_id: 42,
    }))
    .unwrap();
    let lines = details(&offer);
    assert_eq!(
        lines[..3],
        ["sells: 0 XLM", "price: 1/3 XLM for each", "offer: ends 42"]
    );

    let balance = summary(claimable(5, ClaimPredicate::Unconditional)).unwrap();
    let claimed = format!("can be claimed by: {ACCOUNT} at any time");
    assert_eq!(
        details(&balance)[..2],
        ["sets aside: 0.0000005 XLM", claimed.as_str()]
    );

    let clawback = summary(OperationBody::Clawback(ClawbackOp {
        asset: Asset::Native,
        from: account(),
        amount: 10_000_000,
    }))
    .unwrap();
    assert_eq!(details(&clawback)[0], "takes back: 1 XLM");
}

/// No network takes one, and none is frozen.
#[test]
fn amounts_below_zero_are_refused_before_anything_is_frozen() {
    let error = summary(OperationBody::Payment(PaymentOp {
        destination: account(),
        asset: Asset::Native,
        amount: -1,
    }))
    .unwrap_err();
    assert_eq!(error.to_string(), "refused: an amount of -1 stroops");
}

#[test]
fn what_moves_no_money_is_told_in_words() {
    let asset = Asset::CreditAlphanum4(AlphaNum4 {
        asset_code: AssetCode4(*b"USD\0"),
        issuer: owner(),
    });
    let cases: Vec<(OperationBody, &str, Vec<String>)> = vec![
        (
            OperationBody::SetOptions(SetOptionsOp {
                inflation_dest: None,
                clear_flags: Some(8),
                set_flags: Some(3 + 64),
                master_weight: Some(0),
                low_threshold: None,
                med_threshold: None,
                high_threshold: Some(2),
                home_domain: Some(String32("a\n.org".try_into().unwrap())),
                signer: Some(Signer {
                    key: SignerKey::Ed25519(Uint256([0; 32])),
                    weight: 1,
                }),
            }),
            "set options",
            vec![
                format!("signer: {ACCOUNT} signs with weight 1"),
                "master key's weight: 0".to_owned(),
                "high threshold: 2".to_owned(),
                "sets: authorization required, authorization revocable, unknown flags 0x40"
                    .to_owned(),
                "clears: clawback enabled".to_owned(),
                "home domain: \"a\\n.org\"".to_owned(),
            ],
        ),
        (
            OperationBody::SetTrustLineFlags(SetTrustLineFlagsOp {
                trustor: owner(),
                asset,
                clear_flags: 1,
                set_flags: 0,
            }),
            "set trust line flags",
            vec![
                format!("holder: {ACCOUNT}"),
                format!("asset: USD of {ACCOUNT}"),
                "grants: nothing".to_owned(),
                "withdraws: authorized".to_owned(),
            ],
        ),
        (
            OperationBody::ManageData(ManageDataOp {
                data_name: String64("name".try_into().unwrap()),
                data_value: None,
            }),
            "manage data",
            vec!["name: \"name\"".to_owned(), "value: is removed".to_owned()],
        ),
        (
            OperationBody::RevokeSponsorship(RevokeSponsorshipOp::LedgerEntry(LedgerKey::Account(
                LedgerKeyAccount {
                    account_id: owner(),
                },
            ))),
            "revoke sponsorship",
            vec![format!("no longer pays for: account {ACCOUNT}")],
        ),
        (
            OperationBody::LiquidityPoolWithdraw(LiquidityPoolWithdrawOp {
                liquidity_pool_id: PoolId(Hash([0; 32])),
                amount: 15_000_000,
                min_amount_a: 1,
                min_amount_b: i64::MAX,
            }),
            "liquidity pool withdraw",
            vec![
                format!("pool: {}", PoolId(Hash([0; 32]))),
                "pool shares: 1.5000000".to_owned(),
                "at least of the first asset: 0.0000001".to_owned(),
                "at least of the second asset: 922337203685.4775807".to_owned(),
            ],
        ),
        (
            OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
                host_function: HostFunction::InvokeContract(InvokeContractArgs {
                    contract_address: ScAddress::Contract(ContractId(Hash([0; 32]))),
                    function_name: ScSymbol("transfer".try_into().unwrap()),
                    args: vec![
                        ScVal::Address(ScAddress::Account(owner())),
                        ScVal::I128(Int128Parts { hi: 1, lo: 0 }),
                        ScVal::Symbol(ScSymbol("all".try_into().unwrap())),
                    ]
                    .try_into()
                    .unwrap(),
                }),
                auth: Vec::new().try_into().unwrap(),
            }),
            "invoke host function",
            vec![
                format!("contract: {}", ContractId(Hash([0; 32]))),
                "function: \"transfer\"".to_owned(),
                format!("argument: {ACCOUNT}"),
                "argument: 18446744073709551616".to_owned(),
                "argument: \"all\"".to_owned(),
            ],
        ),
    ];
    for (body, action, expected) in cases {
        let summary = summary(body).unwrap();
        assert_eq!(summary.action, action);
        let told = details(&summary);
        assert_eq!(told.get(..expected.len()), Some(&expected[..]), "{told:?}");
    }
}

#[test]
fn claims_are_told_with_their_conditions() {
    let predicate = ClaimPredicate::And(
        vec![
            ClaimPredicate::Not(Some(Box::new(ClaimPredicate::BeforeAbsoluteTime(5)))),
            ClaimPredicate::BeforeRelativeTime(7),
        ]
        .try_into()
        .unwrap(),
    );
    let body = claimable(1, predicate);
    let expected = format!(
        "can be claimed by: {ACCOUNT} (not before 5 s since 1970 and within 7 s of its creation)"
    );
    assert!(details(&summary(body).unwrap()).contains(&expected));
}

fn owner() -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([0; 32])))
}

/// So many stroops, set aside for one who may claim them when `predicate` says.
fn claimable(amount: i64, predicate: ClaimPredicate) -> OperationBody {
    OperationBody::CreateClaimableBalance(CreateClaimableBalanceOp {
        asset: Asset::Native,
        amount,
        claimants: vec![Claimant::ClaimantTypeV0(ClaimantV0 {
            destination: owner(),
            predicate,
        })]
        .try_into()
        .unwrap(),
    })
}
