//! The client against a server that misbehaves in every way.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use url::Url;

use super::{
    BroadcastBody, Cloud, CloudConfig, CloudError, Failure, SignatureIds, TransportError,
    test_server::{Reply, TestServer},
};
use crate::{
    chain::{Network, NodeApi as _, NodeAuth, NodeError, NodeRequest, RefusalStyle, SubmitError},
    keys::SecretText,
};

const KEY: &str = "t-65a1b2c3d4/e5+f6-0123456789abcdef";
const ENCODED_KEY: &str = "t-65a1b2c3d4%2Fe5%2Bf6-0123456789abcdef";
const PENDING: &[u8] = br#"[{"id":"a"},{"id":"b"}]"#;
/// `PENDING`, compressed.
const PENDING_GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x8b\xae\x56\xca\x4c\x51\xb2\x52\x4a\x54\xaa\xd5\x81\x32\x93\x94\x6a\x63\x01\x30\x26\x53\xe8\x17\x00\x00\x00";

fn config(url: &str) -> CloudConfig {
    let mut config = CloudConfig::new(SecretText::new(KEY)).unwrap();
    config.base_url = Url::parse(url).unwrap();
    config.client_version = "8.0.1".to_owned();
    config.retry_delay = Duration::from_millis(1);
    config.timeout = Duration::from_secs(10);
    config
}

fn cloud(server: &TestServer) -> Cloud {
    Cloud::new(config(&server.url)).unwrap()
}

fn impatient(server: &TestServer) -> Cloud {
    let mut config = config(&server.url);
    config.timeout = Duration::from_millis(200);
    Cloud::new(config).unwrap()
}

const BROADCAST: BroadcastBody<'_> = BroadcastBody::OnChain {
    path: "/v3/ethereum/broadcast",
    signature_id: "5f",
    tx_data: "0xaa",
};

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

fn cut_short() -> Reply {
    raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"id\":")
}

/// Reads nothing and answers nothing: a port that nobody listens on.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

// The poll

#[tokio::test]
async fn a_poll_is_sent_as_the_original_sends_it_and_gives_the_elements_as_received() {
    let server = TestServer::scripted(vec![Reply::Answer(
        200,
        "x-ttm-kms-latest-version: 9.1.0;WARN;Please update\r\n".to_owned(),
        PENDING.to_vec(),
    )])
    .await;
    let answer = cloud(&server)
        .pending("ETH", &SignatureIds::new(&["x", "y"]))
        .await
        .unwrap();
    let elements: Vec<&str> = answer.transactions.iter().map(|raw| raw.get()).collect();
    assert_eq!(elements, [r#"{"id":"a"}"#, r#"{"id":"b"}"#]);
    assert_eq!(
        answer.notice.unwrap().to_string(),
        "WARN: Please update. Current version: 8.0.1. Latest version: 9.1.0"
    );
    let [seen] = &server.seen()[..] else {
        panic!("one call")
    };
    assert_eq!(
        (&*seen.method, &*seen.path),
        ("POST", "/v3/kms/pending/ETH")
    );
    assert_eq!(seen.body, br#"{"signatureIds":["x","y"]}"#);
    for (name, value) in [
        ("x-api-key", KEY),
        ("content-type", "application/json"),
        ("x-ttm-kms-client-version", "8.0.1"),
        ("user-agent", "tatum-kms/8.0.1"),
        ("accept-encoding", "gzip"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_path_in_the_base_url_is_put_before_every_route() {
    let server = TestServer::scripted(vec![Reply::status(200, "[]")]).await;
    for suffix in ["/proxy", "/proxy/"] {
        let cloud = Cloud::new(config(&format!("{}{suffix}", server.url))).unwrap();
        cloud.pending("ETH", &SignatureIds::new(&[])).await.unwrap();
        assert_eq!(
            server.seen().last().unwrap().path,
            "/proxy/v3/kms/pending/ETH"
        );
    }
}

#[tokio::test]
async fn every_answer_that_is_no_list_is_one_error_after_one_call() {
    type Check = fn(&CloudError) -> bool;
    let is_closed: Check =
        |error| matches!(error, CloudError::Transport(TransportError::Closed { .. }));
    let is_no_list: Check = |error| matches!(error, CloudError::NotAList { .. });
    let is_status: Check = |error| matches!(error, CloudError::Status { .. });
    let is_unreadable: Check = |error| {
        matches!(
            error,
            CloudError::Transport(TransportError::Unreadable { .. })
        )
    };
    let page = "<!doctype html>\n<title>Login</title>";
    let broken_gzip = Reply::Answer(200, "content-encoding: gzip\r\n".to_owned(), b"[]".to_vec());
    for (reply, is_expected) in [
        (Reply::status(400, r#"{"message":"no"}"#), is_status),
        (Reply::status(401, "{}"), is_status),
        (Reply::status(403, "{}"), is_status),
        (Reply::status(404, page), is_status),
        (Reply::status(429, "{}"), is_status),
        (Reply::status(500, page), is_status),
        (Reply::status(503, ""), is_status),
        (Reply::redirect(302, "/elsewhere"), is_status),
        (Reply::Close, is_closed),
        (cut_short(), is_closed),
        (
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[{\"i"),
            is_closed,
        ),
        (raw("nonsense\r\n\r\n"), is_unreadable),
        (broken_gzip, is_unreadable),
        (Reply::status(200, r#"[{"id":"a"},{"id""#), is_no_list),
        (Reply::status(200, page), is_no_list),
        (Reply::status(200, "null"), is_no_list),
        (Reply::status(200, r#"{"statusCode":500}"#), is_no_list),
        (Reply::status(200, [0xff, 0x00]), is_no_list),
    ] {
        let server = TestServer::scripted(vec![reply]).await;
        let error = cloud(&server)
            .pending("ETH", &SignatureIds::new(&["x"]))
            .await
            .unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert_eq!(server.seen().len(), 1, "{error}");
        assert!(error.to_string().len() < 300, "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_is_an_empty_list() {
    let server = TestServer::scripted(vec![Reply::status(200, ""), Reply::status(204, "")]).await;
    let cloud = cloud(&server);
    for _ in 0..2 {
        assert!(
            cloud
                .pending("ETH", &SignatureIds::new(&["x"]))
                .await
                .unwrap()
                .transactions
                .is_empty()
        );
    }
}

#[tokio::test]
async fn no_call_waits_for_ever() {
    let head_only = raw_and_hang();
    for server in [
        TestServer::scripted(vec![Reply::Hang]).await,
        head_only.await,
    ] {
        let began = Instant::now();
        let error = impatient(&server)
            .pending("ETH", &SignatureIds::new(&["x"]))
            .await
            .unwrap_err();
        assert!(
            matches!(error, CloudError::Transport(TransportError::Timeout { .. })),
            "{error:?}"
        );
        assert!(error.is_transient());
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

/// The https URL of a server that answers every connection with plain HTTP.
async fn no_tls() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    url
}

/// Answers with the head of a longer answer and then hangs.
async fn raw_and_hang() -> TestServer {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{";
                stream.write_all(head).await.unwrap();
                tokio::time::sleep(Duration::from_secs(3600)).await;
            });
        }
    });
    TestServer::at(url)
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let headers = "content-encoding: gzip\r\ncontent-type: application/json\r\n".to_owned();
    let reply = Reply::Answer(200, headers, PENDING_GZIP.to_vec());
    let server = TestServer::scripted(vec![reply]).await;
    let answer = cloud(&server)
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap();
    assert_eq!(answer.transactions.len(), 2);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_given_up() {
    let reply = Reply::status(200, vec![b' '; 64 * 1024 * 1024 + 1]);
    let server = TestServer::scripted(vec![reply]).await;
    let error = cloud(&server)
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            CloudError::Transport(TransportError::TooLarge { .. })
        ),
        "{error:?}"
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn the_largest_poll_arrives_whole() {
    let server = TestServer::scripted(vec![Reply::status(200, "[]")]).await;
    let ids: Vec<String> = (0..25_000)
        .map(|i| format!("00000000-0000-4000-8000-{i:012}"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    cloud(&server)
        .pending("ETH", &SignatureIds::new(&ids))
        .await
        .unwrap();
    let body = &server.seen()[0].body;
    assert_eq!(body.len(), 975_018);
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(
        body["signatureIds"][24_999],
        "00000000-0000-4000-8000-000000024999"
    );
}

#[tokio::test]
async fn calls_share_a_connection() {
    let server = TestServer::scripted(vec![Reply::status(200, "[]")]).await;
    let cloud = cloud(&server);
    for _ in 0..3 {
        cloud
            .pending("ETH", &SignatureIds::new(&["x"]))
            .await
            .unwrap();
    }
    cloud.broadcast(&BROADCAST).await.unwrap();
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn a_cloud_that_is_away_is_described_plainly() {
    let url = nobody().await;
    let error = Cloud::new(config(&url))
        .unwrap()
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap_err();
    let host = url.trim_start_matches("http://");
    assert_eq!(error.to_string(), format!("{host} refused the connection"));
    assert!(error.is_transient() && error.hint().is_some());

    let url = "http://no-such-host.localhost.invalid";
    let mut settings = config(url);
    settings.allow_insecure = true;
    let error = Cloud::new(settings)
        .unwrap()
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name no-such-host.localhost.invalid could not be resolved"
    );

    let https = no_tls().await;
    let error = Cloud::new(config(&https))
        .unwrap()
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap_err();
    assert!(
        matches!(error, CloudError::Transport(TransportError::Tls { .. })),
        "{error:?}"
    );
    assert!(
        error.to_string().ends_with("it does not speak TLS there"),
        "{error}"
    );
}

#[tokio::test]
async fn a_busy_cloud_says_for_how_long() {
    let busy = Reply::Answer(429, "retry-after: 17\r\n".to_owned(), b"{}".to_vec());
    let server = TestServer::scripted(vec![busy]).await;
    let error = cloud(&server)
        .pending("ETH", &SignatureIds::new(&["x"]))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
}

// The broadcast

#[tokio::test]
async fn a_broadcast_is_sent_byte_for_byte_as_the_original_sends_it() {
    let server = TestServer::scripted(vec![Reply::status(200, r#"{"txId":"0xab"}"#)]).await;
    let cloud = cloud(&server);
    let receipt = cloud.broadcast(&BROADCAST).await.unwrap();
    assert_eq!(receipt.tx_id.as_deref(), Some("0xab"));
    let off_chain = BroadcastBody::OffChain {
        currency: "ETH",
        signature_id: "5f",
        withdrawal_id: "w",
        tx_data: "0xaa",
    };
    cloud.broadcast(&off_chain).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].path, "/v3/ethereum/broadcast");
    assert_eq!(seen[0].body, br#"{"txData":"0xaa","signatureId":"5f"}"#);
    assert_eq!(seen[0].header("x-testnet-type"), Some("ethereum-ropsten"));
    assert_eq!(seen[0].header("x-api-key"), Some(KEY));
    assert_eq!(seen[1].path, "/v3/offchain/withdrawal/broadcast");
    assert_eq!(
        seen[1].body,
        br#"{"currency":"ETH","signatureId":"5f","withdrawalId":"w","txData":"0xaa"}"#
    );
}

#[tokio::test]
async fn any_success_with_json_or_nothing_is_a_success() {
    for reply in [
        Reply::status(200, "{}"),
        Reply::status(200, "null"),
        Reply::status(201, ""),
        Reply::status(204, ""),
    ] {
        let server = TestServer::scripted(vec![reply]).await;
        assert!(cloud(&server).broadcast(&BROADCAST).await.is_ok());
        assert_eq!(server.seen().len(), 1);
    }
}

/// A page of somebody in between says nothing of the transaction, and sending the same bytes again
/// harms nobody.
#[tokio::test]
async fn a_success_that_the_cloud_cannot_have_said_is_none() {
    for reply in [
        Reply::status(200, "<html>"),
        cut_short(),
        Reply::status(200, vec![b'x'; 10_000_000]),
    ] {
        let server = TestServer::scripted(vec![reply]).await;
        let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
        assert!(matches!(error, SubmitError::Unknown(_)), "{error}");
    }
}

#[tokio::test]
async fn only_a_refusal_is_definite() {
    for (status, is_definite) in [
        (400, true),
        (403, true),
        (404, true),
        (422, true),
        (302, false),
        (401, false),
        (402, false),
        (408, false),
        (500, false),
        (504, false),
    ] {
        let server =
            TestServer::scripted(vec![Reply::status(status, r#"{"errorCode":"x"}"#)]).await;
        let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
        assert_eq!(error.is_definite(), is_definite, "{status}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
    let server = TestServer::scripted(vec![Reply::status(403, r#"{"errorCode":"x"}"#)]).await;
    let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
    assert_eq!(
        error.report_text(RefusalStyle::Indented),
        "{\n  \"errorCode\": \"x\"\n}"
    );
}

#[tokio::test]
async fn the_same_bytes_are_sent_again_and_not_for_ever() {
    let busy = || Reply::status(429, "{}");
    let ok = || Reply::status(200, r#"{"txId":"0xab"}"#);
    let server = TestServer::scripted(vec![busy(), Reply::Close, busy(), ok()]).await;
    cloud(&server).broadcast(&BROADCAST).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert!(
        seen.iter()
            .all(|one| one.body == seen[0].body && one.path == seen[0].path)
    );

    for (reply, calls) in [(busy(), 6), (Reply::Close, 6)] {
        let server = TestServer::scripted(vec![reply]).await;
        let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
        assert!(!error.is_definite());
        assert_eq!(server.seen().len(), calls);
    }

    let server = TestServer::scripted(vec![Reply::Hang]).await;
    let error = impatient(&server).broadcast(&BROADCAST).await.unwrap_err();
    assert!(
        matches!(error, SubmitError::Unknown(NodeError::Timeout(_))),
        "{error:?}"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_proves_nothing() {
    let refused = || Reply::status(403, r#"{"message":"already known"}"#);
    let server = TestServer::scripted(vec![Reply::Close, refused()]).await;
    let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
    assert!(!error.is_definite());
    assert_eq!(server.seen().len(), 2);

    let server = TestServer::scripted(vec![Reply::status(429, ""), refused()]).await;
    assert!(
        cloud(&server)
            .broadcast(&BROADCAST)
            .await
            .unwrap_err()
            .is_definite()
    );
}

#[tokio::test]
async fn a_busy_broadcast_waits_as_long_as_it_is_asked_to() {
    let busy = |seconds| Reply::Answer(429, format!("retry-after: {seconds}\r\n"), Vec::new());
    let server = TestServer::scripted(vec![busy(1), Reply::status(200, "{}")]).await;
    let began = Instant::now();
    cloud(&server).broadcast(&BROADCAST).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));

    let server = TestServer::scripted(vec![busy(3600)]).await;
    let error = cloud(&server).broadcast(&BROADCAST).await.unwrap_err();
    assert!(!error.is_definite());
    assert_eq!(server.seen().len(), 1);
}

// The report

#[tokio::test]
async fn failures_are_reported_in_one_call() {
    let server = TestServer::scripted(vec![Reply::status(429, ""), Reply::status(200, "")]).await;
    let cloud = cloud(&server);
    cloud.report(&[]).await.unwrap();
    assert!(server.seen().is_empty());
    let failure = Failure {
        transaction_id: "5f".to_owned(),
        text: "Error: no".to_owned(),
    };
    cloud.report(&[failure]).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].path, "/v3/tatum/kms/batch");
    assert_eq!(
        seen[1].body,
        br#"{"errors":[{"signatureId":"5f","error":"Error: no"}]}"#
    );
}

#[tokio::test]
async fn a_report_that_fails_says_so() {
    let server = TestServer::scripted(vec![Reply::status(500, "{}")]).await;
    let failure = Failure {
        transaction_id: "5f".to_owned(),
        text: String::new(),
    };
    let error = cloud(&server).report(&[failure]).await.unwrap_err();
    assert!(matches!(error, CloudError::Status { status: 500, .. }));
}

// Nodes

#[tokio::test]
async fn the_key_goes_where_the_call_wants_it() {
    let server = TestServer::scripted(vec![Reply::status(200, r#"{"result":"0x1"}"#)]).await;
    let node = cloud(&server).node_api("ETH", Network::Testnet);
    assert_eq!(node.network(), Network::Testnet);
    let path = "/v3/ethereum/web3/{apiKey}";
    for (auth, in_path, in_header) in [
        (NodeAuth::Header, false, true),
        (NodeAuth::InPath, true, false),
        (NodeAuth::HeaderAndPath, true, true),
        (NodeAuth::None, false, false),
    ] {
        node.call(NodeRequest::post(path, json!({})).with_auth(auth))
            .await
            .unwrap();
        let seen = server.seen().pop().unwrap();
        let key = if in_path { ENCODED_KEY } else { "%7BapiKey%7D" };
        assert_eq!(seen.path, format!("/v3/ethereum/web3/{key}"), "{auth:?}");
        assert_eq!(seen.header("x-api-key").is_some(), in_header, "{auth:?}");
        assert_eq!(
            seen.header("x-testnet-type").is_some(),
            in_header,
            "{auth:?}"
        );
    }
    let node: &dyn crate::chain::NodeApi = &node;
    let result = node
        .json_rpc("/v3/ethereum/web3/{apiKey}", "eth_chainId", json!([]))
        .await;
    assert_eq!(result.unwrap(), "0x1");
}

#[tokio::test]
async fn a_node_outside_never_sees_the_key() {
    let server = TestServer::scripted(vec![Reply::status(200, "{}")]).await;
    let mut settings = config(&nobody().await);
    let outside = Url::parse(&format!("{}/outside", server.url)).unwrap();
    settings.node_urls.insert("MATIC".to_owned(), outside);
    let cloud = Cloud::new(settings).unwrap();
    let node = cloud.node_api("MATIC", Network::Mainnet);
    for auth in [
        NodeAuth::Header,
        NodeAuth::InPath,
        NodeAuth::HeaderAndPath,
        NodeAuth::None,
    ] {
        for path in ["/v2?x=1", "/v2/{apiKey}"] {
            let request = NodeRequest::get(path)
                .outside("https://gasstation.example")
                .with_auth(auth);
            node.call(request).await.unwrap();
        }
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 8);
    assert_eq!(seen[0].path, "/outside/v2?x=1");
    for one in &seen {
        assert!(
            !one.head.contains(KEY) && !one.head.contains(ENCODED_KEY),
            "{}",
            one.head
        );
        assert_eq!(one.header("x-api-key"), None);
        assert_eq!(one.header("x-ttm-kms-client-version"), None);
    }
}

#[tokio::test]
async fn a_plain_path_gives_the_url_that_parsing_gives() {
    for base in [
        "https://a.example",
        "https://a.example/",
        "http://[::1]:3/v3/",
    ] {
        let cloud = Cloud::new(config(base)).unwrap();
        let base = Url::parse(base).unwrap();
        for path in [
            "/v3/ethereum/broadcast",
            "/v3/kms/pending/ETH",
            "/a-b/C_9",
            "/a/../b",
            "/a/",
            "/a%20b?c=d",
            "/",
        ] {
            let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
            assert_eq!(cloud.url(&base, path, false), Url::parse(&text).ok());
        }
    }
}

#[tokio::test]
async fn no_path_leads_to_another_host() {
    let server = TestServer::scripted(vec![Reply::status(200, "{}")]).await;
    let node = cloud(&server).node_api("ETH", Network::Mainnet);
    for path in ["@evil.example/", "evil", ".evil.example/", ":1/", ""] {
        assert!(node.call(NodeRequest::get(path)).await.is_err(), "{path}");
    }
    assert!(server.seen().is_empty());
    for path in ["//evil.example/x", "/\\evil.example", "/../../x"] {
        node.call(NodeRequest::get(path)).await.unwrap();
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn reads_are_repeated_and_other_node_calls_are_not() {
    let get = || NodeRequest::get("/v3/ethereum/transaction/count/0x0");
    let post = || NodeRequest::post("/v3/x", json!({}));
    for (request, reply, calls) in [
        (get(), Reply::status(500, ""), 6),
        (get(), Reply::status(429, ""), 6),
        (get(), Reply::Close, 6),
        (get(), cut_short(), 6),
        (get(), Reply::status(404, ""), 1),
        (get(), Reply::status(200, "no json"), 1),
        (post(), Reply::status(429, ""), 6),
        (post(), Reply::status(500, ""), 1),
        (post(), Reply::Close, 1),
        (post(), cut_short(), 1),
    ] {
        let server = TestServer::scripted(vec![reply]).await;
        let node = cloud(&server).node_api("ETH", Network::Mainnet);
        node.call(request.clone()).await.unwrap_err();
        assert_eq!(server.seen().len(), calls, "{request:?}");
    }
    let server = TestServer::scripted(vec![Reply::status(503, ""), Reply::status(200, "7")]).await;
    let node = cloud(&server).node_api("ETH", Network::Mainnet);
    assert_eq!(node.call(get()).await.unwrap(), 7);
}

#[tokio::test]
async fn what_can_be_done_without_is_asked_once_and_not_for_long() {
    let soon = Duration::from_millis(100);
    let get = || NodeRequest::get("/v3/x").once_within(soon);
    for reply in [Reply::status(429, ""), Reply::Close, Reply::status(503, "")] {
        let server = TestServer::scripted(vec![reply]).await;
        let node = cloud(&server).node_api("ETH", Network::Mainnet);
        node.call(get()).await.unwrap_err();
        assert_eq!(server.seen().len(), 1);
    }

    // Far less than the ten seconds that others get.
    let server = TestServer::scripted(vec![Reply::Hang]).await;
    let node = cloud(&server).node_api("ETH", Network::Mainnet);
    let begin = Instant::now();
    let error = node.call(get()).await.unwrap_err();
    assert!(matches!(error, NodeError::Timeout(_)), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(server.seen().len(), 1);

    // And never more than others get.
    let server = TestServer::scripted(vec![Reply::Hang]).await;
    let node = impatient(&server).node_api("ETH", Network::Mainnet);
    let patient = NodeRequest::get("/v3/x").once_within(Duration::from_secs(60));
    let begin = Instant::now();
    node.call(patient).await.unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_nodes_answer_is_limited() {
    let server =
        TestServer::scripted(vec![Reply::status(200, vec![b' '; 8 * 1024 * 1024 + 1])]).await;
    let node = cloud(&server).node_api("ETH", Network::Mainnet);
    let error = node.call(NodeRequest::get("/v3/x")).await.unwrap_err();
    assert!(matches!(error, NodeError::Garbled(_)), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

// The key stays in

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_key_is_in_no_error_no_debug_and_no_log_line() {
    let log = Log::default();
    let writer = log.clone();
    // With a single subscriber, tracing asks only the thread that comes by a log line first
    // whether anybody wants it, and that may be another test's. With a second one it asks all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);

    let mut texts = Vec::new();
    for number in 0..8 {
        // Servers that repeat what they were sent, as some do in their error pages.
        let server = TestServer::start(move |_, seen| {
            let key = seen.header("x-api-key").unwrap_or_default();
            let echo = format!("Cannot {} {} {key}", seen.method, seen.path);
            match number {
                0 => Reply::status(404, echo),
                1 => Reply::status(500, json!({"message": echo, "errorCode": echo}).to_string()),
                2 => Reply::status(200, json!({"error": {"message": echo}}).to_string()),
                3 => Reply::status(200, echo),
                4 => Reply::Close,
                5 => Reply::Hang,
                6 => raw(&echo),
                _ => Reply::redirect(302, &seen.path),
            }
        })
        .await;
        let cloud = if number == 5 {
            impatient(&server)
        } else {
            cloud(&server)
        };
        let node = cloud.node_api("ETH", Network::Mainnet);
        let in_path =
            NodeRequest::get("/v3/ethereum/web3/{apiKey}").with_auth(NodeAuth::HeaderAndPath);
        texts.push(format!("{cloud:?} {node:?} {in_path:?}"));
        let node: &dyn crate::chain::NodeApi = &node;
        let rpc = node
            .json_rpc("/v3/ethereum/web3/{apiKey}", "eth_chainId", json!([]))
            .await;
        let rpc = rpc.unwrap_err();
        texts.push(format!("{rpc} {rpc:?}"));
        if let Err(error) = node.call(in_path).await {
            texts.push(format!("{error} {error:?}"));
        }
        if let Err(error) = cloud.pending("ETH", &SignatureIds::new(&["x"])).await {
            texts.push(format!("{error} {error:?}"));
        }
        if let Err(error) = cloud.broadcast(&BROADCAST).await {
            texts.push(format!(
                "{error} {error:?} {}",
                error.report_text(RefusalStyle::Indented)
            ));
        }
    }
    drop(guard);
    assert!(texts.len() > 30, "{}", texts.len());
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("/v3/ethereum/web3/{apiKey}"),
        "the log was captured"
    );
    for text in texts.iter().chain([&log]) {
        assert!(!text.contains(KEY), "{text}");
        assert!(!text.contains(ENCODED_KEY), "{text}");
        assert!(!text.contains("0123456789abcdef"), "{text}");
    }
}
