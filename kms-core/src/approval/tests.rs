//! The check against systems that misbehave in every way.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;

use super::{ApprovalConfigError, Approver as _, FourEye, Method, NoApproval, Verdict};
use crate::{
    chain::{Network, PendingTransaction, Summary},
    cloud::test_server::{Reply, TestServer},
};

const RAW: &str =
    r#"{ "id":"5f0f","chain":"ETH", "serializedTransaction":"{}","hashes":[],"extra": 1.50 }"#;

fn pending(raw: &str) -> PendingTransaction {
    let raw: Box<RawValue> = serde_json::from_str(raw).unwrap();
    PendingTransaction::from_raw(&raw).unwrap()
}

fn with_id(id: &str) -> PendingTransaction {
    let id = serde_json::to_string(id).unwrap();
    pending(&format!(
        r#"{{"id":{id},"chain":"ETH","serializedTransaction":"","hashes":[]}}"#
    ))
}

fn summary() -> Summary {
    Summary {
        chain: "ETH".to_owned(),
        network: Network::Mainnet,
        action: "transfer".to_owned(),
        from: Vec::new(),
        transfers: Vec::new(),
        fee: None,
        nonce: None,
        details: Vec::new(),
        warnings: Vec::new(),
    }
}

async fn ask(url: &str, method: Method, pending: &PendingTransaction) -> Verdict {
    let timeout = Duration::from_secs(1);
    let (check, _) = FourEye::with_timeout(url, method, timeout).unwrap();
    check.check(pending, &summary()).await
}

async fn verdict(replies: Vec<Reply>) -> (Verdict, usize) {
    let server = TestServer::scripted(replies).await;
    let verdict = ask(&server.url, Method::Get, &pending(RAW)).await;
    (verdict, server.seen().len())
}

#[tokio::test]
async fn get_asks_by_id_and_post_shows_the_transaction_as_received() {
    let server = TestServer::scripted(vec![Reply::status(200, "anything")]).await;
    let pending = pending(RAW);
    for method in [Method::Get, Method::Post] {
        assert_eq!(ask(&server.url, method, &pending).await, Verdict::Approved);
    }
    let seen = server.seen();
    assert_eq!((&*seen[0].method, &*seen[0].path), ("GET", "/5f0f"));
    assert!(seen[0].body.is_empty());
    assert_eq!((&*seen[1].method, &*seen[1].path), ("POST", "/5f0f"));
    assert_eq!(seen[1].body, RAW.as_bytes());
    assert_eq!(seen[1].header("content-type"), Some("application/json"));
    assert!(seen.iter().all(|one| one.header("x-api-key").is_none()));
}

#[tokio::test]
async fn url_and_id_are_joined_by_one_slash_and_the_id_stays_one_segment() {
    let server = TestServer::scripted(vec![Reply::status(200, "")]).await;
    for (suffix, id, path) in [
        ("", "5f", "/5f"),
        ("/", "5f", "/5f"),
        ("/check", "5f", "/check/5f"),
        ("/check//", "5f", "/check/5f"),
        ("/check?token=a", "5f", "/check?token=a/5f"),
        ("/check", "../approve?x#y", "/check/..%2Fapprove%3Fx%23y"),
        ("/check", "%2e%2e", "/check/%252e%252e"),
        ("/check", "a\r\nb", "/check/a%0D%0Ab"),
    ] {
        let verdict = ask(
            &format!("{}{suffix}", server.url),
            Method::Get,
            &with_id(id),
        )
        .await;
        assert_eq!(verdict, Verdict::Approved);
        assert_eq!(server.seen().last().unwrap().path, path);
    }
    let asked = server.seen().len();
    for id in ["", ".", ".."] {
        let verdict = ask(&format!("{}/check", server.url), Method::Get, &with_id(id)).await;
        assert!(matches!(verdict, Verdict::Unreachable { .. }), "{id}");
    }
    assert_eq!(server.seen().len(), asked);
}

#[tokio::test]
async fn only_2xx_approves() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(
            verdict(vec![Reply::status(status, "")]).await,
            (Verdict::Approved, 1)
        );
    }
    for status in [300, 304, 400, 401, 403, 404, 408, 418, 429, 500, 503] {
        let refused = Verdict::Refused { status };
        assert_eq!(
            verdict(vec![Reply::status(status, "ok")]).await,
            (refused, 1)
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_whole_does_not_approve() {
    let raw = |text: &str| Reply::Raw(text.as_bytes().to_vec());
    for reply in [
        Reply::Close,
        Reply::Hang,
        raw("HTTP/1.1 200 OK\r\ncontent-le"),
        raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
        raw("200 approved\r\n\r\n"),
        Reply::status(200, vec![b' '; 2 * 1024 * 1024]),
    ] {
        let began = Instant::now();
        let (verdict, _) = verdict(vec![reply]).await;
        assert!(
            matches!(verdict, Verdict::Unreachable { .. }),
            "{verdict:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let (verdict, _) = verdict(vec![Reply::status(200, vec![b' '; 1024 * 1024])]).await;
    assert_eq!(verdict, Verdict::Approved);
    let verdict = ask("http://127.0.0.1:1", Method::Get, &pending(RAW)).await;
    assert_eq!(
        verdict.to_string(),
        "the external system gave no decision: 127.0.0.1:1 refused the connection"
    );
}

#[tokio::test]
async fn redirects_are_followed_and_the_final_answer_counts() {
    let to = |path: &str| Reply::redirect(302, path);
    let ok = || Reply::status(200, "");
    assert_eq!(
        verdict(vec![to("/a"), to("/b"), ok()]).await,
        (Verdict::Approved, 3)
    );
    let refused = Verdict::Refused { status: 403 };
    assert_eq!(
        verdict(vec![to("/a"), Reply::status(403, "")]).await,
        (refused, 2)
    );
    let five = || (0..5).map(|_| to("/a")).collect::<Vec<_>>();
    let mut replies = five();
    replies.push(ok());
    assert_eq!(verdict(replies).await, (Verdict::Approved, 6));
    let (too_many, asked) = verdict(vec![to("/a")]).await;
    assert!(matches!(too_many, Verdict::Unreachable { .. }));
    assert_eq!(asked, 6);
}

#[tokio::test]
async fn a_post_becomes_a_get_after_302_and_stays_a_post_after_307() {
    for (status, method, body) in [
        (302, "GET", ""),
        (303, "GET", ""),
        (307, "POST", RAW),
        (308, "POST", RAW),
    ] {
        let replies = vec![Reply::redirect(status, "/next"), Reply::status(204, "")];
        let server = TestServer::scripted(replies).await;
        assert_eq!(
            ask(&server.url, Method::Post, &pending(RAW)).await,
            Verdict::Approved
        );
        let last = server.seen().pop().unwrap();
        assert_eq!((&*last.method, &*last.path), (method, "/next"), "{status}");
        assert_eq!(last.body, body.as_bytes(), "{status}");
    }
}

#[test]
fn plain_http_to_a_public_host_gets_a_warning() {
    for (url, expected) in [
        ("http://example.com", 1),
        ("http://8.8.8.8/check", 1),
        ("https://example.com", 0),
        ("http://127.0.0.1:3000", 0),
        ("http://approver:8080", 0),
        ("http://192.168.0.7", 0),
        ("http://nas.local", 0),
    ] {
        let (_, warnings) = FourEye::new(url, Method::Get).unwrap();
        assert_eq!(warnings.len(), expected, "{url}");
    }
    let (check, warnings) =
        FourEye::new("http://me:hunter2@example.com/?t=hunter2", Method::Get).unwrap();
    assert!(!format!("{check:?} {warnings:?}").contains("hunter2"));
}

#[test]
fn what_cannot_be_asked_is_refused_at_once() {
    for url in [
        "",
        "example.com/check",
        "ftp://example.com",
        "https://",
        "https://a/#b",
    ] {
        let error = FourEye::new(url, Method::Get).unwrap_err();
        assert!(
            matches!(error, ApprovalConfigError::InvalidUrl { .. }),
            "{url}"
        );
    }
    let error = FourEye::with_timeout("https://a", Method::Get, Duration::ZERO).unwrap_err();
    assert_eq!(error, ApprovalConfigError::NoTimeout);
}

#[tokio::test]
async fn without_an_external_system_everything_is_approved() {
    assert_eq!(
        NoApproval.check(&pending(RAW), &summary()).await,
        Verdict::Approved
    );
}
