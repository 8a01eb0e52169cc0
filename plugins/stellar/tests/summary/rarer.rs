//! Operations that few send: for whom one pays, what a contract is called with, who may claim.

use stellar_xdr::{
    BytesM, ClaimableBalanceId, ContractExecutable, ContractIdPreimage,
    ContractIdPreimageFromAddress, CreateContractArgs, CreateContractArgsV2, Int256Parts,
    LedgerKeyClaimableBalance, LedgerKeyContractCode, LedgerKeyData, LedgerKeyLiquidityPool,
    LedgerKeyOffer, LedgerKeyTrustLine, RevokeSponsorshipOpSigner, ScBytes, ScString,
    TrustLineAsset, UInt128Parts, UInt256Parts, VecM,
};

use super::*;

#[test]
fn what_one_no_longer_pays_for() {
    let balance = ClaimableBalanceId::ClaimableBalanceIdTypeV0(Hash([0; 32]));
    let pool = PoolId(Hash([0; 32]));
    let cases = [
        (
            LedgerKey::Trustline(LedgerKeyTrustLine {
                account_id: owner(),
                asset: TrustLineAsset::Native,
            }),
            format!("a trust line of {ACCOUNT}"),
        ),
        (
            LedgerKey::Offer(LedgerKeyOffer {
                seller_id: owner(),
                offer_id: 42,
            }),
            format!("offer 42 of {ACCOUNT}"),
        ),
        (
            LedgerKey::Data(LedgerKeyData {
                account_id: owner(),
                data_name: String64("na\nme".try_into().unwrap()),
            }),
            format!(r#"data "na\nme" of {ACCOUNT}"#),
        ),
        (
            LedgerKey::ClaimableBalance(LedgerKeyClaimableBalance {
                balance_id: balance.clone(),
            }),
            format!("balance {balance}"),
        ),
        (
            LedgerKey::LiquidityPool(LedgerKeyLiquidityPool {
                liquidity_pool_id: pool.clone(),
            }),
            format!("pool {pool}"),
        ),
        (
            LedgerKey::ContractCode(LedgerKeyContractCode {
                hash: Hash([0; 32]),
            }),
            "ContractCode".to_owned(),
        ),
    ];
    for (key, told) in cases {
        let body = OperationBody::RevokeSponsorship(RevokeSponsorshipOp::LedgerEntry(key));
        assert_eq!(terms(body), [format!("no longer pays for: {told}")]);
    }
    let signer = RevokeSponsorshipOp::Signer(RevokeSponsorshipOpSigner {
        account_id: owner(),
        signer_key: SignerKey::Ed25519(Uint256([0; 32])),
    });
    assert_eq!(
        terms(OperationBody::RevokeSponsorship(signer)),
        [format!("no longer pays for: signer {ACCOUNT} of {ACCOUNT}")]
    );
}

fn invoked(host_function: HostFunction) -> Vec<String> {
    terms(OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
        host_function,
        auth: VecM::default(),
    }))
}

#[test]
fn contracts_are_made_and_their_code_is_uploaded() {
    let code = BytesM::try_from([0; 1000].as_slice()).unwrap();
    assert_eq!(
        invoked(HostFunction::UploadContractWasm(code)),
        ["uploads code: 1000 bytes"]
    );
    let contract_id_preimage = ContractIdPreimage::Address(ContractIdPreimageFromAddress {
        address: ScAddress::Account(owner()),
        salt: Uint256([0; 32]),
    });
    assert_eq!(
        invoked(HostFunction::CreateContract(CreateContractArgs {
            contract_id_preimage: contract_id_preimage.clone(),
            executable: ContractExecutable::StellarAsset,
        })),
        ["creates: a contract"]
    );
    assert_eq!(
        invoked(HostFunction::CreateContractV2(CreateContractArgsV2 {
            contract_id_preimage,
            executable: ContractExecutable::StellarAsset,
            constructor_args: vec![ScVal::U32(7)].try_into().unwrap(),
        })),
        ["creates: a contract", "argument: 7"]
    );
}

#[test]
fn values_are_told_as_people_write_them() {
    let text = |text: &str| text.try_into().unwrap();
    let cases = [
        (ScVal::Bool(true), "true"),
        (ScVal::Void, "nothing"),
        (ScVal::U32(u32::MAX), "4294967295"),
        (ScVal::I32(-1), "-1"),
        (ScVal::U64(u64::MAX), "18446744073709551615"),
        (ScVal::I64(i64::MIN), "-9223372036854775808"),
        (
            ScVal::U128(UInt128Parts {
                hi: u64::MAX,
                lo: u64::MAX,
            }),
            "340282366920938463463374607431768211455",
        ),
        (
            ScVal::I128(Int128Parts { hi: -1, lo: 0 }),
            "-18446744073709551616",
        ),
        (
            ScVal::U256(UInt256Parts {
                hi_hi: 1,
                hi_lo: 0,
                lo_hi: 0,
                lo_lo: 0,
            }),
            "6277101735386680763835789423207666416102355444464034512896",
        ),
        (
            ScVal::I256(Int256Parts {
                hi_hi: -1,
                hi_lo: u64::MAX,
                lo_hi: u64::MAX,
                lo_lo: u64::MAX,
            }),
            "-1",
        ),
        (ScVal::Address(ScAddress::Account(owner())), ACCOUNT),
        (ScVal::Symbol(ScSymbol(text("all"))), r#""all""#),
        (
            ScVal::String(ScString("a\n\"b\"".try_into().unwrap())),
            r#""a\n\"b\"""#,
        ),
        (
            ScVal::Bytes(ScBytes(vec![0xab, 0xcd].try_into().unwrap())),
            "abcd",
        ),
    ];
    for (value, told) in cases {
        let call = HostFunction::InvokeContract(InvokeContractArgs {
            contract_address: ScAddress::Contract(ContractId(Hash([0; 32]))),
            function_name: ScSymbol(text("f")),
            args: vec![value].try_into().unwrap(),
        });
        assert_eq!(invoked(call)[2..], [format!("argument: {told}")]);
    }
}

#[test]
fn claims_can_be_of_any_of_several_conditions() {
    let told = |predicate: ClaimPredicate| {
        let mut terms = terms(claimable(1, predicate));
        let claimant = terms.pop().unwrap();
        let prefix = format!("can be claimed by: {ACCOUNT} ");
        claimant.strip_prefix(&prefix).unwrap().to_owned()
    };
    let either = vec![
        ClaimPredicate::BeforeAbsoluteTime(5),
        ClaimPredicate::Not(None),
    ];
    assert_eq!(
        told(ClaimPredicate::Or(either.try_into().unwrap())),
        "(before 5 s since 1970 or never)"
    );
    assert_eq!(
        told(ClaimPredicate::BeforeRelativeTime(7)),
        "within 7 s of its creation"
    );
}

#[test]
fn options_that_are_not_set_are_not_told() {
    let body = OperationBody::SetOptions(SetOptionsOp {
        inflation_dest: Some(owner()),
        clear_flags: None,
        set_flags: None,
        master_weight: None,
        low_threshold: Some(1),
        med_threshold: Some(2),
        high_threshold: None,
        home_domain: None,
        signer: Some(Signer {
            key: SignerKey::Ed25519(Uint256([0; 32])),
            weight: 0,
        }),
    });
    assert_eq!(
        terms(body.clone()),
        [
            format!("signer: {ACCOUNT} is removed"),
            "low threshold: 1".to_owned(),
            "medium threshold: 2".to_owned(),
            format!("inflation goes to: {ACCOUNT}"),
        ]
    );
    assert_eq!(
        summary(body).unwrap().warnings,
        ["it may change the keys of the account"]
    );
}
