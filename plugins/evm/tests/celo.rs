//! Celo's two eras: what is signed under which layout, and what is refused.

use std::collections::BTreeMap;

use kms_core::{
    chain::PendingTransaction,
    prelude::*,
    testkit::{Pipeline, ScriptedNode},
};
use kms_evm::CELO;
use serde_json::{Value, json, value::RawValue};

const TO: &str = "0x3535353535353535353535353535353535353535";
const CUSD: &str = "0x765de816845861e75a25fca122bb6898b8b1282a";

/// What the owner says of the layout.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Unset,
    PreL2,
    Cip64,
}

/// Signs `request` with the key 4646…46 on the main network, whose node answers as one does.
fn sign(layout: Layout, request: &Value) -> (Result<Pipeline, TransactionError>, Vec<Value>) {
    let pending = json!({
        "id": "0123456789abcdef01234567", "chain": "CELO", "hashes": ["wallet"],
        "serializedTransaction": request.to_string(),
    });
    let raw = RawValue::from_string(pending.to_string()).unwrap();
    let pending = PendingTransaction::from_raw(&raw).unwrap();
    let wallet = json!({"chain": "CELO", "testnet": false, "privateKey": "46".repeat(32)});
    let wallets = BTreeMap::from([("wallet".to_owned(), wallet)]);
    let answer = |method: &str, result: Value| {
        json!({
            "method": "POST", "path": "/", "body": {"jsonrpc": "2.0", "method": method},
            "response": {"jsonrpc": "2.0", "id": 1, "result": result},
        })
    };
    let calls = [
        answer("eth_chainId", "0xa4ec".into()),
        answer("eth_gasPrice", "0x1dcd6500".into()),
        answer("eth_getTransactionCount", "0x11".into()),
        answer("eth_estimateGas", "0x5208".into()),
        answer("eth_getBlockByNumber", json!({"baseFeePerGas": "0x64"})),
    ];
    let node = ScriptedNode::new(Network::Mainnet, &calls);
    let node = match layout {
        Layout::Unset => node,
        Layout::PreL2 => node.with_option("layout", "pre-l2"),
        Layout::Cip64 => node.with_option("layout", "cip64"),
    };
    let outcome = Pipeline::run(&CELO, &pending, &wallets, &node);
    let seen = node.seen().into_iter().filter_map(|call| call.body);
    (outcome, seen.collect())
}

fn signed(layout: Layout, request: &Value) -> String {
    let (outcome, _) = sign(layout, request);
    let done = outcome.unwrap_or_else(|error| panic!("{request}: {error}"));
    let verdict = CELO
        .rehearsal()
        .unwrap()
        .verify(Network::Mainnet, &done.assembled.tx_data)
        .unwrap_or_else(|error| panic!("{request}: the judge says: {error}"));
    assert_eq!(
        verdict.signers[0].as_str(),
        "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
    );
    assert_eq!(verdict.transaction_id, done.assembled.transaction_id);
    done.assembled.tx_data
}

fn refusal(layout: Layout, request: &Value) -> String {
    let (outcome, _) = sign(layout, request);
    match outcome {
        Ok(done) => panic!("{request}: signed: {}", done.summary),
        Err(error) => error.to_string(),
    }
}

/// A complete request, and what `more` says.
fn request(more: Value) -> Value {
    let mut request = json!({"to": TO, "value": "0x5", "gasLimit": "0xc350", "nonce": 3});
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// Signed by viem 2.57 with its serializer for Celo.
#[test]
fn cip_64_transactions_are_those_of_viem() {
    let by_price = json!({
        "chainId": 42220, "nonce": 7, "gasPrice": "20000000000", "gasLimit": 90_000, "to": TO,
        "value": "0x0", "data": "0x6d656d6f", "feeCurrency": CUSD,
    });
    assert_eq!(
        signed(Layout::Cip64, &by_price),
        "0x7bf88882a4ec078504a817c8008504a817c80083015f9094353535353535353535353535353535353535353580846d656d6fc094765de816845861e75a25fca122bb6898b8b1282a80a0f77f2932dbacddf891714f93398b3a55d9e30447b1d54a82f7187e7e5f510222a07240ff7e35fdff29423b8bf59da3cdb18a6671cfd7f3cfb892b533b4b2369e06"
    );
    // A nonce of the number 0 would count as missing.
    let with_list = json!({
        "nonce": "0x0", "maxFeePerGas": "30000000000", "maxPriorityFeePerGas": "0",
        "gasLimit": "300000", "data": "0x600a600c600039600a6000f3602a60005260206000f3",
        "feeCurrency": CUSD,
        "accessList": [{"address": TO, "storageKeys": [format!("0x{}", "01".repeat(32))]}],
    });
    for layout in [Layout::Unset, Layout::PreL2, Layout::Cip64] {
        assert_eq!(
            signed(layout, &with_list),
            "0x7bf8ba82a4ec80808506fc23ac00830493e0808096600a600c600039600a6000f3602a60005260206000f3f838f7943535353535353535353535353535353535353535e1a0010101010101010101010101010101010101010101010101010101010101010194765de816845861e75a25fca122bb6898b8b1282a80a093773c60310100bf3bac3191af405d037cce411608ccbc571e30796e14a11865a06ac77712ba229ef63329290830091835bfcc96fa147140a37593a3503c921b03"
        );
    }
}

#[test]
fn the_layout_decides_where_the_request_does_not() {
    let list = |raw: &str| {
        // The members of the list, none of which is one here.
        let raw = hex::decode(&raw[2..]).unwrap();
        alloy_rlp::decode_exact::<Vec<alloy_primitives::Bytes>>(&raw)
            .unwrap()
            .len()
    };
    let price = || json!({"gasPrice": "0x3b9aca00"});
    let in_cusd = || json!({"gasPrice": "0x3b9aca00", "feeCurrency": CUSD});
    // rlp[9 members, v, r, s], rlp[6 members, v, r, s].
    assert_eq!(list(&signed(Layout::Unset, &request(price()))), 12);
    assert_eq!(list(&signed(Layout::Unset, &request(in_cusd()))), 12);
    assert_eq!(list(&signed(Layout::Cip64, &request(price()))), 9);
    assert!(signed(Layout::Cip64, &request(in_cusd())).starts_with("0x7b"));
    // What the request says is signed under both.
    for layout in [Layout::Unset, Layout::PreL2, Layout::Cip64] {
        for (more, start) in [
            (json!({"type": 0, "gasPrice": 1}), "0xf8"),
            (json!({"type": 1, "gasPrice": 1}), "0x01"),
            (json!({"accessList": [], "gasPrice": 1}), "0x01"),
            (json!({"type": 2}), "0x02"),
            (
                json!({"maxFeePerGas": 9, "maxPriorityFeePerGas": "0x9"}),
                "0x02",
            ),
            (json!({"type": "0x7b", "feeCurrency": CUSD}), "0x7b"),
            (json!({"accessList": [], "feeCurrency": CUSD}), "0x7b"),
        ] {
            let raw = signed(layout, &request(more.clone()));
            assert!(raw.starts_with(start), "{more}: {raw}");
        }
        let plain = signed(layout, &request(json!({"type": 0, "gasPrice": 1})));
        assert_eq!(list(&plain), 9);
    }
}

#[test]
fn what_belongs_to_no_one_type_is_refused() {
    for (more, reason) in [
        (
            json!({"gas": "0x5208"}),
            r#""gas" is no member of a transaction of this chain"#,
        ),
        (json!({"input": "0x01"}), "no member"),
        (json!({"data": "0xabc"}), "odd number"),
        (
            json!({"chainId": 44787}),
            "the request is for chain id 44787, the node for 42220",
        ),
        (json!({"type": "0x7b"}), "type 0x7b needs a feeCurrency"),
        (
            json!({"type": 2, "feeCurrency": CUSD}),
            "only transactions of type 0x7b",
        ),
        (
            json!({"type": 0, "feeCurrency": CUSD}),
            "only transactions of type 0x7b",
        ),
        (
            json!({"maxFeePerGas": 9, "feeCurrency": CUSD}),
            "given both or neither",
        ),
        (
            json!({"maxFeePerGas": 9, "maxPriorityFeePerGas": 10, "feeCurrency": CUSD}),
            "is above maxFeePerGas",
        ),
        (
            json!({"maxFeePerGas": 9, "maxPriorityFeePerGas": 9, "gasPrice": 9, "feeCurrency": CUSD}),
            "exclude each other",
        ),
        (
            json!({"maxFeePerGas": 9, "gatewayFee": "0x1"}),
            "no place in today's transactions",
        ),
        (json!({"feeCurrency": "0x12"}), "feeCurrency"),
        (
            json!({"gatewayFeeRecipient": "0x12"}),
            "gatewayFeeRecipient",
        ),
        (json!({"gatewayFee": -1}), "gatewayFee is negative"),
    ] {
        for layout in [Layout::Unset, Layout::PreL2, Layout::Cip64] {
            let error = refusal(layout, &request(more.clone()));
            assert!(error.contains(reason), "{more}: {error}");
        }
    }
    for gateway in [json!({"gatewayFee": 1}), json!({"gatewayFeeRecipient": TO})] {
        signed(Layout::Unset, &request(gateway.clone()));
        let error = refusal(Layout::Cip64, &request(gateway));
        assert!(
            error.contains("no place in today's transactions"),
            "{error}"
        );
    }
}

#[test]
fn a_low_price_in_cusd_is_replaced() {
    let checksummed = "0x765DE816845861e75A25fCA122bb6898B8B1282a";
    for (currency, gwei) in [
        (Some(CUSD), "1 gwei"),
        // Recognised by its text only, as the original does.
        (Some(checksummed), "0.5 gwei"),
        (
            Some("0xd8763cba276a3738e6de85b4b3bf5fded6d6ca73"),
            "0.5 gwei",
        ),
        (None, "0.5 gwei"),
    ] {
        let (outcome, seen) = sign(Layout::Unset, &request(json!({"feeCurrency": currency})));
        let asked = seen.iter().find(|body| body["method"] == "eth_gasPrice");
        let params = currency.map_or_else(|| json!([]), |currency| json!([currency]));
        assert_eq!(asked.unwrap()["params"], params);
        // 50,000 gas.
        let fee = match gwei {
            "1 gwei" => "fee at most 0.00005 ",
            _ => "fee at most 0.000025 ",
        };
        let summary = outcome.unwrap().summary;
        assert!(summary.contains(fee), "{currency:?}: {summary}");
    }
}

#[test]
fn the_fee_is_told_in_what_it_is_paid_in() {
    for (currency, unit) in [
        (CUSD, "cUSD"),
        ("0xd8763cba276a3738e6de85b4b3bf5fded6d6ca73", "cEUR"),
        (
            TO,
            "base units of token 0x3535353535353535353535353535353535353535",
        ),
        ("", "CELO"),
    ] {
        let asked = request(json!({"gasPrice": "1000000000", "feeCurrency": currency}));
        for layout in [Layout::Unset, Layout::PreL2, Layout::Cip64] {
            let summary = sign(layout, &asked).0.unwrap().summary;
            assert!(summary.starts_with("transfer: 0.000000000000000005 CELO to "));
            assert!(summary.ends_with(unit), "{summary}");
        }
    }
    // What a gateway is paid is part of it.
    let asked = request(json!({"gasPrice": 1, "gatewayFee": "1000000000000000000"}));
    let summary = sign(Layout::Unset, &asked).0.unwrap().summary;
    assert!(
        summary.ends_with("fee at most 1.00000000000005 CELO"),
        "{summary}"
    );
    for (fee, told) in [("7", Some("7")), ("0", None)] {
        let asked = request(json!({"gasPrice": 1, "gatewayFee": fee, "gatewayFeeRecipient": TO}));
        let done = sign(Layout::Unset, &asked).0.unwrap();
        let summary = CELO.summarize(Network::Mainnet, &done.unsigned).unwrap();
        let detail = summary.details.iter().find(|it| it.0 == "gateway fee");
        assert_eq!(detail.map(|it| it.1.as_str()), told);
    }
}

#[test]
fn the_node_is_asked_for_everything_and_estimates_get_a_margin() {
    let complete = request(json!({"gasPrice": 7, "chainId": 42220}));
    let methods = |seen: &[Value]| {
        let method = |body: &Value| body["method"].as_str().unwrap().to_owned();
        seen.iter().map(method).collect::<Vec<_>>()
    };
    let always = ["eth_chainId", "eth_gasPrice", "eth_getTransactionCount"];
    let (outcome, seen) = sign(Layout::Unset, &complete);
    assert_eq!(methods(&seen), always);
    // What is given is signed: 50,000 gas for 7 wei.
    let summary = outcome.unwrap().summary;
    assert!(
        summary.ends_with("fee at most 0.00000000000035 CELO"),
        "{summary}"
    );

    for gas_limit in [json!(null), json!(""), json!(0), json!("0")] {
        let mut asked = complete.clone();
        asked["gasLimit"] = gas_limit;
        let (outcome, seen) = sign(Layout::Unset, &asked);
        assert_eq!(methods(&seen[..3]), always);
        assert_eq!(
            seen[3]["params"],
            json!([{
                "from": "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f", "to": TO, "value": "0x5",
                "gasPrice": "0x7",
            }])
        );
        // 121,000 gas for 7 wei.
        let summary = outcome.unwrap().summary;
        assert!(
            summary.ends_with("fee at most 0.000000000000847 CELO"),
            "{summary}"
        );
    }
}

#[test]
fn the_judge_takes_nothing_else_for_celos_own() {
    let judge = |raw: &str| {
        let rehearsal = CELO.rehearsal().unwrap();
        rehearsal.verify(Network::Mainnet, raw)
    };
    let own = signed(Layout::Unset, &request(json!({"gasPrice": 1})));
    let cip64 = signed(
        Layout::Unset,
        &request(json!({"type": "0x7b", "feeCurrency": CUSD})),
    );
    for raw in [&own, &cip64] {
        assert!(judge(&format!("{raw}00")).unwrap_err().contains("follow"));
        assert!(judge(&raw[..raw.len() - 2]).is_err());
        // A changed recipient is another signer, or none.
        let changed = judge(&raw.replacen("3535", "3536", 1));
        assert_ne!(changed.ok(), judge(raw).ok());
        // A chain without Celo's transactions refuses them.
        let ethereum = kms_evm::ETHEREUM.rehearsal().unwrap();
        assert!(ethereum.verify(Network::Mainnet, raw).is_err());
    }
    assert!(judge("0x7b").is_err());
    assert!(judge("0x7bc0").is_err());
    assert!(judge("0xc0").is_err());
}
