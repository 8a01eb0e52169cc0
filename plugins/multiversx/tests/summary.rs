//! What people are told, computed from the JSON that is signed.

use kms_core::prelude::*;
use kms_multiversx::MULTIVERSX;
use serde_json::json;

const ALICE: &str = "erd1zfgrkqkwq9tqy3l0hw30zvxrlgfl7x6x8ywcltkk3ltusr4aa8vs5aaltf";
const BOB: &str = "erd157y5yjjrurz2jmhztpexcxfgmfdxqzqydy77hd3ptaljw2sgaauqevpy26";
const TOKENS: &str = "erd1qqqqqqqqqqqqqqqpqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzllls8a5w6u";
const NOBODY: &str = "erd1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq6gq4hu";
/// `TOK-1a2b3c`, and the bytes of [`BOB`], in hexadecimal.
const TOK: &str = "544f4b2d316132623363";
const BOB_HEX: &str = "a789424a43e0c4a96ee258726c1928da5a600804693debb6215f7f272a08ef78";

/// The summary of a frozen transaction; the gas would cost at most 0.00005 EGLD.
fn summary(receiver: &str, value: &str, data: &str) -> Summary {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let key = "46096b146affb4a328fbdce8bc4d5a89cfde3a2854a75c37a72ab2047d358eb8";
    let key = SecretText::new(key);
    let key = MULTIVERSX
        .parse_private_key(Network::Mainnet, &key)
        .unwrap();
    let public_key = key.public_key();
    let signer = Signer {
        id: "wallet".to_owned(),
        index: None,
        address: MULTIVERSX.address(Network::Mainnet, &public_key).unwrap(),
        public_key,
    };
    let data = match data {
        "" => String::new(),
        data => format!("\"data\":{},", json!(BASE64_STANDARD.encode(data))),
    };
    let body = format!(
        r#"{{"nonce":7,"value":"{value}","receiver":"{receiver}","sender":"{ALICE}","gasPrice":1000000000,"gasLimit":50000,{data}"chainID":"1","version":1}}"#
    );
    let unsigned = Unsigned::new(vec![signer], body.into_bytes());
    MULTIVERSX.summarize(Network::Mainnet, &unsigned).unwrap()
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn transfers_are_told_exactly() {
    const FEE: &str = "fee at most 0.00005 EGLD";
    for (receiver, value, data, told) in [
        (
            BOB,
            "1500000000000000001",
            String::new(),
            format!("transfer: 1.500000000000000001 EGLD to {BOB}, {FEE}"),
        ),
        (
            BOB,
            "1",
            "hello world".to_owned(),
            format!("transfer with a message: 0.000000000000000001 EGLD to {BOB}, {FEE}"),
        ),
        (
            BOB,
            "0",
            "hello".to_owned(),
            format!("transfer with a message: 0 EGLD to {BOB}, {FEE}"),
        ),
        (
            BOB,
            "0",
            format!("ESDTTransfer@{TOK}@0f4240"),
            format!("ESDT transfer: 1000000 base units of token TOK-1a2b3c to {BOB}, {FEE}"),
        ),
        (
            BOB,
            "5",
            format!("ESDTTransfer@{TOK}@0f4240"),
            format!(
                "ESDT transfer: 0.000000000000000005 EGLD to {BOB}, 1000000 base units of token TOK-1a2b3c to {BOB}, {FEE}"
            ),
        ),
        (
            TOKENS,
            "0",
            format!("ESDTTransfer@{TOK}@0f4240@73776170@05"),
            format!(
                "ESDT transfer and call of swap: 1000000 base units of token TOK-1a2b3c to {TOKENS}, {FEE}"
            ),
        ),
        (
            ALICE,
            "0",
            format!("ESDTNFTTransfer@{TOK}@0a@01@{BOB_HEX}"),
            format!("NFT transfer: 1 of TOK-1a2b3c-0a to {BOB}, {FEE}"),
        ),
        (
            ALICE,
            "0",
            format!(
                "MultiESDTNFTTransfer@{BOB_HEX}@02@{TOK}@@07@45474c442d303030303030@@0de0b6b3a7640000"
            ),
            format!(
                "transfer of several tokens: 7 base units of token TOK-1a2b3c to {BOB}, 1 EGLD to {BOB}, {FEE}"
            ),
        ),
        (
            TOKENS,
            "50000000000000000",
            "issue@4d79546f6b656e@544f4b@03e8@06".to_owned(),
            format!("call of issue: 0.05 EGLD to {TOKENS}, {FEE}"),
        ),
        (
            TOKENS,
            "0",
            format!("pause@{TOK}"),
            format!("call of pause, {FEE}"),
        ),
    ] {
        let summary = summary(receiver, value, &data);
        assert_eq!(summary.to_string(), told);
        assert_eq!(summary.from, [ALICE]);
        assert_eq!(summary.nonce, Some(7));
    }
}

/// The data that @multiversx/sdk-core 15.4.0 writes for transfers of tokens from Alice to Bob.
#[test]
fn transfers_that_the_sdk_writes_are_told() {
    for (receiver, data, told) in [
        (
            BOB,
            "ESDTTransfer@555344432d633736663166@0f4240".to_owned(),
            vec![(BOB, "1000000 base units of token USDC-c76f1f")],
        ),
        (
            ALICE,
            format!("ESDTNFTTransfer@4e46542d313233343536@ff@01@{BOB_HEX}"),
            vec![(BOB, "1 of NFT-123456-ff")],
        ),
        (
            ALICE,
            format!(
                "MultiESDTNFTTransfer@{BOB_HEX}@02@555344432d633736663166@@400000000000000000@5346542d616263646566@012c@07"
            ),
            vec![
                (
                    BOB,
                    "1180591620717411303424 base units of token USDC-c76f1f",
                ),
                (BOB, "7 of SFT-abcdef-012c"),
            ],
        ),
        (
            ALICE,
            format!(
                "MultiESDTNFTTransfer@{BOB_HEX}@02@555344432d633736663166@@01@45474c442d303030303030@@0de0b6b3a7640000"
            ),
            vec![(BOB, "1 base units of token USDC-c76f1f"), (BOB, "1 EGLD")],
        ),
    ] {
        let summary = summary(receiver, "0", &data);
        let transfers: Vec<(&str, String)> = summary
            .transfers
            .iter()
            .map(|it| (it.to.as_str(), it.amount.to_string()))
            .collect();
        let told: Vec<(&str, String)> = told
            .into_iter()
            .map(|(to, amount)| (to, amount.to_owned()))
            .collect();
        assert_eq!(transfers, told, "{data}");
        assert!(summary.warnings.is_empty(), "{data}");
    }
}

#[test]
fn a_call_is_told_with_its_arguments() {
    let issue = summary(
        TOKENS,
        "0",
        "issue@4d79546f6b656e@03e8@@0001020304050607080910111213141516",
    );
    assert_eq!(detail(&issue, "receiver"), Some(TOKENS));
    assert_eq!(
        detail(&issue, "argument 1"),
        Some("0x4d79546f6b656e (\"MyToken\" or 21806976760243566)")
    );
    assert_eq!(detail(&issue, "argument 2"), Some("0x03e8 (1000)"));
    assert_eq!(detail(&issue, "argument 3"), Some("empty"));
    assert_eq!(
        detail(&issue, "argument 4"),
        Some("0x0001020304050607080910111213141516")
    );
    let freeze = summary(TOKENS, "0", &format!("freeze@{TOK}@{BOB_HEX}"));
    let account = format!("0x{BOB_HEX} ({BOB})");
    assert_eq!(detail(&freeze, "argument 2"), Some(account.as_str()));
    assert_eq!(
        detail(&freeze, "data"),
        Some(format!("\"freeze@{TOK}@{BOB_HEX}\"").as_str())
    );
}

#[test]
fn long_or_hostile_data_is_shortened_and_quoted() {
    let many = format!("f{}", "@01".repeat(25));
    let many = summary(TOKENS, "0", &many);
    assert_eq!(detail(&many, "argument 20"), Some("0x01 (1)"));
    assert_eq!(detail(&many, "argument 21"), None);
    assert_eq!(detail(&many, "further arguments"), Some("5"));
    let twenty = summary(TOKENS, "0", &format!("f{}", "@01".repeat(20)));
    assert_eq!(detail(&twenty, "argument 20"), Some("0x01 (1)"));
    assert_eq!(detail(&twenty, "further arguments"), None);
    let long = summary(TOKENS, "0", &format!("f@{}", "ff".repeat(201)));
    let shown = format!("0x{}… (201 bytes)", "ff".repeat(200));
    assert_eq!(detail(&long, "argument 1"), Some(shown.as_str()));
    let whole = summary(TOKENS, "0", &format!("f@{}", "ff".repeat(200)));
    let shown = format!("0x{}", "ff".repeat(200));
    assert_eq!(detail(&whole, "argument 1"), Some(shown.as_str()));
    let code = "00".repeat(500);
    let creation = summary(NOBODY, "0", &format!("{code}@0500@0506"));
    assert_eq!(creation.action, "contract creation");
    assert!(creation.warnings.is_empty());
    let shown = detail(&creation, "code and arguments").unwrap();
    assert!(shown.ends_with("… (1010 bytes)"), "{shown}");
    let terminal = summary(BOB, "1", "\u{1b}[2J\u{202e}");
    assert_eq!(detail(&terminal, "data"), Some(r#""\u{1b}[2J\u{202e}""#));
}

#[test]
fn what_should_be_looked_at_twice_is_warned_of() {
    let open = "erd1ne5patcf98asmalr9ueqxx5vlmy5725pm3p2asckp4wft0xl3ars64gh8s";
    let test = "erd1yqt755wvr33vpr6586smn7mpq4jx365kpd353qfd2xuy5vwaa9ts3r69sj";
    for (receiver, data, warning) in [
        (
            open,
            String::new(),
            "the recipient is an account of the empty mnemonic",
        ),
        (
            test,
            "hi".to_owned(),
            "the recipient is an account of the empty mnemonic",
        ),
        (
            open,
            format!("ESDTTransfer@{TOK}@01"),
            "the recipient is an account of the empty",
        ),
        (NOBODY, String::new(), "nobody has its key"),
        (BOB, format!("ESDTTransfer@{TOK}"), "not made as one"),
        (
            BOB,
            format!("ESDTNFTTransfer@{TOK}@0a@01@{BOB_HEX}"),
            "not made as one",
        ),
        (
            TOKENS,
            format!("transferOwnership@{TOK}@{BOB_HEX}"),
            "over to another account",
        ),
        (
            ALICE,
            format!("SetGuardian@{BOB_HEX}@00"),
            "who has to sign",
        ),
        (ALICE, "GuardAccount".to_owned(), "who has to sign"),
        (BOB, "relayedTx@00".to_owned(), "which is not shown"),
        (TOKENS, "not a call".to_owned(), "no function"),
    ] {
        let summary = summary(receiver, "1", &data);
        let [told] = summary.warnings.as_slice() else {
            panic!("{data}: {:?}", summary.warnings);
        };
        assert!(told.contains(warning), "{data}: {told}");
    }
    assert!(summary(BOB, "1", "").warnings.is_empty());
}
