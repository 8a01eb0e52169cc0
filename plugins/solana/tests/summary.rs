//! What people are told, word for word.

mod messages;
mod told;

use messages::{Call, call, known};
use serde_json::Value;
use told::{
    BUDGET, FROM, MEMO, MINT, OWNER, PAYER, SYSTEM, TO, TOKEN, TOKEN_2022, TOKEN_ACCOUNTS, details,
    name, summary_of, told,
};

/// The line that is logged, and the details without the last valid block height.
fn lines(calls: &[Call]) -> (String, Vec<String>) {
    let summary = told(calls);
    (summary.to_string(), details(&summary))
}

#[test]
fn a_transfer_is_told_exactly() {
    let amount = 1_000_000_001_u64.to_le_bytes();
    let summary = told(&[call(SYSTEM, &[FROM, TO], &[&[2, 0, 0, 0], &amount])]);
    assert_eq!(
        summary.to_string(),
        format!(
            "transfer: 1.000000001 SOL to {}, fee at most 0.000005 SOL",
            name(TO)
        )
    );
    assert_eq!(summary.from, [name(PAYER), name(FROM)]);
    assert_eq!(summary.transfers[0].amount.to_decimal(), "1.000000001");
}

#[test]
fn a_checked_token_transfer_is_told_with_its_decimals_and_the_recipients_owner() {
    let amount = 12_500_001_u64.to_le_bytes();
    for program in [TOKEN, TOKEN_2022] {
        let accounts = [PAYER, TO, OWNER, MINT, known(SYSTEM), known(program)];
        let create = call(TOKEN_ACCOUNTS, &accounts, &[&[1]]);
        let transfer = call(program, &[FROM, MINT, TO, PAYER], &[&[12], &amount, &[6]]);
        let (line, details) = lines(&[create, transfer]);
        assert_eq!(
            line,
            format!(
                "token account, if there is none, token transfer: 12.500001 token {} to {}, fee at most 0.000005 SOL",
                name(MINT),
                name(TO)
            )
        );
        assert_eq!(
            details,
            [
                format!("token account: {}", name(TO)),
                format!("token: {}", name(MINT)),
                format!("owner: {}", name(OWNER)),
                format!("its rent is paid by: {}", name(PAYER)),
                format!("from token account: {}", name(FROM)),
                format!("owner of the recipient's token account: {}", name(OWNER)),
            ]
        );
    }
}

#[test]
fn decimals_that_nobody_said_are_not_made_up() {
    let transfer = call(TOKEN, &[FROM, TO, PAYER], &[&[3], &25_u64.to_le_bytes()]);
    let (line, _) = lines(std::slice::from_ref(&transfer));
    assert_eq!(
        line,
        format!(
            "token transfer: 25 base units of the token in {} to {}, fee at most 0.000005 SOL",
            name(FROM),
            name(TO)
        )
    );
    // The account that the transaction makes says which token it is, and no more.
    let create = call(TOKEN_ACCOUNTS, &[PAYER, TO, OWNER, MINT], &[]);
    let (line, _) = lines(&[create, transfer]);
    assert_eq!(
        line,
        format!(
            "new token account, token transfer: 25 base units of token {} to {}, fee at most 0.000005 SOL",
            name(MINT),
            name(TO)
        )
    );
}

#[test]
fn a_fee_that_a_token_takes_is_told() {
    let data: [&[u8]; 4] = [
        &[26, 1],
        &1_000_u64.to_le_bytes(),
        &[2],
        &25_u64.to_le_bytes(),
    ];
    let (line, details) = lines(&[call(TOKEN_2022, &[FROM, MINT, TO, PAYER], &data)]);
    assert_eq!(
        line,
        format!(
            "token transfer: 10 token {} to {}, fee at most 0.000005 SOL",
            name(MINT),
            name(TO)
        )
    );
    assert!(details.contains(&format!(
        "fee of the token, from the amount: 0.25 token {}",
        name(MINT)
    )));
}

#[test]
fn a_new_token_is_told_with_everything_it_fixes() {
    let (rent, space) = (1_461_600_u64.to_le_bytes(), 82_u64.to_le_bytes());
    let create: [&[u8]; 4] = [&[0; 4], &rent, &space, &known(TOKEN)];
    let calls = [
        call(SYSTEM, &[PAYER, MINT], &create),
        call(TOKEN, &[MINT], &[&[20, 9], &OWNER, &[0]]),
        call(TOKEN, &[MINT, TO, OWNER], &[&[7], &5_u64.to_le_bytes()]),
    ];
    let (line, details) = lines(&calls);
    assert_eq!(
        line,
        format!(
            "new account, new token, mint: 0.0014616 SOL to {mint}, 5 base units of token {mint} to {}, fee at most 0.000005 SOL",
            name(TO),
            mint = name(MINT),
        )
    );
    assert_eq!(
        details,
        [
            "bytes of the new account: 82".to_owned(),
            format!("program of the new account: {TOKEN}"),
            format!("token: {}", name(MINT)),
            "decimals: 9".to_owned(),
            format!("who can mint: {}", name(OWNER)),
            "who can freeze: nobody".to_owned(),
        ]
    );
    // Some libraries write an empty key where there is none.
    let padded = call(TOKEN, &[MINT], &[&[20, 9], &OWNER, &[0], &[0; 32]]);
    assert!(told(&[padded]).warnings.is_empty());
}

#[test]
fn the_bid_for_computing_is_part_of_the_fee() {
    let transfer = || call(SYSTEM, &[PAYER, TO], &[&[2, 0, 0, 0], &1_u64.to_le_bytes()]);
    let limit = |units: u32| call(BUDGET, &[], &[&[2], &units.to_le_bytes()]);
    let price = |price: u64| call(BUDGET, &[], &[&[3], &price.to_le_bytes()]);
    let fee = |calls: &[Call]| told(calls).fee.unwrap().amount.to_decimal();
    let cases = [
        (vec![transfer()], "0.000005"),
        // 300 units at 10,000 micro-lamports: 3 lamports.
        (vec![limit(300), price(10_000), transfer()], "0.000005003"),
        // Begun lamports count.
        (vec![limit(301), price(10_000), transfer()], "0.000005004"),
        // Without a limit 200,000 for each other instruction.
        (vec![price(1_000_000), transfer()], "0.000205"),
        (vec![price(1_000_000), transfer(), transfer()], "0.000405"),
        // Nothing computes more than 1,400,000.
        (vec![limit(u32::MAX), price(1_000_000)], "0.001405"),
    ];
    for (calls, expected) in cases {
        assert_eq!(fee(&calls), expected, "{calls:?}");
    }
    // Whatever is bid, it is told.
    assert_eq!(
        fee(&[limit(u32::MAX), price(u64::MAX)]),
        "18446744073.709551615"
    );
    let (_, details) = lines(&[limit(300), price(10_000), transfer()]);
    assert_eq!(
        details,
        [
            "compute units at most: 300",
            "price of a compute unit: 10000 micro-lamports"
        ]
    );
}

#[test]
fn every_signature_is_paid_for() {
    let verify = call(
        "Ed25519SigVerify111111111111111111111111111",
        &[],
        &[&[3, 0]],
    );
    assert_eq!(told(&[verify]).fee.unwrap().amount.to_decimal(), "0.00002");
}

#[test]
fn a_memo_is_quoted() {
    let (line, details) = lines(&[call(MEMO, &[], &["rent\nfor \"May\"".as_bytes()])]);
    assert_eq!(line, "nothing, fee at most 0.000005 SOL");
    assert_eq!(details, [r#"memo: "rent\nfor \"May\"""#]);
    let (_, details) = lines(&[call(MEMO, &[], &[&[0xff, 1]])]);
    assert_eq!(details, ["memo: ff01"]);
}

#[test]
fn what_gives_rights_away_is_a_warning() {
    let (payer, to, from, mint) = (name(PAYER), name(TO), name(FROM), name(MINT));
    let cases = [
        (
            call(TOKEN, &[FROM, TO, PAYER], &[&[4], &7_u64.to_le_bytes()]),
            format!("it lets {to} spend 7 base units of the token in {from}"),
        ),
        (
            call(
                TOKEN,
                &[FROM, MINT, TO, PAYER],
                &[&[13], &7_u64.to_le_bytes(), &[1]],
            ),
            format!("it lets {to} spend 0.7 token {mint}"),
        ),
        (
            call(TOKEN, &[FROM, PAYER], &[&[6, 2, 1], &TO]),
            format!("it gives the right to own the account of {from} to {to}"),
        ),
        (
            call(TOKEN, &[MINT, PAYER], &[&[6, 0, 0]]),
            format!("it gives the right to mint of {mint} to nobody"),
        ),
        (
            call(TOKEN, &[FROM, TO, PAYER], &[&[9]]),
            format!("it closes the token account {from} and sends its SOL to {to}"),
        ),
        (
            call(SYSTEM, &[PAYER], &[&[1, 0, 0, 0], &TO]),
            format!("it gives the account {payer} to the program {to}"),
        ),
        (
            call(SYSTEM, &[FROM, PAYER], &[&[7, 0, 0, 0], &TO]),
            format!("it gives the nonce account {from} to {to}"),
        ),
    ];
    for (call, warning) in cases {
        assert_eq!(told(&[call]).warnings, [warning]);
    }
}

#[test]
fn what_cannot_be_told_is_named_and_warned_of() {
    let program = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
    let (line, details) = lines(&[call(program, &[FROM, TO], &[&[1, 2]])]);
    assert_eq!(
        line,
        format!(
            "instruction for program {program}, fee at most 0.000005 SOL [warning: what the instruction for program {program} does cannot be told]"
        )
    );
    assert_eq!(
        details,
        [
            format!("accounts: {}, {}", name(FROM), name(TO)),
            "data: 0102".to_owned()
        ]
    );
    let amount = 7_u64.to_le_bytes();
    let untold = [
        (
            "an unknown number",
            call(TOKEN, &[FROM, TO, PAYER], &[&[99]]),
        ),
        (
            "more data than there should be",
            call(SYSTEM, &[FROM, TO], &[&[2, 0, 0, 0], &amount, &[0]]),
        ),
        (
            "less data than there should be",
            call(SYSTEM, &[FROM, TO], &[&[2, 0, 0, 0], &amount[1..]]),
        ),
        (
            "too few accounts",
            call(TOKEN, &[FROM, MINT, TO], &[&[12], &amount, &[6]]),
        ),
        ("an extension", call(TOKEN_2022, &[FROM], &[&[27, 0]])),
        ("no data at all", call(SYSTEM, &[], &[])),
        (
            "a new account without a token",
            call(TOKEN_ACCOUNTS, &[PAYER, TO, OWNER], &[]),
        ),
    ];
    for (name, call) in untold {
        let summary = told(&[call]);
        assert_eq!(summary.warnings.len(), 1, "{name}");
        assert!(summary.action.starts_with("instruction for the "), "{name}");
        assert!(summary.transfers.is_empty(), "{name}");
    }
}

#[test]
fn the_recorded_transactions_are_told() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/SOL.json")).unwrap();
    let told = |name: &str| {
        let cases = vectors["transactions"].as_array().unwrap();
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        let text = case["pending"]["serializedTransaction"].as_str().unwrap();
        let request: Value = serde_json::from_str(text).unwrap();
        summary_of(&hex::decode(request["txData"].as_str().unwrap()).unwrap())
    };
    for (name, expected) in [
        (
            "native-transfer",
            "transfer: 0.5 SOL to A4eFC9xb4NVbLr3RzTx4AxZ9GTimXDxXi2VsTuukrDeG, fee at most 0.000005 SOL",
        ),
        (
            "spl-transfer-creates-token-account",
            "new token account, token transfer: 1500000 base units of token 3pftDWD4J9N1cQqwQqDdvhVAAuJUw7Hwk9LW1eW4EZJF to HHHYMMcgVUCjjWvNPEGpwBDb9fAshYgYy9VBBCmat7wt, fee at most 0.000005 SOL",
        ),
        (
            "spl-deploy-with-mint-key",
            "new account, new token, new token account, mint: 0.0014616 SOL to 2GpzZ8HLdDwqJpUseAefyU6XoYfPc2Znjhv38k4H3QVp, 1000000000000000 base units of token 2GpzZ8HLdDwqJpUseAefyU6XoYfPc2Znjhv38k4H3QVp to EwJpMYyd1Uq2oHewC1Lh1egFEQQEFaqU1WCdocPUJXZV, fee at most 0.00001 SOL",
        ),
        (
            "nft-mint-with-mint-key",
            "new account, new token, new token account, mint, instruction for program metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s, instruction for program metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s: 0.0014616 SOL to 2GpzZ8HLdDwqJpUseAefyU6XoYfPc2Znjhv38k4H3QVp, 1 base units of token 2GpzZ8HLdDwqJpUseAefyU6XoYfPc2Znjhv38k4H3QVp to EwJpMYyd1Uq2oHewC1Lh1egFEQQEFaqU1WCdocPUJXZV, fee at most 0.00001 SOL [warning: what the instruction for program metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s does cannot be told]",
        ),
        (
            "nft-transfer",
            "new token account, token transfer: 1 base units of token 3pftDWD4J9N1cQqwQqDdvhVAAuJUw7Hwk9LW1eW4EZJF to HHHYMMcgVUCjjWvNPEGpwBDb9fAshYgYy9VBBCmat7wt, fee at most 0.000005 SOL",
        ),
    ] {
        assert_eq!(told(name).to_string(), expected, "{name}");
    }
}
