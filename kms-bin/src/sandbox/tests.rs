//! The sandbox as a whole, and its cloud as other programs meet it.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use kms_core::chain::{
    Address, ChainPlugin, Network, PendingTransaction, Registry, rehearsal::RehearsalWallet,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{
    RunOptions,
    cloud::SandboxCloud,
    run::{self, client_config},
    scenario, serve,
    state::{Approval, State},
};

fn cloud() -> Arc<SandboxCloud> {
    Arc::new(SandboxCloud {
        registry: Registry::linked().unwrap(),
        network: Network::Testnet,
        api_key: "key".to_owned(),
        state: State::default(),
        story: None,
    })
}

fn any_plugin(cloud: &SandboxCloud) -> &'static dyn ChainPlugin {
    cloud.registry.iter().next().unwrap()
}

async fn call(
    cloud: &Arc<SandboxCloud>,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    call_with_key(cloud, "key", method, path, body).await
}

async fn call_with_key(
    cloud: &Arc<SandboxCloud>,
    key: &str,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let request = Request::builder().method(method).uri(path);
    let request = request.header("x-api-key", key).body(body).unwrap();
    let response = serve::router(cloud).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    (status, body)
}

/// A transaction without meaning, queued.
async fn queued(cloud: &Arc<SandboxCloud>) -> String {
    let chain = any_plugin(cloud).info().code;
    let body = json!({"serializedTransaction": "{}", "hashes": ["wallet"], "index": 0});
    let (status, answer) = call(
        cloud,
        "POST",
        &format!("/sandbox/pending/{chain}"),
        Some(body),
    )
    .await;
    assert_eq!(status, StatusCode::CREATED);
    answer["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_linked_chain_signs_what_it_rehearses() {
    let registry = Registry::linked().unwrap();
    let codes: Vec<String> = registry.codes().map(str::to_owned).collect();
    let options = RunOptions {
        registry,
        network: Network::Testnet,
        port: 0,
    };
    let report = run::run(options).await.unwrap();
    assert!(report.is_good(), "{}", report.table(None));
    let rows: Vec<Value> = serde_json::from_str(&report.json()).unwrap();
    for code in &codes {
        let verified = |row: &&Value| row["chain"] == **code && row["verdict"] == "verified";
        let row = rows.iter().find(verified).unwrap();
        assert!(!row["transactionId"].as_str().unwrap().is_empty());
        assert!(!row["signed"].as_str().unwrap().is_empty());
    }
    let declined = rows.iter().filter(|row| row["verdict"] == "declined");
    assert_eq!(declined.count(), 1);
    let table = report.table(Some(80));
    assert_eq!(table.lines().count(), rows.len() + 2);
}

#[tokio::test]
async fn the_cloud_wants_its_key() {
    let cloud = cloud();
    let broadcast = any_plugin(&cloud).info().broadcast_path;
    for (method, path) in [
        ("POST", "/v3/kms/pending/ETH"),
        ("GET", "/v3/kms/1"),
        ("PUT", "/v3/kms/1/2"),
        ("DELETE", "/v3/kms/1"),
        ("POST", "/v3/tatum/kms/batch"),
        ("POST", "/v3/offchain/withdrawal/broadcast"),
        ("POST", broadcast),
        ("GET", "/v3/anything/else"),
    ] {
        let (status, answer) = call_with_key(&cloud, "kez", method, path, Some(json!({}))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(answer["statusCode"], 401);
        assert_eq!(answer["errorCode"], "authentication.failed");
    }
}

#[tokio::test]
async fn a_queued_transaction_is_polled_shown_and_deleted() {
    let cloud = cloud();
    let chain = any_plugin(&cloud).info().code;
    let id = queued(&cloud).await;
    assert_eq!(id.len(), 24);
    let path = format!("/v3/kms/pending/{chain}");
    let wanted = Some(json!({"signatureIds": ["x", "wallet"]}));
    let (status, polled) = call(&cloud, "POST", &path, wanted).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(polled[0]["id"], *id);
    assert_eq!(polled[0]["chain"], *chain);
    let query = format!("{path}?signatureIds=x,wallet");
    assert_eq!(call(&cloud, "GET", &query, None).await.1, polled);
    let others = Some(json!({"signatureIds": ["x"]}));
    assert_eq!(call(&cloud, "POST", &path, others).await.1, json!([]));

    let path = format!("/v3/kms/{id}");
    assert_eq!(call(&cloud, "GET", &path, None).await.1, polled[0]);
    let deleted = call(&cloud, "DELETE", &path, None).await;
    assert_eq!(deleted.0, StatusCode::NO_CONTENT);
    let gone = call(&cloud, "DELETE", &path, None).await;
    assert_eq!(gone.0, StatusCode::NOT_FOUND);
    assert_eq!(gone.1["errorCode"], "kms.not.found");
    let (_, state) = call(&cloud, "GET", "/sandbox/state", None).await;
    assert_eq!(state["pending"], json!([]));
    assert_eq!(state["done"][0]["how"], "deleted");
}

#[tokio::test]
async fn what_is_no_pending_transaction_is_not_queued() {
    let cloud = cloud();
    let chain = any_plugin(&cloud).info().code;
    let path = format!("/sandbox/pending/{chain}");
    for body in [
        json!([]),
        json!({}),
        json!({"serializedTransaction": "{}"}),
        json!({"serializedTransaction": {}, "hashes": ["a"]}),
        json!({"serializedTransaction": "{}", "hashes": ["a"], "index": -1}),
        json!({"serializedTransaction": "{}", "hashes": ["a"], "chain": "NONE"}),
    ] {
        let (status, answer) = call(&cloud, "POST", &path, Some(body.clone())).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["errorCode"], "validation.failed");
    }
    let unknown = call(&cloud, "POST", "/sandbox/pending/NONE", Some(json!({}))).await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    let one = json!({"id": "1", "serializedTransaction": "{}", "hashes": ["a"]});
    let first = call(&cloud, "POST", &path, Some(one.clone())).await;
    assert_eq!(first.0, StatusCode::CREATED);
    let second = call(&cloud, "POST", &path, Some(one)).await;
    assert_eq!(second.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_4_eye_server_does_as_it_is_told() {
    let cloud = cloud();
    let id = queued(&cloud).await;
    let path = format!("/4eye/{id}");
    assert_eq!(call(&cloud, "GET", &path, None).await.0, StatusCode::OK);
    let other = Some(json!({"id": id}));
    let altered = call(&cloud, "POST", &path, other).await;
    assert_eq!(altered.0, StatusCode::FORBIDDEN);
    let unknown = call(&cloud, "GET", "/4eye/unknown", None).await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);

    let control = format!("/sandbox/approvals/{id}");
    let told = call(&cloud, "POST", &control, Some(json!({"approve": false}))).await;
    assert_eq!(told.0, StatusCode::NO_CONTENT);
    assert_eq!(
        call(&cloud, "GET", &path, None).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_broadcast_that_is_no_transaction_is_refused_and_remembered() {
    let cloud = cloud();
    let path = any_plugin(&cloud).info().broadcast_path;
    let id = queued(&cloud).await;
    let body = json!({"txData": "nonsense", "signatureId": id});
    let (status, answer) = call(&cloud, "POST", path, Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["errorCode"], "broadcast.failed");
    let unknown = json!({"txData": "nonsense", "signatureId": "unknown"});
    let (status, _) = call(&cloud, "POST", path, Some(unknown)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (_, state) = call(&cloud, "GET", "/sandbox/state", None).await;
    assert_eq!(state["rejected"][0]["id"], *id);
    assert_eq!(state["pending"][0]["transaction"]["id"], *id);

    let report = json!({"errors": [{"signatureId": id, "error": "refused"}]});
    let reported = call(&cloud, "POST", "/v3/tatum/kms/batch", Some(report)).await;
    assert_eq!(reported.0, StatusCode::NO_CONTENT);
    let (_, state) = call(&cloud, "GET", "/sandbox/state", None).await;
    assert_eq!(state["pending"], json!([]));
    assert_eq!(state["errors"][0]["error"], "refused");
    assert_eq!(state["done"][0]["how"], "failed");
}

#[tokio::test]
async fn transactions_are_made_up_for_a_wallet_of_the_user() {
    let cloud = cloud();
    let plugin = any_plugin(&cloud);
    let chain = plugin.info().code;
    let (_, address) = kms_core::wallet::generate_key(plugin, Network::Testnet).unwrap();
    let path = format!("/sandbox/wallets/{chain}");
    let wallet = json!({"signatureId": "mine", "addresses": [address]});
    let (status, made_up) = call(&cloud, "POST", &path, Some(wallet)).await;
    assert_eq!(status, StatusCode::CREATED);
    let poll = format!("/v3/kms/pending/{chain}");
    let mine = Some(json!({"signatureIds": ["mine"]}));
    let (_, polled) = call(&cloud, "POST", &poll, mine).await;
    let made_up = made_up["transactions"].as_array().unwrap();
    let polled = polled.as_array().unwrap();
    assert!(!polled.is_empty());
    assert_eq!(polled.len(), made_up.len());
    for (polled, made_up) in polled.iter().zip(made_up) {
        assert_eq!(polled["id"], made_up["id"]);
    }
    let nothing = Some(json!({"signatureId": "mine", "addresses": []}));
    let refused = call(&cloud, "POST", &path, nothing).await;
    assert_eq!(refused.0, StatusCode::BAD_REQUEST);
}

/// Signs the first made-up transaction of each chain by the core alone, and plays with who may
/// have signed it.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_signature_by_a_stranger_is_refused() {
    let cloud = cloud();
    for plugin in cloud.registry.iter() {
        let info = plugin.info();
        let entry = kms_core::wallet::generate(plugin, Network::Testnet).unwrap();
        let address = kms_core::wallet::address(plugin, &entry, 0).unwrap();
        let wallet = RehearsalWallet {
            id: format!("wallet of {}", info.code),
            mnemonic: entry.mnemonic.is_some(),
            addresses: vec![address],
        };
        let only = std::slice::from_ref(&wallet);
        let cases = scenario::cases(plugin, Network::Testnet, only).unwrap();
        let Some(case) = cases.into_iter().next() else {
            continue;
        };
        let id = case.pending.id.clone();
        let tx_data = signed(&cloud, plugin, &case.pending, &entry).await;
        let pending: Value = serde_json::from_str(case.pending.raw().get()).unwrap();
        cloud.state.queue(case.pending, Approval::Approve).unwrap();
        let body = Some(json!({"txData": tx_data, "signatureId": id}));

        let mut stranger = wallet.clone();
        stranger.addresses = vec![Address::new("a stranger's")];
        cloud.state.add_wallet(stranger).unwrap();
        let (status, answer) = call(&cloud, "POST", info.broadcast_path, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{}", info.code);
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains("no address of the wallet"), "{message}");

        cloud.state.add_wallet(wallet).unwrap();
        let first = call(&cloud, "POST", info.broadcast_path, body.clone()).await;
        assert_eq!(first.0, StatusCode::OK, "{}", first.1);
        // The answer may have been lost.
        let again = call(&cloud, "POST", info.broadcast_path, body).await;
        assert_eq!(again, first);
        // The same bytes complete an off-chain withdrawal where the chain has such.
        let mut withdrawal = pending;
        withdrawal["id"] = json!(format!("{id}-w"));
        withdrawal["withdrawalId"] = json!("w");
        let queue = format!("/sandbox/pending/{}", info.code);
        let (status, queued) = call(&cloud, "POST", &queue, Some(withdrawal)).await;
        assert_eq!(status, StatusCode::CREATED, "{queued}");
        let body = json!({
            "currency": info.code,
            "signatureId": queued["id"],
            "withdrawalId": "w",
            "txData": tx_data,
        });
        let path = "/v3/offchain/withdrawal/broadcast";
        let (status, answer) = call(&cloud, "POST", path, Some(body)).await;
        if info.offchain_withdrawals {
            assert_eq!(status, StatusCode::OK, "{answer}");
            assert_eq!(answer["completed"], true);
            assert_eq!(answer["txId"], first.1["txId"]);
        } else {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        }

        let other = Some(json!({"txData": "other bytes", "signatureId": id}));
        let (status, _) = call(&cloud, "POST", info.broadcast_path, other).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{}", info.code);
    }
}

async fn signed(
    cloud: &Arc<SandboxCloud>,
    plugin: &'static dyn ChainPlugin,
    pending: &PendingTransaction,
    entry: &kms_core::vault::Entry,
) -> String {
    use kms_core::{
        chain::{Attempt, NodeApi as _, sign},
        cloud::Cloud,
        daemon::Prepared,
        vault::Entry,
    };
    let server = super::server::Server::start(0, super::cloud::router(Arc::clone(cloud)));
    let server = server.await.unwrap();
    let client = Cloud::new(client_config(cloud, &server).unwrap()).unwrap();
    let node = client.node_api(plugin.info().code, Network::Testnet);
    assert_eq!(node.network(), Network::Testnet);
    let json = entry.to_json(plugin.info().entry_fields);
    let lookup = |_: &str| Some(Entry::parse(json.expose()));
    let prepared = Prepared::new(plugin, pending, &lookup, &node)
        .await
        .unwrap();
    let assembled = sign(plugin, &prepared.unsigned, &prepared.keys).unwrap();
    let completed = plugin
        .cosign(&prepared.unsigned, assembled, &node)
        .await
        .unwrap();
    let broadcast = plugin.submit(&completed, Attempt::First, &node).await;
    broadcast.unwrap().tx_data
}

/// A request of somebody who found the port: a route, and a body made of what the calls know.
fn requests() -> impl Strategy<Value = (&'static str, String, Vec<u8>)> {
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]);
    let segment = "(v3|kms|pending|tatum|batch|offchain|withdrawal|broadcast|sandbox|wallets|approvals|state|outside|key|ETH|BTC|FLOW|[a-zA-Z0-9%._~-]{0,6})";
    let path =
        prop::collection::vec(segment, 0..6).prop_map(|parts| format!("/{}", parts.join("/")));
    let path = (path, "(|\\?[a-zA-Z0-9=,&%]{0,20})").prop_map(|(path, query)| path + &query);
    let member = "\"(id|chain|hashes|serializedTransaction|signatureId|signatureIds|txData|currency|errors|mnemonic|addresses|approve|index|method|params|x)\":";
    let value = "(\"\"|\"ETH\"|\"\\\\ud800\"|\"[a-z0-9]{0,4}\"|[0-9]{1,3}|-1|true|null|\\[\\]|\\[\"a\"\\]|\\[1\\]|\\{\\})";
    let members = prop::collection::vec((member, value), 0..5);
    let object = members.prop_map(|members| {
        let members: Vec<String> = members.into_iter().map(|(a, b)| a + &b).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    });
    let body = prop_oneof![4 => object, 1 => any::<Vec<u8>>()];
    (method, path, body)
}

proptest! {
    /// Each is answered, and none as if the sandbox were out of order.
    #[test]
    fn no_request_breaks_it(requests in prop::collection::vec(requests(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let cloud = cloud();
            for (method, path, body) in requests {
                let request = Request::builder().method(method).uri(&path);
                let Ok(request) = request.header("x-api-key", "key").body(Body::from(body)) else {
                    continue;
                };
                let response = serve::router(&cloud).oneshot(request).await.unwrap();
                let status = response.status();
                assert!(!status.is_server_error(), "{method} {path}: {status}");
            }
        });
    }
}
