//! What the rarer operations do, in words: everything that moves no money by itself.

use stellar_xdr::{
    ClaimPredicate, HostFunction, LedgerKey, OperationBody, Price, RevokeSponsorshipOp, ScVal,
    SetOptionsOp,
};

/// The longest value that is told whole.
const SHOWN: usize = 200;

/// Names and values in the order they should be read.
pub(crate) type Terms = Vec<(&'static str, String)>;

/// The terms of an operation that is none of the common ones.
pub(crate) fn of(body: &OperationBody) -> Terms {
    match body {
        OperationBody::SetOptions(it) => options(it),
        OperationBody::AllowTrust(it) => vec![
            ("holder", it.trustor.to_string()),
            ("asset", it.asset.to_string()),
            ("permission", permission(it.authorize)),
        ],
        OperationBody::SetTrustLineFlags(it) => vec![
            ("holder", it.trustor.to_string()),
            ("asset", crate::summary::unit(&it.asset).symbol.to_string()),
            ("grants", flags(it.set_flags, &TRUST_LINE_FLAGS)),
            ("withdraws", flags(it.clear_flags, &TRUST_LINE_FLAGS)),
        ],
        OperationBody::ManageData(it) => vec![
            ("name", quoted(it.data_name.as_slice())),
            (
                "value",
                match &it.data_value {
                    Some(value) => shortened(&hex::encode(value.as_slice())),
                    None => "is removed".to_owned(),
                },
            ),
        ],
        OperationBody::ClaimClaimableBalance(it) => {
            vec![("claims balance", it.balance_id.to_string())]
        }
        OperationBody::ClawbackClaimableBalance(it) => {
            vec![("takes back balance", it.balance_id.to_string())]
        }
        OperationBody::BeginSponsoringFutureReserves(it) => {
            vec![("pays the reserves of", it.sponsored_id.to_string())]
        }
        OperationBody::RevokeSponsorship(it) => vec![("no longer pays for", sponsored(it))],
        OperationBody::LiquidityPoolDeposit(it) => vec![
            ("pool", it.liquidity_pool_id.to_string()),
            ("at most of the first asset", stroops(it.max_amount_a)),
            ("at most of the second asset", stroops(it.max_amount_b)),
            ("lowest price", price(&it.min_price)),
            ("highest price", price(&it.max_price)),
        ],
        OperationBody::LiquidityPoolWithdraw(it) => vec![
            ("pool", it.liquidity_pool_id.to_string()),
            ("pool shares", stroops(it.amount)),
            ("at least of the first asset", stroops(it.min_amount_a)),
            ("at least of the second asset", stroops(it.min_amount_b)),
        ],
        OperationBody::InvokeHostFunction(it) => {
            let mut terms = host_function(&it.host_function);
            if !it.auth.is_empty() {
                terms.push(("authorizations", it.auth.len().to_string()));
            }
            terms
        }
        OperationBody::ExtendFootprintTtl(it) => {
            vec![("entries live for", format!("{} ledgers", it.extend_to))]
        }
        // Those without terms, and those that the summary tells itself.
        _ => Vec::new(),
    }
}

const ACCOUNT_FLAGS: [(u32, &str); 4] = [
    (1, "authorization required"),
    (2, "authorization revocable"),
    (4, "flags immutable"),
    (8, "clawback enabled"),
];
const TRUST_LINE_FLAGS: [(u32, &str); 3] = [
    (1, "authorized"),
    (2, "authorized to maintain liabilities"),
    (4, "clawback enabled"),
];

fn options(it: &SetOptionsOp) -> Terms {
    let mut terms = Terms::new();
    if let Some(signer) = &it.signer {
        let what = match signer.weight {
            0 => "is removed".to_owned(),
            weight => format!("signs with weight {weight}"),
        };
        terms.push(("signer", format!("{} {what}", signer.key)));
    }
    for (name, value) in [
        ("master key's weight", it.master_weight),
        ("low threshold", it.low_threshold),
        ("medium threshold", it.med_threshold),
        ("high threshold", it.high_threshold),
    ] {
        if let Some(value) = value {
            terms.push((name, value.to_string()));
        }
    }
    for (name, value) in [("sets", it.set_flags), ("clears", it.clear_flags)] {
        if let Some(value) = value {
            terms.push((name, flags(value, &ACCOUNT_FLAGS)));
        }
    }
    if let Some(domain) = &it.home_domain {
        terms.push(("home domain", quoted(domain.as_slice())));
    }
    if let Some(account) = &it.inflation_dest {
        terms.push(("inflation goes to", account.to_string()));
    }
    terms
}

fn permission(authorize: u32) -> String {
    match authorize {
        0 => "withdrawn".to_owned(),
        other => flags(other, &TRUST_LINE_FLAGS),
    }
}

/// The names of the bits that are set; a bit without a name is told as a number.
fn flags(value: u32, names: &[(u32, &str)]) -> String {
    let mut rest = value;
    let mut told = Vec::new();
    for (bit, name) in names {
        if rest & bit != 0 {
            told.push((*name).to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        told.push(format!("unknown flags {rest:#x}"));
    }
    if told.is_empty() {
        "nothing".to_owned()
    } else {
        told.join(", ")
    }
}

fn sponsored(it: &RevokeSponsorshipOp) -> String {
    match it {
        RevokeSponsorshipOp::Signer(it) => format!("signer {} of {}", it.signer_key, it.account_id),
        RevokeSponsorshipOp::LedgerEntry(key) => match key {
            LedgerKey::Account(it) => format!("account {}", it.account_id),
            LedgerKey::Trustline(it) => format!("a trust line of {}", it.account_id),
            LedgerKey::Offer(it) => format!("offer {} of {}", it.offer_id, it.seller_id),
            LedgerKey::Data(it) => {
                let name = quoted(it.data_name.as_slice());
                format!("data {name} of {}", it.account_id)
            }
            LedgerKey::ClaimableBalance(it) => format!("balance {}", it.balance_id),
            LedgerKey::LiquidityPool(it) => format!("pool {}", it.liquidity_pool_id),
            other => other.name().to_owned(),
        },
    }
}

fn host_function(it: &HostFunction) -> Terms {
    match it {
        HostFunction::InvokeContract(call) => {
            let mut terms = vec![
                ("contract", call.contract_address.to_string()),
                ("function", quoted(call.function_name.as_slice())),
            ];
            terms.extend(call.args.iter().map(|one| ("argument", value(one))));
            terms
        }
        HostFunction::UploadContractWasm(code) => {
            vec![("uploads code", format!("{} bytes", code.len()))]
        }
        HostFunction::CreateContract(_) => vec![("creates", "a contract".to_owned())],
        HostFunction::CreateContractV2(it) => {
            let arguments = it.constructor_args.iter();
            let mut terms = vec![("creates", "a contract".to_owned())];
            terms.extend(arguments.map(|one| ("argument", value(one))));
            terms
        }
    }
}

/// A contract's value as people write it.
fn value(it: &ScVal) -> String {
    let text = match it {
        ScVal::Bool(it) => it.to_string(),
        ScVal::Void => "nothing".to_owned(),
        ScVal::U32(it) => it.to_string(),
        ScVal::I32(it) => it.to_string(),
        ScVal::U64(it) => it.to_string(),
        ScVal::I64(it) => it.to_string(),
        ScVal::U128(it) => it.to_string(),
        ScVal::I128(it) => it.to_string(),
        ScVal::U256(it) => it.to_string(),
        ScVal::I256(it) => it.to_string(),
        ScVal::Address(it) => it.to_string(),
        ScVal::Symbol(it) => quoted(it.as_slice()),
        ScVal::String(it) => quoted(it.as_slice()),
        ScVal::Bytes(it) => hex::encode(it.as_slice()),
        // Lists, maps and what contracts do not take: as the types have them.
        other => format!("{other:?}"),
    };
    shortened(&text)
}

/// When a claimant may claim.
pub(crate) fn predicate(it: &ClaimPredicate) -> String {
    let join = |list: &[ClaimPredicate], word: &str| {
        let parts: Vec<_> = list.iter().map(predicate).collect();
        format!("({})", parts.join(word))
    };
    match it {
        ClaimPredicate::Unconditional => "at any time".to_owned(),
        ClaimPredicate::And(list) => join(list, " and "),
        ClaimPredicate::Or(list) => join(list, " or "),
        ClaimPredicate::Not(Some(inner)) => format!("not {}", predicate(inner)),
        ClaimPredicate::Not(None) => "never".to_owned(),
        ClaimPredicate::BeforeAbsoluteTime(time) => format!("before {time} s since 1970"),
        ClaimPredicate::BeforeRelativeTime(time) => format!("within {time} s of its creation"),
    }
}

/// Ten millionths, exactly; below zero as it is.
fn stroops(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let magnitude = amount.unsigned_abs();
    format!(
        "{sign}{}.{:07}",
        magnitude / 10_000_000,
        magnitude % 10_000_000
    )
}

fn price(it: &Price) -> String {
    format!("{}/{}", it.n, it.d)
}

/// In quotation marks, unseen characters escaped.
fn quoted(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes))
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use stellar_xdr::{
        AccountId, AllowTrustOp, AssetCode, AssetCode4, BeginSponsoringFutureReservesOp,
        ClaimClaimableBalanceOp, ClaimableBalanceId, ClawbackClaimableBalanceOp, ContractId,
        ExtendFootprintTtlOp, ExtensionPoint, Hash, InvokeContractArgs, InvokeHostFunctionOp,
        LiquidityPoolDepositOp, PoolId, PublicKey, ScAddress, ScSymbol, SorobanAuthorizationEntry,
        SorobanAuthorizedFunction, SorobanAuthorizedInvocation, SorobanCredentials, Uint256, VecM,
    };

    use super::*;

    /// The account whose public key is all zero.
    const ACCOUNT: &str = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF";

    fn account() -> AccountId {
        AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([0; 32])))
    }

    fn balance() -> ClaimableBalanceId {
        ClaimableBalanceId::ClaimableBalanceIdTypeV0(Hash([0; 32]))
    }

    fn told(body: &OperationBody) -> Vec<String> {
        let terms = of(body).into_iter();
        terms
            .map(|(name, value)| format!("{name}: {value}"))
            .collect()
    }

    #[test]
    fn a_holder_is_told_what_is_allowed() {
        for (authorize, permission) in [
            (0, "withdrawn"),
            (1, "authorized"),
            (2, "authorized to maintain liabilities"),
            (9, "authorized, unknown flags 0x8"),
        ] {
            let body = OperationBody::AllowTrust(AllowTrustOp {
                trustor: account(),
                asset: AssetCode::CreditAlphanum4(AssetCode4(*b"EUR\0")),
                authorize,
            });
            assert_eq!(
                told(&body),
                [
                    format!("holder: {ACCOUNT}"),
                    "asset: EUR".to_owned(),
                    format!("permission: {permission}")
                ]
            );
        }
    }

    #[test]
    fn the_balance_or_account_is_named() {
        let claimed = OperationBody::ClaimClaimableBalance(ClaimClaimableBalanceOp {
            balance_id: balance(),
        });
        let taken = OperationBody::ClawbackClaimableBalance(ClawbackClaimableBalanceOp {
            balance_id: balance(),
        });
        let paid = OperationBody::BeginSponsoringFutureReserves(BeginSponsoringFutureReservesOp {
            sponsored_id: account(),
        });
        // SEP-23 §"Strkeys": the version, the type of the id, the id, the checksum.
        let id = balance().to_string();
        assert!(id.starts_with("BAAAAAAAA") && id.len() == 58, "{id}");
        assert_eq!(told(&claimed), [format!("claims balance: {id}")]);
        assert_eq!(told(&taken), [format!("takes back balance: {id}")]);
        assert_eq!(told(&paid), [format!("pays the reserves of: {ACCOUNT}")]);
    }

    #[test]
    fn a_deposit_has_its_limits() {
        let deposit = |max_amount_a| {
            told(&OperationBody::LiquidityPoolDeposit(
                LiquidityPoolDepositOp {
                    liquidity_pool_id: PoolId(Hash([0; 32])),
                    max_amount_a,
                    max_amount_b: 12_345_678,
                    min_price: Price { n: 1, d: 3 },
                    max_price: Price { n: 2, d: 5 },
                },
            ))
        };
        let pool = PoolId(Hash([0; 32])).to_string();
        for (amount, text) in [(0, "0.0000000"), (-1, "-0.0000001"), (1, "0.0000001")] {
            assert_eq!(
                deposit(amount),
                [
                    format!("pool: {pool}"),
                    format!("at most of the first asset: {text}"),
                    "at most of the second asset: 1.2345678".to_owned(),
                    "lowest price: 1/3".to_owned(),
                    "highest price: 2/5".to_owned(),
                ]
            );
        }
    }

    #[test]
    fn a_contract_is_called_with_authorizations_or_without() {
        let call = || InvokeContractArgs {
            contract_address: ScAddress::Contract(ContractId(Hash([0; 32]))),
            function_name: ScSymbol("burn".try_into().unwrap()),
            args: VecM::default(),
        };
        let terms = |auth: Vec<SorobanAuthorizationEntry>| {
            let body = OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
                host_function: HostFunction::InvokeContract(call()),
                auth: auth.try_into().unwrap(),
            });
            told(&body).split_off(2)
        };
        let entry = SorobanAuthorizationEntry {
            credentials: SorobanCredentials::SourceAccount,
            root_invocation: SorobanAuthorizedInvocation {
                function: SorobanAuthorizedFunction::ContractFn(call()),
                sub_invocations: VecM::default(),
            },
        };
        assert_eq!(terms(Vec::new()), [""; 0]);
        assert_eq!(terms(vec![entry.clone(), entry]), ["authorizations: 2"]);
    }

    #[test]
    fn entries_live_longer() {
        let body = OperationBody::ExtendFootprintTtl(ExtendFootprintTtlOp {
            ext: ExtensionPoint::V0,
            extend_to: 100,
        });
        assert_eq!(told(&body), ["entries live for: 100 ledgers"]);
    }

    #[test]
    fn what_is_too_long_is_told_so() {
        assert_eq!(shortened(&"a".repeat(SHOWN)), "a".repeat(SHOWN));
        let long = shortened(&"a".repeat(SHOWN + 1));
        assert_eq!(long, format!("{}…", "a".repeat(SHOWN)));
        assert_eq!(shortened(&"é".repeat(SHOWN)), "é".repeat(SHOWN));
    }
}
