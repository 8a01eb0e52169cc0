//! What is completed, from where, and what is refused: for Ethereum and for other rows.

use kms_core::{
    chain::{KeyRequest, KeySet, NodeError, PendingTransaction, TransactionError, sign},
    prelude::*,
    testkit::ScriptedNode,
};
use kms_evm::{
    AddressCase, ChainIds, ETHEREUM, EstimateRequest, EvmChain, GasLimitAlias, GasPolicy,
    GasPriceSource, GasStation, Missing, NonceSource, RpcMethods, Step,
};
use serde_json::{Value, json, value::RawValue};

const SENDER: &str = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";
const RECIPIENT: &str = "0x3535353535353535353535353535353535353535";
const COUNT: &str = "/v3/ethereum/transaction/count/0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
const FEE: &str = "/v3/blockchain/fee/ETH";

struct Outcome {
    result: Result<(Summary, Assembled), TransactionError>,
    /// Path, and method where it is a JSON-RPC call.
    asked: Vec<String>,
    /// The parameters of the JSON-RPC calls.
    params: Vec<Value>,
}

impl Outcome {
    fn refusal(self) -> String {
        match self.result {
            Ok((summary, _)) => panic!("signed: {summary}"),
            Err(error) => error.to_string(),
        }
    }

    fn signed(self) -> (Summary, Assembled) {
        self.result
            .unwrap_or_else(|error| panic!("refused: {error}"))
    }
}

/// Takes `request` all the way on `network`, with a node that answers `calls`.
fn run(
    chain: &EvmChain,
    network: Network,
    request: &str,
    withdrawal: bool,
    calls: &[Value],
) -> Outcome {
    let mut pending = json!({
        "id": "0123456789abcdef01234567", "chain": chain.info().code, "hashes": ["wallet"],
        "serializedTransaction": request,
    });
    if withdrawal {
        pending["withdrawalId"] = "60b55e1f4e0bc0a6798ce064".into();
    }
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    let signers = keys.signers(chain, network).unwrap();
    let node = ScriptedNode::new(network, calls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let result = runtime
        .block_on(chain.prepare(&pending, signers, &node))
        .and_then(|unsigned| {
            let summary = chain.summarize(network, &unsigned)?;
            let assembled = sign(chain, &unsigned, &keys)?;
            let verdict = chain
                .rehearsal()
                .unwrap()
                .verify(network, &assembled.tx_data)
                .unwrap();
            assert_eq!(verdict.transaction_id, assembled.transaction_id);
            assert_eq!(verdict.signers[0].as_str(), SENDER);
            Ok((summary, assembled))
        });
    let seen = node.seen();
    let asked = seen.iter().map(|call| match &call.body {
        Some(body) => body["method"].as_str().unwrap().to_owned(),
        None => call.path.clone(),
    });
    let params = seen
        .iter()
        .filter_map(|call| Some(call.body.as_ref()?["params"].clone()));
    Outcome {
        result,
        asked: asked.collect(),
        params: params.collect(),
    }
}

fn ethereum(request: &str, calls: &[Value]) -> Outcome {
    run(&ETHEREUM, Network::Testnet, request, false, calls)
}

fn rpc(method: &str, result: Value) -> Value {
    json!({
        "method": "POST", "path": "/", "body": {"jsonrpc": "2.0", "method": method},
        "response": {"jsonrpc": "2.0", "id": 1, "result": result},
    })
}

fn rest(path: &str, answer: Value) -> Value {
    json!({"method": "GET", "path": path, "response": answer})
}

/// Complete but for what `more` adds.
fn request(more: &str) -> String {
    format!(r#"{{"to":"{RECIPIENT}","gas":60000,"nonce":7,"chainId":11155111{more}}}"#)
}

fn detail<'a>(summary: &'a Summary, name: &str) -> Option<&'a str> {
    let (_, value) = summary.details.iter().find(|(found, _)| found == name)?;
    Some(value)
}

#[test]
fn a_complete_request_asks_nobody() {
    let outcome = ethereum(&request(r#","gasPrice":"20000000000","value":"5""#), &[]);
    assert!(outcome.asked.is_empty());
    let (summary, assembled) = outcome.signed();
    assert_eq!(
        summary.to_string(),
        format!("transfer: 0.000000000000000005 ETH to {RECIPIENT}, fee at most 0.0012 ETH")
    );
    assert_eq!(summary.nonce, Some(7));
    assert_eq!(detail(&summary, "chain id"), Some("11155111"));
    assert!(assembled.tx_data.starts_with("0xf8"));
}

#[test]
fn fees_of_eip_1559_make_type_2() {
    for (fees, base_fee, max, priority) in [
        (
            r#","maxFeePerGas":"30","maxPriorityFeePerGas":"0x1e""#,
            None,
            "30",
            "30",
        ),
        (
            r#","maxFeePerGas":30,"maxPriorityFeePerGas":0"#,
            None,
            "30",
            "0",
        ),
        // One is missing.
        (
            r#","maxFeePerGas":"30000000000""#,
            None,
            "30000000000",
            "2500000000",
        ),
        (r#","maxFeePerGas":"9""#, None, "9", "9"),
        (r#","maxPriorityFeePerGas":"1""#, Some("0x64"), "201", "1"),
        // Both are, but the type is given.
        (r#","type":2"#, Some("0x64"), "2500000200", "2500000000"),
        // A gas price of zero counts as missing, as it does without these fees.
        (
            r#","gasPrice":"0","maxFeePerGas":"9","type":"0x2""#,
            None,
            "9",
            "9",
        ),
    ] {
        let block = rpc("eth_getBlockByNumber", json!({"baseFeePerGas": base_fee}));
        let outcome = ethereum(&request(fees), &[block]);
        let expected: &[&str] = match base_fee {
            Some(_) => &["eth_getBlockByNumber"],
            None => &[],
        };
        assert_eq!(outcome.asked, expected, "{fees}");
        let (summary, assembled) = outcome.signed();
        assert!(assembled.tx_data.starts_with("0x02"), "{fees}");
        let wei = |amount: &str| format!("{amount} wei");
        assert_eq!(
            detail(&summary, "max fee per gas"),
            Some(&*wei(max)),
            "{fees}"
        );
        assert_eq!(
            detail(&summary, "max priority fee per gas"),
            Some(&*wei(priority)),
            "{fees}"
        );
    }
}

#[test]
fn an_access_list_makes_type_1_or_goes_into_type_2() {
    for (members, first_byte) in [
        (r#","gasPrice":1,"accessList":[]"#, "0x01"),
        (r#","gasPrice":1,"type":1"#, "0x01"),
        (r#","gasPrice":1,"type":"0x1","accessList":null"#, "0x01"),
        (r#","gasPrice":1,"type":0,"accessList":null"#, "0xf8"),
        (r#","maxFeePerGas":1,"accessList":[]"#, "0x02"),
    ] {
        let (_, assembled) = ethereum(&request(members), &[]).signed();
        assert!(assembled.tx_data.starts_with(first_byte), "{members}");
    }
}

#[test]
fn contradictions_and_dangers_are_refused() {
    let list = format!(r#","gasPrice":1,"accessList":[{{"address":"{RECIPIENT}"}}]"#);
    for (members, reason) in [
        (r#","gasPrice":1,"maxFeePerGas":2"#, "exclude each other"),
        (r#","gasPrice":1,"type":2"#, "exclude each other"),
        (r#","maxFeePerGas":2,"type":0"#, "type 0 has neither"),
        (
            r#","gasPrice":1,"accessList":[],"type":0"#,
            "type 0 has neither",
        ),
        (r#","maxFeePerGas":2,"type":1"#, "type 1 has a gasPrice"),
        (r#","gasPrice":1,"type":3"#, "types 0, 1 and 2"),
        (r#","gasPrice":1,"type":256"#, "types 0, 1 and 2"),
        (
            r#","maxFeePerGas":1,"maxPriorityFeePerGas":2"#,
            "is above maxFeePerGas",
        ),
        (
            r#","gasPrice":"340282366920938463463374607431768211456""#,
            "gasPrice is too large",
        ),
        (
            r#","gasPrice":1,"gasLimit":"18446744073709551616""#,
            "gas is too large",
        ),
        (
            r#","gasPrice":1,"gasLimit":"20999""#,
            "20999 is too low, the transaction needs at least 21000",
        ),
    ] {
        let refusal = ethereum(&request(members), &[]).refusal();
        assert!(refusal.contains(reason), "{members}: {refusal}");
    }
    for (request, reason) in [
        (
            r#"{"gas":53000,"gasPrice":1,"nonce":1,"chainId":5,"data":"0x00"}"#.to_owned(),
            "at least 53004",
        ),
        (
            format!(r#"{{"to":"{RECIPIENT}","gas":23399,"nonce":1,"chainId":5{list}}}"#),
            "at least 23400",
        ),
        (
            format!(
                r#"{{"to":"{RECIPIENT}","gas":21000,"gasPrice":1,"nonce":"18446744073709551615","chainId":5}}"#
            ),
            "nonce is too large",
        ),
    ] {
        let refusal = ethereum(&request, &[]).refusal();
        assert!(refusal.contains(reason), "{request}: {refusal}");
    }
}

#[test]
fn a_chain_id_of_another_chain_or_network_is_refused() {
    let given = |id: &str| {
        format!(r#"{{"to":"{RECIPIENT}","gas":21000,"gasPrice":1,"nonce":1,"chainId":{id}}}"#)
    };
    let asked = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"gasPrice":1,"nonce":1}}"#);
    for (network, id, good) in [
        (Network::Mainnet, 1, true),
        (Network::Mainnet, 11_155_111, false),
        (Network::Mainnet, 56, false),
        (Network::Mainnet, 0, false),
        (Network::Testnet, 1, false),
        (Network::Testnet, 11_155_111, true),
        (Network::Testnet, 17_000, true),
        (Network::Testnet, 97, false),
    ] {
        let node = [rpc("eth_chainId", format!("{id:#x}").into())];
        for request in [
            given(&id.to_string()),
            given(&format!("\"{id}\"")),
            asked.clone(),
        ] {
            let outcome = run(&ETHEREUM, network, &request, false, &node);
            if good {
                outcome.signed();
            } else {
                let refusal = outcome.refusal();
                let expected = format!("refused: chain id {id} is not one of Ethereum {network}");
                assert_eq!(refusal, expected);
            }
        }
    }
}

#[test]
fn a_frozen_value_is_not_shown_under_another_network() {
    let mut keys = KeySet::default();
    let key = KeyRequest {
        id: "wallet".to_owned(),
        index: None,
    };
    keys.push(key, SecretKey::secp256k1(&[0x46; 32]).unwrap());
    let raw = json!({
        "id": "0123456789abcdef01234567", "chain": "ETH", "hashes": ["wallet"],
        "serializedTransaction": request(r#","gasPrice":1"#),
    });
    let raw = RawValue::from_string(raw.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let signers = keys.signers(&ETHEREUM, Network::Testnet).unwrap();
    let node = ScriptedNode::new(Network::Testnet, &[]);
    let unsigned = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(ETHEREUM.prepare(&pending, signers, &node))
        .unwrap();
    ETHEREUM.summarize(Network::Testnet, &unsigned).unwrap();
    assert!(matches!(
        ETHEREUM.summarize(Network::Mainnet, &unsigned),
        Err(TransactionError::Refused(_))
    ));

    let one = unsigned.signers().to_vec();
    for signers in [Vec::new(), [one.clone(), one].concat()] {
        let wrong = Unsigned::new(signers, unsigned.body().to_vec());
        assert!(ETHEREUM.summarize(Network::Testnet, &wrong).is_err());
        assert!(ETHEREUM.preimages(&wrong).is_err());
        assert!(ETHEREUM.assemble(&wrong, &[]).is_err());
    }
}

#[test]
fn answers_of_another_kind_are_errors_that_say_what_was_asked() {
    let cases = [
        (
            COUNT,
            json!("17"),
            "the transaction count of 0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F",
        ),
        (COUNT, json!(1.5), "the transaction count"),
        (COUNT, json!(-1), "the transaction count"),
        (COUNT, Value::Null, "the transaction count"),
        (COUNT, json!({"nonce": 17}), "the transaction count"),
        (FEE, json!({}), "member medium of /v3/blockchain/fee/ETH"),
        (FEE, json!(33), "member medium"),
        (FEE, json!({"medium": "33"}), "member medium"),
        (FEE, json!({"medium": 0.5}), "member medium"),
        (FEE, json!({"medium": -5}), "member medium"),
    ];
    for (path, answer, asked) in cases {
        let mut calls = vec![rest(COUNT, 17.into()), rest(FEE, json!({"medium": 33}))];
        calls.retain(|call| call["path"] != path);
        calls.push(rest(path, answer.clone()));
        let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"chainId":5}}"#);
        let error = ethereum(&request, &calls).result.unwrap_err();
        assert!(
            matches!(&error, TransactionError::Node(NodeError::Unexpected(text))
                if text.contains(asked) && text.contains(&answer.to_string())),
            "{answer}: {error}"
        );
    }
    for answer in [json!(1), json!("1"), json!("0x"), json!("0xg"), Value::Null] {
        let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"gasPrice":1,"nonce":1}}"#);
        let calls = [rpc("eth_chainId", answer.clone())];
        let error = ethereum(&request, &calls).refusal();
        assert!(error.contains("asked for eth_chainId"), "{answer}: {error}");
    }
}

#[test]
fn an_error_of_the_cloud_is_one_whatever_its_http_status() {
    for (body, status) in [
        (
            json!({"statusCode": 403, "errorCode": "subscription.invalid"}),
            403,
        ),
        (json!({"errorCode": "validation.failed"}), 400),
        (json!({"statusCode": 1e9}), 400),
    ] {
        let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"chainId":5}}"#);
        let error = ethereum(&request, &[rest(COUNT, body.clone())])
            .result
            .unwrap_err();
        let TransactionError::Node(NodeError::Status {
            status: found,
            body: shown,
        }) = error
        else {
            panic!("{body}: {error}");
        };
        assert_eq!((found, shown), (status, body));
    }
}

#[test]
fn the_price_may_be_written_with_an_exponent() {
    let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"nonce":1,"chainId":5}}"#);
    let (summary, _) = ethereum(&request, &[rest(FEE, json!({"medium": 3.3e10}))]).signed();
    assert_eq!(detail(&summary, "gas price"), Some("33000000000 wei"));
}

#[test]
fn an_empty_nonce_is_missing_even_after_an_estimate() {
    for gas in ["", r#""gas":21000,"#] {
        let request = format!(r#"{{"to":"{RECIPIENT}",{gas}"gasPrice":1,"nonce":"","chainId":5}}"#);
        let calls = [
            rpc("eth_estimateGas", "0x5208".into()),
            rest(COUNT, 17.into()),
        ];
        let (summary, _) = ethereum(&request, &calls).signed();
        assert_eq!(summary.nonce, Some(17));
        assert!(summary.warnings.is_empty());
    }
}

#[test]
fn a_replaced_nonce_is_told() {
    let request = |nonce| {
        format!(r#"{{"to":"{RECIPIENT}","gas":21000,"gasPrice":1,"nonce":{nonce},"chainId":5}}"#)
    };
    let (summary, _) = ethereum(&request("0"), &[rest(COUNT, 17.into())]).signed();
    assert_eq!(summary.nonce, Some(17));
    assert!(summary.warnings[0].contains("the account's nonce 17 is signed"));
    // The first transaction of an account: nothing was replaced.
    let (summary, _) = ethereum(&request("0"), &[rest(COUNT, 0.into())]).signed();
    assert!(summary.warnings.is_empty());
    for text in ["\"0\"", "\"0x0\""] {
        let outcome = ethereum(&request(text), &[]);
        assert!(outcome.asked.is_empty());
        assert_eq!(outcome.signed().0.nonce, Some(0));
    }
}

#[test]
fn an_offchain_withdrawal_is_always_estimated() {
    let calls = [rpc("eth_estimateGas", "0x7530".into())];
    let request = request(r#","gasPrice":1"#);
    let outcome = run(&ETHEREUM, Network::Testnet, &request, true, &calls);
    assert_eq!(outcome.asked, ["eth_estimateGas"]);
    let (summary, _) = outcome.signed();
    assert_eq!(detail(&summary, "gas limit"), Some("30000"));
    assert_eq!(
        detail(&summary, "gas"),
        Some("the given limit was replaced by 30000")
    );
}

#[test]
fn another_sender_is_told() {
    let other = request(&format!(r#","gasPrice":1,"from":"{RECIPIENT}""#));
    let (summary, _) = ethereum(&other, &[]).signed();
    assert_eq!(
        summary.warnings,
        ["the request names another sender than the key that signs"]
    );
    let same = request(&format!(r#","gasPrice":1,"from":"{SENDER}""#));
    assert!(ethereum(&same, &[]).signed().0.warnings.is_empty());
}

static OTHER_INFO: ChainInfo = ChainInfo {
    code: "OTHER",
    name: "Other Chain",
    unit: Unit::new("OTH", 18),
    curve: Curve::Secp256k1,
    wallet: kms_evm::wallet("m/44'/60'/0'/0"),
    entry_fields: &[],
    broadcast_path: "/v3/other/broadcast",
    offchain_withdrawals: false,
    outside_nodes: &[],
};

const OTHER: EvmChain = EvmChain::new(
    &OTHER_INFO,
    ChainIds {
        mainnet: &[7_001],
        testnet: &[5_000_000_000],
    },
    "/v3/other/web3/{apiKey}",
);

fn other(chain: &EvmChain, request: &str, calls: &[Value]) -> Outcome {
    run(chain, Network::Testnet, request, true, calls)
}

#[test]
fn a_plain_row_asks_its_node_by_the_standard_methods() {
    let request = format!(r#"{{"to":"{RECIPIENT}","value":"1"}}"#);
    let calls = [
        rpc("eth_estimateGas", "0x5208".into()),
        rpc("eth_getTransactionCount", "0x11".into()),
        rpc("eth_gasPrice", "0x2".into()),
        rpc("eth_chainId", "0x12a05f200".into()),
    ];
    let outcome = other(&OTHER, &request, &calls);
    assert_eq!(
        outcome.params[1],
        json!(["0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F", "latest"])
    );
    let (summary, assembled) = outcome.signed();
    assert_eq!(summary.nonce, Some(17));
    // v of EIP-155 does not fit in 32 bits here.
    let has_v = |v: u64| assembled.tx_data.contains(&format!("85{v:010x}a0"));
    assert!(has_v(10_000_000_035) || has_v(10_000_000_036));
}

#[test]
fn a_row_names_methods_order_and_request() {
    let chain = OTHER
        .with_methods(RpcMethods {
            estimate_gas: "x_estimateGas",
            gas_price: "x_gasPrice",
            transaction_count: "x_getTransactionCount",
            chain_id: "x_chainID",
            block_by_number: "x_getBlockByNumber",
        })
        .with_nonce(
            NonceSource::Node {
                block: "pending",
                address: AddressCase::Lower,
            },
            Missing::UNLESS_GIVEN,
        )
        .with_estimate_request(EstimateRequest::Call)
        .with_order([Step::ChainId, Step::GasPrice, Step::Nonce, Step::Gas]);
    let request = format!(r#"{{"to":"{RECIPIENT}","value":"1"}}"#);
    let calls = [
        rpc("x_estimateGas", "0x5208".into()),
        rpc("x_getTransactionCount", "0x11".into()),
        rpc("x_gasPrice", "0x2".into()),
        rpc("x_chainID", "0x12a05f200".into()),
    ];
    let outcome = other(&chain, &request, &calls);
    assert_eq!(
        outcome.asked,
        [
            "x_chainID",
            "x_gasPrice",
            "x_getTransactionCount",
            "x_estimateGas"
        ]
    );
    assert_eq!(outcome.params[2], json!([SENDER, "pending"]));
    assert_eq!(
        outcome.params[3],
        json!([{"to": RECIPIENT, "from": SENDER}])
    );
    outcome.signed();
}

#[test]
fn a_row_says_when_gas_is_estimated_and_which_limit_is_signed() {
    use GasPolicy::{EstimateAlways, EstimateButKeepGiven, EstimateIfMissing};
    let request = |members: &str| {
        format!(r#"{{"to":"{RECIPIENT}","gasPrice":1,"nonce":1,"chainId":5000000000{members}}}"#)
    };
    let calls = [rpc("eth_estimateGas", "0x7530".into())];
    for (policy, members, asked, signed) in [
        (EstimateIfMissing, r#","gas":40000"#, false, "40000"),
        (EstimateIfMissing, r#","gas":0"#, true, "30000"),
        (EstimateIfMissing, r#","gas":"""#, true, "30000"),
        (EstimateIfMissing, r#","gasLimit":"50000""#, true, "50000"),
        (
            EstimateIfMissing,
            r#","gas":40000,"gasLimit":"50000""#,
            false,
            "50000",
        ),
        (
            EstimateIfMissing,
            r#","gas":40000,"gasLimit":0"#,
            false,
            "40000",
        ),
        (EstimateAlways, r#","gas":40000"#, true, "30000"),
        (EstimateAlways, "", true, "30000"),
        (EstimateButKeepGiven, r#","gas":40000"#, true, "40000"),
        (EstimateButKeepGiven, "", true, "30000"),
    ] {
        // Without off-chain withdrawals a withdrawal id changes nothing.
        let chain = OTHER.with_gas(policy, EstimateIfMissing, Missing::ZERO_NUMBER);
        let outcome = other(&chain, &request(members), &calls);
        assert_eq!(!outcome.asked.is_empty(), asked, "{policy:?} {members}");
        let (summary, _) = outcome.signed();
        assert_eq!(
            detail(&summary, "gas limit"),
            Some(signed),
            "{policy:?} {members}"
        );
    }
    let chain = OTHER.with_gas_limit_alias(GasLimitAlias::Ignored);
    let (summary, _) = other(
        &chain,
        &request(r#","gas":40000,"gasLimit":"50000""#),
        &calls,
    )
    .signed();
    assert_eq!(detail(&summary, "gas limit"), Some("40000"));
    assert_eq!(detail(&summary, "gas"), None);
    let (summary, _) = other(&chain, &request(r#","gasLimit":"50000""#), &calls).signed();
    assert_eq!(
        detail(&summary, "gas"),
        Some("the given limit was replaced by 30000")
    );

    let low = request(r#","gas":20999"#);
    assert!(other(&OTHER, &low, &calls).refusal().contains("too low"));
    other(&OTHER.without_intrinsic_gas_check(), &low, &calls).signed();
}

#[test]
fn a_row_says_what_counts_as_missing() {
    let request = |price: &str| {
        format!(r#"{{"to":"{RECIPIENT}","gas":21000,"nonce":0,"chainId":5000000000{price}}}"#)
    };
    for (missing, price, signed) in [
        (Missing::ANY_ZERO, r#","gasPrice":"0x0""#, "10000000000 wei"),
        (Missing::ZERO_NUMBER, r#","gasPrice":"0x0""#, "0 wei"),
        (Missing::ZERO_NUMBER, r#","gasPrice":0"#, "10000000000 wei"),
        (Missing::UNLESS_GIVEN, r#","gasPrice":0"#, "0 wei"),
        (
            Missing::UNLESS_GIVEN,
            r#","gasPrice":null"#,
            "10000000000 wei",
        ),
        (Missing::IF_ABSENT, r#","gasPrice":null"#, "0 wei"),
        (Missing::IF_ABSENT, r#","gasPrice":"""#, "0 wei"),
        (Missing::IF_ABSENT, "", "10000000000 wei"),
    ] {
        let chain = OTHER.with_gas_price(GasPriceSource::Constant(10_000_000_000), missing);
        let (summary, _) = other(&chain, &request(price), &[]).signed();
        assert_eq!(detail(&summary, "gas price"), Some(signed), "{price}");
        assert_eq!(summary.nonce, Some(0));
    }
}

#[test]
fn a_row_prints_addresses_with_its_prefix() {
    let key = SecretKey::secp256k1(&[0x46; 32]).unwrap().public_key();
    let chain = OTHER.with_address_prefix("xdc");
    let address = chain.address(Network::Mainnet, &key).unwrap();
    assert_eq!(address.as_str(), SENDER.replacen("0x", "xdc", 1));
}

const STATION: GasStation = GasStation {
    base_url: "https://station.example",
    path: "/v2",
    price_pointer: "/fast/maxFee",
    floor_gwei: 30,
    ceiling_gwei: 500,
};

#[test]
fn a_gas_station_says_the_price_in_gwei() {
    let chain = OTHER.with_gas_price(GasPriceSource::Station(STATION), Missing::ANY_ZERO);
    let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"nonce":0,"chainId":5000000000}}"#);
    for (answer, gwei) in [
        (json!({"fast": {"maxFee": 55.13}}), 56),
        (json!({"fast": {"maxFee": 55}}), 55),
        (json!({"fast": {"maxFee": 30.000_000_1}}), 31),
        (json!({"fast": {"maxFee": 12.25}}), 30),
        (json!({"fast": {"maxFee": 499.1}}), 500),
        (json!({"fast": {"maxFee": null}}), 30),
        (json!({}), 30),
    ] {
        let outcome = other(&chain, &request, &[rest("/v2", answer.clone())]);
        assert_eq!(outcome.asked, ["/v2"], "{answer}");
        let price = format!("{gwei}000000000 wei");
        let (summary, _) = outcome.signed();
        assert_eq!(detail(&summary, "gas price"), Some(&*price), "{answer}");
    }
}

#[test]
fn the_node_says_the_price_where_the_gas_station_does_not() {
    let chain = OTHER.with_gas_price(GasPriceSource::Station(STATION), Missing::ANY_ZERO);
    let request = format!(r#"{{"to":"{RECIPIENT}","gas":21000,"nonce":0,"chainId":5000000000}}"#);
    let down = json!({"method": "GET", "path": "/v2", "status": 503, "response": "down"});
    for station in [
        None,
        Some(down),
        Some(rest("/v2", json!([]))),
        Some(rest("/v2", "rubbish".into())),
        Some(rest("/v2", json!({"fast": {"maxFee": -1}}))),
        Some(rest("/v2", json!({"fast": {"maxFee": "55"}}))),
        Some(rest("/v2", json!({"fast": {"maxFee": 500.1}}))),
        Some(rest("/v2", json!({"fast": {"maxFee": 1e30}}))),
    ] {
        let mut calls = vec![rpc("eth_gasPrice", "0x7".into())];
        calls.extend(station.clone());
        let outcome = other(&chain, &request, &calls);
        assert_eq!(outcome.asked, ["/v2", "eth_gasPrice"], "{station:?}");
        let (summary, _) = outcome.signed();
        assert_eq!(detail(&summary, "gas price"), Some("7 wei"), "{station:?}");
    }
    // Neither.
    let error = other(&chain, &request, &[]).refusal();
    assert!(error.contains("nothing recorded for Post"), "{error}");
}
